"""The live detector's core: thinned samples in, judged steps out a stated lag later, the same however they are cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Booleans, Floats, InputError
from limen.rhythm.background import looked
from limen.rhythm.belief import Evidence, Kept, Traces, unknowing
from limen.rhythm.clock import STEPS_PER_LOOK, Clock
from limen.rhythm.engine import WORTH_IT, Engine, engine
from limen.rhythm.following import Following
from limen.rhythm.states import SHARES, Complex, States, states
from limen.rhythm.steps import (
    BLINK_DEVIATIONS,
    BLINK_OWN,
    BLINK_STANDS_OUT,
    LOOK_BACK,
    blink_answers,
    known_looks,
    known_steps,
    outlying,
    spared,
    suspected_blinks,
    trust_without,
    whitened,
)  # fmt: skip
from limen.rhythm.whitening import blink_match, whitening

#: Ours: a longer lag is no longer live.
LONGEST_LAG_S: Final = 30.0


@dataclass(frozen=True, eq=False)
class Judged:
    """Some steps in a row that have been judged.

    Parameters
    ----------
    first : int
        Place of the first, from the beginning of the recording.
    traces : Traces
        What is believed of them.
    evidence : Evidence
        What they rest on.
    """

    first: int
    traces: Traces
    evidence: Evidence

    @property
    def steps(self) -> int:
        """How many."""
        return int(self.evidence.value.shape[1])


class Follower:
    """Judges steps as they come, each `lag_s` after its last sample.

    Parameters
    ----------
    clock : Clock
        Of the recording.
    channels : int
        How many rows come.
    lag_s : float
        Seconds of hindsight, 0 to 30.
    wanted : {"auto", "numpy", "numba"}
        What does the arithmetic.
    """

    def __init__(self, clock: Clock, channels: int, lag_s: float, wanted: Engine = "numpy") -> None:
        if not 0 <= lag_s <= LONGEST_LAG_S:
            raise InputError(f"A lag lies between 0 and {LONGEST_LAG_S:g} s, got {lag_s:g}: choose 2 s, say.")
        self.clock, self.channels = clock, channels
        self.lag = round(lag_s / clock.step_s)
        self.model: States = states(clock.step_s)
        self.background = Following(clock, channels)
        self._engine = engine(WORTH_IT, wanted)
        self.belief = unknowing(self.model, channels)
        self._values, self._bad, self._first = np.zeros((channels, 0)), np.zeros((channels, 0), dtype=np.bool_), 0
        self._step, self._look = 0, 0
        self._taps = self._filters()
        #: What the last steps answered and what was believed of them as they came, for the background.
        self._answers = np.zeros((channels, 0))
        self._chance, self._hz = np.zeros((channels, 0)), np.zeros((channels, 0))
        self._shares = np.zeros((channels, 0, len(SHARES)))
        self._waiting: list[tuple[Kept, Evidence]] = []

    def push(self, values: Floats, bad: Booleans) -> list[Judged]:
        """Take thinned samples, shape ``(channels, inside)``, and give the steps that can now be judged."""
        self._values = np.concatenate([self._values, values], axis=1)
        self._bad = np.concatenate([self._bad, bad], axis=1)
        found = []
        while (count := self._ready()) > 0:
            self._take(count)
            found += self._judged(self.lag)
            self._forget()
        return found

    def finish(self) -> list[Judged]:
        """Judge what is still waiting, with what hindsight there is."""
        return self._judged(0, last=True)

    def _ready(self) -> int:
        """Count the steps up to the next look that are complete, after taking in a look that is due."""
        inside = self._first + self._values.shape[1]
        left = self.clock.steps(inside) - self._step
        if left <= 0:
            return 0
        if self.clock.latest_look(self._step) >= self._look:
            self._see_look()
        until = 1
        while until < left and self.clock.latest_look(self._step + until) < self._look:
            until += 1
        return until

    def _see_look(self) -> None:
        begin = self._look * self.clock.hop - self._first
        piece = slice(begin, begin + self.clock.look)
        powers = looked(self._values[:, piece], self.clock)
        known = known_looks(self._bad[:, piece], self.clock, 1)
        trust = np.ones(powers.shape)
        steps = self.clock.look // self.clock.stride
        if self._chance.shape[1] > steps:
            blinks = suspected_blinks(self._answers)[:, -steps:]
            free = spared(self._chance[:, -steps:], self._hz[:, -steps:], self._shares[:, -steps:], self.clock, 1)
            trust = free * trust_without(blinks, known, self.clock)[..., None]
        self.background.see(np.where(known[..., None], powers, 1.0)[:, 0], trust[:, 0], known[:, 0])
        self._look += 1
        self._taps = self._filters()

    def _filters(self) -> tuple[Complex, Floats]:
        """Make the filters of the background as it now stands; they change with a look, not with a step."""
        shape = self.background.shape[:, None]
        return whitening(shape, self.clock), blink_match(shape, self.clock)

    def _take(self, count: int) -> None:
        """Filter and weigh the next `count` steps, which share one background."""
        begin = self._step * self.clock.stride - self._first
        piece = slice(begin, begin + (count - 1) * self.clock.stride + 2 * self.clock.reach + 1)
        values, look = self._values[:, piece], np.zeros(count, dtype=np.int64)
        back = self._values[:, max(0, piece.start - self.clock.stride) : piece.stop]
        ahead = piece.start - max(0, piece.start - self.clock.stride)
        answers = blink_answers(back, self._taps[1], look, self.clock, ahead)
        known = known_steps(self._bad[:, piece], self.clock, count) & self.background.believed[:, None]
        answers = np.where(known, answers, 0.0)
        steps = whitened(values, self._taps[0], look, self.clock)
        evidence = Evidence(np.where(known, steps, 0.0), known, outlying(self._suspected(answers)))
        kept = self._engine.forwards(evidence, self.belief, self.model)
        self._waiting.append((kept, evidence))
        self._remember(answers, kept)
        self._step += count

    def _suspected(self, answers: Floats) -> Booleans:
        """Say in which new steps a blink is suspected by what has come so far."""
        count = answers.shape[1]
        history = np.pad(self._answers[:, -(LOOK_BACK + 1) :], ((0, 0), (LOOK_BACK + 1, 0)))[:, -(LOOK_BACK + 1) :]
        whole = np.concatenate([history, answers], axis=1)
        views = np.lib.stride_tricks.sliding_window_view(whole, LOOK_BACK - BLINK_OWN + 1, axis=1).max(axis=2)
        past = views[:, : count + 1]
        now = whole[:, LOOK_BACK:]
        alone = (now > BLINK_DEVIATIONS) & (past[:, : now.shape[1]] < BLINK_STANDS_OUT * now)
        found: Booleans = alone[:, 1:] | alone[:, :-1]
        return found

    def _remember(self, answers: Floats, kept: Kept) -> None:
        keep = 3 * STEPS_PER_LOOK + LOOK_BACK
        rhythm = self.model.rhythm
        weight = kept.weight[..., rhythm]
        chance = weight.sum(axis=2)
        hz = (weight @ self.model.frequency_hz[rhythm]) / np.maximum(chance, 1e-12)
        shares = np.stack([kept.weight[..., self.model.share == place].sum(axis=2) for place in range(len(SHARES))], 2)
        self._answers = np.concatenate([self._answers, answers], axis=1)[:, -keep:]
        self._chance = np.concatenate([self._chance, chance], axis=1)[:, -keep:]
        self._hz = np.concatenate([self._hz, hz], axis=1)[:, -keep:]
        self._shares = np.concatenate([self._shares, shares], axis=1)[:, -keep:]

    def _judged(self, lag: int, *, last: bool = False) -> list[Judged]:
        """Judge the waiting steps that have `lag` steps after them."""
        if not self._waiting:
            return []
        kept, evidence = _joined(self._waiting)
        total = evidence.value.shape[1]
        first = self._step - total
        found = []
        if last:
            found = [
                self._meet(kept, evidence, first, slice(place, place + 1), total - place - 1) for place in range(total)
            ]
            self._waiting = []
        elif total > lag:
            found.append(self._meet(kept, evidence, first, slice(0, total - lag), lag))
            rest = slice(total - lag, total)
            self._waiting = [(_part(kept, rest), evidence.part(rest))] if lag else []
        return found

    def _meet(self, kept: Kept, evidence: Evidence, first: int, chosen: slice, lag: int) -> Judged:
        after = evidence.part(slice(chosen.start + 1, chosen.stop + lag))
        traces: Traces = self._engine.lagged(_part(kept, chosen), after, lag, self.model)
        return Judged(first + chosen.start, traces, evidence.part(chosen))

    def _forget(self) -> None:
        """Drop samples that no later step or look needs."""
        needed = min((self._step - 1) * self.clock.stride, self._look * self.clock.hop)
        drop = max(0, needed - self._first)
        self._values, self._bad = self._values[:, drop:], self._bad[:, drop:]
        self._first += drop


def _part(kept: Kept, chosen: slice) -> Kept:
    return Kept(kept.weight[:, chosen], kept.mean[:, chosen], kept.doubt[:, chosen])


def _joined(waiting: list[tuple[Kept, Evidence]]) -> tuple[Kept, Evidence]:
    kept = [one for one, _ in waiting]
    evidence = [one for _, one in waiting]
    return (
        Kept(
            np.concatenate([one.weight for one in kept], axis=1),
            np.concatenate([one.mean for one in kept], axis=1),
            np.concatenate([one.doubt for one in kept], axis=1),
        ),
        Evidence(
            np.concatenate([one.value for one in evidence], axis=1),
            np.concatenate([one.known for one in evidence], axis=1),
            np.concatenate([one.outlying for one in evidence], axis=1),
        ),
    )
