"""Contacts that share a rhythm: one signal seen through all of them, which shows what none shows alone.

The pattern of the shared rhythm over the contacts, with its phases, is the direction in which short stretches at some
frequency stand out most, once the noise that contacts share has been taken apart. The same search is made in noise
alone, so that what it finds in noise is allowed for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from limen.quantities import Floats
from limen.rhythm.belief import OUTLIER_SHARE, Evidence, Traces
from limen.rhythm.calibration import Calibration
from limen.rhythm.clock import Clock
from limen.rhythm.engine import WORTH_IT, engine
from limen.rhythm.episodes import Candidate, candidates
from limen.rhythm.hindsight import Examined
from limen.rhythm.states import HIGHEST_HZ, LOWEST_HZ, Complex, states

#: Ours: fewer than two contacts share nothing.
FEWEST: Final = 2
#: Ours: stretches and frequencies in which the pattern is looked for, how rarely one holds a rhythm, and its power.
STRETCH_S: Final = 3.2
FREQUENCIES_HZ: Final = 0.25
RARE: Final = 0.03
POWER_OF_ONE: Final = 4.0
#: Ours: strongest stretches that the search begins from, besides each contact, and its fixed-point steps.
BEGINNINGS: Final = 8
TURNS: Final = 8
#: Ours: noise recordings for the threshold.
NOISE_RECORDINGS: Final = 8
NOISE_S: Final = 600.0
#: Ours: a contact belongs to the pattern where its part is at least this share of the largest.
BELONGS: Final = 0.3
#: Ours: share of the noise covariance that is taken as independent, so that it can be inverted.
SHRINK: Final = 0.02
#: Ours: more than even odds; a share of contacts at which all may blink, and what such a step then counts.
SUSPECT: Final = 0.5
MANY_SUSPECT: Final = 0.3
QUIETER: Final = 0.3
#: Ours: quiet steps a contact from which the noise is learnt.
FEWEST_STEPS: Final = 4
#: Ours: a pooled rhythm is reported where chance would show so strong an episode in fewer than one recording in 20.
CHANCE: Final = 0.05


@dataclass(frozen=True, eq=False)
class Pooled:
    """A shared signal: what is believed of its steps, its pattern over contacts, and the evidence it rests on.

    `pattern` has shape ``(contacts,)``.
    """

    traces: Traces
    pattern: Complex
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Shared:
    """A rhythm that contacts share: their rows, its episodes and what chance would show."""

    rows: tuple[int, ...]
    chosen: tuple[Candidate, ...]
    calibration: Calibration
    pooled: Pooled


def pool(examined: Examined, false_on_time: float, rng: np.random.Generator) -> Shared | None:
    """Look for one rhythm in all contacts together.

    Parameters
    ----------
    examined : Examined
        The contacts, each examined alone.
    false_on_time : float
        Share of the time without a rhythm that may be called one.
    rng : numpy.random.Generator
        Chance.

    Returns
    -------
    Shared or None
        None where there are too few contacts, or too few moments known in all, or chance would show as much.
    """
    rows = np.flatnonzero(examined.evidence.known.mean(axis=1) > SUSPECT)
    if len(rows) < FEWEST:
        return None
    clock = examined.clock
    whole = examined.evidence
    evidence = Evidence(whole.value[rows], whole.known[rows], whole.outlying[rows])
    if evidence.known.all(axis=0).sum() < FEWEST_STEPS * len(rows):
        return None
    chance = 1 / (1 + np.exp(-examined.traces.log_odds[rows]))
    noise = _noise(evidence, chance)
    found = _together(evidence, noise, clock)
    calibration = _calibrated(noise, evidence.value.shape[1], false_on_time, clock, rng)
    every = candidates(found.traces, found.evidence.known, 0, clock)
    chosen = tuple(one for one in every if one.peak >= calibration.threshold)
    judged_s = float(found.evidence.known.sum() * clock.step_s)
    if not chosen or calibration.chance(max(one.peak for one in chosen), judged_s) > CHANCE:
        return None
    size = np.abs(found.pattern)
    members = tuple(int(rows[place]) for place in np.flatnonzero(size >= BELONGS * size.max()))
    return Shared(members, chosen, calibration, found) if len(members) >= FEWEST else None


def _noise(evidence: Evidence, chance: Floats) -> Complex:
    """Give the covariance of the noise over contacts, shape ``(contacts, contacts)``, from steps without a rhythm."""
    quiet = evidence.known.all(axis=0) & ~(evidence.outlying > SUSPECT).any(axis=0) & (chance.max(axis=0) < SUSPECT)
    if quiet.sum() < FEWEST_STEPS * len(chance):
        quiet = evidence.known.all(axis=0)
    steps = evidence.value[:, quiet]
    found = steps @ steps.conj().T / max(1, steps.shape[1])
    return np.asarray((1 - SHRINK) * found + SHRINK * np.diag(np.diag(found).real))


def _together(evidence: Evidence, noise: Complex, clock: Clock) -> Pooled:
    """See all contacts through the one pattern that shows most."""
    weights, turns = np.linalg.eigh(noise)
    level = float(np.mean(np.diag(noise).real))
    apart = turns / np.sqrt(weights) @ turns.conj().T
    value = np.where(evidence.known, evidence.value, 0.0)
    value = np.where(evidence.outlying.mean(axis=0) > MANY_SUSPECT, QUIETER, 1.0) * value
    best = _direction(_waves(apart @ value, clock))
    filters = apart @ best
    share = np.abs(filters) ** 2 / float((np.abs(filters) ** 2).sum())
    signal = Evidence(
        np.sqrt(level) * (filters.conj() @ value)[None],
        (evidence.known.mean(axis=0) > SUSPECT)[None],
        (share @ evidence.outlying)[None],
    )
    traces = engine(WORTH_IT).smoothed(signal, states(clock.step_s))
    return Pooled(traces, noise @ filters, signal)


def _waves(value: Complex, clock: Clock) -> Complex:
    """Give stretches at every frequency, shape ``(contacts, stretches x frequencies)``; noise has mean square 1."""
    length = round(STRETCH_S / clock.step_s)
    views = np.lib.stride_tricks.sliding_window_view(value, length, axis=1)[:, :: length // 2]
    grid_hz = np.arange(LOWEST_HZ, HIGHEST_HZ + FREQUENCIES_HZ / 2, FREQUENCIES_HZ)
    turns = np.exp(-2j * np.pi * clock.step_s * np.outer(np.arange(length), grid_hz)) / np.sqrt(length)
    found: Complex = (views @ turns).reshape(len(value), -1)
    return found


def _direction(waves: Complex) -> Complex:
    """Find the direction in which a few stretches stand out most, by fixed-point steps from many beginnings.

    Returns
    -------
    Complex
        Shape ``(contacts,)``, of length 1.
    """
    strongest = waves[:, np.argsort(-(np.abs(waves) ** 2).sum(axis=0))[:BEGINNINGS]]
    starts = np.concatenate([np.eye(len(waves)), strongest], axis=1).astype(np.complex128)
    for _ in range(TURNS):
        starts = starts / np.linalg.norm(starts, axis=0)
        along = starts.conj().T @ waves
        starts = waves @ (_slope(np.abs(along) ** 2) * along).conj().T
    starts = starts / np.maximum(np.linalg.norm(starts, axis=0), 1e-12)
    worth = _worth(np.abs(starts.conj().T @ waves) ** 2).sum(axis=1)
    found: Complex = starts[:, int(np.argmax(worth))]
    return found


def _worth(power: Floats) -> Floats:
    """Give the log evidence that a stretch of this power holds a rhythm now and then."""
    gain = POWER_OF_ONE / (1 + POWER_OF_ONE)
    return np.asarray(np.log1p(-RARE) + np.logaddexp(0, np.log(RARE / (1 - RARE) / (1 + POWER_OF_ONE)) + gain * power))


def _slope(power: Floats) -> Floats:
    gain = POWER_OF_ONE / (1 + POWER_OF_ONE)
    found: Floats = gain / (1 + np.exp(-(np.log(RARE / (1 - RARE) / (1 + POWER_OF_ONE)) + gain * power)))
    return found


def _calibrated(
    noise: Complex, steps: int, false_on_time: float, clock: Clock, rng: np.random.Generator
) -> Calibration:
    """Do the same with noise alone and collect what it finds."""
    count = min(steps, round(NOISE_S / clock.step_s))
    root = np.linalg.cholesky(noise)
    every: list[Candidate] = []
    for _ in range(NOISE_RECORDINGS):
        found = _together(_drawn(root, count, rng), noise, clock)
        every += candidates(found.traces, found.evidence.known, 0, clock)
    every.sort(key=lambda one: one.peak)
    return Calibration(
        np.array([one.peak for one in every]),
        np.array([one.steps * clock.step_s for one in every]),
        NOISE_RECORDINGS * count * clock.step_s,
        false_on_time,
    )


def _drawn(root: Any, count: int, rng: np.random.Generator) -> Evidence:
    white = rng.standard_normal((2, len(root), count)) / np.sqrt(2)
    value = root @ (white[0] + 1j * white[1])
    return Evidence(value, np.ones(value.shape, dtype=np.bool_), np.full(value.shape, OUTLIER_SHARE))
