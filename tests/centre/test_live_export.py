"""A session as files for others: what the log holds is what EDF+ readers find, gaps and all."""

import numpy as np
import pytest

from limen.centre.live.export import cut_out, edf_bytes, events_tsv
from limen.centre.live.segments import Block, Log
from limen.quantities import InputError
from limen.recording import open_recording


def recorded(folder, *, gap):
    log = Log(folder, {"names": ["PMC1", "Cz"], "kinds": ["seeg", "eeg"], "sample_rate_hz": 250.0, "calibrated": True})
    rng, place, kept = np.random.default_rng(3), 100, []
    for k in range(40):
        if gap and k == 20:
            log.note(
                {"what": "gap", "begin_sample": place, "end_sample": place + 500, "seconds": 2.0}, 1e9 + k / 10, 0.0
            )
            place += 500
        samples = rng.normal(scale=30, size=(2, 25)).astype(np.float32)
        log.samples(Block(place, place / 250, samples), 1e9 + (k + 1) / 10, 0.0)
        kept.append(samples)
        place += 25
    log.close()
    return np.concatenate(kept, axis=1)


@pytest.mark.parametrize("gap", [False, True])
def test_a_reader_of_edf_finds_what_the_log_holds(tmp_path, gap):
    put = recorded(tmp_path / "log", gap=gap)
    (tmp_path / "session.edf").write_bytes(edf_bytes(cut_out(tmp_path / "log", 0, 2e9)))
    got = open_recording(tmp_path / "session.edf").read()
    assert got.names == ("PMC1", "Cz")
    values = got.samples_uv[:, ~np.isnan(got.samples_uv[0])]
    np.testing.assert_allclose(values, put, atol=np.abs(put).max() / 30_000)
    assert int(np.isnan(got.samples_uv[0]).sum()) == (500 if gap else 0)


def test_a_gap_shorter_than_a_record_lets_no_two_records_overlap(tmp_path):
    log, about = Log(tmp_path / "log", {"names": ["Cz"], "kinds": ["eeg"], "sample_rate_hz": 250.0}), []
    for first, count in ((0, 10), (15, 25), (42, 3), (200, 30)):
        log.samples(Block(first, 0.0, np.arange(first, first + count, dtype=np.float32)[None]), 1e9 + 1, 0.0)
        about += range(first, first + count)
    log.close()
    (tmp_path / "session.edf").write_bytes(edf_bytes(cut_out(tmp_path / "log", 0, 2e9)))
    got = open_recording(tmp_path / "session.edf").read().samples_uv[0]
    np.testing.assert_allclose(got[about], about, atol=0.01)
    np.testing.assert_allclose(got[10:15], 9, atol=0.01)
    assert np.isnan(got[50:200]).all()


def test_a_value_that_the_header_cannot_hold_is_refused(tmp_path):
    log = Log(tmp_path / "log", {"names": ["Cz", "Pz"], "kinds": ["eeg"] * 2, "sample_rate_hz": 250.0})
    log.samples(Block(0, 0.0, np.array([[1.0] * 25, [1.5e9] * 25], dtype=np.float32)), 1e9, 0.0)
    log.close()
    with pytest.raises(InputError, match=r"Pz reaches 1\.5e\+09"):
        edf_bytes(cut_out(tmp_path / "log", 0, 2e9))


def test_a_stream_that_became_another_one_is_not_put_into_one_file(tmp_path):
    for k, names in enumerate((["Cz"], ["Cz", "Pz"])):
        log = Log(tmp_path / "log", {"names": names, "kinds": ["eeg"] * len(names), "sample_rate_hz": 250.0})
        log.samples(Block(25 * k, 0.0, np.ones((len(names), 25), dtype=np.float32)), 1e9 + k, 0.0)
        log.close()
    with pytest.raises(InputError, match="from Cz to Cz, Pz"):
        cut_out(tmp_path / "log", 0, 2e9)
    assert cut_out(tmp_path / "log", 1e9 + 0.5, 2e9).stream["names"] == ["Cz", "Pz"]


def test_another_reader_agrees(tmp_path):
    mne = pytest.importorskip("mne")
    put = recorded(tmp_path / "log", gap=False)
    (tmp_path / "session.edf").write_bytes(edf_bytes(cut_out(tmp_path / "log", 0, 2e9)))
    raw = mne.io.read_raw_edf(tmp_path / "session.edf", verbose="error")
    np.testing.assert_allclose(raw.get_data() * 1e6, put, atol=0.01)


def test_events_stand_in_seconds_from_the_first_sample(tmp_path):
    recorded(tmp_path / "log", gap=True)
    cut = cut_out(tmp_path / "log", 0, 2e9)
    lines = events_tsv(cut, [(1e9 + 1.0, "note", "Eyes\tclosed\n")]).splitlines()
    assert lines == ["onset\tduration\ttrial_type\tvalue", "1.000\tn/a\tnote\tEyes closed", "2.000\t2.000\tgap\tn/a"]


def test_a_time_without_a_recording_says_so(tmp_path):
    recorded(tmp_path / "log", gap=False)
    with pytest.raises(InputError, match="Nothing was recorded"):
        cut_out(tmp_path / "log", 0, 10)
