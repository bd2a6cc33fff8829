"""Taking a recording in, packet by packet, thinned: memory grows with its length only by the thinned samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Booleans, ChannelKind, Floats, Floats32, Packet, Recording
from limen.recording import SignalFile, packets
from limen.rhythm.clock import Clock, clock
from limen.rhythm.thinning import Thinning

#: Channels that a brain rhythm is looked for in.
NEURAL: Final = frozenset({"eeg", "seeg", "ecog", "lfp"})
#: Ours: a file is taken in so many seconds at a time.
PACKET_S: Final = 10.0
#: Ours: a gap is filled by no more than so many seconds of nothing at a time.
FILL_S: Final = 10.0

Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Thinned:
    """Thinned samples of a recording, shape ``(channels, inside)``, and which rest on missing or flat ones."""

    values: Floats
    bad: Booleans
    clock: Clock


def neural_places(kinds: tuple[ChannelKind, ...]) -> tuple[int, ...]:
    """Give the places of the channels that a brain rhythm is looked for in."""
    return tuple(place for place, kind in enumerate(kinds) if kind in NEURAL)


def thinned(source: Recording | SignalFile, places: tuple[int, ...], tell: Tell = lambda *_: None) -> Thinned:
    """Take the channels at `places` of a recording in; `tell` hears how far it is."""
    ticks = clock(source.sample_rate_hz)
    state = Thinning(ticks, len(places))
    rows = list(places)
    pieces = []
    whole = max(1, round(source.duration_s / PACKET_S))
    samples = round(source.duration_s * source.sample_rate_hz)
    for number, piece in enumerate(
        pushed(state, (of_rows(packet, rows) for packet in packets(source, PACKET_S)), samples)
    ):
        pieces.append((piece[0].astype(np.float32), piece[1]))
        tell(min(number + 1, whole), whole)
    last = state.finish()
    pieces.append((last[0].astype(np.float32), last[1]))
    values = np.concatenate([piece[0] for piece in pieces], axis=1).astype(np.float64)
    return Thinned(values, np.concatenate([piece[1] for piece in pieces], axis=1), ticks)


def of_rows(packet: Packet, rows: list[int]) -> Packet:
    """Give a packet of some of its channels."""
    return Packet(packet.samples_uv[rows], packet.first_sample, packet.sample_rate_hz, packet.gap_before_s)


def pushed(state: Thinning, found: Iterable[Packet], samples: int) -> Iterable[tuple[Floats, Booleans]]:
    """Push packets in, with nothing where the clock says that samples are missing, until `samples` are reached."""
    expected, rate_hz = 0, state.clock.sample_rate_hz
    for packet in found:
        for piece in nothing(packet.first_sample - expected, state.channels, rate_hz):
            yield state.push(piece)
        yield state.push(packet.samples_uv)
        expected = packet.first_sample + packet.samples_uv.shape[1]
    for piece in nothing(samples - expected, state.channels, rate_hz):
        yield state.push(piece)


def nothing(lost: int, channels: int, sample_rate_hz: float) -> Iterable[Floats32]:
    """Give `lost` missing samples, a few seconds at a time."""
    most = max(1, round(FILL_S * sample_rate_hz))
    while lost > 0:
        yield np.full((channels, min(lost, most)), np.nan, dtype=np.float32)
        lost -= most
