"""What may be said of one channel: a rhythm, none, not to be seen here, or not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from limen.quantities import Booleans, Floats, Site
from limen.rhythm.calibration import Calibration
from limen.rhythm.clock import Clock
from limen.rhythm.episodes import Candidate, stretches
from limen.rhythm.states import RHYTHM
from limen.rhythm.visibility import NO_SIZE

Verdict = Literal["rhythm", "no rhythm", "not detectable here", "unknown"]

#: Ours: a channel has a rhythm where chance would show so strong an episode in fewer than one recording in 20, over
#: all its channels by Benjamini and Hochberg.
FALSE_DISCOVERIES: Final = 0.05
#: Ours: the size looked for. A channel in which half of such bursts would be missed cannot say that there is none.
LOOKED_FOR_DB: Final = 0.0
#: Ours: less judged time than this tells nothing.
FEWEST_JUDGED_S: Final = 10.0
#: Ours, fitted on development recordings: of candidates at the threshold half are right, and each nat above it
#: multiplies the odds by e to this.
NAT_COUNTS: Final = 0.7
#: The share of episodes above the threshold that were right there.
USUAL_RIGHT: Final = 0.85
LEAST_RIGHT: Final = 0.1
MOST_RIGHT: Final = 0.95


@dataclass(frozen=True)
class Episode:
    """One stretch that looks like a rhythm, with its kind: `rhythm`, or the name of what it is instead."""

    onset_s: float
    duration_s: float
    frequency_hz: float
    probability: float
    kind: str = RHYTHM

    def plain(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {
            "onset_s": round(self.onset_s, 3),
            "duration_s": round(self.duration_s, 3),
            "frequency_hz": round(self.frequency_hz, 3),
            "probability": round(self.probability, 4),
            "kind": self.kind,
        }


def probabilities(chosen: tuple[Candidate, ...], calibration: Calibration, judged_s: float) -> tuple[float, ...]:
    """Give the chance that each episode is right, from how far it stands out and how many chance would show."""
    expected = calibration.false_on_time * judged_s / _usual_s(chosen, calibration)
    right = float(np.clip((len(chosen) - expected + 0.5) / (len(chosen) + 1), LEAST_RIGHT, MOST_RIGHT))
    prior = np.log(right / (1 - right)) - np.log(USUAL_RIGHT / (1 - USUAL_RIGHT))
    return tuple(float(1 / (1 + np.exp(-(prior + NAT_COUNTS * (one.peak - calibration.threshold))))) for one in chosen)


def _usual_s(chosen: tuple[Candidate, ...], calibration: Calibration) -> float:
    """Give the usual length of what chance shows above the threshold."""
    above = calibration.lasts_s[calibration.peaks >= calibration.threshold]
    return float(above.mean()) if len(above) else FEWEST_JUDGED_S / 2


def discovered(chances: Floats) -> Booleans:
    """Say which channels stand out among all, by Benjamini and Hochberg, shape ``(channels,)`` both."""
    order = np.argsort(chances)
    allowed = FALSE_DISCOVERIES * np.arange(1, len(chances) + 1) / len(chances)
    passing = np.flatnonzero(chances[order] <= allowed)
    found = np.zeros(len(chances), dtype=np.bool_)
    found[order[: passing[-1] + 1 if len(passing) else 0]] = True
    return found


def unknown_stretches(known: Booleans, clock: Clock, duration_s: float) -> list[dict[str, float]]:
    """List the stretches that were not judged, shape ``(steps,)``; the ends, which no filter covers, are not listed."""
    half = clock.step_s / 2
    times_s = clock.times_s(len(known))
    found = []
    for begin, end in stretches(~known):
        onset_s = 0.0 if begin == 0 else float(times_s[begin]) - half
        past_s = duration_s if end == len(known) else float(times_s[end - 1]) + half
        found.append({"onset_s": round(onset_s, 3), "duration_s": round(past_s - onset_s, 3)})
    return found


def not_judged(judged_s: float, duration_s: float) -> str | None:
    """Say why a channel cannot be judged at all; None where it can."""
    if judged_s >= FEWEST_JUDGED_S:
        return None
    if duration_s < FEWEST_JUDGED_S + 2:
        return f"{duration_s:.3g} s are too short: at least {FEWEST_JUDGED_S + 2:g} s are needed."
    return f"Only {judged_s:.3g} of {duration_s:.4g} s hold a signal, and a background known before them, to judge by."


def verdict(
    *,
    discovered_here: bool,
    smallest_db: float | None,
    recorded: Site | None,
    hidden_because: str | None,
    chance: float,
) -> tuple[Verdict, str]:
    """Settle what may be said of a channel that could be judged, and why."""
    if discovered_here:
        return "rhythm", f"Chance alone would show so strong an episode in {100 * chance:.2g} of 100 such recordings."
    if smallest_db is None:
        return "not detectable here", NO_SIZE
    if smallest_db > LOOKED_FOR_DB:
        return (
            "not detectable here",
            f"Half of the bursts at {smallest_db:.1f} dB would be missed, and {LOOKED_FOR_DB:g} dB is looked for.",
        )
    if recorded == "scalp" and hidden_because is not None:
        return "not detectable here", hidden_because
    return "no rhythm", f"At {smallest_db:.1f} dB or more at least half of the bursts of 6 s would have been found."
