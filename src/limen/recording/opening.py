"""Opening a recording: the format is told by the content, and what the file does not state is never guessed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final, get_args

from limen.quantities import InputError, Site
from limen.recording.arrays import agreed_rate, first_line, matlab_variables, read_matlab, read_npy, read_npz
from limen.recording.channels import places_of, settled_kinds, unique_names
from limen.recording.checks import amplitude_warnings, padded_samples
from limen.recording.edf import read_edf
from limen.recording.edf_header import BDF_BEGINS, EDF_BEGINS
from limen.recording.mne_files import read_brainvision, read_eeglab, read_fif
from limen.recording.signal_file import Asked, SignalFile, Stored, shortened
from limen.recording.text import read_text
from limen.recording.xdf import read_xdf

#: Ours: five samples in a cycle of the fastest rhythm looked for, 4 Hz.
LOWEST_RATE_HZ: Final = 20.0
HEAD_BYTES: Final = 1024
FIF_BEGINS: Final = b"\x00\x00\x00\x64\x00\x00\x00\x1f"

Reader = Callable[[Path, Asked], Stored]


@dataclass(frozen=True)
class Format:
    """A file format: its name, the bytes it may begin with, and its reader."""

    name: str
    begins: tuple[bytes, ...]
    read: Reader


def _matlab_or_eeglab(path: Path, asked: Asked) -> Stored:
    held = matlab_variables(path)
    return read_eeglab(path, asked) if "EEG" in held or {"srate", "chanlocs"} <= set(held) else read_matlab(path, asked)


def _archive(path: Path, asked: Asked) -> Stored:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as fault:
        raise InputError(f"{path.name} cannot be unpacked: {first_line(fault)}.") from None
    if not names or not all(name.endswith(".npy") for name in names):
        raise InputError(
            f"{path.name} is a zip archive with {(names or ['nothing'])[0]!r} in it: unpack it and name one recording."
        )
    return read_npz(path, asked)


def _marker_file(path: Path, _: Asked) -> Stored:
    raise InputError(f"{path.name} holds the markers of a BrainVision recording: open its .vhdr file.")


def _new_matlab(path: Path, _: Asked) -> Stored:
    raise InputError(f"{path.name} is a MATLAB file of version 7.3, which is not read: save it with the option -v7.")


def _packed(path: Path, _: Asked) -> Stored:
    raise InputError(f"{path.name} is packed with gzip: unpack it first.")


FORMATS: Final = (
    Format("EDF", (EDF_BEGINS,), read_edf),
    Format("BDF", (BDF_BEGINS,), read_edf),
    Format(
        "BrainVision",
        (b"Brain Vision Data Exchange Header", b"BrainVision Data Exchange Header"),
        read_brainvision,
    ),
    Format(
        "BrainVision markers",
        (b"Brain Vision Data Exchange Marker", b"BrainVision Data Exchange Marker"),
        _marker_file,
    ),
    Format("FIF", (FIF_BEGINS,), read_fif),
    Format("XDF", (b"XDF:",), read_xdf),
    Format("NumPy", (b"\x93NUMPY",), read_npy),
    Format("NumPy archive", (b"PK\x03\x04",), _archive),
    Format("MATLAB or EEGLAB", (b"MATLAB 5.0 MAT-file",), _matlab_or_eeglab),
    Format("MATLAB 7.3", (b"MATLAB 7.3 MAT-file", b"\x89HDF"), _new_matlab),
    Format("gzip", (b"\x1f\x8b",), _packed),
)


def open_recording(
    path: str | Path,
    *,
    sample_rate_hz: float | None = None,
    unit: str | None = None,
    recorded: Site | None = None,
    channels: Sequence[str] | None = None,
    simulated: bool = False,
    stream: str | None = None,
) -> SignalFile:
    """Open a recording by its content, whatever its name ends in.

    Parameters
    ----------
    path : str or Path
        EDF, EDF+, BDF, BrainVision (.vhdr), FIF, EEGLAB (.set), XDF, text, NumPy or MATLAB.
    sample_rate_hz : float, optional
        Samples a second, for a file that does not state it.
    unit : str, optional
        uV, mV, V, nV or counts, for a file that does not state it.
    recorded : {"scalp", "intracranial", "source"}, optional
        The site; nothing is assumed without it.
    channels : sequence of str, optional
        Channels to read; all without it.
    simulated : bool
        True for a signal that no person gave.
    stream : str, optional
        Which stream of an XDF file.

    Returns
    -------
    SignalFile
        Described at once; its samples are read when asked for.

    Raises
    ------
    InputError
        If the file cannot be used, in one sentence.
    """
    file = Path(path)
    asked = Asked(sample_rate_hz, unit, stream)
    check_site(recorded)
    read = _reader(file)
    stored = read_edf(file, asked, channels) if read is read_edf else read(file, asked)
    agreed_rate(stored.sample_rate_hz, asked, file.name)
    if stored.sample_rate_hz < LOWEST_RATE_HZ:
        raise InputError(
            f"{file.name} is sampled at {stored.sample_rate_hz:g} Hz, too slowly for a rhythm of 1 to 4 Hz:"
            f" at least {LOWEST_RATE_HZ:g} Hz is needed."
        )
    return _settled(file, stored, channels, recorded, simulated=simulated)


def _settled(
    path: Path, stored: Stored, channels: Sequence[str] | None, recorded: Site | None, *, simulated: bool
) -> SignalFile:
    """Settle names, kinds, channels and the end of the signal, and say each thing that was assumed."""
    names, numbered = unique_names(stored.names)
    places = tuple(range(len(names))) if channels is None else places_of(channels, names, path.name)
    kinds, typed = settled_kinds(
        [names[place] for place in places], [stored.kinds[place] for place in places], recorded
    )
    samples = stored.segments[-1].end
    opened = SignalFile(path, _renamed(stored, names), places, kinds, samples, recorded, simulated)
    padding = padded_samples(opened)
    says = (f"The last {padding / stored.sample_rate_hz:.3g} s hold one value only: taken as missing.",)
    trimmed = _renamed(stored, names, padding)
    warnings = stored.warnings + numbered + typed + (says if padding else ()) + amplitude_warnings(opened)
    return SignalFile(path, trimmed, places, kinds, samples, recorded, simulated, warnings)


def _renamed(stored: Stored, names: tuple[str, ...], padding: int = 0) -> Stored:
    return Stored(
        names,
        stored.kinds,
        stored.sample_rate_hz,
        shortened(stored.segments, padding),
        stored.load,
        stored.calibrated,
        stored.start,
        stored.events,
        stored.positions_mm,
    )


def _reader(path: Path) -> Reader:
    if path.is_dir():
        raise InputError(f"{path} is a folder: name one recording in it.")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES).removeprefix(b"\xef\xbb\xbf")
    except FileNotFoundError:
        raise InputError(f"There is no file {path}{_near(path)}: name a recording that is there.") from None
    except OSError as fault:
        raise InputError(f"{path} cannot be opened: {fault.strerror}.") from None
    if not head:
        raise InputError(f"{path.name} is empty: it holds no recording.")
    found = next((form.read for form in FORMATS if head.startswith(form.begins)), None)
    return found or _text_or_none(path, head)


def _near(path: Path) -> str:
    beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    near = get_close_matches(path.name, beside, n=1)
    return f" (the nearest name is {near[0]})" if near else ""


def _text_or_none(path: Path, head: bytes) -> Reader:
    printable = all(byte >= ord(" ") or byte in b"\t\r\n" for byte in head)
    if printable and any(byte in b"0123456789" for byte in head):
        return read_text
    owner = next((path.with_suffix(end) for end in (".vhdr", ".set") if path.with_suffix(end).exists()), None)
    way_out = f"open {owner.name}, which describes it" if owner else f"it is none of {', '.join(_read_formats())}"
    raise InputError(f"{path.name} begins with {head[:8]!r}, which no reader knows: {way_out}.")


def _read_formats() -> list[str]:
    return ["EDF", "BDF", "BrainVision", "FIF", "EEGLAB", "XDF", "NumPy", "MATLAB", "text"]


def check_site(recorded: Site | None) -> None:
    """Refuse a site that is none, with InputError."""
    if recorded is not None and recorded not in get_args(Site):
        raise InputError(f"A recording cannot be {recorded!r}: it is scalp, intracranial or source.")
