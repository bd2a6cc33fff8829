"""The phase at the newest sample against the true one, as a stimulator would have it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen.quantities import Packet
from limen.rhythm import Detector

EVERY_S = 0.5
FIRST_S = 20.0


@dataclass(frozen=True)
class Phases:
    """Spread and bias of the error inside bursts, coverage of the 90 % interval, and what a guard lets pass."""

    spread_deg: float
    bias_deg: float
    covered: float
    near: float
    stimuli: int
    outside: float


def phases(source, truth):
    """Play a recording to the live detector and ask for the phase twice a second."""
    count = round(EVERY_S * source.sample_rate_hz)
    detector = Detector(source.sample_rate_hz, len(source.names), 0.0, "auto")
    told, wide, allowed, real = [], [], [], []
    true = np.stack([one["phase"] for one in truth])
    for begin in range(0, source.samples_uv.shape[1] - count + 1, count):
        detector.step(Packet(source.samples_uv[:, begin : begin + count], begin, source.sample_rate_hz))
        if begin < FIRST_S * source.sample_rate_hz:
            continue
        now = detector.phase()
        told.append(now.phase_rad)
        wide.append(now.half_width_rad)
        allowed.append(now.allows() & (now.chance > 0.5))
        real.append(true[:, begin + count - 1])
    told, wide, allowed, real = (np.array(one) for one in (told, wide, allowed, real))
    off = np.angle(np.exp(1j * (told - real)))
    inside = np.isfinite(real)
    mean = np.exp(1j * off[inside]).mean()
    near = allowed & inside & (np.abs(np.nan_to_num(off, nan=9.0)) <= np.pi / 3)
    return Phases(
        float(np.degrees(np.sqrt(-2 * np.log(np.abs(mean))))),
        float(np.degrees(np.angle(mean))),
        float((np.abs(off[inside]) <= wide[inside]).mean()),
        float(near.sum() / max(1, allowed.sum())),
        int(allowed.sum()),
        float((allowed & ~inside).sum() / max(1, allowed.sum())),
    )
