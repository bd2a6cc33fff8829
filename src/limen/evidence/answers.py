"""The answers of `limen evidence` and `limen cite`, ready to be written as JSON."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from typing import Any, Final

from limen.evidence.claims import claims
from limen.evidence.disclaimer import DISCLAIMER
from limen.evidence.findings import findings
from limen.evidence.fitting_tables import baselines, outcomes, session_and_link
from limen.evidence.joints import joints
from limen.evidence.references import cite, references
from limen.quantities import InputError

HOW_TO_CITE: Final = (
    "Limen authors. Limen: the ketamine story as a chain of joints to run, cut and test. Software, see CITATION.cff for"
    " the version used."
)
# What one default run (0.5 mg/kg of racemic ketamine over 40 min into a vein, venous plasma, in-vivo assay) stands on.
DEFAULT_RUN: Final = (
    "kamp_meta_2020",
    "otto_2021",
    "fanta_2015",
    "wang_2019",
    "simons_2022",
    "clements_1981",
    "domino",
    "in_vivo_mk801",
    "ebert_1997",
    "dayton_plasma_binding",
    "olofsen_psychedelic",
    "murrough_2013",
    "singh_2016",
    "daly_2018",
    "su_2017",
    "van_schalkwyk_2018",
)
METHODS: Final = (
    "One person's course was simulated with Limen. Plasma concentrations are an ensemble of published models,"
    " weighted as printed by limen models, with the sampling site named beside each number. NMDA receptor occupancy"
    " combines ketamine and norketamine competitively, from unbound plasma and the assay named beside it. Mood follows"
    " a control term and a drug term with a fast and a slow branch, fitted to group outcomes of published trials (the"
    " tables of limen evidence); results of trials that were held out on purpose were not used in fitting. Where"
    " published science disagrees, the side taken at each of eight joints is stated, and what its rivals change is"
    " printed."
)


def evidence_answer(id: str | None = None) -> dict[str, Any]:  # noqa: A002 - the word of the command
    """Give all evidence in short, or one finding, joint, claim, table or source in full.

    Parameters
    ----------
    id : str or None
        A finding's id, ``J1`` to ``J8``, ``C1`` to ``C14``, ``outcomes``, ``baselines``, ``session_and_link``, or a key
        of references.bib; None for the list of all.

    Returns
    -------
    dict
        Ready to be written as JSON.

    Raises
    ------
    InputError
        If there is nothing of that name, naming the nearest.
    """
    if id is None:
        return _overview()
    everything = _everything()
    if id not in everything:
        nearest = difflib.get_close_matches(id, everything, n=1, cutoff=0.0)[0]
        raise InputError(
            f"There is no evidence {id!r}, the nearest is {nearest!r}: run limen evidence to see all of it."
        )
    kind, one = everything[id]
    return {"kind": kind, "id": id, **_shown(kind, one), "disclaimer": DISCLAIMER}


def cite_answer(keys: Iterable[str] | None = None) -> dict[str, Any]:
    """Give how to cite Limen and the sources it stands on.

    Parameters
    ----------
    keys : Iterable of str or None
        Keys of references.bib; None for those of a default run.

    Returns
    -------
    dict
        ``limen``, ``sources`` (key, citation, doi), ``methods`` and the disclaimer, ready to be written as JSON.

    Raises
    ------
    InputError
        If a key is unknown, naming the nearest.
    """
    wanted = tuple(DEFAULT_RUN if keys is None else keys)
    lines = cite(wanted)
    known = references()
    sources = [
        {"key": key, "citation": line, "doi": known[key].doi or None} for key, line in zip(wanted, lines, strict=True)
    ]
    return {"limen": HOW_TO_CITE, "sources": sources, "methods": METHODS, "disclaimer": DISCLAIMER}


def _overview() -> dict[str, Any]:
    return {
        "findings": [_plain(one) for one in findings()],
        "joints": [_plain(one) for one in joints()],
        "claims": [_plain(one) for one in claims()],
        "tables": {name: len(rows) for name, rows in _tables().items()},
        "references": len(references()),
        "disclaimer": DISCLAIMER,
    }


def _tables() -> dict[str, tuple[Any, ...]]:
    return {"outcomes": outcomes(), "baselines": baselines(), "session_and_link": session_and_link()}


def _everything() -> dict[str, tuple[str, Any]]:
    found: dict[str, tuple[str, Any]] = {key: ("reference", one) for key, one in references().items()}
    found |= {one.id: ("finding", one) for one in findings()}
    found |= {one.id: ("joint", one) for one in joints()}
    found |= {one.id: ("claim", one) for one in claims()}
    found |= {name: ("table", rows) for name, rows in _tables().items()}
    return found


def _shown(kind: str, one: Any) -> dict[str, Any]:
    if kind == "table":
        return {"rows": [_plain(row) for row in one]}
    fields = {name: value for name, value in _plain(one).items() if name != "id"}
    if kind in {"joint", "claim"}:
        fields["citations"] = list(cite(one.sources))
    return fields


def _plain(one: Any) -> Any:
    """Turn frozen rows into what JSON knows."""
    if is_dataclass(one) and not isinstance(one, type):
        return {name: _plain(getattr(one, name)) for name in one.__dataclass_fields__}
    if isinstance(one, Mapping):
        return {str(key): _plain(value) for key, value in one.items()}
    if isinstance(one, tuple | list):
        return [_plain(value) for value in one]
    return one
