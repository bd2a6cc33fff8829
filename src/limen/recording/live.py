"""Live streams over LSL: the same packets as from a file, with what was lost on the way stated as gaps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from time import monotonic
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from limen.quantities import ChannelKind, Floats, Floats32, InputError, Packet, Site
from limen.recording.arrays import microvolts
from limen.recording.channels import asked_unit, kind_in_label, microvolts_in, settled_kinds, unique_names
from limen.recording.timeline import Timeline

#: Ours: how long to look for a stream on the network.
SEARCH_S: Final = 5.0
#: Ours: a stream that sends nothing for so long has ended.
SILENCE_S: Final = 10.0
#: Ours: how long one look for new samples may last, so that a result is not later by more.
POLL_S: Final = 0.01
#: Ours: seconds of the recording that LSL keeps for a reader that is late; what is older is lost and shows as a gap.
#: A minute at the fastest replay, and bounded: 32 channels at 500 Hz take 230 MB at most.
KEPT_S: Final = 3600
#: Ours: samples taken from LSL at once, and packets that may wait for a reader who is late; beyond that LSL keeps them.
TAKEN_AT_ONCE: Final = 4096
LONGEST_QUEUE: Final = 4096
#: Ours: most samples that one look takes for a reader who keeps everything himself.
MOST_TAKEN: Final = 100_000
#: Ours: seconds to wait for the description of a stream.
DESCRIPTION_S: Final = 5.0

#: LSL among the processes of this machine alone: the words of a file that LSLAPICFG names.
LSL_ON_THIS_MACHINE: Final = """[multicast]
ResolveScope = machine
ListenAddress = 127.0.0.1
[ports]
IPv6 = disable
[lab]
KnownPeers = {127.0.0.1}
[log]
level = -3
"""


def lsl() -> Any:
    """Import pylsl, or say which extra brings it."""
    try:
        return import_module("pylsl")
    except (ImportError, RuntimeError):
        raise InputError(
            "Live streams need the package pylsl and the library liblsl in it, and one is missing:"
            ' install them with pip install "limen[signals]".'
        ) from None


def lsl_now_s() -> float:
    """Give the present moment on the clock that LSL stamps by, seconds."""
    return float(lsl().local_clock())


def _faults() -> Any:
    """Give the module that holds the errors of pylsl."""
    return import_module("pylsl.util")


@dataclass(eq=False)
class LiveStream:
    """One LSL stream that is being received.

    Parameters
    ----------
    name : str
        The stream's name.
    names, kinds : tuple
        Name and kind of each channel.
    sample_rate_hz : float
        Nominal samples a second.
    recorded : {"scalp", "intracranial", "source"}, optional
        The site; None where nobody stated it.
    calibrated : bool
        False where no unit of voltage is known.
    warnings : tuple of str
        What was assumed, one sentence each.
    """

    name: str
    names: tuple[str, ...]
    kinds: tuple[ChannelKind, ...]
    sample_rate_hz: float
    recorded: Site | None
    calibrated: bool
    warnings: tuple[str, ...]
    _inlet: Any = field(repr=False)
    _factor: float = field(repr=False)
    _timeline: Timeline = field(repr=False)

    @property
    def clock_resets(self) -> int:
        """How often the sender's clock has jumped backwards so far."""
        return self._timeline.resets

    def packets(self, seconds: float, *, silence_s: float = SILENCE_S) -> Iterator[Packet]:
        """Give what arrives, in packets of at most `seconds`, until the stream ends.

        Parameters
        ----------
        seconds : float
            Longest packet; a shorter one is given as soon as samples are there.
        silence_s : float
            A stream that sends nothing for so long has ended.

        Yields
        ------
        Packet
            On the clock of the stream; lost samples are a gap before the next packet.
        """
        most = max(1, round(seconds * self.sample_rate_hz))
        waiting: deque[tuple[npt.NDArray[np.generic], Floats]] = deque()
        heard_s, ended = monotonic(), False
        while waiting or not (ended or monotonic() - heard_s >= silence_s):
            # LSL throws away what nobody has taken when a stream ends, so everything is taken before each packet.
            if not ended and len(waiting) < LONGEST_QUEUE:
                pulled = self._pull(wait=not waiting)
                ended = pulled is None
                if pulled is not None and len(pulled[1]):
                    heard_s = monotonic()
                    waiting.extend(_pieces(*pulled, most))
            if waiting:
                chunk, stamps_s = waiting.popleft()
                samples_uv = np.ascontiguousarray(microvolts(chunk.T, self._factor))
                yield from self._timeline.place(samples_uv, stamps_s)
                # A reader that took its time is no silence of the stream.
                heard_s = monotonic()

    def take(self) -> tuple[Floats32, Floats] | None:
        """Take everything that has come, without waiting.

        Returns
        -------
        tuple or None
            Microvolts, shape ``(channels, samples)``, and stamps in seconds on this machine's LSL clock, shape
            ``(samples,)``; None where the stream is lost.
        """
        try:
            chunk, stamps_s = self._inlet.pull_chunk(timeout=0.0, max_samples=MOST_TAKEN, as_numpy=True)
        except _faults().LostError:
            return None
        except _faults().TimeoutError:  # LSL was too busy to look; what has come is there at the next look
            return self._nothing()
        stamps = np.asarray(stamps_s, dtype=np.float64)
        if not len(stamps):
            return self._nothing()
        return np.ascontiguousarray(microvolts(chunk.T, self._factor)), stamps

    def _nothing(self) -> tuple[Floats32, Floats]:
        return np.zeros((len(self.names), 0), dtype=np.float32), np.zeros(0)

    def close(self) -> None:
        """Stop receiving."""
        self._inlet.close_stream()

    def _pull(self, *, wait: bool) -> tuple[npt.NDArray[np.generic], Floats] | None:
        """Take what has come, shape ``(samples, channels)``; None where the stream is lost."""
        try:
            chunk, stamps_s = self._inlet.pull_chunk(timeout=0.0, max_samples=TAKEN_AT_ONCE, as_numpy=True)
            if wait and len(stamps_s) == 0:
                chunk, stamps_s = self._inlet.pull_chunk(timeout=POLL_S, max_samples=1, as_numpy=True)
        except _faults().LostError:
            return None
        except _faults().TimeoutError:
            chunk, stamps_s = np.zeros((0, len(self.names))), np.zeros(0)
        return np.array(chunk), np.array(stamps_s, dtype=np.float64)


def _pieces(
    chunk: npt.NDArray[np.generic], stamps_s: Floats, most: int
) -> Iterator[tuple[npt.NDArray[np.generic], Floats]]:
    """Cut what has come into pieces of at most `most` samples."""
    for begin in range(0, len(stamps_s), most):
        yield chunk[begin : begin + most], stamps_s[begin : begin + most]


def listen(
    name: str, *, unit: str | None = None, recorded: Site | None = None, search_s: float = SEARCH_S
) -> LiveStream:
    """Find an LSL stream by its name and begin to receive it.

    Parameters
    ----------
    name : str
        The stream's name.
    unit : str, optional
        uV, mV, V, nV or counts, for a stream that states none; counts without it.
    recorded : {"scalp", "intracranial", "source"}, optional
        The site.
    search_s : float
        Seconds to look for it.

    Returns
    -------
    LiveStream
        Its description; `packets` gives its samples.

    Raises
    ------
    InputError
        If no such stream is there, or it does not carry evenly sampled numbers.
    """
    pylsl = lsl()
    found = pylsl.resolve_byprop("name", name, minimum=1, timeout=search_s)
    if not found:
        raise InputError(f"No stream {name!r} was found in {search_s:g} s{_others(pylsl)}: start it, or name another.")
    _check(found[0], name, pylsl)
    inlet = pylsl.StreamInlet(
        found[0], max_buflen=KEPT_S, recover=False, processing_flags=pylsl.proc_clocksync, max_chunklen=0
    )
    try:
        info = inlet.info(timeout=DESCRIPTION_S)
        inlet.open_stream(timeout=DESCRIPTION_S)
    except (_faults().LostError, _faults().TimeoutError):
        raise InputError(f"The stream {name!r} ended while it was being opened: start it again.") from None
    return _described(info, inlet, unit, recorded)


def _others(pylsl: Any) -> str:
    names = sorted({info.name() for info in pylsl.resolve_streams(wait_time=1.0)})
    return f" (there are: {', '.join(names)})" if names else ""


def _check(info: Any, name: str, pylsl: Any) -> None:
    if info.nominal_srate() <= 0 or info.channel_format() == pylsl.cf_string:
        raise InputError(f"The stream {name!r} carries notes or uneven samples: name one of evenly sampled numbers.")
    if info.channel_count() < 1:
        raise InputError(f"The stream {name!r} has {info.channel_count()} channels: a recording needs at least one.")


def _described(info: Any, inlet: Any, unit: str | None, recorded: Site | None) -> LiveStream:
    channels = _channels(info)
    names, numbered = unique_names([label or f"ch{place + 1}" for place, (label, _, _) in enumerate(channels)])
    kinds, typed = settled_kinds(
        names, [kind_in_label(f"{kind} {label or 'x'}") for label, kind, _ in channels], recorded
    )
    factor, says = _factor(info.name(), {word for _, _, word in channels if word}, unit)
    rate_hz = float(info.nominal_srate())
    return LiveStream(
        name=str(info.name()),
        names=names,
        kinds=kinds,
        sample_rate_hz=rate_hz,
        recorded=recorded,
        calibrated=factor is not None,
        warnings=numbered + typed + says,
        _inlet=inlet,
        _factor=1.0 if factor is None else factor,
        _timeline=Timeline(rate_hz),
    )


def _channels(info: Any) -> list[tuple[str, str, str]]:
    """Read label, type and unit of each channel, empty where the stream does not describe it."""
    found = []
    channel = info.desc().child("channels").child("channel")
    for _ in range(info.channel_count()):
        found.append(tuple(str(channel.child_value(key)) for key in ("label", "type", "unit")))
        channel = channel.next_sibling()
    return [(label, kind, unit) for label, kind, unit in found]


def _factor(name: str, words: set[str], unit: str | None) -> tuple[float | None, tuple[str, ...]]:
    """Settle the microvolts in one number of the stream: as described, else as the user states, else unknown."""
    known = {factor for factor in map(microvolts_in, words) if factor is not None}
    if len(known) > 1:
        raise InputError(f"The stream {name!r} has channels in {', '.join(sorted(words))}: send them in one unit.")
    if known:
        return known.pop(), ()
    if unit is not None:
        return asked_unit(unit), ()
    return None, (f"The stream {name} states no unit: its numbers are taken as counts of no known size.",)
