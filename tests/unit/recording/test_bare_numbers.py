"""Files of bare numbers: the rate off their own times, a unit that nothing contradicts, one sentence for the rest."""

import numpy as np
import pytest

from limen.quantities import InputError
from limen.recording import open_recording
from limen.recording.arrays import clocked
from limen.recording.channels import unique_names


@pytest.mark.parametrize("rate_hz", [60.0, 64.0, 90.0, 256.0, 250.0, 512.0])
def test_times_that_are_rounded_to_milliseconds_still_tell_the_rate(rate_hz):
    times_s = np.round(np.arange(4000) / rate_hz, 3)
    found_hz, segments = clocked(times_s, "x.csv")
    assert found_hz == pytest.approx(rate_hz, rel=1e-3)
    assert len(segments) == 1
    found_hz, segments = clocked(np.concatenate([times_s, times_s + times_s[-1] + 2]), "x.csv")
    assert found_hz == pytest.approx(rate_hz, rel=1e-3)
    assert len(segments) == 2


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"fs": "250 Hz"}, "fs of x.npz is '250 Hz': it should be one number"),
        ({"fs": np.nan}, "should be one number"),
        ({"fs": [250.0, 500.0]}, "should be one number"),
    ],
)
def test_a_rate_that_is_none_is_one_sentence(tmp_path, more, match):
    np.savez(tmp_path / "x.npz", samples_uv=np.zeros((1, 500)), **more)
    with pytest.raises(InputError, match=match):
        open_recording(tmp_path / "x.npz")


def test_a_rate_in_an_array_of_one_and_a_single_name_are_taken(tmp_path):
    np.savez(tmp_path / "x.npz", samples_uv=np.zeros((1, 500)), fs=[250.0], names="Pz")
    found = open_recording(tmp_path / "x.npz")
    assert (found.sample_rate_hz, found.names) == (250.0, ("Pz",))


def test_a_unit_that_contradicts_the_file_is_refused(tmp_path):
    np.savez(tmp_path / "x.npz", samples_uv=np.zeros((1, 500)), fs=250.0)
    with pytest.raises(InputError, match="in uV by its own account, not in mV"):
        open_recording(tmp_path / "x.npz", unit="mV")


def test_names_that_come_twice_are_numbered_until_they_are_free():
    assert unique_names(["a", "a", "a-2", "b", "a"])[0] == ("a", "a-3", "a-2", "b", "a-4")


def test_an_empty_cell_at_either_end_of_a_line_of_tabs_is_a_missing_value(tmp_path):
    lines = ["time\ta\tb"] + [f"{k / 100:.2f}\t{k % 5}\t{'' if k == 7 else k % 3}" for k in range(300)]
    (tmp_path / "x.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = open_recording(tmp_path / "x.tsv", unit="uV").read()
    assert np.argwhere(np.isnan(found.samples_uv)).tolist() == [[1, 7]]
