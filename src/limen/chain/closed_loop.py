"""A closed loop in simulation: simulated patient, detector, a pulse at a phase of the rhythm, the circuit.

Nothing drives a stimulator: the loop shows what phase-locked pulses would do to the hypothesis. The estimator stands
behind a small protocol, so that a detector with another method can take its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
from scipy.signal import butter, hilbert, sosfiltfilt

from limen.chain.simulated_patient import CHANNELS, DEEP, SAMPLE_RATE_HZ, SimulatedPatient
from limen.quantities import Floats, Packet
from limen.rhythm.detector import Detector

#: Length of one turn of the loop, s (ours: amplifiers send packets of this order).
TURN_S: Final = 0.02
LOOK_S: Final = 1.2
BAND_HZ: Final = (1.5, 4.5)
STEP_HZ: Final = 0.1
#: Chance of a rhythm from which the detector allows a pulse (ours).
LEAST_CHANCE: Final = 0.5
#: Amplitude from which a rhythm counts as there for the plain fit, in SDs of what it leaves (ours).
LEAST_RATIO: Final = 0.5
#: Shortest time between two pulses, share of a period (ours): one pulse a cycle.
REST_SHARE: Final = 0.6
WIDTH_MS: Final = 10.0


@dataclass(frozen=True)
class Estimate:
    """The rhythm at the end of what was seen.

    Parameters
    ----------
    frequency_hz : float
        Of the rhythm.
    phase_rad : float
        Its phase at the last sample, 0 at a peak.
    stands : bool
        Whether it is sure enough for a pulse.
    """

    frequency_hz: float
    phase_rad: float
    stands: bool


@runtime_checkable
class PhaseEstimator(Protocol):
    """What a loop needs of a detector."""

    def step(self, samples_uv: Floats) -> Estimate | None:
        """Take the next samples of one channel, shape ``(samples,)``; gives None until it has seen enough."""
        ...


class DetectedPhase:
    """The live detector: a pulse is allowed where it believes in a rhythm and knows its phase to within its guard.

    Parameters
    ----------
    sample_rate_hz : float
        Of the samples.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        self._rate_hz = sample_rate_hz
        self._detector = Detector(sample_rate_hz, channels=1, lag_s=0.0)
        self._seen = 0

    def step(self, samples_uv: Floats) -> Estimate | None:
        """Take the next samples of one channel, shape ``(samples,)``; gives None until its background is known."""
        self._detector.step(Packet(samples_uv[None].astype(np.float32), self._seen, self._rate_hz))
        self._seen += len(samples_uv)
        if not self._detector.ready:
            return None
        now = self._detector.phase()
        sure = bool(now.chance[0] >= LEAST_CHANCE and now.allows()[0])
        return Estimate(float(now.frequency_hz[0]), float(now.phase_rad[0]), sure)


class SinusoidFit:
    """The plain estimator: a sinusoid fitted to the last 1.2 s, late samples counting more.

    It reads means over 20 ms, so that gamma does not drown the rhythm.

    Parameters
    ----------
    sample_rate_hz : float
        Of the samples.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        size = round(LOOK_S / TURN_S)
        time_s = (np.arange(size) - size + 0.5) * TURN_S
        self._samples = round(TURN_S * sample_rate_hz)
        self._hz = np.arange(*BAND_HZ, STEP_HZ)
        self._weight = np.exp(time_s / (0.5 * LOOK_S))
        angle = 2.0 * np.pi * self._hz[:, None] * time_s[None, :]
        self._columns = np.stack([np.cos(angle), np.sin(angle), np.ones_like(angle)], axis=2)
        weighted = self._columns * self._weight[None, :, None]
        self._solve = np.linalg.inv(np.swapaxes(self._columns, 1, 2) @ weighted) @ np.swapaxes(weighted, 1, 2)
        self._seen, self._rest = np.zeros(0), np.zeros(0)

    def step(self, samples_uv: Floats) -> Estimate | None:
        """Take the next samples of one channel, shape ``(samples,)``; gives None until it has seen 1.2 s."""
        size = len(self._weight)
        given = np.concatenate([self._rest, samples_uv])
        whole = len(given) // self._samples * self._samples
        means, self._rest = given[:whole].reshape(-1, self._samples).mean(axis=1), given[whole:]
        self._seen = np.concatenate([self._seen, means])[-size:]
        if len(self._seen) < size:
            return None
        found = self._solve @ self._seen
        left = self._seen - np.einsum("fsk,fk->fs", self._columns, found)
        power = left**2 @ self._weight / self._weight.sum()
        best = int(np.argmin(power))
        cosine, sine = found[best, :2]
        ratio = np.hypot(cosine, sine) / max(np.sqrt(power[best]), 1e-12)
        return Estimate(float(self._hz[best]), float(np.arctan2(-sine, cosine)), bool(ratio >= LEAST_RATIO))


@dataclass(frozen=True, eq=False)
class LoopCourse:
    """What a loop did.

    Parameters
    ----------
    deep_uv : Floats
        The deep contact, shape ``(samples,)``.
    pulses_s : Floats
        When pulses were given, shape ``(pulses,)``, seconds from the first sample.
    sample_rate_hz : float
        Of the contact.
    """

    deep_uv: Floats
    pulses_s: Floats
    sample_rate_hz: float

    def phases_rad(self) -> Floats:
        """Give the phase of the rhythm at each pulse of a sham, read from both sides, shape ``(pulses,)``."""
        sos = butter(2, BAND_HZ, btype="bandpass", fs=self.sample_rate_hz, output="sos")
        phase = np.angle(hilbert(sosfiltfilt(sos, self.deep_uv)))
        return np.asarray(phase[np.round(self.pulses_s * self.sample_rate_hz).astype(np.int64)])

    def locking(self) -> tuple[float, float]:
        """Give how strongly pulses gather at one phase, 0 to 1, and that phase, radians."""
        resultant = np.mean(np.exp(1j * self.phases_rad())) if len(self.pulses_s) else 0j
        return float(np.abs(resultant)), float(np.angle(resultant))


def run_loop(
    patient: SimulatedPatient,
    estimator: PhaseEstimator,
    *,
    seconds: float,
    target_rad: float,
    width_ms: float = WIDTH_MS,
    sham: bool = False,
) -> LoopCourse:
    """Close the loop for some time.

    Parameters
    ----------
    patient : SimulatedPatient
        Gives packets, and takes pulses.
    estimator : PhaseEstimator
        Reads the deep contact.
    seconds : float
        How long.
    target_rad : float
        Phase at which a pulse is given; 0 is the peak of the rhythm at the contact.
    width_ms : float
        Of each pulse.
    sham : bool
        True to note the pulses and give none: only then can their phase be read afterwards, for a pulse makes its own
        peak.

    Returns
    -------
    LoopCourse
        The contact and the pulses.
    """
    deep, pulses, last_s = CHANNELS.index(DEEP), [], -np.inf
    seen: list[Floats] = []
    for turn in range(round(seconds / TURN_S)):
        packet = patient.packet(TURN_S)
        seen.append(packet.samples_uv[deep].astype(np.float64))
        now_s, estimate = (turn + 1) * TURN_S, estimator.step(seen[-1])
        wait_s = None if estimate is None else due_s(estimate, target_rad)
        if estimate is None or wait_s is None or now_s + wait_s - last_s < REST_SHARE / estimate.frequency_hz:
            continue
        if not sham:
            patient.circuit.pulse(width_ms, in_ms=1000.0 * wait_s)
        last_s = now_s + wait_s
        pulses.append(last_s)
    whole = np.concatenate(seen)
    inside = [at for at in pulses if at < len(whole) / SAMPLE_RATE_HZ - 1.0 / SAMPLE_RATE_HZ]
    return LoopCourse(whole, np.array(inside), float(SAMPLE_RATE_HZ))


def due_s(estimate: Estimate, target_rad: float) -> float | None:
    """Give the seconds until the phase comes, where that is within the next turn and the rhythm stands; else None."""
    if not estimate.stands:
        return None
    wait_s = float(np.mod(target_rad - estimate.phase_rad, 2.0 * np.pi)) / (2.0 * np.pi * estimate.frequency_hz)
    return wait_s if wait_s < TURN_S else None
