"""Joints J3 and J6 on the side of the circuit: they read its table, and stimulation can evoke what the drug evokes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.chain import Joints, Scene, draw_chances, run_course
from limen.chain.evoked import evoked_by_stimulation
from limen.circuit import cortex_of, surface, typical_cortex
from limen.circuit.stimulation import TARGETS as COUNTED
from limen.circuit.surface import BLOCKS, interpolated
from limen.quantities import InputError
from limen.regimen import Patient, Regimen, Stimulation, read_case, read_visit
from limen.regimen.doses import TARGETS
from limen.response.mood import Circumstances
from limen.response.parameters import shipped_posterior

ADULT = Patient(weight_kg=70.0, baseline={"MADRS": 32.0})
TRAIN = Stimulation(200.0, 1.0, "anterior precuneus", 6.0, 50.0)
ASKED_MIN = np.array([40.0, 200.0, 200.5, 201.0, 202.0, 1440.0])


def course(words, *stimulations, dose="0.5 mg/kg over 40 min"):
    joints = Joints(words)
    population = shipped_posterior().take(np.arange(300))
    visit = read_visit(dose, drug="ketamine", route="iv", patient=ADULT)
    chances = draw_chances(ADULT, population, joints, np.random.default_rng(1))
    scene = Scene(ADULT, Regimen((visit,), stimulations), Circumstances("midazolam", expects=True), joints)
    return run_course(scene, ASKED_MIN, chances, np.random.default_rng(2))


def at(one, minute):
    return one.cadss[:, one.columns(np.array([minute]))[0]]


def test_dissociation_that_follows_the_rhythm_needs_block_in_the_window():
    assert at(course({"J6": "rhythm"}), 40.0).mean() > 1.0
    np.testing.assert_array_equal(at(course({"J6": "rhythm"}), 1440.0), 0.0)
    np.testing.assert_array_equal(course({"J6": "rhythm"}, dose="0 mg over 40 min").cadss, 0.0)


def test_stimulation_evokes_dissociation_only_through_the_rhythm_and_only_during_the_train():
    without, rhythm = course({"J6": "rhythm"}), course({"J6": "rhythm"}, TRAIN)
    assert at(rhythm, 200.5).mean() > at(without, 200.5).mean() + 2.0
    np.testing.assert_array_equal(at(rhythm, 202.0), at(without, 202.0))
    np.testing.assert_array_equal(at(rhythm, 40.0), at(without, 40.0))
    by_exposure = course({}, TRAIN)
    np.testing.assert_array_equal(at(by_exposure, 200.5), at(course({}), 200.5)[: len(by_exposure.cadss)])


def test_stimulation_changes_nothing_but_what_is_felt_and_what_follows_from_it():
    without, given_ = (
        course({"J6": "rhythm"}, dose="0 mg over 40 min"),
        course({"J6": "rhythm"}, TRAIN, dose="0 mg over 40 min"),
    )
    times = np.isin(given_.time_min, without.time_min)
    for name in ("glutamate", "systolic_rise_mmhg", "drug_fall", "other_fall"):
        np.testing.assert_allclose(getattr(given_, name)[:, times], getattr(without, name))


@pytest.mark.parametrize(
    ("target", "ma", "hz"),
    [("anterior precuneus", 5.0, 50.0), ("anterior precuneus", 6.0, 3.0), ("oscillating contact", 8.0, 130.0)],
)
def test_a_train_that_no_count_speaks_for_evokes_nothing(target, ma, hz):
    chance = np.random.default_rng(0).random((3, 200))
    train = Stimulation(0.0, 1.0, target, ma, hz)
    np.testing.assert_array_equal(evoked_by_stimulation([train], np.array([0.5]), chance), 0.0)


def test_the_site_decides_how_often_a_train_is_felt():
    chance = np.random.default_rng(0).random((3, 20_000))
    felt = {
        name: evoked_by_stimulation([Stimulation(0.0, 1.0, name, 6.0, 50.0)], np.array([0.5]), chance).mean()
        for name in TARGETS
    }
    assert felt["anterior precuneus"] > felt["oscillating contact"] > 0.6
    assert felt["posteromedial elsewhere"] < felt["sham"] < 0.1


def test_the_targets_of_a_case_are_those_that_were_counted():
    assert tuple(one.name for one in COUNTED) == TARGETS


def test_glutamate_of_the_circuit_is_none_without_drug_and_turns_over():
    cortex = typical_cortex()
    grid = np.array([BLOCKS])
    rise = cortex.glutamate(grid)[0]
    assert rise[0] == pytest.approx(0.0, abs=0.05)
    assert 0 < np.argmax(rise) < len(rise) - 1
    assert rise[-1] < 0.5 * rise.max()


def test_a_drug_that_is_not_there_blocks_and_moves_nothing_in_the_circuit():
    found = course({"J3": "circuit", "J4": "glutamate"}, dose="0 mg over 40 min")
    np.testing.assert_allclose(found.glutamate, np.tile(found.glutamate[:, :1], (1, found.glutamate.shape[1])))
    assert np.abs(found.glutamate).max() < 1e-9


def test_glutamate_of_the_circuit_can_drive_mood():
    found = course({"J3": "circuit", "J4": "glutamate"})
    assert found.drug_fall[:, -1].mean() > 0.5


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20), st.integers(0, 10_000))
@settings(max_examples=40)
def test_the_table_is_read_between_its_points_and_never_beyond_them(blocks, seed):
    chance = np.random.default_rng(seed).random(7)
    cortex = cortex_of(chance)
    found = cortex.rhythm(np.tile(np.array(blocks), (7, 1)))
    assert (found >= 0.0).all()
    assert (found <= 1.0).all()
    rises = cortex.glutamate_over_block
    levels = cortex.glutamate(np.tile(np.array(blocks), (7, 1)))
    assert (levels <= rises.max(axis=1, keepdims=True) + 1e-12).all()
    assert (levels >= rises.min(axis=1, keepdims=True) - 1e-12).all()


def test_at_its_points_the_table_says_what_it_says():
    curves = surface().rhythm()
    np.testing.assert_allclose(interpolated(curves, np.tile(np.array(BLOCKS), (len(curves), 1))), curves)


def test_both_mechanisms_are_believed_equally_often():
    which = cortex_of((np.arange(6) + 0.5) / 6.0)
    np.testing.assert_array_equal(which.rhythm_over_block, surface().rhythm())


def test_a_case_file_may_hold_a_train(tmp_path):
    file = tmp_path / "case.toml"
    text = (
        "limen = 1\n[patient]\nweight_kg = 70.0\n[[stimulation]]\nstart_h = 0.5\nduration_s = 5\n"
        'target = "anterior precuneus"\ncurrent_ma = 6\nfrequency_hz = 50\n'
    )
    file.write_text(text, encoding="utf-8")
    (train,) = read_case(file).regimen.stimulations
    assert (train.start_min, train.end_min) == pytest.approx((30.0, 30.0 + 5.0 / 60.0))
    file.write_text(text.replace("anterior precuneus", "elsewhere"), encoding="utf-8")
    with pytest.raises(InputError, match="posteromedial elsewhere"):
        read_case(file)
    file.write_text(text.replace("duration_s = 5", "duration_s = 0"), encoding="utf-8")
    with pytest.raises(InputError, match="duration"):
        read_case(file)
