"""A ledger of forecasts: sealed before the outcome is known, scored after, so that nobody can say they knew.

Each line is a JSON object with the hash of the line before it; whoever changes a line breaks the chain from there on.
A line holds no person: of the case only its hash. The date is handed in, since nothing here reads a clock.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.inference.climatology import climatology_draws
from limen.inference.person import Believed, believe
from limen.inference.prediction import mood_basis, session_basis, view_of
from limen.inference.seen import MOOD_DIAGNOSES, RISES, before_mmhg
from limen.quantities import Floats, InputError
from limen.regimen import SCALES, Case, Score, check_score
from limen.response.parameters import posterior_hash

Json = dict[str, Any]

#: Percents of a forecast that are kept: the middles of a hundred equal parts.
PERCENTS: Final = np.arange(0.5, 100.0)
#: A response is a score at half of the baseline or below (ours: the rule of most trials).
RESPONSE_SHARE: Final = 0.5
GUESS: Final = re.compile(r"(?P<scale>\S+)\s+(?P<hours>\d+(\.\d+)?)\s*=\s*(?P<value>\d+(\.\d+)?)")
#: What stands before the first line.
FIRST: Final = "0" * 64
DIGITS: Final = 3
MIN_PER_H: Final = 60.0


@dataclass(frozen=True)
class Guess:
    """What somebody who knows the person expects: a value of a scale at a time."""

    scale: str
    at_h: float
    value: float


def read_guess(text: str) -> Guess:
    """Read ``"MADRS 24 = 15"``.

    Raises
    ------
    InputError
        Where it is not a scale, hours and a value.
    """
    parts = GUESS.fullmatch(text.strip())
    if parts is None:
        raise InputError(f"A guess is a scale, hours and a value, got {text!r}: write 'MADRS 24 = 15'.")
    found = Guess(parts["scale"], float(parts["hours"]), float(parts["value"]))
    check_score(found.scale, found.value)
    return found


def forecasts(case: Case, guesses: Sequence[Guess] = ()) -> Iterator[Json]:
    """Yield what would be recorded for the person of a case, at every time it asks for, with what it is beside.

    Parameters
    ----------
    case : Case
        The person, the doses, the times, what was seen so far.
    guesses : Sequence of Guess
        Of somebody else, to be scored beside it.

    Raises
    ------
    InputError
        For a guess of what is not forecast.
    """
    believed = believe(case)
    last_h = last_seen_h(case)
    found = [one for scale in forecast_scales(case) for one in of_scale(believed, scale) if one["at_h"] > last_h]
    if not found:
        raise InputError(
            f"No time of times_h lies after {last_h:g} h, when something was last seen: what is past is no forecast."
            " Put a later time into times_h of [predict]."
        )
    for guess in guesses:
        mine = [one for one in found if (one["scale"], one["at_h"]) == (guess.scale, guess.at_h)]
        if not mine:
            raise InputError(
                f"The guess of {guess.scale} at {guess.at_h:g} h is of nothing that is forecast: put the time into"
                " times_h of [predict], or mend the scale."
            )
        mine[0]["guess"] = guess.value
    yield from found


def last_seen_h(case: Case) -> float:
    """Give the hours of the last thing that was seen, below every time where nothing was."""
    seen = [score.at_h for score in case.scores] + [sample.at_min / MIN_PER_H for sample in case.samples]
    return max(seen, default=-np.inf)


def forecast_scales(case: Case) -> list[str]:
    """Name what can be foretold of this person."""
    scales = ["MADRS"] if case.patient.diagnosis in MOOD_DIAGNOSES else []
    return [*scales, "CADSS", *(scale for scale in RISES if before_mmhg(case, scale) is not None)]


def of_scale(believed: Believed, scale: str) -> Iterator[Json]:
    """Yield the forecast of one scale at every time."""
    case = believed.case
    rng = np.random.default_rng([case.seed, 9])
    values = view_of(believed, believed.rows(case.draws, rng)).reading(scale).recorded(rng)
    baseline = case.patient.baseline.get("MADRS")
    for k, at_h in enumerate(case.times_h):
        response = bool(scale == "MADRS" and baseline is not None and not SCALES[scale].overlaps(at_h))
        usual = climatology_draws(case, scale, at_h)
        half = RESPONSE_SHARE * (baseline or 0.0)
        yield {
            "scale": scale,
            "at_h": at_h,
            "basis": mood_basis(case) if scale == "MADRS" else session_basis(case),
            "percentiles": kept(values[:, k]),
            "climatology": None if usual is None else kept(usual),
            "response_at_or_below": half if response else None,
            "response_probability": share_below(values[:, k], half) if response else None,
            "climatology_response_probability": share_below(usual, half) if response and usual is not None else None,
            "guess": None,
        }


def kept(values: Floats) -> list[float]:
    """Give the percentiles that are kept, shape ``(100,)``."""
    return [round(float(one), DIGITS) for one in np.percentile(values, PERCENTS)]


def share_below(values: Floats, limit: float) -> float:
    """Give the share at or below a limit."""
    return round(float(np.mean(values <= limit)), DIGITS)


def case_hash(case: Case) -> str:
    """Give the SHA-256 of a case file, or of what a case says where there is no file."""
    if case.path is not None and case.path.exists():
        return hashlib.sha256(case.path.read_bytes()).hexdigest()
    return hashlib.sha256(repr(case).encode()).hexdigest()


def line_hash(line: Json) -> str:
    """Give the SHA-256 of a line without its own hash."""
    body = {name: value for name, value in line.items() if name != "hash"}
    return hashlib.sha256(json.dumps(body, sort_keys=True, allow_nan=False).encode()).hexdigest()


def seal(case: Case, ledger: Path, *, on: str, guesses: Sequence[Guess] = ()) -> Json:
    """Seal everything that is foretold of a case into a ledger.

    Parameters
    ----------
    case : Case
        The person, the doses, the times.
    ledger : Path
        A file of lines; made where it is not there. It is replaced whole.
    on : str
        Date of the sealing, ``YYYY-MM-DD``.
    guesses : Sequence of Guess
        Of somebody else.

    Returns
    -------
    dict
        ``file``, ``sealed``, the number of forecasts, and ``hash`` of the line.

    Raises
    ------
    InputError
        For a date that is none, or a ledger that was changed.
    """
    checked_date(on, read_ledger(ledger) if ledger.exists() else [])
    foretold = list(forecasts(case, guesses))
    # Read only now: somebody else may have sealed while this was computed.
    lines = read_ledger(ledger) if ledger.exists() else []
    line: Json = {
        "number": len(lines) + 1,
        "date": checked_date(on, lines),
        "version": version("limen"),
        "posterior": posterior_hash(),
        "case": case_hash(case),
        "seed": case.seed,
        "forecasts": foretold,
        "previous": lines[-1]["hash"] if lines else FIRST,
    }
    line["hash"] = line_hash(line)
    write_lines(ledger, [*lines, line])
    return {"file": str(ledger), "number": line["number"], "sealed": len(line["forecasts"]), "hash": line["hash"]}


def checked_date(text: str, lines: Sequence[Json]) -> str:
    """Check a date; raises InputError where it is none, or lies before that of the last line."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise InputError(f"A date is written YYYY-MM-DD, got {text!r}: write 2026-01-31, for example.") from None
    if lines and found < date.fromisoformat(lines[-1]["date"]):
        raise InputError(
            f"The date {text} lies before that of the last line, {lines[-1]['date']}: a ledger only goes forward."
        )
    return found.isoformat()


def write_lines(ledger: Path, lines: Sequence[Json]) -> None:
    """Write a ledger whole, or not at all; who may read it stays as it was."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    temporary = ledger.with_name(f".{ledger.name}.{os.getpid()}.part")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            if ledger.exists():
                temporary.chmod(stat.S_IMODE(ledger.stat().st_mode))
            file.writelines(json.dumps(line, sort_keys=True, allow_nan=False) + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(ledger)
    finally:
        temporary.unlink(missing_ok=True)


def read_ledger(ledger: Path) -> list[Json]:
    """Read a ledger and hold it to its own hashes.

    Raises
    ------
    InputError
        Naming the first line that does not fit.
    """
    fault = first_fault(ledger)
    if fault is not None:
        raise InputError(f"{ledger} was changed: line {fault} does not fit its hash. Take the ledger from a copy.")
    return lines_of(ledger)


def lines_of(ledger: Path) -> list[Json]:
    """Read the lines of a ledger as they stand; raises InputError where one is not JSON."""
    found = []
    for number, text in enumerate(ledger.read_bytes().splitlines(), start=1):
        try:
            line = json.loads(text.decode("utf-8"))
        except ValueError:
            line = None
        if not isinstance(line, dict) or not {"hash", "date"} <= line.keys():
            raise InputError(f"{ledger} is not a ledger of forecasts: line {number} is not one. Name another file.")
        found.append(line)
    return found


def first_fault(ledger: Path) -> int | None:
    """Give the number of the first line that breaks the chain; None where all hold."""
    previous = FIRST
    for number, line in enumerate(lines_of(ledger), start=1):
        if line.get("previous") != previous or not holds(line):
            return number
        previous = line["hash"]
    return None


def holds(line: Json) -> bool:
    """Say whether a line is that of its own hash; one with what JSON does not know, such as NaN, is not."""
    try:
        return bool(line["hash"] == line_hash(line))
    except ValueError:
        return False


def seen_later(case: Case, scale: str, at_h: float) -> Score | None:
    """Give the score of a later case file that a forecast was of."""
    return next((one for one in case.scores if (one.scale, one.at_h) == (scale, at_h)), None)
