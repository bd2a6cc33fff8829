"""Replay of a recording: as paced packets, or as an LSL stream, so that a file can stand where an amplifier would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from time import monotonic, sleep
from typing import Any, Final

import numpy as np

from limen.quantities import ChannelKind, InputError, Packet, Recording
from limen.recording.live import lsl
from limen.recording.packets import packets
from limen.recording.signal_file import SignalFile

#: Ours: length of the packets of a replay; amplifiers send chunks of this order.
PACKET_S: Final = 0.02
#: Ours: slowest and fastest replay, in times of the true speed.
SLOWEST: Final = 1.0
FASTEST: Final = 60.0
#: Ours: how long a replay waits for somebody who listens.
WAIT_S: Final = 30.0
#: Ours: seconds, of the clock on the wall, that a replay keeps for a listener who is late. LSL counts a queue in
#: seconds of the recording, which a fast replay fills sooner.
KEPT_S: Final = 60.0
#: Ours: how long a replay keeps its stream open after the last sample, so that listeners get it.
LINGER_S: Final = 3.0
#: Ours: channels whose stated unit is microvolts keep it on the stream.
STREAM_UNIT: Final = "microvolts"


def replay(
    source: Recording | SignalFile,
    *,
    speedup: float = SLOWEST,
    seconds: float = PACKET_S,
    wait: Callable[[float], None] = sleep,
) -> Iterator[Packet]:
    """Give the packets of a recording when an amplifier would, gaps waited for.

    Parameters
    ----------
    source : Recording or SignalFile
        What is replayed.
    speedup : float
        1 to 60 times the true speed.
    seconds : float
        Longest packet, in seconds of the recording.
    wait : callable
        Waits for that many seconds; a test hands in one that does not.

    Returns
    -------
    Iterator of Packet
        Each at the time at which its last sample would be there.

    Raises
    ------
    InputError
        If the speed is outside 1 to 60.
    """
    if not SLOWEST <= speedup <= FASTEST:
        raise InputError(
            f"A replay runs at {SLOWEST:g} to {FASTEST:g} times the true speed, got {speedup:g}: choose one."
        )
    return _paced(packets(source, seconds), speedup, wait)


def _paced(found: Iterator[Packet], speedup: float, wait: Callable[[float], None]) -> Iterator[Packet]:
    begin_s = monotonic()
    for packet in found:
        due_s = (packet.onset_s + packet.samples_uv.shape[1] / packet.sample_rate_hz) / speedup
        early_s = begin_s + due_s - monotonic()
        if early_s > 0:
            wait(early_s)
        yield packet


def replay_as_stream(
    source: Recording | SignalFile,
    name: str,
    *,
    speedup: float = SLOWEST,
    wait_s: float = WAIT_S,
    heard: Callable[[Packet], None] = lambda _: None,
) -> int:
    """Send a recording as an LSL stream; stamps run in the recording's own time, so gaps arrive as gaps.

    Parameters
    ----------
    source : Recording or SignalFile
        What is replayed.
    name : str
        Name of the stream.
    speedup : float
        1 to 60 times the true speed.
    wait_s : float
        Seconds to wait for a listener before the first sample.
    heard : callable
        Told of each packet that was sent.

    Returns
    -------
    int
        How many samples were sent.

    Raises
    ------
    InputError
        If the speed is outside 1 to 60, or nobody listens.
    """
    paced = replay(source, speedup=speedup)
    pylsl = lsl()
    outlet = pylsl.StreamOutlet(_info(pylsl, source, name), chunk_size=0, max_buffered=round(KEPT_S * speedup))
    if not outlet.wait_for_consumers(wait_s):
        raise InputError(f"Nobody listened to the stream {name!r} for {wait_s:g} s: start limen live --stream {name}.")
    sent = _send(outlet, paced, float(pylsl.local_clock()), heard)
    sleep(LINGER_S)
    return sent


@dataclass(frozen=True)
class Described:
    """What a stream of packets is: names and kinds of its channels, and its rate; its numbers are microvolts."""

    names: tuple[str, ...]
    kinds: tuple[ChannelKind, ...]
    sample_rate_hz: float
    calibrated: bool = True


def send_as_stream(
    found: Iterator[Packet], described: Described, name: str, *, wait: Callable[[float], None] = sleep
) -> int:
    """Send packets as an LSL stream at the true speed, whether or not somebody listens.

    Parameters
    ----------
    found : iterator of Packet
        What is sent; made as it is sent.
    described : Described
        What the channels are.
    name : str
        Name of the stream.
    wait : callable
        Waits for that many seconds.

    Returns
    -------
    int
        How many samples were sent.
    """
    pylsl = lsl()
    first = next(found)
    outlet = pylsl.StreamOutlet(_info(pylsl, described, name), chunk_size=0, max_buffered=int(WAIT_S))
    return _send(outlet, _paced(chain((first,), found), SLOWEST, wait), float(pylsl.local_clock()), lambda _: None)


def _send(outlet: Any, paced: Iterator[Packet], begin_s: float, heard: Callable[[Packet], None]) -> int:
    sent = 0
    for packet in paced:
        count = packet.samples_uv.shape[1]
        stamps_s = begin_s + (packet.first_sample + np.arange(count)) / packet.sample_rate_hz
        outlet.push_chunk(np.ascontiguousarray(packet.samples_uv.T), timestamp=stamps_s.tolist())
        heard(packet)
        sent += count
    return sent


def _info(pylsl: Any, source: Recording | SignalFile | Described, name: str) -> Any:
    info = pylsl.StreamInfo(
        name, "EEG", len(source.names), source.sample_rate_hz, pylsl.cf_float32, f"limen-replay-{name}"
    )
    listed = info.desc().append_child("channels")
    for label, kind in zip(source.names, source.kinds, strict=True):
        channel = listed.append_child("channel")
        channel.append_child_value("label", label)
        channel.append_child_value("type", kind)
        if source.calibrated:
            channel.append_child_value("unit", STREAM_UNIT)
    return info
