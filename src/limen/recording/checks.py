"""What a look at the samples tells of a file: padding at its end, and amplitudes that no electrode gives."""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np

from limen.quantities import Floats
from limen.recording.channels import VOLTAGES
from limen.recording.signal_file import SignalFile

#: Ours: padding fills up the last record of a file, so it is looked for in this many last seconds.
PADDING_LOOK_S: Final = 10.0
#: Ours: a shorter run of one value may be chance in a coarsely digitised signal.
SHORTEST_PADDING_S: Final = 0.1
#: Ours: how many stretches of a second tell of the amplitude.
LOOKS: Final = 16
#: Ours: the median within-second standard deviation of an electrode on or in a head lies far within these (microvolts).
SMALLEST_UV: Final = 0.01
LARGEST_UV: Final = 5000.0


def padded_samples(opened: SignalFile) -> int:
    """Count the samples at the end in which every voltage channel holds one value, as filled-up records do.

    Returns
    -------
    int
        0 where the end varies, or where all that was looked at is one value: that is a flat signal, not padding.
    """
    last = opened.stored.segments[-1]
    look = min(last.samples, round(PADDING_LOOK_S * opened.sample_rate_hz))
    end = last.first_stored + last.samples
    rows = [row for row, kind in enumerate(opened.kinds) if kind in VOLTAGES]
    if not rows:
        return 0
    block = opened.load(end - look, end)[rows]
    varies = np.flatnonzero((block != block[:, -1:]).any(axis=0))
    if len(varies) == 0:
        return 0
    run = look - int(varies[-1]) - 1
    return run if run >= SHORTEST_PADDING_S * opened.sample_rate_hz else 0


def amplitude_warnings(opened: SignalFile) -> tuple[str, ...]:
    """Warn of voltage channels whose amplitude no electrode gives; a flat channel is not one of them."""
    if not opened.calibrated:
        return ()
    spread = _spread_uv(opened)
    odd = (spread > 0) & ((spread < SMALLEST_UV) | (spread > LARGEST_UV))
    odd &= np.array([kind in VOLTAGES for kind in opened.kinds])
    if not odd.any():
        return ()
    names = [name for name, is_odd in zip(opened.names, odd, strict=True) if is_odd]
    typical = float(np.median(spread[odd]))
    return (
        f"Amplitudes of {typical:.3g} uV in {len(names)} channels (first {names[0]}) are not possible:"
        " the unit in the file is wrong; what is found does not depend on it.",
    )


def _spread_uv(opened: SignalFile) -> Floats:
    """Give the median over some seconds of the standard deviation within one, shape ``(channels,)``."""
    length = max(2, round(opened.sample_rate_hz))
    pieces = opened.stored.segments
    total = pieces[-1].first_stored + pieces[-1].samples
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a channel without a value has no spread
        for target in np.linspace(0, max(0, total - length), LOOKS):
            piece = next(piece for piece in reversed(pieces) if piece.first_stored <= target)
            end = min(int(target) + length, piece.first_stored + piece.samples)
            begin = max(piece.first_stored, end - length)
            found.append(np.nanstd(opened.load(begin, end), axis=1, dtype=np.float64))
        spread: Floats = np.nanmedian(np.array(found), axis=0)
    return spread
