"""What holds of the circuit whatever its parameters, and of readings whatever the signal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.circuit import Condition, Pulses, Run, mechanism, read_blocks, read_pulses, simulate
from limen.circuit.objective import above, below, jaccard, outside
from limen.circuit.readings import coherence, modulation, peak, spectrum, vector_strength
from limen.circuit.running import uptake
from limen.quantities import InputError

shares = st.floats(0.0, 1.0)


@given(st.floats(1.2, 4.3), st.integers(0, 50))
@settings(max_examples=25)
def test_a_rhythm_on_a_power_law_background_is_found_at_its_frequency(frequency_hz, seed):
    rng = np.random.default_rng(seed)
    time_s = np.arange(20_000) / 1000.0
    background = np.cumsum(rng.standard_normal(len(time_s))) * 0.02
    background -= np.linspace(background[0], background[-1], len(time_s))
    found_hz, height_db = peak(background + 3.0 * np.sin(2.0 * np.pi * frequency_hz * time_s))
    assert found_hz == pytest.approx(frequency_hz, abs=0.1)
    assert height_db > 6.0


@given(st.floats(0.1, 100.0))
@settings(max_examples=15)
def test_power_of_a_signal_goes_with_the_square_of_its_size(size):
    x = np.random.default_rng(1).standard_normal(6000)
    (_, one), (_, other) = spectrum(x), spectrum(size * x)
    np.testing.assert_allclose(other, size**2 * one, rtol=1e-9)
    assert peak(size * x)[1] == pytest.approx(peak(x)[1], abs=1e-6)


def test_the_whole_power_of_a_spectrum_is_the_variance():
    x = np.random.default_rng(2).standard_normal(60_000)
    f_hz, density = spectrum(x)
    assert np.sum(density) * (f_hz[1] - f_hz[0]) == pytest.approx(x.var(), rel=0.03)


@given(st.floats(0.5, 20.0))
@settings(max_examples=15)
def test_spikes_at_one_phase_lock_and_even_ones_do_not(frequency_hz):
    time_s = np.arange(40_000) / 1000.0
    locked = (np.mod(time_s * frequency_hz, 1.0) < 0.02).astype(float) * 100.0
    assert vector_strength(locked, frequency_hz, 0.0) > 0.95
    assert vector_strength(np.full(40_000, 5.0), frequency_hz, 0.0) < 0.05


def test_a_silent_population_has_no_modulation_and_no_locking():
    assert np.isnan(modulation(np.zeros(5000)))
    assert np.isnan(vector_strength(np.zeros(5000), 2.0, 0.0))


def test_a_signal_is_coherent_with_itself_and_hardly_with_another():
    one, other = np.random.default_rng(3).standard_normal((2, 60_000))
    assert coherence(one, one, 3.0) == pytest.approx(1.0)
    assert coherence(one, other, 3.0) < 0.2


@given(st.floats(0.0, 5.0), st.floats(0.0, 10.0))
@settings(max_examples=20)
def test_glutamate_that_is_released_at_a_steady_rate_settles_and_starts_where_it_was(rate, level):
    found = uptake(np.full(3000, rate), level)
    assert found[-1] == pytest.approx(rate / (1.0 - np.exp(-1.0 / 50.0)), rel=1e-6, abs=1e-6)
    assert found[0] == pytest.approx(rate + level * np.exp(-1.0 / 50.0), rel=1e-9, abs=1e-12)


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.lists(st.booleans(), min_size=1, max_size=40))
def test_the_overlap_of_active_cells_lies_from_0_to_1_and_does_not_depend_on_order(one, other):
    size = min(len(one), len(other))
    free, drug = (np.array(cells[:size], dtype=float) * 5.0 for cells in (one, other))
    assert 0.0 <= jaccard(free, drug) == jaccard(drug, free) <= 1.0
    assert jaccard(free, free) == 1.0


@given(st.floats(-100, 100), st.floats(-50, 50), st.floats(0.0, 50.0), st.floats(0.1, 10.0))
def test_a_term_of_the_objective_is_0_where_the_fact_holds_and_never_negative(value, low, width, tolerance):
    high = low + width
    assert outside(value, low, high, tolerance) >= 0.0
    assert (outside(value, low, high, tolerance) == 0.0) == (low <= value <= high)
    assert above(float("nan"), low, tolerance) == below(float("nan"), low, tolerance) == 3.0


@given(st.floats(1.001, 100.0) | st.floats(-100.0, -0.001))
@settings(max_examples=25)
def test_a_share_outside_0_to_1_is_refused(share):
    for make in (lambda: Condition(block=share), lambda: Condition(hcn1=share), lambda: read_blocks(f"{share}")):
        with pytest.raises(InputError, match="from 0 to 1"):
            make()


@given(st.integers(1, 20))
def test_blocks_in_steps_are_those_joined_by_commas(parts):
    by_steps = read_blocks(f"0:1:{1.0 / parts!r}")
    assert len(by_steps) == parts + 1
    assert read_blocks(",".join(map(repr, by_steps))) == by_steps


@given(st.floats(0.5, 90.0), st.floats(0.2, 5.0))
def test_pulses_are_read_back(frequency_hz, width_ms):
    assert read_pulses(f"{frequency_hz!r} Hz {width_ms!r} ms") == Pulses(frequency_hz, width_ms)


@given(shares)
@settings(max_examples=5, deadline=None)
def test_without_hcn1_to_hold_the_rival_never_changes(left):
    network = mechanism("rival").network
    whole, held = (simulate(Run(network, Condition(block=0.3, hcn1=hcn1), 0.3, settling_s=0.1)) for hcn1 in (1.0, left))
    np.testing.assert_array_equal(whole.raster, held.raster)


@pytest.mark.parametrize("name", ["hcn1", "rival"])
def test_full_block_of_a_network_without_tonic_drive_changes_nothing(name):
    network = mechanism(name).network
    for population in ("H", "N", "PV", "SST", "TH"):
        network = network.with_cell(population, nmda_ms_cm2=0.0)
    quiet = type(network)(name, network.cells, tuple(one for one in network.projections if one.kind != "nmda"))
    free, drug = (simulate(Run(quiet, Condition(block=block), 0.3, settling_s=0.1)) for block in (0.0, 1.0))
    np.testing.assert_array_equal(free.counts, drug.counts)
