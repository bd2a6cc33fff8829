"""A live stream watched: what each channel shows, second by second, and what it all came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final

import numpy as np

from limen.quantities import ChannelKind, Floats, InputError, Packet
from limen.rhythm.detector import LAG_S, Detector, chance
from limen.rhythm.follower import Judged
from limen.rhythm.reading import neural_places, of_rows
from limen.rhythm.states import RHYTHM

#: Ours: a step counts as on from even odds; live there is no recording yet to calibrate on.
ON: Final = 0.5
#: Ours: how often the monitor speaks.
EVERY_S: Final = 1.0


@dataclass(eq=False)
class Watched:
    """Counts of what has been seen so far; its size does not grow.

    `on_s` and `judged_s` have shape ``(channels,)``; `lost_s` is the time of which no sample came.
    """

    names: tuple[str, ...]
    on_s: Floats = field(init=False)
    judged_s: Floats = field(init=False)
    longest_ms: float = 0.0
    seconds: float = 0.0
    lost_s: float = 0.0

    def __post_init__(self) -> None:
        self.on_s, self.judged_s = np.zeros(len(self.names)), np.zeros(len(self.names))

    def add(self, judged: Judged, step_s: float) -> None:
        """Count judged steps."""
        likely = chance(judged)
        self.on_s += np.nansum(likely >= ON, axis=1) * step_s
        self.judged_s += judged.evidence.known.sum(axis=1) * step_s

    def answer(self) -> dict[str, Any]:
        """Give what it came to, as plain data."""
        return {
            "seconds": round(self.seconds, 3),
            "longest_step_ms": round(self.longest_ms, 2),
            "lost_s": round(self.lost_s, 3),
            "channels": [
                {
                    "name": name,
                    "judged_s": round(judged_s, 2),
                    "on_fraction": round(on_s / judged_s, 6) if judged_s else None,
                }
                for name, on_s, judged_s in zip(self.names, self.on_s.tolist(), self.judged_s.tolist(), strict=True)
            ],
        }


def watch(
    packets: Iterable[Packet],
    names: tuple[str, ...],
    sample_rate_hz: float,
    *,
    kinds: tuple[ChannelKind, ...] | None = None,
    lag_s: float = LAG_S,
    say: Callable[[str], None] = lambda _: None,
    most_s: float | None = None,
) -> dict[str, Any]:
    """Watch a stream until it ends, or for `most_s` seconds, and say once a second what it shows.

    Parameters
    ----------
    packets : iterable of Packet
        The stream.
    names : tuple of str
        Names of its channels.
    sample_rate_hz : float
        Its rate.
    kinds : tuple, optional
        Kind of each channel; only those of the brain are judged, as in a file. All are without it.
    lag_s : float
        Seconds of hindsight.
    say : callable
        Hears a line a second.
    most_s : float, optional
        When to stop.

    Returns
    -------
    dict
        Judged seconds and the share of them with a rhythm, by channel.

    Raises
    ------
    InputError
        If no channel is of the brain.
    """
    rows = list(range(len(names)) if kinds is None else neural_places(kinds))
    if not rows:
        raise InputError(f"No channel of the stream ({', '.join(names)}) is of the brain: there is nothing to watch.")
    names = tuple(names[row] for row in rows)
    detector, seen, told_s = Detector(sample_rate_hz, len(names), lag_s), Watched(names), 0.0
    for packet in packets:
        if packet.gap_before_s > 0:
            seen.lost_s += packet.gap_before_s
            say(lost(packet))
        begin_s = perf_counter()
        found = detector.step(of_rows(packet, rows))
        seen.longest_ms = max(seen.longest_ms, 1000 * (perf_counter() - begin_s))
        seen.seconds = packet.onset_s + packet.samples_uv.shape[1] / sample_rate_hz
        for judged in found:
            seen.add(judged, detector.clock.step_s)
        if found and seen.seconds - told_s >= EVERY_S:
            say(line(found[-1], detector, names))
            told_s = seen.seconds
        if most_s is not None and seen.seconds >= most_s:
            break
    for judged in detector.finish():
        seen.add(judged, detector.clock.step_s)
    return seen.answer()


def lost(packet: Packet) -> str:
    """Say that no samples came for a while, which is why what follows is unknown."""
    return f"{packet.onset_s:8.1f} s  no samples came for {packet.gap_before_s:.2f} s before this: unknown there"


def line(judged: Judged, detector: Detector, names: tuple[str, ...]) -> str:
    """Say what the newest judged step shows in the channel that shows most."""
    now_s = float(detector.times_s(judged)[-1])
    likely = chance(judged)[:, -1]
    if np.isnan(likely).all():
        return f"{now_s:8.1f} s  unknown" + ("" if detector.ready else ": the background is still being learnt")
    row = int(np.nanargmax(likely))
    phase = detector.phase((row,))
    words = (
        f"{now_s:8.1f} s  {names[row]:<10} {RHYTHM} {likely[row]:.2f} at {judged.traces.frequency_hz[row, -1]:.2f} Hz,"
        f" phase now {np.degrees(phase.phase_rad[0]):+4.0f} deg +- {np.degrees(phase.half_width_rad[0]):.0f}"
    )
    missing = int(np.isnan(likely).sum())
    return words + (f", {missing} channels unknown" if missing else "")
