"""Cutting or switching a joint changes what lies behind it, and nothing else."""

import numpy as np
import pytest

from limen.chain import Joints, Scene, alternatives, draw_chances, parse_joint, run_course
from limen.chain.drives import Surge, drive
from limen.chain.reference import Brain
from limen.quantities import InputError
from limen.regimen import Patient, Regimen, read_visit
from limen.response.mood import Circumstances
from limen.response.parameters import shipped_posterior

ADULT = Patient(weight_kg=70.0, baseline={"MADRS": 32.0})
ASKED_MIN = np.array([40.0, 120.0, 1440.0, 10080.0])
BEFORE = ("concentrations",)
EXPOSED = ("plasma", "brain")
FELT = ("cadss",)
MOOD = ("drug_fall", "other_fall", "madrs")
GLUTAMATE = ("glutamate",)
#: What each joint may change.
BEHIND = {
    "J1": {"brain", "cadss", "glutamate", "drug_fall", "madrs", "systolic_rise_mmhg", "diastolic_rise_mmhg"},
    "J2": {"plasma", "brain", "cadss", "glutamate", "drug_fall", "madrs", "systolic_rise_mmhg", "diastolic_rise_mmhg"},
    "J3": {"glutamate", "drug_fall", "madrs"},
    "J4": {"drug_fall", "madrs"},
    "J5": {"drug_fall", "madrs"},
    "J6": {"cadss", "drug_fall", "madrs"},
    "J7": {"drug_fall", "madrs"},
    "J8": {"other_fall", "madrs"},
}


def course(joints, drug="ketamine"):
    population = shipped_posterior().take(np.arange(200))
    text = "0.5 mg/kg over 40 min" if drug == "ketamine" else "0 mg over 40 min"
    visit = read_visit(text, drug=drug, route="iv", patient=ADULT)
    circumstances = Circumstances("midazolam", expects=joints["J8"] == "on")
    chances = draw_chances(ADULT, population, joints, np.random.default_rng(1))
    return run_course(
        Scene(ADULT, Regimen((visit,)), circumstances, joints), ASKED_MIN, chances, np.random.default_rng(2)
    )


def parts(one):
    return {
        "concentrations": one.concentrations.analyte("ketamine"),
        "plasma": one.plasma.exposure,
        "brain": one.brain.exposure,
        "cadss": one.cadss,
        "glutamate": one.glutamate,
        "systolic_rise_mmhg": one.systolic_rise_mmhg,
        "diastolic_rise_mmhg": one.diastolic_rise_mmhg,
        "drug_fall": one.drug_fall,
        "other_fall": one.other_fall,
        "madrs": one.madrs,
    }


@pytest.mark.parametrize(("joint", "word"), list(alternatives()), ids=str)
def test_a_joint_changes_only_what_lies_behind_it(joint, word):
    default, switched = (parts(course(joints)) for joints in (Joints({}), Joints({joint: word})))
    changed = {name for name, values in default.items() if not np.array_equal(values, switched[name])}
    assert changed <= BEHIND[joint]


@pytest.mark.parametrize(
    ("joint", "word"), [("J4", "cut"), ("J5", "cut"), ("J6", "cut"), ("J7", "cut"), ("J8", "cut"), ("J3", "cut")]
)
def test_a_cut_changes_something(joint, word):
    default, cut = (parts(course(joints)) for joints in (Joints({}), Joints({joint: word})))
    assert any(not np.array_equal(values, cut[name]) for name, values in default.items())


def test_without_both_branches_the_drug_does_nothing():
    found = course(Joints({"J4": "cut", "J5": "cut"}))
    np.testing.assert_array_equal(found.drug_fall, 0.0)


def test_a_visit_without_drug_blocks_and_lifts_nothing():
    found = course(Joints({}), drug="placebo")
    for values in (found.plasma.block, found.cadss, found.drug_fall):
        np.testing.assert_array_equal(values, 0.0)


def test_under_another_assay_the_reference_infusion_keeps_its_effect():
    falls = [np.median(course(Joints({"J2": assay})).drug_fall[:, -2]) for assay in ("in_vivo", "ebert", "salat")]
    assert max(falls) < 1.15 * min(falls)


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_a_fast_effect_of_exposure_doubles_with_the_drug_where_that_of_occupancy_levels_off(factor):
    exposure, peak, half = np.array([[0.0, 0.1, 0.3]]), np.array([[0.3]]), np.array([0.5])
    surge = Surge("dose_curve", np.array([2.0]))

    def driven(word, exposure):
        return drive(Brain(exposure).block, Brain(peak).block, half, surge, word=word)[0]

    once, more = (driven("exposure", size * exposure) for size in (1.0, factor))
    np.testing.assert_allclose(more, factor * once, rtol=1e-12)
    assert once[-1] == pytest.approx(1.0)
    beside = driven("occupancy", factor * exposure)[-1]
    assert (beside - 1.0) * (factor - 1.0) >= 0.0
    assert abs(beside - 1.0) <= abs(factor - 1.0)


def test_at_the_reference_infusion_all_drives_of_the_fast_effect_give_the_same_in_the_end():
    found = [np.median(course(Joints({"J4": word})).drug_fall[:, -1]) for word in ("occupancy", "exposure")]
    assert found[0] == pytest.approx(found[1], rel=0.1)


def test_a_joint_is_read_from_one_word():
    assert parse_joint("J7=cut") == ("J7", "cut")
    with pytest.raises(InputError, match="J7=cut"):
        parse_joint("J7")
