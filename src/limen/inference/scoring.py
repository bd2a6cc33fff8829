"""Sealed forecasts scored by what was seen later: CRPS and Brier, beside climatology and somebody's own guess."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.inference.ladder import crps
from limen.inference.ledger import read_ledger, seen_later
from limen.quantities import InputError
from limen.regimen import Case

Json = dict[str, Any]

DIGITS: Final = 4
#: Ends of the middle 80 of 100 among the percentiles that are kept.
INNER: Final = (10, 89)


def score_ledger(ledger: Path, later: Case, number: int | None = None) -> Json:
    """Score what was sealed of a case by the scores of a later file.

    Parameters
    ----------
    ledger : Path
        As `limen.inference.ledger.seal` wrote it.
    later : Case
        The same person's file with what was seen since.
    number : int, optional
        Line of the ledger; without it the last.

    Returns
    -------
    dict
        ``forecasts`` with their scores, and their means: ``crps``, ``brier``, each beside climatology and guess.

    Raises
    ------
    InputError
        Where the ledger has no such line, or nothing that was foretold was seen.
    """
    lines = read_ledger(ledger)
    chosen = len(lines) if number is None else number
    if not 1 <= chosen <= len(lines):
        raise InputError(f"{ledger} has {len(lines)} lines, and line {chosen} was asked for: use one of those.")
    line = lines[chosen - 1]
    found = [scored(one, seen.value) for one in line["forecasts"] if (seen := _seen(later, one)) is not None]
    if not found:
        raise InputError(
            f"Nothing that line {chosen} of {ledger} foretells was seen: the scores of the case must have the same"
            " scale and at_h."
        )
    return {
        "number": chosen,
        "date": line["date"],
        "version": line["version"],
        "forecasts": found,
        "crps": means(found, "crps"),
        "brier": means(found, "brier"),
        "inside_80": round(float(np.mean([one["inside_80"] for one in found])), DIGITS),
    }


def _seen(later: Case, one: Json) -> Any:
    return seen_later(later, one["scale"], one["at_h"])


def scored(one: Json, value: float) -> Json:
    """Score one forecast; lower is better."""
    low, high = (one["percentiles"][place] for place in INNER)
    return {
        "scale": one["scale"],
        "at_h": one["at_h"],
        "basis": one["basis"],
        "seen": value,
        "inside_80": bool(low <= value <= high),
        "crps": three(
            crps(np.array(one["percentiles"]), value),
            None if one["climatology"] is None else crps(np.array(one["climatology"]), value),
            None if one["guess"] is None else abs(one["guess"] - value),
        ),
        "brier": brier(one, value),
    }


def brier(one: Json, value: float) -> Json | None:
    """Give the Brier score of a response; None where none was foretold."""
    limit = one["response_at_or_below"]
    if limit is None:
        return None
    happened = float(value <= limit)
    usual, guess = one["climatology_response_probability"], one["guess"]
    return three(
        (one["response_probability"] - happened) ** 2,
        None if usual is None else (usual - happened) ** 2,
        None if guess is None else (float(guess <= limit) - happened) ** 2,
    )


def three(forecast: float, climatology: float | None, guess: float | None) -> Json:
    """Name the three scores that stand beside each other."""
    found = {"forecast": forecast, "climatology": climatology, "guess": guess}
    return {name: None if value is None else round(float(value), DIGITS) for name, value in found.items()}


def means(found: Sequence[Json], name: str) -> Json:
    """Average a score over the forecasts that have it, and give the skill over climatology where both have it."""
    rows = [one[name] for one in found if one[name] is not None]
    averages = {
        who: mean([one[who] for one in rows if one[who] is not None]) for who in ("forecast", "climatology", "guess")
    }
    both = [(one["forecast"], one["climatology"]) for one in rows if one["climatology"] is not None]
    usual = sum(pair[1] for pair in both)
    skill = round(1.0 - sum(pair[0] for pair in both) / usual, DIGITS) if usual > 0.0 else None
    return {**averages, "n": len(rows), "skill_over_climatology": skill}


def mean(values: Sequence[float]) -> float | None:
    """Average, or None of nothing."""
    return round(float(np.mean(values)), DIGITS) if values else None
