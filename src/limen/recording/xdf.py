"""XDF files (recordings of LSL streams), through pyxdf: clock resets and lost samples become gaps."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.quantities import ChannelKind, Event, Floats, InputError
from limen.recording.arrays import Rows, first_line
from limen.recording.channels import asked_unit, kind_in_label, microvolts_in
from limen.recording.signal_file import Asked, Segment, Stored

#: Time steps longer than this (s) and this many samples end a stretch (ours; pyxdf's own 1 s would hide short losses,
#: and a packet of a wireless amplifier comes late by a tenth of a second).
BREAK_S: Final = 0.25
BREAK_SAMPLES: Final = 2
#: The nominal rate stands where the measured one is within this share of it (ours: 0.36 s in an hour).
RATE_TOLERANCE: Final = 1e-4


@dataclass(frozen=True)
class _Stream:
    """One stream of numbers of a file."""

    name: str
    nominal_hz: float
    values: Any
    times_s: Floats
    edges: tuple[tuple[int, int], ...]
    channels: tuple[dict[str, str], ...]


def read_xdf(path: Path, asked: Asked) -> Stored:
    """Open an XDF file: its one stream of numbers, or the one that was asked for; text streams become events.

    Raises
    ------
    InputError
        If the file is damaged, or holds no stream or several streams of numbers.
    """
    raw = _load(path)
    streams = [_stream(one) for one in raw if _is_numbers(one)]
    chosen = _choose(streams, asked.stream, path.name)
    rate_hz = _rate_hz(chosen, path.name)
    units = [_unit(channel, asked) for channel in chosen.channels]
    known = {unit for unit in units if unit is not None}
    if len(known) > 1:
        raise InputError(f"The stream {chosen.name} of {path.name} has channels in {len(known)} units: convert them.")
    return Stored(
        names=tuple(channel.get("label") or f"ch{place + 1}" for place, channel in enumerate(chosen.channels)),
        kinds=tuple(_kind(channel) for channel in chosen.channels),
        sample_rate_hz=rate_hz,
        segments=_segments(chosen, rate_hz),
        load=Rows(chosen.values.T, known.pop() if known else 1.0).load,
        calibrated=any(unit is not None for unit in units),
        events=_events(raw, chosen),
        warnings=_says(chosen, rate_hz, units),
    )


def _load(path: Path) -> list[dict[str, Any]]:
    try:
        pyxdf = import_module("pyxdf")
    except ImportError:
        raise InputError(
            f'{path.name} is read by the package pyxdf, which is missing: install it with pip install "limen[signals]".'
        ) from None
    heard = _Heard()
    logger = logging.getLogger("pyxdf.pyxdf")
    logger.addHandler(heard)
    logger.propagate = False
    try:
        streams, _ = pyxdf.load_xdf(
            path, jitter_break_threshold_seconds=BREAK_S, jitter_break_threshold_samples=BREAK_SAMPLES
        )
    except Exception as fault:  # whatever a damaged file makes pyxdf raise becomes one sentence
        raise InputError(f"{path.name} cannot be read as XDF: {first_line(fault)}.") from None
    finally:
        logger.removeHandler(heard)
        logger.propagate = True
    if heard.faults:
        raise InputError(f"{path.name} is cut short or damaged ({heard.faults[0]}): ask for the whole file.")
    return list(streams)


class _Heard(logging.Handler):
    """Keeps what pyxdf reports as an error while it goes on with the part of a file that it could read."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep an error, and a warning that speaks of corruption."""
        text = record.getMessage().splitlines()[0].rstrip(".")
        if record.levelno >= logging.ERROR or "corrupt" in text.lower():
            self.faults.append(text)


def _is_numbers(stream: dict[str, Any]) -> bool:
    return isinstance(stream["time_series"], np.ndarray) and float(stream["info"]["nominal_srate"][0]) > 0


def _stream(stream: dict[str, Any]) -> _Stream:
    info = stream["info"]
    count = int(info["channel_count"][0])
    described = _described(info)
    return _Stream(
        str(info["name"][0]),
        float(info["nominal_srate"][0]),
        stream["time_series"],
        np.asarray(stream["time_stamps"], dtype=np.float64),
        tuple((int(begin), int(end) + 1) for begin, end in info.get("segments") or ()),
        described if len(described) == count else ({},) * count,
    )


def _described(info: dict[str, Any]) -> tuple[dict[str, str], ...]:
    """Read label, type and unit of each channel from the stream's description, where it has one."""
    try:
        listed = info["desc"][0]["channels"][0]["channel"]
    except (KeyError, IndexError, TypeError):
        return ()
    return tuple({key: str(value[0]) for key, value in one.items() if value and value[0]} for one in listed)


def _choose(streams: Sequence[_Stream], wanted: str | None, file: str) -> _Stream:
    names = ", ".join(stream.name for stream in streams)
    found = [stream for stream in streams if wanted in {None, stream.name} and len(stream.times_s) > 1]
    if not found:
        raise InputError(
            f"{file} has no stream of samples{f' named {wanted!r}' if wanted else ''}: it has {names or 'none'}."
        )
    if len(found) > 1:
        raise InputError(f"{file} holds several streams of numbers ({names}): choose one with --stream NAME.")
    return found[0]


def _rate_hz(stream: _Stream, file: str) -> float:
    """Give the nominal rate where the stamps agree with it, else the rate that the stamps show."""
    spans = [(end - 1 - begin, stream.times_s[end - 1] - stream.times_s[begin]) for begin, end in stream.edges]
    steps, lasts_s = sum(count for count, _ in spans), float(sum(span for _, span in spans))
    if not lasts_s > 0:
        raise InputError(f"The time stamps of {stream.name} in {file} span {lasts_s:g} s: they tell no rate.")
    measured = steps / lasts_s
    return stream.nominal_hz if abs(measured / stream.nominal_hz - 1) < RATE_TOLERANCE else measured


def _segments(stream: _Stream, rate_hz: float) -> tuple[Segment, ...]:
    """Place the stretches on one clock by the stamps of their first samples."""
    found: list[Segment] = []
    for begin, end in stream.edges:
        first = round(float(stream.times_s[begin] - stream.times_s[0]) * rate_hz)
        found.append(Segment(max(first, found[-1].end if found else 0), begin, end - begin))
    return tuple(found)


def _unit(channel: dict[str, str], asked: Asked) -> float | None:
    if "unit" in channel:
        return microvolts_in(channel["unit"])
    return asked_unit(asked.unit) if asked.unit is not None else None


def _kind(channel: dict[str, str]) -> ChannelKind | None:
    return kind_in_label(f"{channel.get('type', '')} {channel.get('label', 'x')}")


def _events(streams: Sequence[dict[str, Any]], chosen: _Stream) -> tuple[Event, ...]:
    found = [
        Event(float(when) - float(chosen.times_s[0]), 0.0, str(text[0]))
        for stream in streams
        if not isinstance(stream["time_series"], np.ndarray)
        for when, text in zip(stream["time_stamps"], stream["time_series"], strict=True)
    ]
    return tuple(sorted(found, key=lambda event: event.onset_s))


def _says(stream: _Stream, rate_hz: float, units: Sequence[float | None]) -> tuple[str, ...]:
    says = []
    if rate_hz != stream.nominal_hz:
        says.append(f"{stream.name} runs at {rate_hz:.4g} Hz by its time stamps, not at {stream.nominal_hz:g} Hz.")
    if all(unit is None for unit in units):
        says.append(f"{stream.name} states no unit: its numbers are taken as counts of no known size.")
    return tuple(says)
