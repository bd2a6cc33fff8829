"""The compiled engine does what the plain one does; a seed gives its spikes however it is run."""

from dataclasses import replace

import numpy as np
import pytest

from limen.circuit import Condition, Pulses, Run, mechanism, simulate, simulate_all, windows
from limen.circuit.arithmetic import exponential, uniform
from limen.circuit.network import Projection, wire
from limen.circuit.packing import prepared
from limen.circuit.running import engine_of
from limen.quantities import InputError

NAMES = ("hcn1", "rival")
BUSY = Condition(block=0.3, pulses=Pulses(20.0, 5.0))


def short(name, condition=BUSY, seconds=0.3, **more):
    return Run(mechanism(name).network, condition, seconds, settling_s=0.1, **more)


@pytest.mark.parametrize("name", NAMES)
def test_the_compiled_engine_fires_the_spikes_of_the_plain_one(name):
    fast, slow = (simulate(short(name), engine) for engine in ("numba", "numpy"))
    assert fast.counts.sum() > 100
    np.testing.assert_array_equal(fast.counts, slow.counts)
    np.testing.assert_array_equal(fast.raster, slow.raster)
    np.testing.assert_allclose(fast.field_ua_cm2, slow.field_ua_cm2, rtol=1e-6)
    np.testing.assert_allclose(fast.glutamate, slow.glutamate, rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_any_number_of_threads_gives_the_same_spikes(name):
    runs = [short(name, Condition(block=block), seed=seed) for block in (0.0, 0.4) for seed in (1, 2)]
    one, many = simulate_all(runs, threads=1), simulate_all(runs, threads=3)
    for alone, beside in zip(one, many, strict=True):
        np.testing.assert_array_equal(alone.raster, beside.raster)


def test_another_seed_gives_other_spikes():
    one, other = (simulate(short("hcn1", seed=seed)) for seed in (1, 2))
    assert not np.array_equal(one.counts, other.counts)


def test_the_drug_changes_neither_wires_nor_background():
    free, drug = (prepared(mechanism("hcn1").network, Condition(block=block), 5) for block in (0.0, 0.7))
    np.testing.assert_array_equal(free.wiring.target, drug.wiring.target)
    np.testing.assert_array_equal(free.state.cells, drug.state.cells)
    assert free.packed.key == drug.packed.key


def test_cutting_a_run_into_windows_changes_nothing():
    run = Run(mechanism("rival").network, BUSY, 0.6, settling_s=0.0)
    whole = simulate(run)
    cut = windows(run, 0.2)
    parts = [next(cut) for _ in range(3)]
    np.testing.assert_array_equal(np.concatenate([part.counts for part in parts], axis=1), whole.counts)
    np.testing.assert_allclose(np.concatenate([part.glutamate for part in parts]), whole.glutamate, rtol=1e-12)
    assert [part.from_s for part in parts] == pytest.approx([0.0, 0.2, 0.4])


def test_a_run_without_end_holds_no_more_than_a_window():
    stream = windows(short("hcn1"), 0.5)
    sizes = {next(stream).counts.shape for _ in range(6)}
    assert sizes == {(5, 500)}


def test_the_exponential_is_right_where_cells_use_it():
    x = np.linspace(-20.0, 20.0, 4001)
    np.testing.assert_allclose(exponential(x), np.exp(x), rtol=4e-7)
    near = np.linspace(-8.0, 8.0, 1601)
    np.testing.assert_allclose(exponential(near), np.exp(near), rtol=1e-9)


def test_the_background_has_mean_0_and_sd_1_and_no_memory():
    drawn = uniform(np.uint64(12345), np.arange(200_000, dtype=np.uint64))
    assert abs(drawn.mean()) < 0.01
    assert drawn.std() == pytest.approx(1.0, abs=0.005)
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.01


def test_every_target_has_its_number_of_sources_and_none_twice():
    network = mechanism("hcn1").network
    wiring = wire(network, 0.1, np.random.default_rng(3))
    bounds = network.bounds
    for row, one in enumerate(network.projections):
        low, high = wiring.about[row, :2]
        pairs = [
            (source, target)
            for source in range(low, high)
            for target in wiring.target[wiring.first[row, source] : wiring.first[row, source + 1]]
        ]
        targets = np.array([target for _, target in pairs])
        assert len(set(pairs)) == len(pairs)
        assert set(np.bincount(targets)[np.unique(targets)]) == {min(one.inputs, high - low)}
        assert targets.max() < bounds[-1]


def test_an_unknown_engine_or_step_is_refused_in_one_sentence():
    with pytest.raises(InputError, match="numpy, numba"):
        engine_of("cuda")
    with pytest.raises(InputError, match=r"0\.05 or 0\.1 ms"):
        simulate(short("hcn1", step_ms=0.3))


def test_without_numba_the_sentence_names_what_to_install(monkeypatch):
    monkeypatch.setattr("limen.circuit.running.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"limen\[fast\]"):
        engine_of("numba")


def test_gabab_onto_cells_without_such_receptors_is_refused():
    network = mechanism("hcn1").network
    extra = Projection("SST", "TH", "gabab", 0.1, 1.0, 5)
    with pytest.raises(InputError, match="SST to TH is by 'gabab', and only H"):
        replace(network, projections=(*network.projections, extra))
