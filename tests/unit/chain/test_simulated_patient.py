"""The deep contact shows the rhythm while the scalp does not; the loop gives its pulses at the phase that was asked."""

import numpy as np
import pytest

from limen.chain.closed_loop import DetectedPhase, Estimate, LoopCourse, SinusoidFit, due_s, run_loop
from limen.chain.simulated_patient import (
    BANDS_HZ,
    CHANNELS,
    DEEP,
    SAMPLE_RATE_HZ,
    Background,
    Plan,
    SimulatedPatient,
    band_change_db,
)  # fmt: skip
from limen.circuit.head import places_mm, potential_uv, shells
from limen.circuit.readings import decibels, peak, power
from limen.quantities import InputError
from limen.recording import packets


@pytest.fixture(scope="module")
def recordings():
    """Forty seconds without drug and at a block within the window."""
    plans = {block: Plan(lambda _s, share=block: share, seed=2) for block in (0.0, 0.35)}
    return {block: SimulatedPatient(plan).recording(40.0) for block, plan in plans.items()}


def channel(recording, name):
    return np.repeat(recording.samples_uv[recording.names.index(name)].astype(float), 1000 // SAMPLE_RATE_HZ)


def test_the_deep_contact_shows_the_rhythm_and_the_scalp_does_not(recordings):
    assert peak(channel(recordings[0.35], DEEP))[1] > 6.0
    assert peak(channel(recordings[0.0], DEEP))[1] < 6.0
    for name in ("Fz", "C3", "O1"):
        assert peak(channel(recordings[0.35], name))[1] < 6.0


@pytest.mark.parametrize(("band", "rises"), [("delta", False), ("alpha", False), ("gamma", True)])
def test_on_the_scalp_delta_and_alpha_fall_and_gamma_rises(recordings, band, rises):
    change = [
        decibels(*(power(channel(recordings[block], name), BANDS_HZ[band]) for block in (0.35, 0.0)))
        for name in ("P3", "Pz", "O1", "O2")
    ]
    assert (np.mean(change) > 0.3) if rises else (np.mean(change) < -0.3)


def test_a_simulated_recording_says_so_and_can_be_replayed(recordings):
    whole = recordings[0.0]
    assert whole.simulated
    assert whole.names == CHANNELS
    joined = np.concatenate([one.samples_uv for one in packets(whole, 0.7)], axis=1)
    np.testing.assert_array_equal(joined, whole.samples_uv)


def test_packets_of_any_length_are_the_same_patient():
    short, long = (SimulatedPatient(Plan(lambda _s: 0.3, seed=4)) for _ in range(2))
    parts = np.concatenate([short.packet(0.1).samples_uv for _ in range(10)], axis=1)
    whole = long.packet(1.0).samples_uv
    np.testing.assert_allclose(parts[0], whole[0], atol=60.0)  # background differs by how chance is drawn
    assert [parts.shape, whole.shape] == [(len(CHANNELS), SAMPLE_RATE_HZ)] * 2


def test_the_background_of_a_band_has_the_size_that_is_stated():
    found = Background(("P3", "Fz"), np.random.default_rng(1)).step(60 * SAMPLE_RATE_HZ, 0.0)
    x = np.repeat(found[0], 1000 // SAMPLE_RATE_HZ)
    assert np.sqrt(power(x, (8.5, 11.5))) == pytest.approx(7.0, rel=0.25)


def test_at_the_reference_block_alpha_falls_as_published():
    names = ("O1", "P3", "Fz")
    np.testing.assert_allclose(band_change_db("alpha", names, 0.228)[:2], [-1.8, -0.94], atol=0.01)
    np.testing.assert_array_equal(band_change_db("theta", names, 0.228), 0.0)


def test_a_recording_needs_a_length():
    with pytest.raises(InputError, match="60"):
        SimulatedPatient(Plan(lambda _s: 0.0)).recording(-1.0)


def test_with_one_conductivity_the_shells_are_a_sphere(monkeypatch):
    monkeypatch.setattr("limen.circuit.head.SKULL_SHARE", 1.0)
    np.testing.assert_allclose(shells(np.arange(1.0, 40.0)), 1.0, rtol=1e-9)


def test_a_dipole_in_the_middle_of_a_sphere_gives_what_the_formula_says(monkeypatch):
    monkeypatch.setattr("limen.circuit.head.SKULL_SHARE", 1.0)
    electrodes = places_mm()
    found = potential_uv(np.array([0.0, 0.0, 10.0]), np.array([0.0, 0.0, 1e-6]), electrodes)
    radius_m = 0.092
    expected = 3.0 * 10.0e-9 * electrodes[:, 2] / 92.0 / (4.0 * np.pi * 0.33 * radius_m**2) * 1e6
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_potentials_add_up_and_the_skull_weakens_them():
    rng = np.random.default_rng(1)
    one, other = rng.standard_normal((2, 3))
    at_mm, electrodes = np.array([6.0, -38.0, 32.0]), places_mm()
    summed = potential_uv(one, at_mm, electrodes) + potential_uv(other, at_mm, electrodes)
    np.testing.assert_allclose(summed, potential_uv(one + other, at_mm, electrodes), atol=1e-12)
    assert np.abs(shells(np.arange(1.0, 30.0))).max() < 1.0


@pytest.mark.parametrize("frequency_hz", [2.0, 2.6, 3.3, 4.0])
def test_the_estimator_finds_frequency_and_phase_of_a_clean_rhythm(frequency_hz):
    time_s = np.arange(3 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    estimator, found = SinusoidFit(SAMPLE_RATE_HZ), None
    for part in np.split(np.cos(2.0 * np.pi * frequency_hz * time_s + 0.7), 150):
        found = estimator.step(part)
    assert found.frequency_hz == pytest.approx(frequency_hz, abs=0.11)
    expected = 2.0 * np.pi * frequency_hz * 3.0 + 0.7
    assert abs(np.angle(np.exp(1j * (found.phase_rad - expected)))) < 0.3


def test_a_pulse_is_due_when_its_phase_comes_within_the_turn_and_the_rhythm_stands():
    assert due_s(Estimate(2.5, -0.1, stands=True), 0.0) == pytest.approx(0.1 / (2.0 * np.pi * 2.5))
    assert due_s(Estimate(2.5, -1.0, stands=True), 0.0) is None
    assert due_s(Estimate(2.5, -0.1, stands=False), 0.0) is None


def test_the_loop_gives_its_pulses_near_the_phase_that_was_asked():
    patient = SimulatedPatient(Plan(lambda _s: 0.35, mechanism="rival", seed=3))
    sham = run_loop(patient, SinusoidFit(SAMPLE_RATE_HZ), seconds=25.0, target_rad=0.0, sham=True)
    strength, phase = sham.locking()
    assert len(sham.pulses_s) > 15
    assert strength > 0.5
    assert abs(phase) < 0.8


def test_behind_the_detector_no_pulse_is_asked_before_the_drug_and_those_after_it_gather():
    drug_s = 12.0
    patient = SimulatedPatient(Plan(lambda s: 0.35 if s > drug_s else 0.0, mechanism="rival", seed=3))
    sham = run_loop(patient, DetectedPhase(SAMPLE_RATE_HZ), seconds=26.0, target_rad=0.0, sham=True)
    assert (sham.pulses_s > drug_s).all()
    assert len(sham.pulses_s) > 10
    assert sham.locking()[0] > 0.5


def test_pulses_of_the_loop_reach_the_circuit():
    def deep(*, sham):
        patient = SimulatedPatient(Plan(lambda _s: 0.35, seed=3))
        return run_loop(patient, SinusoidFit(SAMPLE_RATE_HZ), seconds=6.0, target_rad=np.pi, sham=sham)

    given, sham = deep(sham=False), deep(sham=True)
    assert len(given.pulses_s) > 0
    assert not np.array_equal(given.deep_uv, sham.deep_uv)


def test_a_loop_without_pulses_has_no_phase():
    assert LoopCourse(np.zeros(500), np.zeros(0), 250.0).locking() == (0.0, 0.0)


def test_a_recording_is_as_long_as_was_asked():
    patient = SimulatedPatient(Plan(lambda _s: 0.0))
    assert [patient.recording(seconds).samples_uv.shape[1] / SAMPLE_RATE_HZ for seconds in (2.5, 0.5)] == [2.5, 0.5]
