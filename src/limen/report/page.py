"""Put a page together: template, style, script and data in one file."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from limen.quantities import InputError
from limen.report.bundle import bundle, part
from limen.report.files import marker

# Ours: four significant digits are more than any of these numbers deserves, and keep the page small.
DIGITS: Final = 4

MARKS: Final = {
    "measured": "rests on published measurements",
    "open": "science disagrees or is silent; the spread says how much",
    "assumed": "chosen for this page; change it and see",
}


DAY_H: Final = 24
PMCID: Final = re.compile(r"PMC\d+")
UNIT_ENDING: Final = re.compile(r"_(kg|h|min|y|cm|mg)$")
FACT_LABELS: Final = {
    "diagnosis": "Diagnosis",
    "weight_kg": "Weight",
    "age_y": "Age",
    "sex": "Sex",
    "height_cm": "Height",
    "bmi": "Body mass index",
    "baseline": "Score before",
}
FACT_UNITS: Final = {"weight_kg": "kg", "age_y": "years", "height_cm": "cm", "bmi": "kg/m²"}
DIAGNOSES: Final = {"MDD": "major depression", "PTSD": "post-traumatic stress", "F": "female", "M": "male"}


def rounded(value: Any) -> Any:
    """Give the same JSON value with every number at four significant digits.

    Parameters
    ----------
    value : Any
        Mappings, sequences, strings, booleans, ``None`` and finite numbers, nested.

    Returns
    -------
    Any
        The same with plain dicts and lists; a whole float becomes an int.

    Raises
    ------
    InputError
        If a number is not finite.
    """
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [rounded(item) for item in value]
    return _rounded_number(value) if isinstance(value, float) else value


def _rounded_number(value: float) -> float | int:
    if not math.isfinite(value):
        raise InputError(f"A page cannot show the number {value}: give null and say why it is not known.")
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short.is_integer() else short


def embedded(data: Mapping[str, Any]) -> Markup:
    """Give data as JSON that may stand inside a page: no character in it can end the script element."""
    text = json.dumps(rounded(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704


def doi_link(name: str) -> str:
    """Give the address of a DOI or a PMCID, such as ``https://doi.org/10.1176/...``; empty for any other name."""
    if name.startswith("10."):
        return f"https://doi.org/{quote(name, safe='/().;:-_')}"
    return f"https://pmc.ncbi.nlm.nih.gov/articles/{name}/" if PMCID.fullmatch(name) else ""


def when(hours: float) -> str:
    """Say a time since the first dose in words, such as ``"day 1"``."""
    if hours < 0:
        return f"{when(-hours)} before" if hours <= -DAY_H else f"{-hours:g} h before"
    if hours == 0:
        return "the start"
    return f"{hours:g} h" if hours < DAY_H else f"day {hours / DAY_H:.3g}"


def plainly(name: str) -> str:
    """Say the key of a case file in words, such as ``"weight"`` for ``"weight_kg"``."""
    return UNIT_ENDING.sub("", name).replace("_", " ")


def facts(person: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Give what is known of a person as (key, {label, value}); an unknown value is left out."""
    known = [(key, label, person.get(key)) for key, label in FACT_LABELS.items()]
    return [(key, {"label": label, "value": _said(key, value)}) for key, label, value in known if value is not None]


def _said(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {score:g}" for name, score in value.items()) or "not known"
    if isinstance(value, float | int):
        return f"{value:g} {FACT_UNITS.get(key, '')}".strip()
    return DIAGNOSES.get(value, str(value))


def page(template: str, entry: str, kind: str, data: Mapping[str, Any]) -> str:
    """Give one self-contained HTML page.

    Parameters
    ----------
    template : str
        File name of the template.
    entry : str
        File name of the script module to start from.
    kind : str
        A word such as ``"story"`` or ``"circuit"``; written into the page as its marker.
    data : Mapping
        What the template and the script read.

    Returns
    -------
    str
        The page; the same data give the same bytes.
    """
    return (
        _environment()
        .get_template(template)
        .render(
            data=data,
            facts=facts(data.get("person", {})),
            marks=MARKS,
            marker=Markup(marker(kind)),  # noqa: S704 - our own text
            style=Markup(part("page.css")),  # noqa: S704
            script=Markup(bundle(entry)),  # noqa: S704
            json=embedded(data),
        )
    )


def static_page(template: str, kind: str, data: Mapping[str, Any]) -> str:
    """Give one self-contained HTML page without a script; the same data give the same bytes."""
    shown = {"data": data, "marker": Markup(marker(kind)), "style": Markup(part("page.css"))}  # noqa: S704 - our own text
    return _environment().get_template(template).render(shown)


def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(part),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["doi_link"] = doi_link
    environment.filters["when"] = when
    environment.filters["plainly"] = plainly
    return environment
