"""NumPy and MATLAB files: bare numbers, whose rate and unit the user states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.io import loadmat

from limen.quantities import Floats, Floats32, InputError
from limen.recording.channels import asked_unit
from limen.recording.signal_file import Asked, Segment, Stored, one_segment

Array = npt.NDArray[np.generic]

#: Names under which an archive may hold its signal, its rate, its names and its times.
SIGNAL_NAMES: Final = ("samples_uv", "data", "signal", "X", "x")
RATE_NAMES: Final = ("sample_rate_hz", "fs", "srate", "sfreq")
TIME_NAMES: Final = ("time", "times", "time_s", "t")
#: Steps that differ less than this share from the median come from an exact clock (ours).
EXACT_SHARE: Final = 0.1
#: Share of the steps that must agree for the clock to be exact (ours: gaps are few).
EXACT_MOST: Final = 0.9
#: The user's rate and the file's own may differ by this share, as nominal and true rates do (ours).
RATE_AGREES: Final = 0.01
#: Channels and samples.
AXES: Final = 2
#: On an exact clock a step beyond this many medians is a gap; on a coarse one, the second (ours).
EXACT_GAP: Final = 1.5
COARSE_GAP: Final = 3.0


def microvolts(values: Array, factor: float | Floats) -> Floats32:
    """Scale values to float32 microvolts, same shape; what is no finite number is missing, so NaN."""
    with np.errstate(over="ignore", invalid="ignore"):
        found: Floats32 = (np.asarray(values, dtype=np.float64) * factor).astype(np.float32)
    found[~np.isfinite(found)] = np.nan
    return found


@dataclass(frozen=True)
class Rows:
    """Channels as the rows of an array, and the microvolts in one of its numbers."""

    values: Array
    factor: float

    def load(self, channels: tuple[int, ...], first: int, past: int) -> Floats32:
        """Give samples ``first`` to ``past`` of some channels, shape ``(channels, samples)``; microvolts."""
        piece = self.values[list(channels), first:past]
        return microvolts(piece, self.factor)


def stated(asked: Asked, file: str, *, rate_hz: float | None = None, unit: str | None = None) -> tuple[float, str]:
    """Settle the rate and the unit of a file of bare numbers.

    Raises
    ------
    InputError
        If neither the file nor the user states one of them, or they contradict each other.
    """
    rate = agreed_rate(rate_hz, asked, file)
    if rate is None:
        raise InputError(f"{file} does not state its sample rate: give it, such as --sample-rate-hz 250.")
    if asked.unit and unit and asked_unit(asked.unit) != asked_unit(unit):
        raise InputError(f"{file} is in {unit} by its own account, not in {asked.unit}: leave the unit out.")
    chosen = asked.unit or unit
    if chosen is None:
        raise InputError(f"{file} does not state its unit: give --unit uV, mV or V, or counts where nobody knows it.")
    return float(rate), chosen


def agreed_rate(rate_hz: float | None, asked: Asked, file: str) -> float | None:
    """Give the rate that the file states, else the user's; InputError where they differ by more than one in 100."""
    wanted = asked.sample_rate_hz
    if wanted is not None and not (np.isfinite(wanted) and wanted > 0):
        raise InputError(f"A sample rate must be above 0 Hz, got {wanted:g} for {file}.")
    if rate_hz is not None and wanted is not None and abs(rate_hz / wanted - 1) > RATE_AGREES:
        raise InputError(f"{file} is sampled at {rate_hz:g} Hz by its own account, not at {wanted:g} Hz: leave it out.")
    return rate_hz if rate_hz is not None else wanted


def stored_rows(
    rows: Array,
    asked: Asked,
    file: str,
    *,
    names: tuple[str, ...] = (),
    rate_hz: float | None = None,
    unit: str | None = None,
    segments: tuple[Segment, ...] | None = None,
) -> Stored:
    """Make what a reader returns from an array of channels and samples."""
    checked = _numbers(rows, file)
    rate, word = stated(asked, file, rate_hz=rate_hz, unit=unit)
    factor = asked_unit(word)
    return Stored(
        names=names or tuple(f"ch{place + 1}" for place in range(len(checked))),
        kinds=(None,) * len(checked),
        sample_rate_hz=rate,
        segments=segments or one_segment(checked.shape[1]),
        load=Rows(checked, 1.0 if factor is None else factor).load,
        calibrated=factor is not None,
    )


def _numbers(rows: Array, file: str) -> Array:
    """Check that an array is one of channels and samples."""
    rows = np.atleast_2d(rows)
    if rows.ndim != AXES or not (np.issubdtype(rows.dtype, np.floating) or np.issubdtype(rows.dtype, np.integer)):
        raise InputError(
            f"{file} holds {rows.dtype} values of shape {rows.shape}: a recording is numbers in channels x samples."
        )
    if rows.size == 0:
        raise InputError(f"{file} holds an array of shape {rows.shape}: it has no sample.")
    if len(rows) > rows.shape[1]:
        raise InputError(
            f"{file} holds {len(rows)} rows of {rows.shape[1]} samples: channels come first, so transpose it."
        )
    return rows


def read_npy(path: Path, asked: Asked) -> Stored:
    """Open a .npy file: channels and samples, or one channel; read from disk as it is asked for."""
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as fault:  # whatever a damaged file makes NumPy raise becomes one sentence
        raise InputError(f"{path.name} cannot be read as a NumPy array: {first_line(fault)}.") from None
    return stored_rows(rows, asked, path.name)


def read_npz(path: Path, asked: Asked) -> Stored:
    """Open a .npz archive: its signal, and its rate, unit and names where it has them."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            held = {name: archive[name] for name in archive.files if name in _wanted(archive.files)}
            files = tuple(archive.files)
    except Exception as fault:  # whatever a damaged archive makes NumPy raise becomes one sentence
        raise InputError(f"{path.name} cannot be read as a NumPy archive: {first_line(fault)}.") from None
    signal = next((name for name in SIGNAL_NAMES if name in held), None)
    if signal is None:
        raise InputError(f"{path.name} holds {', '.join(files) or 'nothing'}: name the signal samples_uv or data.")
    rate = next((_one_number(held[name], name, path.name) for name in RATE_NAMES if name in held), None)
    unit = "uV" if signal == "samples_uv" else (str(held["unit"]) if "unit" in held else None)
    names = tuple(str(name) for name in np.atleast_1d(held["names"])) if "names" in held else ()
    if names and len(names) != len(np.atleast_2d(held[signal])):
        raise InputError(f"{path.name} has {len(names)} names for {len(np.atleast_2d(held[signal]))} channels.")
    return stored_rows(held[signal], asked, path.name, names=names, rate_hz=rate, unit=unit)


def _one_number(held: Array, name: str, file: str) -> float:
    if held.size != 1 or not np.issubdtype(held.dtype, np.number) or not np.isfinite(held.astype(np.float64)).all():
        raise InputError(f"{name} of {file} is {held.tolist()!r}: it should be one number, the samples in a second.")
    return float(held.astype(np.float64).ravel()[0])


def _wanted(files: list[str]) -> set[str]:
    signal = next((name for name in SIGNAL_NAMES if name in files), "")
    return {signal, "unit", "names", *RATE_NAMES}


def read_matlab(path: Path, asked: Asked) -> Stored:
    """Open a MATLAB file (up to version 7): a signal, and a vector `time` in seconds where it has one."""
    held = matlab_variables(path)
    times = next((held[name] for name in TIME_NAMES if name in held), None)
    if times is not None and not np.issubdtype(times.dtype, np.number):
        raise InputError(f"The times of {path.name} are {times.dtype}: they should be numbers, in seconds.")
    arrays = {name: value for name, value in held.items() if name not in TIME_NAMES and _is_signal(value)}
    if times is not None:
        arrays = {name: value for name, value in arrays.items() if times.size in value.shape}
    if len(arrays) != 1:
        says = ", ".join(arrays) or "none"
        raise InputError(f"{path.name} should hold one signal, and `time` in seconds beside it; it holds {says}.")
    signal = next(iter(arrays.values()))
    if times is None:
        return stored_rows(signal.T if _is_column(signal) else signal, asked, path.name)
    rate_hz, segments = clocked(times.astype(np.float64).ravel(), path.name)
    rows = signal if signal.shape[1] == times.size else signal.T
    return stored_rows(rows, asked, path.name, rate_hz=rate_hz, segments=segments)


def _is_signal(value: Array) -> bool:
    numbers = bool(np.issubdtype(value.dtype, np.number))
    return numbers and value.ndim == AXES and value.size > 1


def _is_column(value: Array) -> bool:
    return bool(value.shape[1] == 1)


def matlab_variables(path: Path) -> Mapping[str, Any]:
    """Read the named variables of a MATLAB file; InputError for a table or an object, which only MATLAB can read."""
    try:
        held = loadmat(path)
    except Exception as fault:  # whatever a damaged file makes SciPy raise becomes one sentence
        raise InputError(f"{path.name} cannot be read as a MATLAB file: {first_line(fault)}.") from None
    if "__function_workspace__" in held or "None" in held:
        raise InputError(
            f"{path.name} holds a MATLAB table or object, which only MATLAB can read: save plain arrays from it."
        )
    return {name: value for name, value in held.items() if not name.startswith("__")}


def clocked(times_s: Floats, file: str) -> tuple[float, tuple[Segment, ...]]:
    """Read the sample rate and the gaps off the times of the samples.

    Parameters
    ----------
    times_s : Floats
        Shape ``(samples,)``; seconds, rising.
    file : str
        Name of the file, for the error.

    Returns
    -------
    tuple
        Samples a second, and the stretches between gaps.

    Raises
    ------
    InputError
        If the times do not rise.
    """
    steps = np.diff(times_s)
    if len(steps) == 0 or not np.all(steps > 0):
        place = int(np.argmax(~(steps > 0))) + 2 if len(steps) else 1
        raise InputError(f"The times of {file} do not rise at sample {place}: a recording runs forwards.")
    usual = float(np.median(steps))
    exact = float(np.mean(np.abs(steps - usual) < EXACT_SHARE * usual)) > EXACT_MOST
    gap = steps > (EXACT_GAP if exact else COARSE_GAP) * usual
    # Times are often rounded to milliseconds: one step would tell the rounding, all of them tell the rate.
    rate_hz = round(float(np.sum(~gap) / np.sum(steps[~gap])), 6)
    return rate_hz, _between(np.flatnonzero(gap) + 1, times_s, rate_hz)


def _between(breaks: npt.NDArray[np.int64], times_s: Floats, rate_hz: float) -> tuple[Segment, ...]:
    edges = [0, *breaks.tolist(), len(times_s)]
    found: list[Segment] = []
    for begin, end in pairwise(edges):
        first = round(float(times_s[begin] - times_s[0]) * rate_hz)
        found.append(Segment(max(first, found[-1].end if found else 0), begin, end - begin))
    return tuple(found)


def first_line(fault: Exception) -> str:
    """Give the first line of an error without its full stop, for a sentence of our own."""
    lines = str(fault).strip().splitlines()
    return (lines[0] if lines else type(fault).__name__).rstrip(".")
