"""A long file is read in memory that does not grow with it."""

import tracemalloc

import numpy as np
import pytest
from recording_files import EdfSpec, digital, write_edf

from limen.quantities import InputError
from limen.recording import open_recording, packets

HOUR_S = 3600
#: One block of 10 s is 64 x 5120 float32, 1.3 MB; half a dozen copies of it are in use at a time.
MOST_BYTES = 20_000_000


def hour_of_64_channels(folder):
    """One second from the writer, then that second again and again, with another first sample each time."""
    path = write_edf(folder / "hour.edf", EdfSpec(digital(64, 512), rate=512, reserved=""))
    raw = path.read_bytes()
    head, record = raw[: 256 * 65], bytearray(raw[256 * 65 :])
    with path.open("wb") as file:
        file.write(head[:236] + str(HOUR_S).encode().ljust(8) + head[244:])
        for second in range(HOUR_S):
            record[:2] = np.array([second], dtype="<i2").tobytes()
            file.write(record)
    return path


def test_an_hour_of_64_channels_passes_in_20_megabytes(tmp_path):
    path = hour_of_64_channels(tmp_path)
    tracemalloc.start()
    opened = open_recording(path)
    firsts = [packet.samples_uv[0, 0] for packet in packets(opened, 1.0)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_BYTES
    np.testing.assert_allclose(firsts, np.arange(HOUR_S) * 0.1, atol=1e-3)
    path.unlink()


def test_a_file_too_large_for_memory_is_read_in_packets_only(tmp_path, monkeypatch):
    opened = open_recording(write_edf(tmp_path / "a.edf", EdfSpec(digital(2, 300))))
    monkeypatch.setattr("limen.recording.signal_file.WHOLE_LIMIT_BYTES", 2000)
    with pytest.raises(InputError, match="read it in packets"):
        opened.read()
    assert sum(packet.samples_uv.shape[1] for packet in packets(opened, 0.3)) == 300
