"""The live detector on the clock on the wall, its memory over many simulated hours, and how its cost grows.

``rhythm_live.py paced SECONDS`` hands packets over when they are due and tells how late each result is;
``rhythm_live.py memory HOURS`` hands them over as fast as they are taken and tells the memory each half hour;
``rhythm_live.py grows`` judges files of more channels and of more time. One line of JSON each.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from limen.quantities import Packet
from limen.rhythm.clock import clock
from limen.rhythm.detector import Detector
from limen.rhythm.judging import judged
from limen.rhythm.reading import Thinned

CHANNELS, RATE_HZ = 32, 250.0
#: An amplifier's block: 20 ms.
PACKET = 5
#: The phase of one channel that has the rhythm is asked for at every tenth packet, five times a second.
PHASE_EVERY, SHOWN = 10, (0,)
LOOP_S = 300.0
#: Growth of the memory is counted from the second look on, when every buffer has been filled once.
LOOK_S = 1800.0


def noise(seconds: float, rate_hz: float, channels: int) -> np.ndarray:
    """Coloured noise of a scalp's size with a rhythm of 2.2 Hz in every fourth channel, as 32-bit microvolts."""
    rng = np.random.default_rng(3)
    count = round(seconds * rate_hz)
    spectrum = np.fft.rfft(rng.standard_normal((channels, count)), axis=1)
    spectrum /= np.maximum(np.fft.rfftfreq(count, 1 / rate_hz), 0.3) ** 0.75
    values = np.fft.irfft(spectrum, count, axis=1)
    values *= 15 / values.std(axis=1, keepdims=True)
    values[::4] += 20 * np.cos(2 * np.pi * 2.2 * np.arange(count) / rate_hz) * (np.arange(count) // (10 * rate_hz) % 2)
    return values.astype(np.float32)


def packets(size: int) -> Iterator[Packet]:
    """Give the same five minutes over and over, without an end."""
    loop, first = noise(LOOP_S, RATE_HZ, CHANNELS), 0
    while True:
        place = first % loop.shape[1]
        yield Packet(loop[:, place : place + size], first, RATE_HZ)
        first += size


def paced(seconds: float) -> dict[str, object]:
    """Milliseconds from a packet's last sample being due until it is judged and, at every tenth, the phase told."""
    detector, late_ms = Detector(RATE_HZ, CHANNELS), []
    stream, packet_s = packets(PACKET), PACKET / RATE_HZ
    for _ in range(3000):
        detector.step(next(stream))
    detector.phase(SHOWN)
    begin_s, busy_s = time.perf_counter(), time.process_time()
    for number in range(round(seconds / packet_s)):
        due_s = begin_s + (number + 1) * packet_s
        time.sleep(max(0.0, due_s - time.perf_counter()))
        detector.step(next(stream))
        if number % PHASE_EVERY == 0:
            detector.phase(SHOWN)
        late_ms.append(1000 * (time.perf_counter() - due_s))
    middle, high, worst = np.percentile(late_ms, [50, 99, 100])
    return {
        "seconds": seconds, "packets": len(late_ms), "p50_ms": middle, "p99_ms": high, "longest_ms": worst,
        "of_a_core": (time.process_time() - busy_s) / seconds, "cores": len(os.sched_getaffinity(0)),
    }  # fmt: skip


def memory(hours: float) -> dict[str, object]:
    """Resident megabytes at each half hour of simulated time."""
    detector, seen_mb = Detector(RATE_HZ, CHANNELS), []
    size, busy_s = round(RATE_HZ / 10), time.process_time()
    for packet in packets(size):
        detector.step(packet)
        if packet.first_sample and packet.first_sample % round(LOOK_S * RATE_HZ) < size:
            detector.phase(SHOWN)
            seen_mb.append(resident_mb())
            print(json.dumps({"hour": packet.onset_s / 3600, "mb": seen_mb[-1]}), file=sys.stderr, flush=True)
        if packet.onset_s >= hours * 3600:
            break
    grown_mb = seen_mb[-1] - seen_mb[min(1, len(seen_mb) - 1)]
    return {"hours": hours, "mb": seen_mb, "grown_mb": grown_mb, "cpu_s": time.process_time() - busy_s}


def resident_mb() -> float:
    """Memory of this process now, from the kernel."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def grows() -> dict[str, object]:
    """Seconds of processor time to judge a file, by channels of half an hour and by minutes of 16 channels."""
    found = {"of_channels": {}, "of_minutes": {}}
    rate_hz = clock(RATE_HZ).inside_hz
    whole = noise(3600, rate_hz, CHANNELS).astype(np.float64)
    _judging_s(whole[:, :20_000])
    for channels in (8, 16, 32):
        found["of_channels"][channels] = _judging_s(whole[:channels, : round(1800 * rate_hz)])
    for minutes in (15, 30, 60):
        found["of_minutes"][minutes] = _judging_s(whole[:16, : round(minutes * 60 * rate_hz)])
    return found


def _judging_s(values: np.ndarray) -> float:
    begin = time.process_time()
    judged(Thinned(values, np.zeros(values.shape, dtype=np.bool_), clock(RATE_HZ)), None)
    return time.process_time() - begin


def main() -> None:
    """Measure what is asked."""
    if sys.argv[1] == "grows":
        print(json.dumps(grows()))
    else:
        print(json.dumps({"paced": paced, "memory": memory}[sys.argv[1]](float(sys.argv[2]))))


if __name__ == "__main__":
    main()
