"""One search of a recording from end to end: taken in, examined, calibrated, named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Floats, InputError, Recording
from limen.recording import SignalFile
from limen.rhythm.calibration import Calibration, calibrate
from limen.rhythm.detectability import Detectability, detectability
from limen.rhythm.episodes import Candidate, candidates
from limen.rhythm.hindsight import SHORTEST_S, Examined
from limen.rhythm.judging import judged
from limen.rhythm.lookalikes import LookAlikes, look_alikes
from limen.rhythm.pooling import Shared, pool
from limen.rhythm.reading import Tell, Thinned, neural_places, thinned

#: The share of the time without a rhythm that may be called one (detection.md section 9).
FALSE_ON_TIME: Final = 0.01
LEAST_FALSE: Final = 1e-4
MOST_FALSE: Final = 0.2
SEED: Final = 1
#: The filters' margins, which no step covers.
MARGINS_S: Final = 2.0


@dataclass(frozen=True, eq=False)
class Search:
    """Everything that was found in the channels that could be examined.

    Parameters
    ----------
    places : tuple of int
        Their places in the recording.
    thin : Thinned
        Their samples, thinned.
    examined : Examined
        What is believed of every step.
    calibration : Calibration
        What chance would show.
    sizes : Detectability
        How small a rhythm would have been found.
    chosen : tuple
        By channel, the candidates above the threshold.
    kinds : LookAlikes
        What each of them is.
    shared : Shared or None
        A rhythm that contacts share.
    """

    places: tuple[int, ...]
    thin: Thinned
    examined: Examined
    calibration: Calibration
    sizes: Detectability
    chosen: tuple[tuple[Candidate, ...], ...]
    kinds: LookAlikes
    shared: Shared | None

    @property
    def judged_s(self) -> Floats:
        """Seconds of each channel that could be judged, shape ``(channels,)``."""
        found: Floats = self.examined.evidence.known.sum(axis=1) * self.examined.clock.step_s
        return found


def search(
    source: Recording | SignalFile,
    *,
    false_on_time: float = FALSE_ON_TIME,
    lag_s: float | None = None,
    seed: int = SEED,
    tell: Tell = lambda *_: None,
) -> Search | None:
    """Search a recording and keep everything.

    Parameters
    ----------
    source : Recording or SignalFile
        The recording.
    false_on_time : float
        Share of the time without a rhythm that may be called one, 0.0001 to 0.2.
    lag_s : float, optional
        Judge as the live detector does, that much later; with hindsight over the whole without it.
    seed : int
        Of the chance in the calibration.
    tell : callable
        Hears how far the reading is.

    Returns
    -------
    Search or None
        None where no channel can be examined: none is of the brain, or it is too short.

    Raises
    ------
    InputError
        If what was asked is outside its limits.
    """
    if not LEAST_FALSE <= false_on_time <= MOST_FALSE:
        raise InputError(
            f"A false on-time lies between {LEAST_FALSE:g} and {MOST_FALSE:g}, got {false_on_time:g}: ask for 0.01."
        )
    places = neural_places(source.kinds)
    if not places or source.duration_s < SHORTEST_S + MARGINS_S:
        return None
    thin = thinned(source, places, tell)
    examined = judged(thin, lag_s)
    rng = np.random.default_rng(seed)
    calibration = calibrate(examined, false_on_time, lag_s, rng)
    sizes = detectability(thin, examined, calibration.threshold, lag_s, rng)
    chosen = tuple(_above(examined, row, calibration.threshold) for row in range(len(places)))
    kinds = look_alikes(source, places, thin, examined, chosen, heart=_heart(source, chosen))
    # Live, the pattern over contacts would have to be known beforehand.
    shared = pool(examined, false_on_time, np.random.default_rng(seed + 1)) if lag_s is None else None
    return Search(places, thin, examined, calibration, sizes, chosen, kinds, shared)


def _above(examined: Examined, row: int, threshold: float) -> tuple[Candidate, ...]:
    every = candidates(examined.traces, examined.evidence.known, row, examined.clock)
    return tuple(one for one in every if one.peak >= threshold)


def _heart(source: Recording | SignalFile, chosen: tuple[tuple[Candidate, ...], ...]) -> Floats | None:
    """Take the ECG in where there is one and something was found, shape ``(inside,)``."""
    if "ecg" not in source.kinds or not any(chosen):
        return None
    found: Floats = thinned(source, (source.kinds.index("ecg"),)).values[0]
    return found
