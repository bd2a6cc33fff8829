"""Parts of the detector, each against something known."""

import numpy as np
import pytest

from limen.quantities import InputError, Packet
from limen.rhythm import Detector
from limen.rhythm.background import basis, bins_hz, fitted, looked, spectrum, unseen
from limen.rhythm.calibration import Calibration, shaped_noise
from limen.rhythm.clock import clock
from limen.rhythm.episodes import Candidate
from limen.rhythm.hindsight import examine
from limen.rhythm.steps import suspected_blinks
from limen.rhythm.thinning import Thinning
from limen.rhythm.verdicts import discovered, probabilities
from limen.rhythm.waveform import waveform
from limen.rhythm.whitening import blink_match, whitening

RATES = (20.0, 128.0, 250.0, 500.0, 998.4, 1024.0)


@pytest.mark.parametrize("rate_hz", RATES)
def test_thinning_keeps_the_time_of_a_wave(rate_hz):
    ticks = clock(rate_hz)
    times_s = np.arange(round(8 * rate_hz)) / rate_hz
    state = Thinning(ticks, 1)
    values = np.concatenate(
        [state.push(np.cos(2 * np.pi * 2 * times_s)[None].astype(np.float32))[0], state.finish()[0]], 1
    )
    kept_s = np.arange(values.shape[1]) / ticks.inside_hz
    middle = slice(values.shape[1] // 4, values.shape[1] // 2)
    np.testing.assert_allclose(values[0, middle] + 1, np.cos(2 * np.pi * 2 * kept_s)[middle], atol=2e-3)


@pytest.mark.parametrize("shape", [(0.0, -1.5, 0.0), (3.0, -0.5, -0.3), (-2.0, -1.8, 0.1)])
def test_the_background_of_noise_is_fitted_and_whitening_makes_it_flat(shape):
    ticks, rng = clock(50.0), np.random.default_rng(0)
    known = np.array(shape)
    noise = shaped_noise(np.tile(known, (6, 80, 1)), 5000, ticks, rng)
    powers = looked(noise, ticks)
    seen = powers.mean(axis=(0, 1))[None]
    found = unseen(powers)[:1]
    for _ in range(4):
        found = fitted(found, seen, np.full(seen.shape, 400.0), bins_hz(ticks))
    np.testing.assert_allclose(
        np.log(spectrum(found, bins_hz(ticks))), np.log(spectrum(known, bins_hz(ticks)))[None], atol=0.35
    )
    taps = whitening(known[None], ticks)[0]
    steps = np.array([np.convolve(row, taps, "valid")[:: ticks.stride] for row in noise])
    assert np.mean(np.abs(steps) ** 2) == pytest.approx(0.9, abs=0.08)


def cut(response, ticks):
    """Taps of a response, windowed and without a constant part, by one plain Fourier transform."""
    every = np.roll(np.fft.ifft(response), ticks.reach)[: 2 * ticks.reach + 1]
    window = np.sqrt(np.hanning(2 * ticks.reach + 3)[1:-1])
    taps = every * window
    return taps - taps.sum() * window / window.sum()


@pytest.mark.parametrize("rate_hz", RATES)
def test_filters_made_by_matrices_are_those_of_the_plain_design(rate_hz):
    ticks, shape = clock(rate_hz), np.array([1.0, -1.7, 0.2])
    count = max(256, 1 << (4 * ticks.reach).bit_length())
    hz = np.fft.fftfreq(count, 1 / ticks.inside_hz)
    noise = np.exp(shape @ basis(np.clip(np.abs(hz), 0.12, 7.0)))
    edge = np.clip((np.abs(hz - 0.48 / ticks.step_s) - 0.5 / ticks.step_s) * ticks.step_s / 0.125, -1, 1)
    taps = cut(np.cos(np.pi / 4 * (1 + edge)) / np.sqrt(noise), ticks)
    left = (np.abs(np.fft.fft(taps, count)) ** 2 * noise)[(hz >= 1) & (hz <= 4)].mean()
    taps /= np.sqrt(left / (ticks.step_s * ticks.inside_hz))
    np.testing.assert_allclose(whitening(shape[None], ticks)[0], taps, atol=1e-12 * np.abs(taps).max())
    place_s = np.fft.fftfreq(count, 1 / count) / ticks.inside_hz
    blink = np.fft.fft(np.where(np.abs(place_s) < 0.175, np.cos(np.pi * place_s / 0.35) ** 2, 0.0)).real
    taps = cut(blink / noise * (np.abs(hz) < 8), ticks).real
    taps /= np.sqrt((np.abs(np.fft.fft(taps, count)) ** 2 * noise).mean())
    np.testing.assert_allclose(blink_match(shape[None], ticks)[0], taps, atol=1e-12 * np.abs(taps).max())


def test_a_wave_that_stands_alone_is_suspected_and_one_among_equals_is_not():
    answers = np.full((2, 60), 0.5)
    answers[0, 30] = 6.0
    answers[1, 10:50:3] = 6.0
    suspected = suspected_blinks(answers)
    assert suspected[0, 29:32].all()
    assert not suspected[1, 20:40].any()


def test_the_threshold_keeps_the_time_that_was_asked_and_rare_peaks_become_rarer():
    peaks = np.sort(np.random.default_rng(0).exponential(1.0, 500))
    found = Calibration(peaks, np.full(500, 2.0), 12_000.0, 0.01)
    assert (found.lasts_s[found.peaks >= found.threshold]).sum() <= 120.0
    assert found.rate_per_s(12.0) < found.rate_per_s(6.0) < found.rate_per_s(2.0)
    assert found.chance(40.0, 600.0) < 1e-6


@pytest.mark.parametrize("times", [0.3, 3.0])
def test_a_rhythm_is_found_at_10_and_at_30_db_and_movement_as_strong_is_none(times):
    ticks, rng = clock(50.0), np.random.default_rng(0)
    noise = shaped_noise(np.tile((0.0, -1.5, 0.0), (2, 60, 1)), 3000, ticks, rng)
    time_s = np.arange(3000) / 50.0
    there = (time_s > 25) & (time_s < 35)
    values = noise + 5 * times * there * np.stack([np.cos(2 * np.pi * 2.3 * time_s), 3 * rng.standard_normal(3000)])
    found = examine(values, np.zeros(values.shape, dtype=bool), ticks, "numpy").traces.log_odds
    inside = slice(*np.searchsorted(ticks.times_s(found.shape[1]), (26.5, 33.5)))
    assert found[0, inside].min() > 3
    assert found[1, inside].max() < 0


def test_a_higher_peak_is_more_probable():
    calibration = Calibration(np.linspace(-4, 1, 100), np.full(100, 3.0), 12_000.0, 0.01)
    low, high = probabilities((Candidate(0, 9, 0.2, 2.0), Candidate(20, 40, 9.0, 2.0)), calibration, 600.0)
    assert 0 < low < high < 1


def test_discoveries_are_those_of_benjamini_and_hochberg():
    assert discovered(np.array([0.001, 0.2, 0.02, 0.9])).tolist() == [True, False, True, False]
    assert not discovered(np.array([0.06, 0.5])).any()


@pytest.mark.parametrize(("hz", "packet"), [(1.5, 125), (2.3, 33), (3.5, 250)])
def test_the_phase_at_the_newest_sample_is_that_of_the_wave(hz, packet):
    rng, rate_hz = np.random.default_rng(0), 250.0
    time_s = np.arange(round(26 * rate_hz)) / rate_hz
    noise = np.cumsum(rng.standard_normal((2, len(time_s))), axis=1)
    noise -= np.array([np.convolve(row, np.ones(1000) / 1000, "same") for row in noise])
    noise *= 5 / noise.std()
    noise[0] += (time_s > 18) * 14 * np.cos(2 * np.pi * hz * time_s)
    detector, asked = Detector(rate_hz, 2, 0.0), []
    for first in range(0, len(time_s) - packet + 1, packet):
        detector.step(Packet(noise[:, first : first + packet].astype(np.float32), first, rate_hz))
        if first > 22 * rate_hz:
            off = detector.phase((0,)).phase_rad[0] - 2 * np.pi * hz * time_s[first + packet - 1]
            asked.append((np.angle(np.exp(1j * off)), detector.phase()))
    off = np.array([one for one, _ in asked])
    half = np.array([phase.half_width_rad for _, phase in asked])
    assert np.abs(off).max() < 0.4
    assert (np.abs(off) <= half[:, 0]).mean() > 0.85
    assert all(phase.allows()[0] for _, phase in asked)
    assert not any((phase.allows() & (phase.chance > 0.5))[1] for _, phase in asked)
    assert detector.phase((1,)).chance == pytest.approx(asked[-1][1].chance[1:])
    assert asked[-1][1].frequency_hz[0] == pytest.approx(hz, abs=0.06)


@pytest.mark.parametrize("hz", [1.2, 2.0, 3.1, 3.2, 3.9])
def test_a_sawtooth_has_harmonics_and_a_lopsided_slope_and_a_sine_has_neither(hz):
    ticks, rng = clock(50.0), np.random.default_rng(0)
    times_s = np.arange(800) / 50.0
    turns = hz * times_s
    oscillation = np.exp(2j * np.pi * hz * ticks.times_s(60, 5))
    shape = np.array([-4.0, 0.0, 0.0])
    saw, sine = turns % 1 - 0.5, np.cos(2 * np.pi * turns)
    jerk, smooth = (waveform(w + 0.01 * rng.standard_normal(800), oscillation, shape, 5, ticks) for w in (saw, sine))
    assert jerk.harmonic_share > 0.3
    assert abs(jerk.lopsided) > 1.0
    assert smooth.harmonic_share < 0.02


def test_a_rate_too_low_for_the_rhythm_is_refused():
    with pytest.raises(InputError, match="12 Hz is too slow"):
        clock(12.0)
