"""Where in its cycle a rhythm is now, with how sure that is; for simulated stimulation only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import i0e, i1e

from limen.quantities import Booleans, Floats
from limen.rhythm.belief import Belief, predicted
from limen.rhythm.states import States

#: Half of a standard normal's central 90 in 100.
NINETY: Final = 1.6448536269514722
#: Ours: a simulated stimulus is allowed where the phase is known to within this.
GUARD_RAD: Final = float(np.pi / 4)


@dataclass(frozen=True, eq=False)
class Phase:
    """The phase of each channel's rhythm, shape ``(channels,)``.

    `phase_rad` is that of a cosine, `half_width_rad` half of its 90 % interval, `frequency_hz` its frequency and
    `chance` how likely there is a rhythm at all.
    """

    phase_rad: Floats
    half_width_rad: Floats
    frequency_hz: Floats
    chance: Floats

    def allows(self, limit_rad: float = GUARD_RAD) -> Booleans:
        """Say in which channels a simulated stimulus would be allowed, shape ``(channels,)``."""
        found: Booleans = self.half_width_rad <= limit_rad
        return found


def phase_now(belief: Belief, model: States, step_s: float, late_s: float) -> Phase:
    """Carry a belief on from the step it is of to the newest sample, `late_s` after it, and read the phase off.

    The oscillation of a state is a complex Gaussian of mean m and variance P; its direction has the mean resultant
    sqrt(pi s) / 2 exp(-s / 2) (I0(s / 2) + I1(s / 2)) with s = abs(m)^2 / P. The mixture over frequencies is taken for
    a wrapped normal of the same resultant.
    """
    rhythm = model.rhythm
    chance = belief.weight[:, rhythm].sum(axis=1)
    late = late_s / step_s
    ahead = belief
    for _ in range(int(late)):
        ahead = predicted(ahead, model)
    rest = np.exp(2j * np.pi * model.frequency_hz * (late - int(late)) * step_s)
    weight = ahead.weight[:, rhythm] / np.maximum(ahead.weight[:, rhythm].sum(axis=1, keepdims=True), 1e-300)
    mean = (ahead.mean * rest)[:, rhythm]
    clear = np.abs(mean) ** 2 / np.maximum(ahead.doubt[:, rhythm], 1e-12)
    resultant = np.sqrt(np.pi * clear) / 2 * (i0e(clear / 2) + i1e(clear / 2))
    total = (weight * resultant * np.exp(1j * np.angle(mean))).sum(axis=1)
    length = np.clip(np.abs(total), 1e-12, 1 - 1e-12)
    spread = np.sqrt(-2 * np.log(length))
    return Phase(np.angle(total), np.minimum(NINETY * spread, np.pi), weight @ model.frequency_hz[rhythm], chance)
