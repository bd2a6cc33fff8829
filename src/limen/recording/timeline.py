"""The clock of a live stream: where each sample stands, and where samples were lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from limen.quantities import Floats, Floats32, Packet

#: Ours: a stamp this much later than expected means lost samples; chunks of wireless amplifiers come late by less.
GAP_S: Final = 0.25
#: Ours: share of a chunk's lateness by which the expected clock follows it, for amplifiers that run a little off their
#: nominal rate (0.2 % off and chunks of 10 ms leave a lag of 1 ms).
FOLLOW: Final = 0.02


@dataclass
class Timeline:
    """Turns stamped chunks into packets on an even clock whose sample 0 is the first one received.

    Parameters
    ----------
    sample_rate_hz : float
        Nominal samples a second.
    next_sample : int
        Place of the sample that is expected next.
    resets : int
        How often the stamps have jumped backwards (the sender's clock was set anew).
    """

    sample_rate_hz: float
    next_sample: int = 0
    resets: int = 0
    _expected_s: float | None = field(default=None, repr=False)

    def go_on(self, next_sample: int, expected_s: float) -> None:
        """Go on where an earlier reader of the same clock stopped: which sample comes next, and its stamp."""
        self.next_sample, self._expected_s = next_sample, expected_s

    def place(self, samples_uv: Floats32, stamps_s: Floats) -> Iterator[Packet]:
        """Cut one chunk where samples were lost, and place each piece.

        Parameters
        ----------
        samples_uv : Floats32
            Shape ``(channels, samples)``; microvolts.
        stamps_s : Floats
            Shape ``(samples,)``; seconds on one clock.

        Yields
        ------
        Packet
            With the lost time in `gap_before_s`.
        """
        step_s = 1 / self.sample_rate_hz
        jumps = np.flatnonzero(np.abs(np.diff(stamps_s) - step_s) > GAP_S) + 1
        edges = [0, *jumps.tolist(), len(stamps_s)]
        for begin, end in pairwise(edges):
            if end > begin:
                yield self._packet(samples_uv[:, begin:end], float(stamps_s[begin]))

    def _packet(self, samples_uv: Floats32, stamp_s: float) -> Packet:
        lost = self._lost(stamp_s)
        first = self.next_sample + lost
        count = samples_uv.shape[1]
        self.next_sample = first + count
        self._expected_s = (self._expected_s or 0.0) + count / self.sample_rate_hz
        return Packet(samples_uv, first, self.sample_rate_hz, lost / self.sample_rate_hz)

    def _lost(self, stamp_s: float) -> int:
        """Count the samples lost before one stamped so, and move the expected clock to or towards the stamp."""
        if self._expected_s is None:
            self._expected_s = stamp_s
            return 0
        late_s = stamp_s - self._expected_s
        if late_s < -GAP_S:
            self.resets += 1
            self._expected_s = stamp_s
            return 0
        if late_s > GAP_S:
            self._expected_s = stamp_s
            return round(late_s * self.sample_rate_hz)
        self._expected_s += FOLLOW * late_s
        return 0
