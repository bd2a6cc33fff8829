"""Small recordings written byte by byte, so that the tests of the readers need nobody else's writer."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)


@dataclass
class EdfSpec:
    """One EDF or BDF file: digital values of shape ``(channels, samples)`` and what its header says."""

    digital: np.ndarray
    rate: int = 100
    labels: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    physical: tuple[float, float] = (-3276.8, 3276.7)
    date: str = "02.03.21"
    clock: str = "10.20.30"
    recording: str = "Startdate 02-MAR-2021 X X X"
    reserved: str = "EDF+C"
    records: int | None = None
    stamps_s: tuple[float, ...] | None = None
    notes: tuple[tuple[float, float, str], ...] = ()
    bdf: bool = False
    signals: int | None = None
    slow: tuple[str, ...] = field(default=())  # channels with one sample a record

    @property
    def names(self) -> tuple[str, ...]:
        return self.labels or tuple(f"EEG C{place + 1}" for place in range(len(self.digital)))


def write_edf(path: Path, spec: EdfSpec) -> Path:
    """Write the file, with one record a second."""
    count = spec.digital.shape[1] // spec.rate
    note_bytes = 60
    annotated = "+" in spec.reserved
    width = 3 if spec.bdf else 2
    digital = (-8388608, 8388607) if spec.bdf else (-32768, 32767)
    signals = [
        (name, spec.units[i] if spec.units else "uV", *spec.physical, *digital, spec.rate)
        for i, name in enumerate(spec.names)
    ]
    signals += [(name, "", -1, 1, *digital, 1) for name in spec.slow]
    if annotated:
        signals.append((("BDF" if spec.bdf else "EDF") + " Annotations", "", -1, 1, *digital, note_bytes // width))
    head = [b"\xffBIOSEMI" if spec.bdf else b"0       "]
    head += [_field(text, size) for text, size in (("X X X X", 80), (spec.recording, 80), (spec.date, 8))]
    stated = count if spec.records is None else spec.records
    head += [_field(spec.clock, 8), _field(256 * (len(signals) + 1), 8), _field(spec.reserved, 44)]
    head += [_field(stated, 8), _field(1, 8), _field(len(signals) if spec.signals is None else spec.signals, 4)]
    columns = [
        [
            (name, "", unit, low, high, dig_low, dig_high, "", n, "")
            for name, unit, low, high, dig_low, dig_high, n in signals
        ]
    ][0]
    for place, size in enumerate(WIDTHS):
        head += [_field(column[place], size) for column in columns]
    body = []
    for record in range(count):
        block = spec.digital[:, record * spec.rate : (record + 1) * spec.rate]
        body += [_values(row, width) for row in block]
        body += [_values(np.array([record]), width) for _ in spec.slow]
        if annotated:
            body.append(_notes(record, spec, note_bytes))
    path.write_bytes(b"".join(head) + b"".join(body))
    return path


def _field(value: object, size: int) -> bytes:
    return str(value).encode("latin-1").ljust(size)[:size]


def _values(row: np.ndarray, width: int) -> bytes:
    whole = np.asarray(row, dtype="<i4")
    return whole.astype("<i2").tobytes() if width == 2 else whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _notes(record: int, spec: EdfSpec, size: int) -> bytes:
    stamp = spec.stamps_s[record] if spec.stamps_s else float(record)
    text = f"+{stamp:g}\x14\x14\0"
    if record == 0:
        text += "".join(f"+{onset:g}\x15{lasts:g}\x14{note}\x14\0" for onset, lasts, note in spec.notes)
    return text.encode().ljust(size, b"\0")


def digital(channels: int, samples: int, seed: int = 0, top: int = 3000) -> np.ndarray:
    """Whole numbers that vary, so that no end of them looks like padding."""
    return np.random.default_rng(seed).integers(-top, top, (channels, samples))


def brainvision(
    folder: Path, samples_uv: np.ndarray, rate: int = 250, markers: str = "", units: tuple[str, ...] = ()
) -> Path:
    """Write a BrainVision recording of float values, in microvolts if no unit is given."""
    lines = [
        "Brain Vision Data Exchange Header File Version 1.0", "", "[Common Infos]", "Codepage=UTF-8", "DataFile=r.eeg",
        "MarkerFile=r.vmrk", "DataFormat=BINARY", "DataOrientation=MULTIPLEXED", f"NumberOfChannels={len(samples_uv)}",
        f"SamplingInterval={1e6 / rate:g}", "", "[Binary Infos]", "BinaryFormat=IEEE_FLOAT_32", "", "[Channel Infos]",
    ]  # fmt: skip
    lines += [f"Ch{i + 1}=C{i + 1},,1,{units[i] if units else 'µV'}" for i in range(len(samples_uv))]
    (folder / "r.vhdr").write_text("\n".join(lines) + "\n", encoding="utf-8")
    head = "Brain Vision Data Exchange Marker File, Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\nDataFile=r.eeg\n"
    (folder / "r.vmrk").write_text(f"{head}\n[Marker Infos]\nMk1=New Segment,,1,1,0\n{markers}", encoding="utf-8")
    (folder / "r.eeg").write_bytes(samples_uv.T.astype("<f4").tobytes())
    return folder / "r.vhdr"
