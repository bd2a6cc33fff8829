"""The door of the model library: one TOML file a model -> `Model`."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from limen.kinetics.arithmetic import read_expression
from limen.kinetics.model import (
    NORKETAMINE_EXPOSURE,
    About,
    Block,
    Copy,
    Flow,
    Input,
    Model,
    Output,
    Parameter,
    Scaling,
)
from limen.quantities import InputError

Table = Mapping[str, Any]

LIBRARY: Final = files("limen.kinetics") / "library"
NORKETAMINE: Final = frozenset({"norketamine", "S-norketamine"})
BORROWED_FROM: Final = "otto_fanta"  # ours: the only adult intravenous block of volume and clearance
PER_CENT: Final = 100.0


def model_ids() -> tuple[str, ...]:
    """Give the ids of the models that are shipped, in alphabetical order."""
    return tuple(name for name in _file_ids() if not _table(name).get("blocked", False))


def blocked_ids() -> tuple[str, ...]:
    """Give the ids of the models that are known and refused, in alphabetical order."""
    return tuple(name for name in _file_ids() if _table(name).get("blocked", False))


@cache
def load_model(model_id: str) -> Model:
    """Read one model of the library.

    Parameters
    ----------
    model_id : str
        A word of `model_ids`.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        If there is no such model, or it is blocked: then with the reason that its file gives.
    """
    if model_id not in _file_ids():
        nearest = difflib.get_close_matches(model_id, model_ids(), n=1, cutoff=0.0)[0]
        raise InputError(
            f"There is no kinetic model {model_id!r}, the nearest is {nearest!r}: use one of {', '.join(model_ids())}."
        )
    table = _table(model_id)
    if table.get("blocked", False):
        reason = str(table["standing_note"]).rstrip(".").replace(". ", "; ")
        raise InputError(f"The model {model_id!r} is blocked ({reason}): use one of {', '.join(model_ids())}.")
    return _composite(table) if "base" in table["structure"] else _plain(table)


@cache
def _file_ids() -> tuple[str, ...]:
    names = (entry.name for entry in LIBRARY.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def _table(model_id: str) -> Table:
    return tomllib.loads((LIBRARY / f"{model_id}.toml").read_text(encoding="utf-8"))


def _plain(table: Table) -> Model:
    structure = table["structure"]
    parameters = {name: _parameter(name, row) for name, row in table["parameters"].items()}
    blocks = tuple(_block(row, parameters) for row in table.get("omega_block", ()))
    published = bool(blocks) or any(one.people_variance > 0.0 for one in parameters.values())
    return Model(
        id=table["id"],
        site=table["site"],
        enantiomer=table["enantiomer"],
        time_unit=table["time_unit"],
        routes=tuple(table["routes"]),
        compartments=tuple(structure["compartments"]),
        flows=tuple(Flow(row["from"], row["to"], read_expression(row["rate"])) for row in structure["flows"]),
        inputs=tuple(_input(row) for row in structure["inputs"]),
        derived=tuple((row["name"], read_expression(row["expr"])) for row in structure["derived"]),
        outputs=tuple(_output(row) for row in structure["outputs"]),
        parameters=MappingProxyType(parameters),
        blocks=blocks,
        copies=(Copy("", 1.0, MappingProxyType({})),),
        scaling=_scaling(table["scaling"]),
        typical_case=MappingProxyType(dict(table["covariates"]["typical_case"])),
        about=_about(table),
        borrowed=not published,
    )


def _composite(table: Table) -> Model:
    """Two copies of one structure, S and R: the R copy has a lower clearance, and norketamine is calibrated."""
    structure = table["structure"]
    copies = tuple(
        Copy(name, float(structure["dose_fraction"][name]), MappingProxyType(_factors(table, name)))
        for name in structure["copies"]
    )
    base = load_model(structure["base"])
    inputs = tuple(one for one in base.inputs if one.route in table["routes"])
    return replace(
        base,
        id=table["id"],
        site=table["site"],
        enantiomer=table["enantiomer"],
        routes=tuple(table["routes"]),
        inputs=inputs,
        copies=copies,
        about=_about(table),
    )


def _factors(table: Table, copy: str) -> dict[str, float]:
    """Give what the parameters of one copy are multiplied by."""
    factors = {name: float(factor) for name, factor in table["calibration"][copy].items()}
    if copy == "R":
        factors[table["structure"]["clearance"]] = float(table["parameters"]["r_CL"]["value"])
    return factors


def _output(row: Table) -> Output:
    """Read an output; that of norketamine is multiplied by a factor of ours, which is 1 in a typical person."""
    analyte, written = row["analyte"], row["expr"]
    counted = f"({written})*{NORKETAMINE_EXPOSURE}" if analyte in NORKETAMINE else written
    return Output(analyte, read_expression(counted))


def _parameter(name: str, row: Table) -> Parameter:
    people, occasions = _variance(row, "iiv"), _variance(row, "iov")
    on_logit = "logit" in row.get("iiv_scale", "")
    return Parameter(name, float(row["value"]), row["unit"], people, occasions, on_logit, cell=row.get("cell", ""))


def _variance(row: Table, key: str) -> float:
    """Variance of the logarithm (or logit); 0 where none is printed, as for kmet of perez_ruixo_2021 (ours)."""
    if key not in row:
        return 0.0
    size, scale = float(row[key]), row[f"{key}_scale"]
    if scale == "CV%":
        return math.log1p((size / PER_CENT) ** 2)
    if scale == "variance of log":
        return size
    if scale == "SD, additive on logit":
        return size**2
    raise InputError(
        f"The variability scale {scale!r} is not known: use 'CV%', 'variance of log' or 'SD, additive on logit'."
    )


def _block(row: Table, parameters: Mapping[str, Parameter]) -> Block:
    names = tuple(row["parameters"])
    if "correlation" in row:
        first, second = (parameters[name].people_variance for name in names)
        shared = float(row["correlation"]) * math.sqrt(first * second)
        return Block(names, ((first, shared), (shared, second)))
    lower = row["lower"]
    return Block(
        names, tuple(tuple(float(lower[max(i, j)][min(i, j)]) for j in range(len(names))) for i in range(len(names)))
    )


def _input(row: Table) -> Input:
    durations = {"bolus": 0.0, "zero_order": row.get("duration"), "infusion_or_bolus": None}
    duration = durations[row["kind"]]
    read = None if duration is None else read_expression(duration)
    return Input(row["route"], row["into"], read_expression(row["fraction"]), read)


def _scaling(row: Table) -> Scaling:
    return Scaling(
        tuple(row["clearance"]), row["central_volume"], tuple(row["volumes"]), tuple(row["elimination_rates"])
    )


def _about(table: Table) -> About:
    return About(
        display_name=table["display_name"],
        citation=table["citation"],
        doi=table["doi"],
        sources=tuple(filter(None, (table["doi"], table.get("doi_parent", ""), *table.get("doi_sources", ())))),
        standing=table["standing"],
        standing_note=table["standing_note"],
        completeness=table["completeness"],
        site_note=table.get("site_note", ""),
        population=table["population"]["detail"],
        errata=tuple(row["text"] for row in table.get("errata", ())),
        may_carry_paper_name=bool(table["may_carry_paper_name"]),
        residual=MappingProxyType(dict(table["residual"])),
        covariates=MappingProxyType(dict(table["covariates"])),
    )
