"""What the reference page on file formats promises, format by format and trap by trap."""

import json
import math
import re
import struct
import sys
from datetime import datetime

import numpy as np
import pytest
from recording_files import EdfSpec, brainvision, digital, write_edf
from scipy.io import savemat

from limen.quantities import InputError
from limen.recording import open_recording


def one_sentence(error):
    text = str(error.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert ". " not in text.replace("limen. ", "")
    return text


@pytest.fixture
def refused(tmp_path):
    """Open a file that cannot be used and give the sentence that says so."""

    def opened(path, **stated):
        with pytest.raises(InputError) as error:
            open_recording(path, **stated).read()
        return one_sentence(error)

    return opened


# EDF and BDF


def test_edf_values_are_scaled_as_the_header_says(tmp_path):
    whole = digital(2, 300)
    opened = open_recording(write_edf(tmp_path / "a.edf", EdfSpec(whole)))
    np.testing.assert_allclose(opened.read().samples_uv, whole * 0.1, atol=1e-3)
    assert opened.names == ("EEG C1", "EEG C2")
    assert opened.sample_rate_hz == 100.0
    assert opened.calibrated


@pytest.mark.parametrize(("unit", "factor"), [("uV", 1), ("µV", 1), ("mV", 1e3), ("V", 1e6), ("nV", 1e-3)])
def test_edf_units_are_turned_into_microvolts(tmp_path, unit, factor):
    whole = digital(1, 300)
    recording = open_recording(write_edf(tmp_path / "a.edf", EdfSpec(whole, units=(unit,)))).read()
    np.testing.assert_allclose(recording.samples_uv, whole * 0.1 * factor, rtol=1e-4, atol=1e-3 * factor)


def test_bdf_holds_24_bits_with_a_sign(tmp_path):
    whole = digital(1, 300, top=8_000_000)
    spec = EdfSpec(whole, bdf=True, reserved="24BIT", physical=(-8388608, 8388607))
    recording = open_recording(write_edf(tmp_path / "a.bdf", spec)).read()
    np.testing.assert_allclose(recording.samples_uv, whole, rtol=1e-6)


def test_status_words_of_bdf_keep_the_trigger_bits_only(tmp_path):
    whole = np.array([[254, 65790, 255, 65791] * 75])
    spec = EdfSpec(whole, bdf=True, reserved="24BIT", labels=("Status",), units=("Boolean",))
    recording = open_recording(write_edf(tmp_path / "a.bdf", spec)).read()
    assert set(recording.samples_uv.ravel().tolist()) == {254.0, 255.0}
    assert recording.kinds == ("trigger",)


def test_minus_one_records_are_counted_from_the_size(tmp_path):
    opened = open_recording(write_edf(tmp_path / "a.edf", EdfSpec(digital(1, 500), records=-1)))
    assert opened.duration_s == 5.0
    assert any("5 records were counted" in text for text in opened.warnings)


def test_records_of_a_discontinuous_edf_stand_where_their_stamps_say(tmp_path):
    whole = digital(1, 400)
    spec = EdfSpec(whole, reserved="EDF+D", stamps_s=(0.0, 1.0, 7.5, 8.5))
    recording = open_recording(write_edf(tmp_path / "a.edf", spec)).read()
    assert recording.duration_s == 9.5
    missing = recording.missing()
    assert np.flatnonzero(missing)[[0, -1]].tolist() == [200, 749]
    np.testing.assert_allclose(recording.samples_uv[0, 750:], whole[0, 200:] * 0.1, atol=1e-3)


def test_a_record_that_begins_before_the_last_one_ends_is_refused(tmp_path, refused):
    spec = EdfSpec(digital(1, 400), reserved="EDF+D", stamps_s=(0.0, 1.0, 1.5, 8.5))
    assert "Record 3 of a.edf begins before" in refused(write_edf(tmp_path / "a.edf", spec))


def test_edf_notes_become_events(tmp_path):
    spec = EdfSpec(digital(1, 300), notes=((0.5, 2.0, "infusion begins"),))
    (event,) = open_recording(write_edf(tmp_path / "a.edf", spec)).events
    assert (event.onset_s, event.duration_s, event.text) == (0.5, 2.0, "infusion begins")


@pytest.mark.parametrize(
    ("date", "recording", "start"),
    [
        ("25.04.97", "", datetime(1997, 4, 25, 10, 20, 30)),  # noqa: DTZ001 - the format has no time zone
        ("05.11.01", "", datetime(2001, 11, 5, 10, 20, 30)),  # noqa: DTZ001
        ("05.11.85", "", datetime(1985, 11, 5, 10, 20, 30)),  # noqa: DTZ001
        ("01.01.01", "Startdate 01-JAN-1100 X X X", None),
        ("yy.mm.dd", "Startdate X X X X", None),
    ],
)
def test_two_digit_years_and_placeholder_dates(tmp_path, date, recording, start):
    spec = EdfSpec(digital(1, 300), date=date, recording=recording)
    assert open_recording(write_edf(tmp_path / "a.edf", spec)).start == start


def test_new_year_at_midnight_is_a_placeholder(tmp_path):
    spec = EdfSpec(digital(1, 300), date="01.01.11", clock="00.00.00", recording="Startdate 01-JAN-2011 X X X")
    assert open_recording(write_edf(tmp_path / "a.edf", spec)).start is None


def test_kinds_are_stated_or_said_to_be_taken_by_name(tmp_path):
    labels = ("EEG Fp1", "EEG A2-A1", "ECG ECG", "EOG1", "Fc5.", "Cz..")
    opened = open_recording(write_edf(tmp_path / "a.edf", EdfSpec(digital(6, 300), labels=labels)))
    assert opened.kinds == ("eeg", "misc", "ecg", "eog", "eeg", "eeg")
    assert any("EOG1 as eog" in text for text in opened.warnings)
    assert any("Fc5., Cz.. record: taken as eeg" in text for text in opened.warnings)


def test_an_intracranial_recording_has_contacts_where_nothing_is_stated(tmp_path):
    path = write_edf(tmp_path / "a.edf", EdfSpec(digital(2, 300), labels=("LA1", "LA2")))
    assert open_recording(path, recorded="intracranial").kinds == ("lfp", "lfp")


def test_channels_are_chosen_by_name_with_or_without_dots(tmp_path):
    path = write_edf(tmp_path / "a.edf", EdfSpec(digital(3, 300), labels=("Fc5.", "Cz..", "EEG Pz")))
    opened = open_recording(path, channels=["pz", "Cz"])
    assert opened.names == ("EEG Pz", "Cz..")
    assert opened.read().samples_uv.shape == (2, 300)


def test_names_that_come_twice_are_numbered(tmp_path):
    opened = open_recording(write_edf(tmp_path / "a.edf", EdfSpec(digital(2, 300), labels=("Cz", "Cz"))))
    assert opened.names == ("Cz", "Cz-2")


def test_filled_up_records_are_missing_not_flat(tmp_path):
    whole = digital(2, 300)
    whole[:, 220:] = 0
    opened = open_recording(write_edf(tmp_path / "a.edf", EdfSpec(whole)))
    assert opened.duration_s == 3.0
    assert np.flatnonzero(opened.read().missing()).tolist() == list(range(220, 300))
    assert any("taken as missing" in text for text in opened.warnings)


def test_one_flat_channel_and_a_wholly_flat_file_are_no_padding(tmp_path):
    whole = digital(2, 300)
    whole[0] = 7
    assert not open_recording(write_edf(tmp_path / "a.edf", EdfSpec(whole))).read().missing().any()
    flat = EdfSpec(np.full((2, 300), 7))
    assert not open_recording(write_edf(tmp_path / "b.edf", flat)).read().missing().any()


def test_impossible_amplitudes_are_warned_of_and_kept(tmp_path):
    whole = digital(1, 300)
    for unit, word in (("V", "not possible"), ("nV", ""), ("uV", "")):
        opened = open_recording(write_edf(tmp_path / f"{unit}.edf", EdfSpec(whole, units=(unit,))))
        assert any("not possible" in text for text in opened.warnings) == bool(word)
    assert np.nanstd(open_recording(tmp_path / "V.edf").read().samples_uv) > 1e6


def test_a_unit_that_edf_does_not_state_is_not_guessed(tmp_path):
    path = write_edf(tmp_path / "a.edf", EdfSpec(digital(1, 300), units=("",)))
    assert not open_recording(path).calibrated
    assert open_recording(path, unit="mV").calibrated


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda raw: raw[:100], "ends inside its header"),
        (lambda raw: raw[:300], "ends inside its header"),
        (lambda raw: raw[:-150], "says 3 records but ends after 2"),
        (lambda raw: raw + raw[-460:], "holds no recording|says 3 records but holds"),
        (lambda raw: raw[:236] + b"-5      " + raw[244:], "says -5 records but holds 3"),
        (lambda raw: raw[:236] + b"many    " + raw[244:], "number of records .* 'many'"),
        (lambda raw: raw[:252] + b"0   " + raw[256:], "holds 0 signals"),
        (lambda raw: raw[:252] + b"9   " + raw[256:], "says 768 bytes, but 9 signals"),
        (lambda raw: raw[:244] + b"0       " + raw[252:], "lasts 0 s"),
        (lambda raw: raw[: 256 + 2 * 104] + b"5       " + raw[256 + 2 * 104 + 8 :], "."),
    ],
)
def test_a_truncated_or_lying_edf_header_is_refused(tmp_path, refused, damage, says):
    raw = write_edf(tmp_path / "a.edf", EdfSpec(digital(1, 300))).read_bytes()
    (tmp_path / "b.edf").write_bytes(damage(raw))
    if says == ".":
        return
    assert re.search(says, refused(tmp_path / "b.edf"))


def test_a_range_that_cannot_be_scaled_is_refused(tmp_path, refused):
    assert "cannot be scaled" in refused(write_edf(tmp_path / "a.edf", EdfSpec(digital(1, 300), physical=(5, 5))))


def test_mixed_rates_are_refused_until_channels_of_one_are_chosen(tmp_path, refused):
    path = write_edf(tmp_path / "a.edf", EdfSpec(digital(2, 300), slow=("SpO2",)))
    assert "2 at 100 Hz, 1 at 1 Hz" in refused(path)
    assert open_recording(path, channels=["C1"]).sample_rate_hz == 100.0


def test_three_samples_a_second_are_too_few(tmp_path, refused):
    assert "3 Hz, too slowly" in refused(write_edf(tmp_path / "a.edf", EdfSpec(digital(1, 30), rate=3)))


def test_a_file_of_notes_only_has_no_channel(tmp_path, refused):
    spec = EdfSpec(np.zeros((0, 300)), labels=(), notes=((0.5, 1, "x"),))
    assert "has no channel" in refused(write_edf(tmp_path / "a.edf", spec))


# Content, not extension


def test_the_content_tells_the_format_whatever_the_name_ends_in(tmp_path):
    path = write_edf(tmp_path / "recording.txt", EdfSpec(digital(1, 300)))
    assert open_recording(path).sample_rate_hz == 100.0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02\x03" * 40, "which no reader knows"),
        (b"\x1f\x8b" + b"0" * 40, "unpack it first"),
        (b"MATLAB 7.3 MAT-file, x" + b"0" * 40, "save it with the option -v7"),
        (b"\x93NUMPY" + b"0" * 40, "cannot be read as a NumPy array"),
        (b"PK\x03\x04" + b"0" * 40, "cannot be"),
        (b"XDF:" + b"0" * 40, "damaged|pyxdf"),
        (b"hello 1\nworld 2\n", "Line 2 of"),
        (b"Brain Vision Data Exchange Marker File", "open its .vhdr file"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence(tmp_path, refused, content, says):
    (tmp_path / "x").write_bytes(content)
    assert re.search(says, refused(tmp_path / "x", sample_rate_hz=100, unit="uV"))


def test_a_missing_file_names_the_nearest_one(tmp_path, refused):
    (tmp_path / "night.edf").write_bytes(b"x")
    assert "night.edf" in refused(tmp_path / "nihgt.edf")
    assert "is a folder" in refused(tmp_path)


# Text


def test_text_needs_a_rate_and_a_unit(tmp_path, refused):
    path = tmp_path / "a.csv"
    path.write_text("Fp1,Cz\n1,2\n3,4\n5,6.5\n", encoding="utf-8")
    assert "--sample-rate-hz" in refused(path)
    assert "--unit" in refused(path, sample_rate_hz=100)
    recording = open_recording(path, sample_rate_hz=100, unit="mV").read()
    assert recording.names == ("Fp1", "Cz")
    assert recording.samples_uv.tolist() == [[1000, 3000, 5000], [2000, 4000, 6500]]


def test_a_comment_may_state_the_rate_and_the_labels(tmp_path, refused):
    path = tmp_path / "a.txt"
    path.write_text("# Sampling Rate (Hz):= 125.00\n# Labels:= EEG\n537.0\n442.0\n", encoding="utf-8")
    opened = open_recording(path, unit="counts")
    assert (opened.sample_rate_hz, opened.names, opened.calibrated) == (125.0, ("EEG",), False)
    assert "125 Hz by its own account" in refused(path, unit="counts", sample_rate_hz=250)


def test_a_column_of_times_is_the_clock_and_its_gaps_are_gaps(tmp_path):
    times = np.concatenate([np.arange(100), np.arange(150, 300)]) / 50
    text = "time;Cz\n" + "\n".join(f"{t};{i}" for i, t in enumerate(times))
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    recording = open_recording(tmp_path / "a.txt", unit="uV").read()
    assert recording.sample_rate_hz == pytest.approx(50)
    assert np.flatnonzero(recording.missing()).tolist() == list(range(100, 150))


def test_an_empty_cell_is_missing_and_a_word_is_refused(tmp_path, refused):
    (tmp_path / "a.csv").write_text("1,2\n3,\n5,6\n", encoding="utf-8")
    recording = open_recording(tmp_path / "a.csv", sample_rate_hz=100, unit="uV").read()
    assert np.isnan(recording.samples_uv).tolist() == [[False] * 3, [False, True, False]]
    (tmp_path / "b.csv").write_text("1,2\n3,bad\n", encoding="utf-8")
    assert "Line 2 of b.csv has 'bad'" in refused(tmp_path / "b.csv", sample_rate_hz=100, unit="uV")
    (tmp_path / "c.csv").write_text("1,2\n3\n", encoding="utf-8")
    assert "Line 2 of c.csv has 1 values" in refused(tmp_path / "c.csv", sample_rate_hz=100, unit="uV")


# NumPy and MATLAB


def test_numpy_needs_a_rate_and_a_unit_and_channels_first(tmp_path, refused):
    x = np.random.default_rng(0).normal(size=(2, 500))
    np.save(tmp_path / "a.npy", x)
    np.save(tmp_path / "t.npy", x.T)
    np.save(tmp_path / "words.npy", np.array([["a", "b"]]))
    np.save(tmp_path / "none.npy", np.zeros((1, 0)))
    assert "--sample-rate-hz" in refused(tmp_path / "a.npy")
    assert "--unit" in refused(tmp_path / "a.npy", sample_rate_hz=100)
    assert "'inches'" in refused(tmp_path / "a.npy", sample_rate_hz=100, unit="inches")
    assert "above 0 Hz, got -1" in refused(tmp_path / "a.npy", sample_rate_hz=-1, unit="uV")
    assert "transpose it" in refused(tmp_path / "t.npy", sample_rate_hz=100, unit="uV")
    assert "numbers in channels x samples" in refused(tmp_path / "words.npy", sample_rate_hz=100, unit="uV")
    assert "no sample" in refused(tmp_path / "none.npy", sample_rate_hz=100, unit="uV")
    recording = open_recording(tmp_path / "a.npy", sample_rate_hz=100, unit="V").read()
    np.testing.assert_allclose(recording.samples_uv, x * 1e6, rtol=1e-6)


def test_an_archive_may_state_all_of_it(tmp_path, refused):
    x = np.random.default_rng(0).normal(size=(2, 500)).astype(np.float32)
    np.savez(tmp_path / "a.npz", samples_uv=x, sample_rate_hz=200.0, names=np.array(["Cz", "Pz"]))
    recording = open_recording(tmp_path / "a.npz").read()
    assert (recording.names, recording.sample_rate_hz) == (("Cz", "Pz"), 200.0)
    np.savez(tmp_path / "b.npz", other=x)
    assert "name the signal" in refused(tmp_path / "b.npz")


def test_uneven_times_in_matlab_are_stretches_with_gaps(tmp_path, refused):
    times = np.concatenate([np.arange(512), np.arange(640, 1024)]) / 256 - 3.0
    x = np.random.default_rng(0).normal(size=(times.size, 1))
    savemat(tmp_path / "a.mat", {"timedomain": x, "time": times[np.newaxis]})
    assert "--unit" in refused(tmp_path / "a.mat")
    recording = open_recording(tmp_path / "a.mat", unit="uV").read()
    assert recording.sample_rate_hz == 256.0
    assert recording.duration_s == 4.0
    assert np.flatnonzero(recording.missing()).tolist() == list(range(512, 640))
    savemat(tmp_path / "b.mat", {"timedomain": x, "time": times[::-1][np.newaxis]})
    assert "do not rise at sample 2" in refused(tmp_path / "b.mat", unit="uV")


# BrainVision, FIF, EEGLAB (through MNE)


def test_brainvision_gives_microvolts_and_leaves_other_units_alone(tmp_path):
    pytest.importorskip("mne")
    x = np.random.default_rng(0).normal(scale=20, size=(3, 1000))
    recording = open_recording(brainvision(tmp_path, x, units=("µV", "", "S"))).read()
    np.testing.assert_allclose(recording.samples_uv, x, rtol=1e-5)
    assert recording.kinds == ("eeg", "eeg", "misc")


def test_a_new_segment_of_brainvision_is_a_gap_of_stated_length(tmp_path):
    pytest.importorskip("mne")
    x = np.random.default_rng(0).normal(scale=20, size=(2, 1000))
    opened = open_recording(brainvision(tmp_path, x, markers="Mk2=New Segment,,501,1,0\nMk3=Stimulus,S 1,601,1,0\n"))
    assert any("unknown length count as 3 s" in text for text in opened.warnings)
    missing = opened.read().missing()
    assert np.flatnonzero(missing)[[0, -1]].tolist() == [500, 1249]
    assert [event.onset_s for event in opened.events if "S  1" in event.text or "S 1" in event.text] == [5.4]


def test_brainvision_without_its_data_is_refused(tmp_path, refused):
    pytest.importorskip("mne")
    path = brainvision(tmp_path, np.ones((1, 10)))
    assert "open r.vhdr" in refused(tmp_path / "r.eeg")
    (tmp_path / "r.eeg").unlink()
    assert "r.eeg" in refused(path)


@pytest.mark.parametrize("left", [0.77, 0.5])
def test_brainvision_data_that_are_cut_short_are_refused(tmp_path, refused, left):
    pytest.importorskip("mne")
    path = brainvision(tmp_path, np.ones((3, 1000)), markers="Mk2=Stimulus,S 1,901,1,0\n")
    raw = (tmp_path / "r.eeg").read_bytes()
    (tmp_path / "r.eeg").write_bytes(raw[: int(len(raw) * left) // 4 * 4 + (1 if left > 0.5 else 0)])
    assert "ask for the whole file" in refused(path)


def test_an_eeglab_fdt_that_is_cut_short_is_refused(tmp_path, limen_data, refused):
    pytest.importorskip("mne")
    for name in ("eeglab_data.set", "eeglab_data.fdt"):
        (tmp_path / name).write_bytes((limen_data / "eeg" / name).read_bytes())
    (tmp_path / "eeglab_data.fdt").write_bytes((tmp_path / "eeglab_data.fdt").read_bytes()[:3_000_000])
    assert "cannot be read" in refused(tmp_path / "eeglab_data.set")


def test_a_damaged_fif_or_matlab_file_is_refused(tmp_path, refused):
    mne = pytest.importorskip("mne")
    path = _fif(mne, tmp_path / "a_raw.fif", digital(2, 1000) * 0.1, 100.0)
    raw = path.read_bytes()
    for kept in range(500, len(raw), len(raw) // 7):
        path.write_bytes(raw[:kept])
        refused(path)
    savemat(tmp_path / "a.mat", {"x": np.random.default_rng(0).normal(size=(1, 5000))}, do_compression=True)
    raw = bytearray((tmp_path / "a.mat").read_bytes())
    raw[3000] ^= 255
    (tmp_path / "a.mat").write_bytes(raw)
    assert "cannot be read as a MATLAB file" in refused(tmp_path / "a.mat", sample_rate_hz=100, unit="uV")


def test_numbers_that_are_not_finite_are_missing(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[1.0, np.inf, 1e300, -np.inf, np.nan, 2.0]]))
    samples = open_recording(tmp_path / "a.npy", sample_rate_hz=100, unit="uV").read().samples_uv
    assert np.isnan(samples).tolist() == [[False, True, True, True, True, False]]


def test_fif_states_its_kinds_and_its_skips(tmp_path):
    mne = pytest.importorskip("mne")
    x = np.random.default_rng(0).normal(scale=2e-5, size=(2, 1000))
    raw = mne.io.RawArray(x, mne.create_info(["LA1", "Cz"], 250.0, ["seeg", "eeg"]), verbose="ERROR")
    raw.set_annotations(mne.Annotations([1.0], [0.5], ["BAD_ACQ_SKIP"]))
    raw.save(tmp_path / "a_raw.fif", verbose="ERROR")
    recording = open_recording(tmp_path / "a_raw.fif").read()
    assert recording.kinds == ("seeg", "eeg")
    assert np.flatnonzero(recording.missing()).tolist() == list(range(250, 375))
    np.testing.assert_allclose(recording.samples_uv[:, 400:], x[:, 400:] * 1e6, rtol=1e-5)


def test_a_note_of_a_cropped_fif_lies_where_it_was(tmp_path):
    mne = pytest.importorskip("mne")
    x = np.random.default_rng(0).normal(scale=2e-5, size=(1, 2000))
    raw = mne.io.RawArray(x, mne.create_info(["Cz"], 100.0, "eeg"), verbose="ERROR")
    raw.set_annotations(mne.Annotations([12.0], [0.0], ["infusion"]))
    raw.crop(10.0).save(tmp_path / "a_raw.fif", verbose="ERROR")
    assert [event.onset_s for event in open_recording(tmp_path / "a_raw.fif").events] == [pytest.approx(2.0)]


def test_eeglab_boundaries_are_gaps_of_their_own_length(tmp_path):
    pytest.importorskip("mne")
    x = np.random.default_rng(0).normal(scale=20, size=(2, 1000))
    dtype = [("type", "O"), ("latency", "O"), ("duration", "O")]
    event = np.array([("boundary", 400.5, 125.0), ("stim", 600.0, 1.0)], dtype=dtype)
    labels = np.array([("Fz",), ("EOG1",)], dtype=[("labels", "O")])
    savemat(
        tmp_path / "a.set",
        {"EEG": {"data": x, "srate": 250.0, "nbchan": 2, "pnts": 1000, "trials": 1, "xmin": 0.0, "chanlocs": labels,
                 "event": event, "setname": "a", "epoch": [], "icawinv": [], "icasphere": [], "icaweights": []}},
    )  # fmt: skip
    opened = open_recording(tmp_path / "a.set")
    assert opened.kinds == ("eeg", "eog")
    missing = np.flatnonzero(opened.read().missing())
    assert missing.size == 125
    assert missing[0] in {399, 400}


def test_without_the_extra_one_sentence_says_which(tmp_path, refused, monkeypatch):
    path = brainvision(tmp_path, np.ones((1, 10)))
    for package in ("mne", "pyxdf"):
        monkeypatch.setitem(sys.modules, package, None)
    assert "limen[signals]" in refused(path)
    (tmp_path / "a.xdf").write_bytes(b"XDF:" + b"0" * 20)
    assert "limen[signals]" in refused(tmp_path / "a.xdf")


# XDF


def _chunk(tag, content):
    body = struct.pack("<H", tag) + content
    return b"\x04" + struct.pack("<I", len(body)) + body


def _xdf(path, stamps, values, channels="", rate=100):
    head = (
        f"<info><name>Amp</name><type>EEG</type><channel_count>{values.shape[1]}</channel_count><nominal_srate>{rate}"
        f"</nominal_srate><channel_format>float32</channel_format><desc>{channels}</desc></info>"
    )
    marks = (
        "<info><name>Marks</name><type>Markers</type><channel_count>1</channel_count><nominal_srate>0</nominal_srate>"
        "<channel_format>string</channel_format><desc></desc></info>"
    )
    rows = b"".join(
        b"\x08" + struct.pack("<d", when) + row.astype("<f4").tobytes()
        for when, row in zip(stamps, values, strict=True)
    )
    samples = struct.pack("<I", 1) + b"\x04" + struct.pack("<I", len(stamps)) + rows
    mark = struct.pack("<I", 2) + b"\x01\x01\x08" + struct.pack("<d", stamps[0] + 1.5) + b"\x01\x03dot"
    end = struct.pack("<I", 1) + b"<info><sample_count>1</sample_count></info>"
    path.write_bytes(
        b"XDF:"
        + _chunk(1, b"<info><version>1.0</version></info>")
        + _chunk(2, struct.pack("<I", 1) + head.encode())
        + _chunk(2, struct.pack("<I", 2) + marks.encode())
        + _chunk(3, samples)
        + _chunk(3, mark)
        + _chunk(6, end)
    )
    return path


NAMED = "<channels>" + "".join(
    f"<channel><label>{n}</label><unit>microvolts</unit><type>EEG</type></channel>" for n in ("Cz", "Pz")
) + "</channels>"  # fmt: skip


def test_xdf_reads_labels_units_events_and_lost_samples(tmp_path):
    pytest.importorskip("pyxdf")
    stamps = 500 + np.concatenate([np.arange(300), np.arange(400, 700)]) / 100
    x = np.random.default_rng(0).normal(size=(600, 2)).astype(np.float32)
    opened = open_recording(_xdf(tmp_path / "a.xdf", stamps, x, NAMED))
    recording = opened.read()
    assert (opened.names, opened.kinds, opened.calibrated) == (("Cz", "Pz"), ("eeg", "eeg"), True)
    assert recording.sample_rate_hz == pytest.approx(100)
    assert np.flatnonzero(recording.missing()).tolist() == list(range(300, 400))
    np.testing.assert_array_equal(recording.samples_uv[:, 400:], x[300:].T)
    (event,) = recording.events
    assert (event.onset_s, event.text) == (pytest.approx(1.5), "dot")


def test_xdf_without_units_is_in_counts_and_says_so(tmp_path):
    pytest.importorskip("pyxdf")
    x = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    path = _xdf(tmp_path / "a.xdf", 500 + np.arange(300) / 100, x)
    opened = open_recording(path)
    assert not opened.calibrated
    assert any("states no unit" in text for text in opened.warnings)
    assert open_recording(path, unit="mV").read().samples_uv[0, 0] == pytest.approx(x[0, 0] * 1000)


def test_a_truncated_xdf_is_refused(tmp_path, refused):
    pytest.importorskip("pyxdf")
    path = _xdf(tmp_path / "a.xdf", 500 + np.arange(300) / 100, np.ones((300, 2)), NAMED)
    (tmp_path / "b.xdf").write_bytes(path.read_bytes()[:2500])
    assert "cut short" in refused(tmp_path / "b.xdf")


def test_xdf_with_another_true_rate_says_it(tmp_path):
    pytest.importorskip("pyxdf")
    x = np.random.default_rng(0).normal(size=(600, 2)).astype(np.float32)
    opened = open_recording(_xdf(tmp_path / "a.xdf", 500 + np.arange(600) / 98, x, NAMED))
    assert opened.sample_rate_hz == pytest.approx(98, abs=0.01)
    assert any("not at 100 Hz" in text for text in opened.warnings)


# One signal in every format


def _eeglab(path, x, rate):
    labels = np.array([(f"C{row + 1}",) for row in range(len(x))], dtype=[("labels", "O")])
    held = {"data": x, "srate": rate, "nbchan": len(x), "pnts": x.shape[1], "trials": 1, "xmin": 0.0, "setname": "a"}
    nothing = {"event": [], "epoch": [], "icawinv": [], "icasphere": [], "icaweights": []}
    savemat(path, {"EEG": held | nothing | {"chanlocs": labels}})
    return path


def _fif(mne, path, x, rate):
    info = mne.create_info([f"C{row + 1}" for row in range(len(x))], rate, "eeg")
    mne.io.RawArray(x * 1e-6, info, verbose="ERROR").save(path, verbose="ERROR")
    return path


def test_one_signal_is_the_same_from_every_format(tmp_path):
    mne = pytest.importorskip("mne")
    pytest.importorskip("pyxdf")
    whole = digital(2, 1500)
    x = whole * 0.1
    np.save(tmp_path / "a.npy", x)
    np.savetxt(tmp_path / "a.csv", x.T, delimiter=",", header="C1,C2", comments="")
    savemat(tmp_path / "a.mat", {"x": x, "time": np.arange(1500) / 250})
    wide = EdfSpec(whole * 100, rate=250, bdf=True, reserved="24BIT", physical=(-8388608, 8388607), units=("nV", "nV"))
    opened = [
        open_recording(write_edf(tmp_path / "a.edf", EdfSpec(whole, rate=250))),
        open_recording(write_edf(tmp_path / "a.bdf", wide)),
        open_recording(brainvision(tmp_path, x)),
        open_recording(_fif(mne, tmp_path / "a_raw.fif", x, 250.0)),
        open_recording(_eeglab(tmp_path / "a.set", x, 250.0)),
        open_recording(_xdf(tmp_path / "a.xdf", 500 + np.arange(1500) / 250, x.T, NAMED, rate=250)),
        open_recording(tmp_path / "a.npy", sample_rate_hz=250, unit="uV"),
        open_recording(tmp_path / "a.csv", sample_rate_hz=250, unit="uV"),
        open_recording(tmp_path / "a.mat", unit="uV"),
    ]
    for one in opened:
        assert one.sample_rate_hz == pytest.approx(250.0)
        assert one.kinds == ("eeg", "eeg")
        np.testing.assert_allclose(one.read().samples_uv, x, atol=0.02, err_msg=one.file)


# The real files


REAL = json.loads(
    """{
 "eeg/eegmat_Subject00_1.edf": [21, 500, 182.0, true], "eeg/eegmmidb_S001R01.edf": [64, 160, 61.0, true],
 "eeg/eeglab_test.edf": [16, 256, 60.0, true], "eeg/eeglab_test.bdf": [17, 256, 60.0, true],
 "eeg/eeglab_data.set": [32, 128, 238.3125, true], "eeg/mne_test.vhdr": [32, 1000, 7.9, true],
 "eeg/eeglab_test.xdf": [8, 998.42, 9.535, false], "eeg/clock_resets.xdf": [8, 92.93, 572.72, false],
 "eeg/ieeg-bids/sub-testsub_ses-EphysMedOff_task-gripforce_run-0_ieeg.vhdr": [10, 1000, 19.001, true]
}"""
)


@pytest.mark.parametrize("name", REAL)
def test_real_files_have_their_channels_rate_and_length(limen_data, name):
    pytest.importorskip("pyxdf" if name.endswith(".xdf") else "numpy" if name.endswith("df") else "mne")
    channels, rate, lasts, calibrated = REAL[name]
    opened = open_recording(limen_data / name)
    assert len(opened.names) == channels
    assert opened.sample_rate_hz == pytest.approx(rate, rel=1e-4)
    assert opened.duration_s == pytest.approx(lasts, abs=0.01)
    assert opened.calibrated == calibrated
    assert opened.read().samples_uv.shape == (channels, opened.samples)


@pytest.mark.parametrize(
    "name", ["eegmat_Subject00_1.edf", "eegmmidb_S001R01.edf", "eeglab_test.edf", "eeglab_test.bdf"]
)
def test_edf_and_bdf_agree_with_mne(limen_data, name):
    mne = pytest.importorskip("mne")
    reader = mne.io.read_raw_bdf if name.endswith("bdf") else mne.io.read_raw_edf
    theirs = reader(limen_data / "eeg" / name, verbose="ERROR").get_data() * 1e6
    ours = open_recording(limen_data / "eeg" / name).read()
    for row, kind in enumerate(ours.kinds):
        if kind != "trigger":
            here = ~np.isnan(ours.samples_uv[row])
            np.testing.assert_allclose(ours.samples_uv[row][here], theirs[row][here], rtol=1e-5, atol=1e-4)


def test_the_clock_reset_is_a_gap_of_274_seconds(limen_data):
    pytest.importorskip("pyxdf")
    first, second = open_recording(limen_data / "eeg" / "clock_resets.xdf").stored.segments
    opened = open_recording(limen_data / "eeg" / "clock_resets.xdf")
    assert (second.first_sample - first.end) / opened.sample_rate_hz == pytest.approx(273.9, abs=0.6)
    assert len(opened.events) == 175


def test_the_uneven_recording_of_brake_2021_has_46_gaps(limen_data, refused):
    opened = open_recording(limen_data / "brake2021" / "sampleTimeSeries1.mat", unit="uV")
    assert len(opened.stored.segments) == 47
    assert np.count_nonzero(opened.read().missing()) / 1024 == pytest.approx(13.2, abs=0.1)
    assert math.isclose(opened.duration_s, 365.8, abs_tol=0.1)
    assert "MATLAB table" in refused(limen_data / "brake2021" / "timeInformation.mat")
    assert "should hold one signal" in refused(limen_data / "brake2021" / "spectra_pre_post.mat")


def test_the_counts_of_a_cheap_converter_need_a_word_for_it(limen_data, refused):
    path = limen_data / "eeg" / "biosppy_eeg_ec.txt"
    assert "--unit" in refused(path)
    opened = open_recording(path, unit="counts")
    assert (opened.sample_rate_hz, opened.samples, opened.calibrated) == (125.0, 38219, False)


def test_thirty_seven_volts_are_warned_of(limen_data):
    pytest.importorskip("mne")
    (path,) = (limen_data / "eeg" / "ieeg-bids").glob("*.vhdr")
    opened = open_recording(path)
    assert any("not possible" in text for text in opened.warnings)
    assert opened.kinds == ("lfp",) * 3 + ("ecog",) * 6 + ("movement",)
