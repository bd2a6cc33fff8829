"""Two facts that no trial file can ask for: weekly visits after a course, and what is felt at a held level in blood."""

from __future__ import annotations

from typing import Final

import numpy as np

from limen.chain import Joints, Scene, draw_chances, run_course
from limen.chain.course import felt, plasma_exposure
from limen.chain.reference import in_brain, reference_course
from limen.kinetics import ConcentrationDraws, MemberDraws
from limen.quantities import Floats
from limen.regimen import Patient, Regimen, read_visit
from limen.response.mood import Circumstances
from limen.response.parameters import REFERENCE_BASELINE, shipped_posterior
from limen.response.people import MADRS_MOST, recorded
from limen.response.session import dissociation
from limen.trials.spec import MINUTES_A_DAY

SEED: Final = 1
BASELINE: Final = REFERENCE_BASELINE
DOSE: Final = "0.5 mg/kg over 40 min"
#: Six infusions, then four weekly ones; the score is taken a day after the last of each.
COURSE_DAYS: Final = (0.0, 2.0, 4.0, 7.0, 9.0, 11.0)
WEEKLY_DAYS: Final = (18.0, 25.0, 32.0, 39.0)
SCORED_DAYS: Final = (12.0, 40.0)
#: Levels of bowdle_1998 in venous plasma, ng/mL, each held for half an hour and rated at its twentieth minute.
LEVELS_NG_PER_ML: Final = (0.0, 50.0, 100.0, 150.0, 200.0)
HELD_MIN, RATED_MIN = 30.0, 20.0
STEP_MIN: Final = 5.0


def change_under_weekly_visits() -> float:
    """Give the mean change of MADRS over four weekly visits in those who responded to six, points."""
    adult = Patient(weight_kg=80.0, baseline={"MADRS": BASELINE})
    visits = tuple(
        read_visit(DOSE, drug="ketamine", route="iv", patient=adult, start_min=day * MINUTES_A_DAY)
        for day in (*COURSE_DAYS, *WEEKLY_DAYS)
    )
    scene = Scene(adult, Regimen(visits), Circumstances("open"), Joints({}))
    rng, asked_min = np.random.default_rng(SEED), MINUTES_A_DAY * np.array(SCORED_DAYS)
    course = run_course(scene, asked_min, draw_chances(adult, shipped_posterior(), scene.joints, rng), rng)
    scores = recorded(course.madrs[:, course.columns(asked_min)], course.people.rating_sd, MADRS_MOST, rng)
    responds = scores[:, 0] <= 0.5 * BASELINE
    return float((scores[responds, 1] - scores[responds, 0]).mean())


def scores_at_levels() -> Floats:
    """Give the mean CADSS of healthy people at each held level, shape ``(levels,)``."""
    adult, joints, rng = Patient(weight_kg=70.0), Joints({}), np.random.default_rng(SEED)
    chances = draw_chances(adult, shipped_posterior(), joints, rng)
    time_min = np.arange(0.0, HELD_MIN * len(LEVELS_NG_PER_ML), STEP_MIN)
    held = np.array(LEVELS_NG_PER_ML)[(time_min / HELD_MIN).astype(np.int64)]
    draws = len(chances.population)
    halves = {f"{half}-ketamine": np.tile(0.5 * held, (draws, 1)) for half in ("S", "R")}
    level = {"ketamine": np.tile(held, (draws, 1)), **halves}
    drawn = ConcentrationDraws(time_min, "venous", (MemberDraws("held", "venous", 1.0, draws, level),))
    plasma = plasma_exposure(drawn, joints["J2"], chances.potency)
    brain = in_brain(plasma, time_min, chances.brain_half_life_min)
    reference = reference_course(joints["J2"], chances.potency, chances.brain_half_life_min)
    scene = Scene(adult, Regimen(()), Circumstances("open"), joints)
    felt_at = felt(brain.exposure / reference.peak_exposure, brain.block, scene, time_min, chances)
    scores: Floats = dissociation(felt_at, chances.sensitivity).mean(axis=0)
    rated_min = RATED_MIN + HELD_MIN * np.arange(len(LEVELS_NG_PER_ML))
    return scores[np.searchsorted(time_min, rated_min)]


def straightness() -> float:
    """Give the correlation of mean score and level, as the thirteen scales of bowdle_1998 had 0.93 to 0.99."""
    return float(np.corrcoef(scores_at_levels(), LEVELS_NG_PER_ML)[0, 1])
