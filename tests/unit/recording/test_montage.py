"""Pairs of neighbours on a shank, never across a missing contact; a mean that a missing channel does not spoil."""

import numpy as np
import pytest

from limen.quantities import InputError, Recording
from limen.recording import bipolar, common_average, packets, referenced


def contacts(names, kind="seeg", positions_mm=None):
    samples = np.random.default_rng(1).normal(size=(len(names), 50)).astype(np.float32)
    kinds = (kind,) * len(names) if isinstance(kind, str) else tuple(kind)
    return Recording(samples, 100.0, tuple(names), kinds, positions_mm=positions_mm)


def test_neighbours_of_one_shank_are_paired():
    assert bipolar(contacts(["LA1", "LA2", "LA3", "LB1", "LB2"])).names == ("LA1-LA2", "LA2-LA3", "LB1-LB2")


def test_no_pair_stands_across_a_missing_contact():
    found = bipolar(contacts(["LA1", "LA2", "LA4", "LA5", "LA7"]))
    assert found.names == ("LA1-LA2", "LA4-LA5")
    assert found.unpaired == ("LA7",)


def test_the_order_in_the_file_and_the_form_of_the_names_do_not_matter():
    assert bipolar(contacts(["LA 03", "LA 01", "LA 02"])).names == ("LA 01-LA 02", "LA 02-LA 03")
    assert bipolar(contacts(["A'1", "A'2", "A1", "A2"])).names == ("A1-A2", "A'1-A'2")
    assert bipolar(contacts(["EEG LA1-Ref", "EEG LA2-Ref", "EEG LB2-Ref"])).names == ("EEG LA1-Ref-EEG LA2-Ref",)
    assert bipolar(contacts(["LFP_RIGHT_0", "LFP_RIGHT_1"], "lfp")).names == ("LFP_RIGHT_0-LFP_RIGHT_1",)


def test_ten_is_the_neighbour_of_nine_and_not_of_one():
    assert bipolar(contacts(["LA1", "LA10", "LA9"])).names == ("LA9-LA10",)


def test_scalp_electrodes_are_no_shank():
    with pytest.raises(InputError, match="needs contacts of kind seeg"):
        bipolar(contacts(["F3", "F4", "C3", "C4"], "eeg"))


def test_contacts_of_two_kinds_are_no_pair():
    assert bipolar(contacts(["A1", "A2", "A3"], ("seeg", "ecog", "ecog"))).names == ("A2-A3",)


def test_the_end_of_one_row_of_a_grid_is_no_neighbour_of_the_next_row():
    grid_mm = np.array([[x * 10.0, y * 10.0, 0.0] for y in range(2) for x in range(4)])
    names = [f"G{place + 1}" for place in range(8)]
    assert "G4-G5" not in bipolar(contacts(names, "ecog", grid_mm)).names
    assert len(bipolar(contacts(names, "ecog", grid_mm)).names) == 6


def test_what_is_far_is_told_by_the_own_shank():
    mm = [[0, 0, 3.5 * place] for place in range(8)] + [[50, 10.0 * place, 0] for place in range(4)]
    names = [f"D{place + 1}" for place in range(8)] + [f"G{place + 1}" for place in range(4)]
    found = bipolar(contacts(names, "ecog", np.array(mm, dtype=float))).names
    assert len(found) == 10
    assert {"D7-D8", "G1-G2", "G3-G4"} <= set(found)


def test_a_montage_changes_a_recording_and_its_packets_alike():
    recording = contacts(["LA1", "LA2", "LA3"], positions_mm=np.arange(9.0).reshape(3, 3))
    montage = bipolar(recording)
    whole = referenced(recording, montage)
    pieces = np.concatenate([montage.apply(packet.samples_uv) for packet in packets(recording, 0.07)], axis=1)
    np.testing.assert_array_equal(whole.samples_uv, pieces)
    np.testing.assert_array_equal(whole.samples_uv[0], recording.samples_uv[0] - recording.samples_uv[1])
    assert whole.positions_mm.tolist() == [[1.5, 2.5, 3.5], [4.5, 5.5, 6.5]]


def test_the_mean_of_all_electrodes_leaves_others_alone_and_skips_what_is_missing():
    recording = contacts(["Fz", "Cz", "Pz", "EOG"], ("eeg", "eeg", "eeg", "eog"))
    recording.samples_uv[1, 10:20] = np.nan
    found = referenced(recording, common_average(recording)).samples_uv
    np.testing.assert_allclose(np.nansum(found[:3], axis=0), 0, atol=1e-5)
    np.testing.assert_array_equal(found[3], recording.samples_uv[3])
    assert np.isnan(found[1]).sum() == 10
    assert not np.isnan(found[[0, 2]]).any()


def test_a_mean_of_one_channel_is_refused():
    with pytest.raises(InputError, match="at least two channels, got 1"):
        common_average(contacts(["Fz", "EOG"], ("eeg", "eog")))
