"""The two mechanisms, as files: cells, projections, and the ranges in which the search looked for each value.

A, ``hcn1``: withdrawing NMDA drive lets deep cells hyperpolarise, Ih pulls them up, a calcium burst follows.
B, ``rival``: the same cells without Ih; potassium and GABA-B hyperpolarise them, and calcium rebounds.
Both are hypotheses. No value is fitted to a recording.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np

from limen.circuit.cells import Cell
from limen.circuit.network import Network, Projection
from limen.quantities import Floats, InputError

MECHANISMS: Final = ("hcn1", "rival")
TITLES: Final = {"hcn1": "A: HCN1 and rebound", "rival": "B: GABA-B and rebound, without Ih"}


@dataclass(frozen=True)
class Range:
    """Where the search may look for one value.

    Parameters
    ----------
    name : str
        Such as ``"H.leak_mv"`` or ``"H>N.ampa"``; more than one joined by ``" = "`` move together.
    low, high : float
        The ends.
    log : bool
        True to search on the log scale.
    """

    name: str
    low: float
    high: float
    log: bool

    def natural(self, unit: float) -> float:
        """Bring a value from 0 to 1 into the range."""
        if self.log:
            return float(self.low * (self.high / self.low) ** unit)
        return float(self.low + (self.high - self.low) * unit)

    def unit(self, value: float) -> float:
        """Bring a value of the range to 0 to 1."""
        if self.log:
            return float(np.log(value / self.low) / np.log(self.high / self.low))
        return float((value - self.low) / (self.high - self.low))


@dataclass(frozen=True)
class Mechanism:
    """A network, and what of it was searched.

    Parameters
    ----------
    network : Network
        With the values that were found.
    ranges : tuple of Range
        In the order of the search's coordinates.
    found_by : str
        How the values were found, in one sentence.
    """

    network: Network
    ranges: tuple[Range, ...]
    found_by: str

    def at(self, units: Floats) -> Network:
        """Give the network at a point of the search, shape ``(ranges,)``, each from 0 to 1."""
        return with_values(
            self.network, {one.name: one.natural(float(u)) for one, u in zip(self.ranges, units, strict=True)}
        )

    @property
    def units(self) -> Floats:
        """Where the network stands in the ranges, shape ``(ranges,)``."""
        return np.array([one.unit(value_of(self.network, one.name)) for one in self.ranges])


def value_of(network: Network, name: str) -> float:
    """Give one value of a network by its name; raises InputError where there is none."""
    first = name.split(" = ", maxsplit=1)[0]
    place, _, field = first.partition(".")
    if ">" not in place:
        return float(getattr(network.cells[place], field))
    for one in network.projections:
        if f"{one.source}>{one.target}.{one.kind}" == first:
            return one.weight_ms_cm2
    raise InputError(f"The network {network.name!r} has no value {name!r}: look at its file.")


def with_values(network: Network, values: Mapping[str, float]) -> Network:
    """Give the same network with some values changed, by name."""
    flat = {part: value for name, value in values.items() for part in name.split(" = ")}
    cells, projections = dict(network.cells), []
    for name, value in flat.items():
        place, _, field = name.partition(".")
        if ">" not in place:
            cells[place] = replace(cells[place], **{field: value})
    for one in network.projections:
        weight = flat.get(f"{one.source}>{one.target}.{one.kind}", one.weight_ms_cm2)
        projections.append(replace(one, weight_ms_cm2=weight))
    return Network(network.name, cells, tuple(projections))


def written(one: Mechanism) -> str:
    """Give a mechanism as the text of its file."""
    rounded = {
        name: {key: float(f"{value:.5g}") for key, value in asdict(cell).items()}
        for name, cell in one.network.cells.items()
    }
    wires = [
        asdict(replace(each, weight_ms_cm2=float(f"{each.weight_ms_cm2:.5g}"))) for each in one.network.projections
    ]
    ranges = [asdict(each) for each in one.ranges]
    body = {
        "name": one.network.name,
        "found_by": one.found_by,
        "cells": rounded,
        "projections": wires,
        "ranges": ranges,
    }
    return json.dumps(body, indent=1) + "\n"


def read_mechanism(text: str) -> Mechanism:
    """Read the text of a mechanism's file."""
    body: Any = json.loads(text)
    cells = {name: Cell(**values) for name, values in body["cells"].items()}
    projections = tuple(Projection(**values) for values in body["projections"])
    ranges = tuple(Range(**values) for values in body["ranges"])
    return Mechanism(Network(body["name"], cells, projections), ranges, body["found_by"])


def file_text(name: str) -> str:
    """Give the text of a shipped mechanism; raises InputError where there is none of that name."""
    if name not in MECHANISMS:
        raise InputError(f"There is no mechanism {name!r}: use one of {', '.join(MECHANISMS)}.")
    return resources.files("limen.circuit").joinpath("data").joinpath(f"{name}.json").read_text(encoding="utf-8")


def by_hand(name: str) -> Mechanism:
    """Give a mechanism as it was set by hand, before any search."""
    file_text(name)
    folder = resources.files("limen.circuit").joinpath("data")
    return read_mechanism(folder.joinpath(f"{name}_by_hand.json").read_text(encoding="utf-8"))


@cache
def mechanism(name: str) -> Mechanism:
    """Give a shipped mechanism.

    Parameters
    ----------
    name : str
        ``"hcn1"`` or ``"rival"``.

    Returns
    -------
    Mechanism

    Raises
    ------
    InputError
        If there is none of that name.
    """
    return read_mechanism(file_text(name))


def fingerprint(name: str) -> str:
    """Give the SHA-256 of a shipped mechanism's file, which says what made a table."""
    return hashlib.sha256(file_text(name).encode()).hexdigest()
