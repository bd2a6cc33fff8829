"""A simulated patient: a deep contact and a scalp, while the circuit runs and the drug comes and goes.

The deep contact hears the circuit in its own noise. The scalp hears it through the head model, far below its
background, whose delta and alpha fall and whose gamma rises with block, as published. Sizes at the scalp are published
for alpha only, the others are ours. Nothing here was recorded from anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.signal import butter, sosfilt

from limen.circuit.head import PLACES, POSTEROMEDIAL_MM, POSTEROMEDIAL_POINTS, places_mm, potential_uv
from limen.circuit.live import LiveCircuit
from limen.circuit.mechanisms import mechanism
from limen.evidence import finding
from limen.quantities import ChannelKind, Floats, InputError, Packet, Recording

SAMPLE_RATE_HZ: Final = 250
CIRCUIT_HZ: Final = 1000
DEEP: Final = "PMC1"
CHANNELS: Final = (DEEP, *PLACES)
EEG: Final[ChannelKind] = "eeg"
KINDS: Final[tuple[ChannelKind, ...]] = ("seeg", *(EEG for _ in PLACES))
#: Microvolts at the contact, and nAm of the whole patch, for 1 uA/cm2 of synaptic current (ours: the rhythm then is
#: some tens of microvolts at the contact and a few tens of nAm, as cortical sources are).
CONTACT_UV: Final = 450.0
PATCH_NAM: Final = 60.0
#: Background of the contact and of the scalp, RMS microvolts by band (ours, of the order of adult recordings).
BANDS_HZ: Final = {
    "delta": (0.7, 4.0),
    "theta": (4.0, 8.0),
    "alpha": (8.0, 12.0),
    "beta": (13.0, 30.0),
    "gamma": (30.0, 80.0),
}
SCALP_UV: Final = {"delta": 9.0, "theta": 4.0, "alpha": 7.0, "beta": 3.0, "gamma": 1.2}
CONTACT_SHARE: Final = 0.8
#: Change by band at the block of the reference infusion, dB. Delta and gamma: published directions, sizes ours.
DELTA_DB: Final = -1.0
GAMMA_DB: Final = 1.5
BACK: Final = ("P3", "Pz", "P4", "P7", "P8", "O1", "O2")
FRONT_ALPHA: Final = 0.35  # share of alpha in front of the others (ours)
#: Furthest that the change goes, in reference blocks (ours: nothing is known beyond anaesthesia).
MOST_TIMES: Final = 3.0

Blocks = Callable[[float], float]


@dataclass(frozen=True)
class Plan:
    """What the simulated patient gets.

    Parameters
    ----------
    block_at : callable
        Share of NMDA receptors held, by seconds since the start.
    mechanism : str
        ``"hcn1"`` or ``"rival"``.
    seed : int
        Of everything that is drawn.
    """

    block_at: Blocks
    mechanism: str = "hcn1"
    seed: int = 1


class Background:
    """Noise of all channels, band by band, that goes on where it stopped.

    Parameters
    ----------
    channels : tuple of str
        Names; the deep contact has a smaller share.
    rng : numpy.random.Generator
        Its chance.
    """

    def __init__(self, channels: tuple[str, ...], rng: np.random.Generator) -> None:
        self._rng, self._channels = rng, channels
        self._filters = {
            band: butter(3, ends, btype="bandpass", fs=SAMPLE_RATE_HZ, output="sos") for band, ends in BANDS_HZ.items()
        }
        self._memory = {band: np.zeros((len(sos), len(channels), 2)) for band, sos in self._filters.items()}
        self._gain = {band: self._sizes(band) for band in BANDS_HZ}
        self.step(2 * SAMPLE_RATE_HZ, 0.0)  # the filters' start is not background

    def _sizes(self, band: str) -> Floats:
        """Give microvolts of white noise whose filtered RMS is the band's, shape ``(channels, 1)``."""
        low, high = BANDS_HZ[band]
        share = np.sqrt((high - low) / (SAMPLE_RATE_HZ / 2.0))
        front = FRONT_ALPHA if band == "alpha" else 1.0
        own = [CONTACT_SHARE if name == DEEP else 1.0 if name in BACK else front for name in self._channels]
        return np.asarray(np.array(own)[:, None] * SCALP_UV[band] / share)

    def step(self, samples: int, block: float) -> Floats:
        """Give so many samples under a block, microvolts, shape ``(channels, samples)``."""
        whole = np.zeros((len(self._channels), samples))
        for band, sos in self._filters.items():
            white = self._rng.standard_normal((len(self._channels), samples))
            found, self._memory[band] = sosfilt(sos, white, axis=1, zi=self._memory[band])
            whole += found * self._gain[band] * 10.0 ** (band_change_db(band, self._channels, block)[:, None] / 20.0)
        return whole


def band_change_db(band: str, channels: tuple[str, ...], block: float) -> Floats:
    """Give the change of a band at a block, dB, shape ``(channels,)``; it grows evenly up to thrice the reference."""
    times = min(block / finding("occupancy_in_vivo_at_185_and_20").number(), MOST_TIMES)
    if band == "alpha":
        return times * np.array([_alpha_db(name) for name in channels])
    return np.full(len(channels), times * {"delta": DELTA_DB, "gamma": GAMMA_DB}.get(band, 0.0))


def _alpha_db(name: str) -> float:
    if name == DEEP:
        return 0.0
    back = name.startswith("O")
    return finding("scalp_alpha_occipital" if back else "scalp_alpha_parietal").number()


class SimulatedPatient:
    """Packets of a deep contact and of the scalp, in time order and without end.

    Parameters
    ----------
    plan : Plan
        What the patient gets.
    engine : str
        Of the circuit: ``"auto"``, ``"numba"`` or ``"numpy"``.
    """

    def __init__(self, plan: Plan, engine: str = "auto") -> None:
        self.plan = plan
        self.circuit = LiveCircuit(mechanism(plan.mechanism).network, plan.seed, engine=engine)
        self._background = Background(CHANNELS, np.random.default_rng([plan.seed, 7]))
        self._smooth = butter(4, 90.0, fs=CIRCUIT_HZ, output="sos")
        self._high = butter(2, 0.3, btype="highpass", fs=CIRCUIT_HZ, output="sos")
        self._memory = np.zeros((len(self._smooth), 2)), np.zeros((len(self._high), 2))
        self._gain = np.concatenate([[CONTACT_UV], scalp_gain_uv()])
        self._done = 0
        self._field(self.circuit.advance(2.0).lfp_ua_cm2)

    def packet(self, seconds: float) -> Packet:
        """Give the next packet, shape ``(channels, samples)``; `seconds` is rounded to whole samples, at least one."""
        samples = max(1, round(seconds * SAMPLE_RATE_HZ))
        block = self.plan.block_at(self._done / SAMPLE_RATE_HZ)
        self.circuit.block(block)
        field = self._field(self.circuit.advance(samples / SAMPLE_RATE_HZ).lfp_ua_cm2)
        volts = self._gain[:, None] * field[:: CIRCUIT_HZ // SAMPLE_RATE_HZ][None, :samples]
        volts += self._background.step(samples, block)
        first, self._done = self._done, self._done + samples
        return Packet(volts.astype(np.float32), first, SAMPLE_RATE_HZ)

    def packets(self, seconds: float) -> Iterator[Packet]:
        """Yield packets of so many seconds, without end."""
        while True:
            yield self.packet(seconds)

    def recording(self, seconds: float, packet_s: float = 1.0) -> Recording:
        """Give the next `seconds` as one recording, marked simulated, to be looked at or replayed."""
        if not (np.isfinite(seconds) and seconds > 0.0):
            raise InputError(f"A simulated recording needs a length above 0 s, got {seconds:g}: 60 is one.")
        whole, each = (max(1, round(length_s * SAMPLE_RATE_HZ)) for length_s in (seconds, packet_s))
        sizes = [min(each, whole - first) for first in range(0, whole, each)]
        samples = np.concatenate([self.packet(size / SAMPLE_RATE_HZ).samples_uv for size in sizes], axis=1)
        return Recording(
            samples_uv=samples,
            sample_rate_hz=float(SAMPLE_RATE_HZ),
            names=CHANNELS,
            kinds=KINDS,
            simulated=True,
            warnings=("Simulated: nobody gave this signal.",),
        )

    def _field(self, lfp: Floats) -> Floats:
        smooth, one = sosfilt(self._smooth, lfp, zi=self._memory[0])
        found, other = sosfilt(self._high, smooth, zi=self._memory[1])
        self._memory = one, other
        return np.asarray(found)


def scalp_gain_uv() -> Floats:
    """Give microvolts at each scalp channel for 1 uA/cm2 in the circuit, average reference, shape ``(channels,)``."""
    direction = np.array(POSTEROMEDIAL_POINTS)
    moment = PATCH_NAM * direction / np.linalg.norm(direction)
    found = potential_uv(moment, np.array(POSTEROMEDIAL_MM), places_mm())
    return np.asarray(found - found.mean())
