"""How the rows of many models become one answer: a typical course, percentiles, and the parts of the spread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from limen.kinetics import ConcentrationDraws, MemberDraws
from limen.quantities import Floats
from limen.receptor import Potency

Json = dict[str, Any]
Quantity = Callable[[MemberDraws, Potency], Floats | None]

PERCENTILES: Final = (5, 25, 50, 75, 95)
DIGITS: Final = 8
NOT_DEFINED: Final = "a relative spread does not exist where nothing is there yet"


@dataclass(frozen=True)
class Drawn:
    """Rows of every member, with one potency a row."""

    members: tuple[MemberDraws, ...]
    potency: Potency

    def values(self, quantity: Quantity) -> tuple[tuple[MemberDraws, Floats], ...]:
        """Give the quantity of every member that has it, shape ``(rows, times)`` each."""
        found, first = [], 0
        for member in self.members:
            rows = slice(first, first + member.draws) if len(self.potency) > 1 else slice(None)
            values = quantity(member, self.potency.rows(rows))
            first += member.draws
            if values is not None:
                found.append((member, values))
        return tuple(found)


@dataclass(frozen=True)
class Exposure:
    """The typical course and its spread: all together, and the two parts that vary from row to row."""

    typical: Drawn
    everything: Drawn
    people: Drawn
    parameters: Drawn
    concentrations: ConcentrationDraws


def unknown(reason: str) -> Json:
    """Give the keys of a summary with nothing in them, and why."""
    parts = ("between_people_cv", "parameter_cv", "between_models_fold")
    names = ("typical", *(f"p{percent:02d}" for percent in PERCENTILES), *parts)
    return {**dict.fromkeys(names), "models": {}, "unknown_because": reason}


def summary(exposure: Exposure, quantity: Quantity) -> Json:
    """Summarise one quantity: typical course, percentiles over all rows, and the three parts of the spread."""
    typical = exposure.typical.values(quantity)
    rows = np.concatenate([values for _, values in exposure.everything.values(quantity)])
    percentiles = np.percentile(rows, PERCENTILES, axis=0)
    curves = np.concatenate([values for _, values in typical])
    parts = {
        "between_people_cv": _numbers(_relative_spread(exposure.people.values(quantity))),
        "parameter_cv": _numbers(_relative_spread(exposure.parameters.values(quantity))),
        "between_models_fold": _numbers(_fold(curves)),
    }
    unknown = {"unknown_because": NOT_DEFINED} if any(None in values for values in parts.values()) else {}
    return {
        "typical": _numbers(_geometric_mean(curves, np.array([member.weight for member, _ in typical]))),
        **{f"p{percent:02d}": _numbers(values) for percent, values in zip(PERCENTILES, percentiles, strict=True)},
        **parts,
        "models": {
            member.id: {
                "weight": member.weight,
                "site": member.site,
                "linked": member.linked,
                "typical": _numbers(values[0]),
            }
            for member, values in typical
        },
        **unknown,
    }


def _geometric_mean(curves: Floats, weights: Floats) -> Floats:
    """Weighted geometric mean over members; 0 where one has nothing."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(np.log(curves).T @ (weights / weights.sum())))


def _relative_spread(members: tuple[tuple[MemberDraws, Floats], ...]) -> Floats:
    """Weighted mean over members of SD over mean; not a number where the mean is 0."""
    weights = np.array([member.weight for member, _ in members])
    with np.errstate(divide="ignore", invalid="ignore"):
        spreads = np.stack([values.std(axis=0) / values.mean(axis=0) for _, values in members])
    return np.asarray((weights / weights.sum()) @ spreads)


def _fold(curves: Floats) -> Floats:
    """Highest over lowest typical curve; 1 where there is one member, not a number where one has nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(curves.max(axis=0) / curves.min(axis=0))


def _numbers(values: Floats) -> list[float | None]:
    """Plain numbers with so many digits; null for what is not finite."""
    return [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in values.tolist()]
