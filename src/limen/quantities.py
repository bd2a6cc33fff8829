"""What rooms hand each other, each with its unit.

Inside a room values are plain arrays with the unit in their name. Across a door they travel as one of the small
frozen classes below, which check themselves and give bare numbers only to a reader who says the unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

ChannelKind = Literal["eeg", "seeg", "ecog", "lfp", "eog", "ecg", "emg", "movement", "misc", "trigger"]
Site = Literal["scalp", "intracranial", "source"]

UNIT_FAMILIES: Final = (
    {"ng/mL": 1.0, "ug/mL": 1000.0, "mg/L": 1000.0},
    {"fraction": 1.0, "%": 0.01},
    {"min": 1.0, "h": 60.0, "d": 1440.0},
)


class InputError(ValueError):
    """Input that cannot be used. Its text is one sentence with the value, the place and the way out."""


def array_namespace(values: Floats) -> ModuleType:
    """Give the module whose functions take `values`: numpy, or jax.numpy while a fit traces a formula."""
    found: ModuleType = values.__array_namespace__()
    return found


def unit_factor(have: str, want: str) -> float:
    """Give the number by which a value in `have` is multiplied to be in `want`.

    Parameters
    ----------
    have, want : str
        Unit names, such as ``"ng/mL"``.

    Returns
    -------
    float
        1.0 where both are the same unit.

    Raises
    ------
    InputError
        If the two units do not measure the same thing.
    """
    if have == want:
        return 1.0
    for family in UNIT_FAMILIES:
        if have in family and want in family:
            return family[have] / family[want]
    raise InputError(f"A value in {have} cannot be read in {want}: ask for it in {have}.")


@dataclass(frozen=True)
class TimeCourse:
    """One quantity over time.

    Parameters
    ----------
    values : Floats
        Shape ``(..., times)``; people or draws first, time last. Finite.
    unit : str
        The unit of ``values``.
    time_min : Floats
        Shape ``(times,)``; minutes since the start of the first dose.

    Raises
    ------
    InputError
        If shapes disagree or a value is not finite.
    """

    values: Floats
    unit: str
    time_min: Floats

    def __post_init__(self) -> None:
        if self.values.shape[-1:] != self.time_min.shape:
            raise InputError(
                f"A time course needs one value a time, got {self.values.shape[-1]} for {len(self.time_min)} times:"
                " give them the same length."
            )
        if not np.all(np.isfinite(self.values)):
            raise InputError(f"A time course in {self.unit} holds a value that is not finite: say what is not known.")

    def read_in(self, unit: str) -> Floats:
        """Give the bare numbers in `unit`, shape ``(..., times)``; raises InputError where it is another quantity."""
        return self.values * unit_factor(self.unit, unit)


@dataclass(frozen=True)
class Event:
    """Something a recording notes at a time: `onset_s` and `duration_s` from its first sample, and the note's text."""

    onset_s: float
    duration_s: float
    text: str


@dataclass(frozen=True, eq=False)
class Packet:
    """A stretch of a recording without a gap, as a file or a stream hands it on.

    Parameters
    ----------
    samples_uv : Floats32
        Shape ``(channels, samples)``; microvolts. NaN where one channel is missing while others are not.
    first_sample : int
        Place of the first sample on the recording's own clock, whose sample 0 is the recording's first; gaps count.
    sample_rate_hz : float
        Samples a second.
    gap_before_s : float
        Seconds in which no channel has a value between the packet before and this one; 0 where they touch.
    """

    samples_uv: Floats32
    first_sample: int
    sample_rate_hz: float
    gap_before_s: float = 0.0

    @property
    def onset_s(self) -> float:
        """Seconds from the recording's first sample to the packet's."""
        return self.first_sample / self.sample_rate_hz


@dataclass(frozen=True, eq=False)
class Recording:
    """Voltages of several channels on one even clock; what is missing is NaN, never a made-up number.

    Parameters
    ----------
    samples_uv : Floats32
        Shape ``(channels, samples)``; microvolts. A gap is a stretch in which every channel is NaN.
    sample_rate_hz : float
        Samples a second, the same for all channels.
    names, kinds : tuple
        Name and kind of each channel.
    recorded : {"scalp", "intracranial", "source"}, optional
        The site; None where nobody stated it.
    simulated : bool
        True for a signal that no person gave.
    positions_mm : Floats, optional
        Shape ``(channels, 3)``; millimetres in MNI space, NaN for a channel without one.
    start : datetime, optional
        When the first sample was taken, as the file says it; None where it does not say or was made anonymous.
    events : tuple of Event
        Notes of the file.
    file : str, optional
        The name of the file it was read from.
    calibrated : bool
        False where nobody knows the unit: the numbers are then a converter's counts.
    warnings : tuple of str
        What was assumed or mended while reading, one sentence each.

    Raises
    ------
    InputError
        If there is no channel, the rate is not above zero, or names and kinds do not fit the channels.
    """

    samples_uv: Floats32
    sample_rate_hz: float
    names: tuple[str, ...]
    kinds: tuple[ChannelKind, ...]
    recorded: Site | None = None
    simulated: bool = False
    positions_mm: Floats | None = None
    start: datetime | None = None
    events: tuple[Event, ...] = ()
    file: str | None = None
    calibrated: bool = True
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        channels = len(self.samples_uv)
        if channels == 0:
            raise InputError(f"A recording needs at least one channel, got 0 in {self.file or 'it'}: choose one.")
        if not (len(self.names) == len(self.kinds) == channels):
            raise InputError(
                f"A recording of {channels} channels has {len(self.names)} names and {len(self.kinds)} kinds:"
                " give one of each for every channel."
            )
        if not (np.isfinite(self.sample_rate_hz) and self.sample_rate_hz > 0):
            raise InputError(f"A recording needs a sample rate above 0 Hz, got {self.sample_rate_hz:g}: state it.")

    @property
    def duration_s(self) -> float:
        """Seconds from the first sample to the end of the last, gaps included."""
        return float(self.samples_uv.shape[1] / self.sample_rate_hz)

    def missing(self) -> Booleans:
        """Say where no channel has a value, shape ``(samples,)``."""
        missing: Booleans = np.all(np.isnan(self.samples_uv), axis=0)
        return missing
