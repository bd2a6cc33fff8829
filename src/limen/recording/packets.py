"""Recordings and files as packets: stretches without a gap, in memory that does not grow with the whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from limen.quantities import Floats32, InputError, Packet, Recording
from limen.recording.signal_file import BLOCK_S, SignalFile


def packets(source: Recording | SignalFile, seconds: float) -> Iterator[Packet]:
    """Cut a recording, or a file that is read as it goes, into packets of at most `seconds`.

    Packets put together at their `first_sample` are the whole, whatever the length. Nothing is joined across a gap.

    Parameters
    ----------
    source : Recording or SignalFile
        Where the samples come from.
    seconds : float
        Longest packet; at least one sample is given.

    Returns
    -------
    Iterator of Packet
        In time order.

    Raises
    ------
    InputError
        If `seconds` is not above zero.
    """
    if not seconds > 0:
        raise InputError(f"A packet needs a length above 0 s, got {seconds:g}: ask for 1 s, say.")
    return _packets(source, max(1, round(seconds * source.sample_rate_hz)))


def _packets(source: Recording | SignalFile, length: int) -> Iterator[Packet]:
    rate_hz = source.sample_rate_hz
    block_length = length * max(1, round(BLOCK_S * rate_hz / length))
    past = 0
    for block_first, block in _blocks(source, block_length):
        for begin, end in _cuts(block, length):
            first = block_first + begin
            yield Packet(block[:, begin:end], first, rate_hz, (first - past) / rate_hz)
            past = block_first + end


def _blocks(source: Recording | SignalFile, length: int) -> Iterator[tuple[int, Floats32]]:
    """Give the samples block by block, each with its place on the clock."""
    if isinstance(source, Recording):
        for first in range(0, source.samples_uv.shape[1], length):
            yield first, source.samples_uv[:, first : first + length]
        return
    yield from source.blocks(length)


def _cuts(block: Floats32, length: int) -> Iterator[tuple[int, int]]:
    """Cut a block at the samples in which no channel has a value, and then into lengths."""
    missing = np.isnan(block[0])
    if missing.any():
        missing = np.isnan(block).all(axis=0)
    edges = np.flatnonzero(np.diff(missing.astype(np.int8), prepend=1, append=1))
    for begin, end in edges.reshape(-1, 2).tolist():
        for first in range(begin, end, length):
            yield first, min(first + length, end)
