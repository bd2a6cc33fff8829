"""The live detector: packets in, judged steps out, the same whether they come from a file or an amplifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from limen.quantities import Booleans, Floats, Floats32, Packet
from limen.rhythm.clock import clock
from limen.rhythm.engine import Engine
from limen.rhythm.follower import Follower, Judged
from limen.rhythm.phase import WINDOW_S, Phase, Window, phase_now
from limen.rhythm.reading import nothing
from limen.rhythm.thinning import Thinning

#: The lag of live use unless another is asked (detection.md section 9).
LAG_S: Final = 2.0


class Detector:
    """Judges every channel of a stream, each step `lag_s` after it; any cutting into packets gives the same.

    Parameters
    ----------
    sample_rate_hz : float
        Of the stream.
    channels : int
        How many.
    lag_s : float
        Seconds of hindsight.
    wanted : {"auto", "numpy", "numba"}
        What does the arithmetic.
    """

    def __init__(self, sample_rate_hz: float, channels: int, lag_s: float = LAG_S, wanted: Engine = "numpy") -> None:
        self.clock = clock(sample_rate_hz)
        self.channels = channels
        self._thinning = Thinning(self.clock, channels)
        self._follower = Follower(self.clock, channels, lag_s, wanted)
        self._expected = 0
        #: The newest values inside, for the phase, and how many there were in all.
        self._values, self._bad = np.zeros((channels, 0)), np.zeros((channels, 0), dtype=np.bool_)
        self._inside = 0

    def step(self, packet: Packet) -> list[Judged]:
        """Take a packet and give the steps that can now be judged; a gap before it is unknown, not off."""
        found = []
        for piece in nothing(packet.first_sample - self._expected, self.channels, packet.sample_rate_hz):
            found += self._follower.push(*self._taken(piece))
        self._expected = packet.first_sample + packet.samples_uv.shape[1]
        return found + self._follower.push(*self._taken(packet.samples_uv))

    def _taken(self, samples_uv: Floats32) -> tuple[Floats, Booleans]:
        """Thin samples and remember the newest."""
        values, bad = self._thinning.push(samples_uv)
        keep = round(WINDOW_S * self.clock.inside_hz)
        self._values = np.concatenate([self._values, values], axis=1)[:, -keep:]
        self._bad = np.concatenate([self._bad, bad], axis=1)[:, -keep:]
        self._inside += values.shape[1]
        return values, bad

    def finish(self) -> list[Judged]:
        """Judge what is left when the stream has ended."""
        return self._follower.push(*self._thinning.finish()) + self._follower.finish()

    @property
    def ready(self) -> bool:
        """Whether the background of any channel has been seen for long enough to judge by."""
        return bool(self._follower.background.believed.any())

    def phase(self, rows: Sequence[int] | None = None) -> Phase:
        """Give the phase at the newest sample of the channels `rows`, or of each; those with a rhythm cost most."""
        rough, rough_bad = self._thinning.newest()
        values = np.concatenate([self._values, rough], axis=1)
        bad = np.concatenate([self._bad, rough_bad], axis=1)
        last = (self._inside + rough.shape[1] - 1) * self.clock.thin
        window = Window(values, bad, (self._expected - 1 - last) / self.clock.sample_rate_hz)
        asked = range(self.channels) if rows is None else rows
        return phase_now(window, self.background(), self._follower.belief, self._follower.model, self.clock, rows=asked)

    def background(self) -> Floats:
        """Give level, tilt and bend of each channel as followed so far, NaN before, shape ``(channels, 3)``."""
        followed = self._follower.background
        return np.where(followed.believed[:, None], followed.shape, np.nan)

    def times_s(self, judged: Judged) -> Floats:
        """Give the middle of judged steps in seconds from the first sample, shape ``(steps,)``."""
        return self.clock.times_s(judged.steps, judged.first)


def chance(judged: Judged) -> Floats:
    """Give the probability of a rhythm in judged steps, NaN where they are unknown, shape ``(channels, steps)``."""
    return np.where(judged.evidence.known, 1 / (1 + np.exp(-judged.traces.log_odds)), np.nan)
