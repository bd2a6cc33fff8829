"""The claims of the living article, each held by the rows that its number comes from."""

import numpy as np
import pytest
from scipy.stats import linregress

import limen
from limen.chain import Joints, Scene, draw_chances
from limen.chain.course import run_course
from limen.evidence import claims, finding, findings, joint, joints, outcomes, session_and_link
from limen.inference.mediation.simulation import NO_LINK, TRIALS, invented
from limen.options.rhythm import RHYTHM, chance_given, ratio_needed
from limen.regimen import Patient, Regimen, read_visit
from limen.response.drive import glutamate_surge
from limen.response.mood import Circumstances
from limen.response.parameters import shipped_posterior

CLAIMS = {one.id: one for one in claims()}
ROUNDING = 0.05


def rows(study, **wanted):
    return [row for row in outcomes() if row.study == study and all(getattr(row, k) == v for k, v in wanted.items())]


def change(study, **wanted):
    (row,) = [row for row in rows(study, **wanted) if row.mean_change is not None]
    return row.mean_change


def printed(claim, *numbers):
    """Each number stands in the claim's own words as printed there."""
    return all(number in CLAIMS[claim].number for number in numbers)


def test_c1_the_size_of_the_effect_depends_on_the_control():
    assert change("Murrough 2013", arm="ketamine") == finding("madrs_change_24_h_ketamine").value
    assert change("Murrough 2013", arm="control") == finding("madrs_change_24_h_midazolam").value
    assert -change("Murrough 2013", is_contrast=True) == finding("madrs_difference_24_h_midazolam").value
    over_saline = [
        change("Singh 2016", arm="control", schedule=often) - change("Singh 2016", arm="ketamine", schedule=often)
        for often in ("2 per week", "3 per week")
    ]
    assert over_saline == [pytest.approx(12.7, abs=ROUNDING), pytest.approx(14.6, abs=ROUNDING)]
    assert min(over_saline) > finding("madrs_difference_24_h_midazolam").number()
    assert printed("C1", "16.5", "8.8", "7.95 (3.20 to 12.71)", "12.7", "14.6")


def test_c2_eight_joints_are_open():
    assert len(joints()) == 8
    assert CLAIMS["C2"].joints == tuple(one.id for one in joints())
    assert all(one.rivals or one.can_be_cut for one in joints())


def test_c3_hours_against_weeks_though_a_third_is_there_by_week_one():
    two_hours = change("Daly 2018", is_contrast=True, dose_low=84.0, time_h=2.0)
    assert two_hours == -finding("madrs_difference_nasal_esketamine_2_h").number()
    (share,) = [row for row in session_and_link() if row.topic == "conventional" and row.n == 5872]
    assert share.value == finding("conventional_share_at_week_1").value
    assert 0.0 < finding("conventional_share_at_week_1").number() < 0.5
    assert finding("conventional_response_week_1").interval()[0] > 1.0
    assert printed("C3", "7.9", "0.33")


def test_c4_synapses_are_known_from_rodents_only():
    spines = [one for one in findings() if one.id.startswith("spines_")]
    assert spines
    assert all("rat" in one.population or "mice" in one.population for one in spines)
    assert CLAIMS["C4"].scope.startswith("in rodents")


def test_c5_the_early_effect_comes_before_the_spines():
    earliest_h, latest_h = finding("spines_mouse_formation_window").interval()
    first_relief_h = min(row.time_h for row in rows("Daly 2018") if row.time_h)
    assert first_relief_h < 24.0 < earliest_h < latest_h
    assert "does not need them" in CLAIMS["C5"].because


def test_c6_the_rise_of_glutamate_is_gone_after_three_hours():
    rise, after = finding("prefrontal_glx_rise"), finding("posterior_cingulate_glutamate_after_193_min")
    assert rise.interval()[0] > 0.0
    assert after.interval()[0] <= 0.0 <= after.interval()[1]
    table = {(row.study, row.value) for row in session_and_link() if row.topic == "glutamate"}
    assert ("Milak 2016", rise.value) in table
    assert printed("C6", "37.8", "30.3", "45.3")


def test_c7_the_assays_disagree_and_the_rise_turns_over():
    by_assay = [finding(f"occupancy_{assay}_at_185_and_20").number() for assay in joint("J2").words]
    assert by_assay == sorted(by_assay)
    assert by_assay[-1] > 3 * by_assay[0]
    assert "falls" in finding("glutamate_rat_high_dose").says
    assert "rises" in finding("glutamate_rat_low_dose").says
    assert printed("C7", *(f"{100 * share:.0f}" for share in by_assay))
    computed = [
        limen.occupancy("0.5 mg/kg over 40 min", weight_kg=70, at_min=[40], assay=assay)["occupancy"]["typical"][0]
        for assay in joint("J2").words
    ]
    assert computed == sorted(computed)
    assert computed[-1] > 2 * computed[0]
    crossing = np.array([2.0])
    low, high = (glutamate_surge(np.array([[ratio]]), crossing)[0, 0] for ratio in (0.5, 3.0))
    assert low > 0.0 > high


def test_c8_occupancy_and_glutamate_are_rivals():
    assert CLAIMS["C8"].verdict == "unknown"
    for name in CLAIMS["C8"].joints:
        assert {"occupancy", "glutamate"} <= set(joint(name).words)


def test_c8_the_rivals_foresee_the_trial_that_was_fitted_about_as_well():
    # Murrough 2013, 24 h: which of the two drives mood moves the expected fall by less than the standard error of the
    # published difference, so the trial cannot tell them apart.
    adult = Patient(weight_kg=80.0, baseline={"MADRS": 33.0})
    visit = read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=adult)
    population = shipped_posterior().take(np.arange(400))
    falls = []
    for sides in (Joints({}), Joints({"J4": "glutamate"})):
        rng = np.random.default_rng(1)
        scene = Scene(adult, Regimen((visit,)), Circumstances("midazolam"), sides)
        course = run_course(scene, np.array([1440.0]), draw_chances(adult, population, sides, rng), rng)
        falls.append(float(course.drug_fall[:, course.columns(np.array([1440.0]))].mean()))
    low, high = finding("madrs_difference_24_h_midazolam").interval()
    assert abs(falls[0] - falls[1]) < (high - low) / (2.0 * 1.96)


def test_c9_the_rhythm_is_slow_and_deep_and_scalp_delta_falls():
    low_hz, high_hz = finding("rhythm_mouse").interval()
    for name in ("rhythm_patient", "rhythm_intracranial_ketamine"):
        assert low_hz <= finding(name).number() <= high_hz
        assert "scalp" not in finding(name).population
    assert "fall" in finding("scalp_delta_fall").says
    assert finding("scalp_alpha_occipital").number() < 0.0


def test_c10_stimulation_depends_on_the_site_and_came_at_fifty_hertz():
    assert finding("stimulation_oscillating_contacts").number() == pytest.approx(11 / 13, abs=1e-6)
    assert finding("stimulation_anterior_precuneus").number() > 10 * finding("stimulation_sham").number()
    assert finding("stimulation_posteromedial_null").number() == 0.0
    assert finding("stimulation_frequency").number() > 10 * finding("rhythm_mouse").interval()[1]
    assert printed("C10", "11 of 13", "9 of 9", "6.9 %", "50 Hz")


def test_c11_published_correlations_run_from_minus_four_tenths_to_none():
    correlations = [row.value for row in session_and_link() if row.topic == "link" and row.unit == "r"]
    assert (min(correlations), max(correlations)) == (-0.41, 0.0)
    assert finding("cadss_benefit_r_day_7").value == -0.41
    assert finding("cadss_benefit_r_esketamine").value == 0.0
    assert CLAIMS["C11"].verdict == "contested"
    assert printed("C11", "-0.41", "0;")


def test_c12_no_row_on_file_ties_a_recording_to_mood():
    words = ("rhythm", "hz", "eeg", "oscillation")
    told = [f"{row.scale} {row.schedule}" for row in outcomes()] + [
        f"{row.quantity} {row.setting}" for row in session_and_link()
    ]
    assert not [text for text in told if set(words) & set(text.lower().split())]
    assert CLAIMS["C12"].verdict == "unknown"
    assert RHYTHM["likelihood_ratio"] == 1.0
    assert chance_given(0.37, RHYTHM["likelihood_ratio"]) == pytest.approx(0.37)
    needed = ratio_needed(0.5, 0.9)
    assert chance_given(0.5, needed) == pytest.approx(0.9)
    assert printed("C12", f"{RHYTHM['likelihood_ratio']:.0f};", f"have to be {needed:.0f}.")


def test_c13_unadjusted_regressions_find_links_that_are_not_there():
    nominal = 0.05
    few, many = finding("false_link_four_doses").number(), finding("false_link_three_doses").number()
    assert nominal < few < many
    assert finding("false_link_exposure_adjusted").number() <= nominal
    assert finding("false_link_shared_sensitivity").number() > many
    assert printed("C13", f"{100 * few:.0f} %", f"{100 * many:.0f} %")


def test_c13_the_pooled_regression_is_as_often_wrong_when_run_anew():
    # Four doses, 20 people each, no link: the published share with the Monte Carlo error of both counts.
    trial, published = next(one for one in TRIALS if one.visits == 1), finding("false_link_four_doses").number()
    found = np.mean([is_found(invented(trial, NO_LINK, np.random.default_rng([7, k]))) for k in range(400)])
    error = np.sqrt(published * (1.0 - published) * (1 / 400 + 1 / 600))
    assert abs(found - published) < 2.6 * error


def is_found(design):
    """Does the plain regression of improvement on CADSS find a slope at the nominal 5 %?"""
    slope = linregress(design.cadss, design.improvement)
    return abs(slope.slope / slope.stderr) > 1.98


def test_c14_nothing_is_on_file_for_hydration_or_acupuncture():
    told = " ".join(f"{row.drug} {row.schedule}" for row in outcomes()).lower()
    assert "hydration" not in told
    assert "acupuncture" not in told
    assert "cbt" in told
