"""What is said of a recording: the fields of the contract, unknown stretches, and what cannot be judged."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from limen.quantities import Event, InputError, Packet, Recording
from limen.rhythm import find_rhythm, lookalikes, visibility_answer
from limen.rhythm.bands import band_levels
from limen.rhythm.clock import clock
from limen.rhythm.hindsight import examine
from limen.rhythm.monitor import watch
from limen.rhythm.pooling import pool
from limen.rhythm.searching import search
from limen.rhythm.tables import around, course, events_text, infusion, write_events

RATE_HZ = 50.0
CHANNEL_KEYS = {
    "name", "verdict", "reason", "on_fraction", "smallest_detectable_snr_db", "smallest_visible_source_nam", "episodes",
    "unknown",
}  # fmt: skip
EPISODE_KEYS = {"onset_s", "duration_s", "frequency_hz", "probability", "kind"}


def noise(channels, seconds, seed=0):
    rng = np.random.default_rng(seed)
    steps = np.cumsum(rng.standard_normal((channels, round(seconds * RATE_HZ))), axis=1)
    kernel = np.ones(400) / 400
    steps -= np.array([np.convolve(row, kernel, "same") for row in steps])
    return 10 * steps / steps.std()


def recorded(samples, kinds=None, **more):
    names = tuple(f"C{place}" for place in range(len(samples)))
    return Recording(samples.astype(np.float32), RATE_HZ, names, kinds or ("eeg",) * len(samples), **more)


@cache
def answered():
    """Three channels of 90 s: a rhythm and a gap, a flat electrode, an eye."""
    samples = noise(3, 90)
    time_s = np.arange(samples.shape[1]) / RATE_HZ
    samples[0] += 14 * ((time_s > 20) & (time_s < 30)) * np.cos(2 * np.pi * 2.4 * time_s)
    samples[0, (time_s > 60) & (time_s < 68)] = np.nan
    samples[1] = 3.0
    return find_rhythm(recorded(samples, ("eeg", "eeg", "eog"), simulated=True))


def test_the_answer_has_the_fields_of_the_contract_and_is_plain_json():
    found = answered()
    assert {"file", "sample_rate_hz", "duration_s", "recorded", "simulated", "statement", "channels", "pooled"} <= set(
        found
    )
    assert all(set(channel) >= CHANNEL_KEYS for channel in found["channels"])
    assert all(set(one) == EPISODE_KEYS for channel in found["channels"] for one in channel["episodes"])
    json.dumps(found, allow_nan=False)
    assert "simulated" in found["statement"]


def test_a_rhythm_is_found_where_it_is_and_what_is_null_says_why():
    rhythm, flat, eye = answered()["channels"]
    strongest = max(rhythm["episodes"], key=lambda one: one["probability"])
    assert rhythm["verdict"] == "rhythm"
    assert strongest["onset_s"] == pytest.approx(20, abs=0.7)
    assert strongest["frequency_hz"] == pytest.approx(2.4, abs=0.06)
    assert flat["verdict"] == eye["verdict"] == "unknown"
    assert flat["on_fraction"] is None
    assert flat["unknown_because"]["on_fraction"] == flat["reason"]
    assert "eog" in eye["reason"]


def test_a_gap_is_unknown_and_not_off():
    gap = answered()["channels"][0]["unknown"]
    assert len(gap) == 1
    assert gap[0]["onset_s"] == pytest.approx(60, abs=0.8)
    assert gap[0]["onset_s"] + gap[0]["duration_s"] == pytest.approx(68, abs=0.8)


def test_the_episodes_are_a_bids_table():
    head, *lines = events_text(answered()).splitlines()
    assert head.split("\t")[:3] == ["onset", "duration", "trial_type"]
    assert len(lines) == sum(len(channel["episodes"]) for channel in answered()["channels"])


def test_what_is_too_short_is_unknown():
    found = find_rhythm(recorded(noise(1, 20)[:, :250]))
    assert found["channels"][0]["verdict"] == "unknown"
    assert "too short" in found["channels"][0]["reason"]


@pytest.mark.parametrize("share", [0.0, 0.5, float("nan")])
def test_a_false_on_time_outside_its_limits_is_refused(share):
    with pytest.raises(InputError, match="false on-time"):
        find_rhythm(recorded(noise(1, 20)), false_on_time=share)


def test_a_sample_rate_that_cannot_carry_the_rhythm_is_refused():
    slow = Recording(np.ones((1, 300), dtype=np.float32), 3.0, ("A",), ("eeg",))
    with pytest.raises(InputError, match="3 Hz is too slow"):
        find_rhythm(slow)


def test_the_atlas_tells_the_smallest_source_and_names_its_montages():
    near, far = visibility_answer("depth-5")["regions"][0], visibility_answer("depth-20")["regions"][0]
    assert far["smallest_source_nam"] == pytest.approx(16 * near["smallest_source_nam"], rel=0.01)
    assert len(visibility_answer("scalp-64")["regions"]) == 3
    with pytest.raises(InputError, match="scalp-19"):
        visibility_answer("scalp-7")


def test_what_stands_around_an_infusion_is_told_in_parts():
    found = {"time_s": [0.0, 10.0, 20.0, 30.0], "alpha_db": [1.0, 3.0, None, 5.0]}
    parts = around(found, {"onset_s": 10.0, "end_s": 30.0, "note": "ketamine"})
    assert [(one["part"], one["alpha_db"]) for one in parts] == [("before", 1.0), ("during", 3.0), ("after", 5.0)]


def test_an_infusion_is_the_one_that_the_recording_notes():
    notes = (Event(5.0, 0.0, "eyes open"), Event(20.0, 0.0, "Infusion begins"), Event(60.0, 0.0, "infusion ends"))
    assert infusion(recorded(noise(1, 90), events=notes)) == {"onset_s": 20.0, "end_s": 60.0, "note": "Infusion begins"}
    assert infusion(recorded(noise(1, 90))) is None


def test_the_level_of_a_band_is_that_of_the_wave_in_it_and_a_gap_has_none():
    time_s = np.arange(round(40 * RATE_HZ)) / RATE_HZ
    samples = 0.01 * noise(2, 40) + 4 * np.cos(2 * np.pi * 10 * time_s)
    samples[:, (time_s >= 20) & (time_s < 30)] = np.nan
    levels = band_levels(recorded(samples), (0, 1), 10.0)
    # A wave of 4 uV has a mean square of 8, here over 5 Hz.
    assert levels["alpha_db"][0] == pytest.approx(10 * np.log10(8 / 5), abs=0.3)
    assert levels["alpha_db"][2] is None
    assert levels["gamma_db"] == [None] * 5


@pytest.mark.parametrize(("own", "kind"), [(10.0, "pulse"), (0.0, "rhythm")])
def test_a_wave_that_repeats_every_second_time_for_half_of_the_time_is_a_pulse(own, kind):
    """Found at twice its rate; without its own rate the same is a rhythm."""
    time_s = np.arange(round(120 * RATE_HZ)) / RATE_HZ
    turn = 2 * np.pi * 1.1 * time_s
    there = ((time_s > 5) & (time_s < 35)) | ((time_s > 60) & (time_s < 95))
    samples = noise(1, 120) + there * (own * np.cos(turn) + 8 * np.cos(2 * turn + 1))
    kinds = {one["kind"] for one in find_rhythm(recorded(samples))["channels"][0]["episodes"]}
    assert kinds == {kind}


def test_an_electrode_alone_in_a_line_that_never_stops_is_named():
    time_s = np.arange(round(60 * RATE_HZ)) / RATE_HZ
    samples = noise(16, 60)
    samples[3] += 20 * np.cos(2 * np.pi * 3.7 * time_s)
    kinds = {one["kind"] for one in find_rhythm(recorded(samples))["channels"][3]["episodes"]}
    assert "line" in kinds
    assert "rhythm" not in kinds


def test_what_is_missing_at_the_end_is_unknown_too():
    samples = noise(1, 60)
    samples[0, round(40 * RATE_HZ) :] = np.nan
    (channel,) = find_rhythm(recorded(samples))["channels"]
    (gap,) = channel["unknown"]
    assert gap["onset_s"] == pytest.approx(40, abs=1)
    assert gap["onset_s"] + gap["duration_s"] == pytest.approx(60)


def test_the_course_has_no_number_where_nothing_is_known():
    samples = noise(2, 60)
    samples[:, round(18 * RATE_HZ) : round(42 * RATE_HZ)] = np.nan
    found = course(search(recorded(samples)))
    assert found["time_s"] == [0, 10, 20, 30, 40, 50]
    for name in ("rhythm_share", "exponent", "level_db"):
        assert [value is None for value in found[name]] == [False, False, True, True, False, False]


def test_an_open_recording_is_not_opened_otherwise():
    with pytest.raises(InputError, match="open already"):
        find_rhythm(recorded(noise(1, 30)), channels=("C0",))


def test_contacts_that_are_never_known_together_share_nothing():
    examined = examine(noise(3, 60), np.zeros((3, 3000), dtype=bool), clock(RATE_HZ))
    apart = np.arange(examined.evidence.known.shape[1]) % 3 != np.arange(3)[:, None]
    apart = replace(examined, evidence=replace(examined.evidence, known=apart))
    assert pool(apart, 0.01, np.random.default_rng(0)) is None


def test_only_channels_of_the_brain_are_watched():
    samples = noise(2, 12).astype(np.float32)
    packets = [Packet(samples, 0, RATE_HZ)]
    seen = watch(packets, ("C0", "ECG"), RATE_HZ, kinds=("eeg", "ecg"))
    assert [one["name"] for one in seen["channels"]] == ["C0"]
    with pytest.raises(InputError, match="nothing to watch"):
        watch(packets, ("ECG", "T"), RATE_HZ, kinds=("ecg", "trigger"))


@pytest.mark.parametrize("labels", [("F7", "F8"), ("EEG F7-REF", "EEG F8-REF")])
def test_eyes_that_swing_are_named_whatever_the_labels_carry(labels):
    samples, time_s = noise(3, 60), np.arange(60 * 50) / RATE_HZ
    swing = 18 * ((time_s > 20) & (time_s < 40)) * np.cos(2 * np.pi * 2.2 * time_s)
    samples += np.array([[1.0], [-1.0], [0.0]]) * swing
    found = find_rhythm(Recording(samples.astype(np.float32), RATE_HZ, (*labels, "Pz"), ("eeg",) * 3))
    kinds = [{one["kind"] for one in channel["episodes"]} for channel in found["channels"][:2]]
    assert kinds == [{"nystagmus"}, {"nystagmus"}]


def test_every_kind_of_episode_has_its_words_in_hed(tmp_path):
    _, sidecar = write_events(answered(), tmp_path, "sub-01")
    told = json.loads(sidecar.read_text(encoding="utf-8"))
    kinds = {value for name, value in vars(lookalikes).items() if name.isupper() and isinstance(value, str)}
    kinds = {value for value in kinds if value.islower() and value.replace("_", "").isalpha()}
    assert kinds == set(told["trial_type"]["HED"])
    assert told["frequency"]["HED"] == "Frequency/# Hz"
