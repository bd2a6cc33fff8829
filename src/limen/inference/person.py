"""One person: draws of the course before anything was seen, and the same draws weighed by what was seen.

Weights are the likelihood of every score and sample under each draw; the effective number of draws is stated, and
more are drawn when it is small. Scores are whole numbers within their scale, so their likelihood is that of the whole
number, with everything beyond an end of the scale at that end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.special import log_ndtr, ndtr

from limen.chain import Chances, Course, Joints, Scene, course_times, draw_chances, respond
from limen.kinetics import ConcentrationDraws, draw_concentrations
from limen.quantities import Floats, Integers
from limen.receptor import draw_potency
from limen.regimen import SCALES, Case, Sample, Score
from limen.response.conversion import CROSSWALKS
from limen.response.mood import Circumstances
from limen.response.parameters import Population, shipped_posterior
from limen.response.session import CUFF_SD_MMHG

#: Residual of one plasma sample on the log scale (ours: between 0.236 of otto_fanta and 0.276 of perez_ruixo_2021).
SAMPLE_LOG_SD: Final = 0.25
#: Error of one CADSS total: a floor and a share of the score (ours).
CADSS_SD_POINTS: Final = 1.5
CADSS_SD_SHARE: Final = 0.2
#: Scales that are a pressure, with the rise that a course holds for them.
RISES: Final = {"systolic_mmhg": "systolic_rise_mmhg", "diastolic_mmhg": "diastolic_rise_mmhg"}
#: Below this effective number of draws more are drawn, up to so many times as many.
FEW_EFFECTIVE: Final = 150.0
MOST_TIMES_AS_MANY: Final = 8
#: Draws that are never passed unless asked for (ours: the memory of a small machine).
MOST_DRAWN: Final = 20_000
#: Least likelihood of one observation, so that one odd score does not leave a single draw (ours).
ODD_SCORE: Final = 1e-4


@dataclass(frozen=True)
class Believed:
    """A course with the weight of each draw.

    Parameters
    ----------
    case : Case
        What was asked.
    course : Course
        The draws.
    weights : Floats
        Sum 1, shape ``(draws,)``.
    warnings : tuple of str
        What was not used, and why.
    """

    case: Case
    course: Course
    weights: Floats
    warnings: tuple[str, ...]

    @property
    def effective_draws(self) -> float:
        """``1 / sum(w^2)``."""
        return float(1.0 / np.sum(self.weights**2))

    def rows(self, draws: int, rng: np.random.Generator) -> Integers:
        """Give `draws` rows in proportion to their weights (systematic resampling)."""
        if np.allclose(self.weights, self.weights[0]) and draws == len(self.weights):
            return np.arange(draws)
        places = (np.arange(draws) + rng.random()) / draws
        return np.searchsorted(np.cumsum(self.weights), places).clip(max=len(self.weights) - 1)


def believe(case: Case, *, prior: bool = False, population: Population | None = None) -> Believed:
    """Draw the course of a case and weigh it by what was seen.

    Parameters
    ----------
    case : Case
        The person, the doses, the scores and samples.
    prior : bool
        True ignores every observation.
    population : Population, optional
        Instead of the posterior that ships with the package.

    Returns
    -------
    Believed
        With at least ``case.draws`` draws.

    Raises
    ------
    InputError
        Where the course cannot be computed.
    """
    posterior = shipped_posterior() if population is None else population
    observed = bool(case.scores or case.samples) and not prior
    draws, most = case.draws, max(case.draws, min(MOST_TIMES_AS_MANY * case.draws, MOST_DRAWN))
    while True:
        believed = weighed(case, run(case, posterior, draws), observed=observed)
        if not observed or believed.effective_draws >= FEW_EFFECTIVE:
            return believed
        if draws >= most:
            return replace(believed, warnings=(*believed.warnings, few_draws(believed)))
        draws = min(4 * draws, most)


def few_draws(believed: Believed) -> str:
    """Say that what was seen leaves few draws."""
    return (
        f"What was seen was hardly expected: {believed.effective_draws:.0f} of {len(believed.weights)} draws carry"
        " weight, so bands are rough. Check the scores and samples."
    )


@dataclass(frozen=True)
class Drawn:
    """A case whose people and concentrations are drawn, to be carried on under any side of any joint.

    Parameters
    ----------
    case : Case
        What was asked.
    chances : Chances
        Who they are.
    concentrations : ConcentrationDraws
        Venous plasma.
    """

    case: Case
    chances: Chances
    concentrations: ConcentrationDraws

    def course(self, joints: Joints) -> Course:
        """Carry the same people on under these joints."""
        case, chances = self.case, self.chances
        if joints["J2"] != chances.potency.assay:
            rng = np.random.default_rng([case.seed, len(chances.population), 1])
            chances = replace(chances, potency=draw_potency(len(chances.population), joints["J2"], rng))
        if joints["J7"] == "cut":
            chances = replace(chances, people=replace(chances.people, link=np.zeros_like(chances.people.link)))
        circumstances = Circumstances(case.setting, case.background, case.design, expects=joints["J8"] == "on")
        return respond(Scene(case.patient, case.regimen, circumstances, joints), self.concentrations, chances)


def draw(case: Case, posterior: Population, draws: int) -> Drawn:
    """Draw the people and concentrations of a case; its seed decides all of them."""
    rng = np.random.default_rng([case.seed, draws])
    population = posterior.take(rng.integers(0, len(posterior), draws))
    chances = draw_chances(case.patient, population, Joints(case.joints), rng)
    asked_min = np.array([*(time_h * 60.0 for time_h in case.times_h), *seen_min(case)])
    time_min = course_times(case.regimen, asked_min)
    return Drawn(case, chances, draw_concentrations(case.patient, case.regimen, time_min, draws=draws, rng=rng))


def run(case: Case, posterior: Population, draws: int) -> Course:
    """Run the course of a case with `draws` draws."""
    return draw(case, posterior, draws).course(Joints(case.joints))


def seen_min(case: Case) -> list[float]:
    """Give the minutes of every score and sample."""
    return [score.at_h * 60.0 for score in case.scores] + [sample.at_min for sample in case.samples]


def weighed(case: Case, course: Course, *, observed: bool) -> Believed:
    """Weigh the draws of a course by the scores and samples of its case."""
    log_weight, warnings = np.zeros(len(course.madrs)), []
    found = [score_log_likelihood(case, course, score) for score in case.scores]
    found += [sample_log_likelihood(course, sample) for sample in case.samples]
    for one in found if observed else ():
        if isinstance(one, str):
            warnings.append(one)
        else:
            log_weight += np.logaddexp(one, np.log(ODD_SCORE))
    weights = np.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    return Believed(case, course, weights, tuple(warnings))


def score_log_likelihood(case: Case, course: Course, score: Score) -> Floats | str:
    """Give the log likelihood of one score, shape ``(draws,)``, or the sentence that says why it is not used."""
    column = int(course.columns(np.array([score.at_h * 60.0]))[0])
    if score.scale in RISES:
        return pressure_log_likelihood(case, course, score, column)
    if score.scale == "CADSS":
        felt = course.cadss[:, column]
        return whole_number(score.value, felt, CADSS_SD_POINTS + CADSS_SD_SHARE * felt, SCALES["CADSS"].high)
    if score.scale == "MADRS" or score.scale in CROSSWALKS:
        return mood_log_likelihood(case, course, score, column)
    return f"{seen(score)} is not used: no model here tells what it should be."


def was_used(case: Case, course: Course, score: Score) -> bool:
    """Tell whether a score can move what is believed: not the baseline itself, nor one that no model here foretells."""
    found = score_log_likelihood(case, course, score)
    return not isinstance(found, str) and bool(np.ptp(found) > 0.0)


def seen(score: Score) -> str:
    """Name a score in a sentence."""
    return f"The {score.scale} of {score.value:g} at {score.at_h:g} h"


def mood_log_likelihood(case: Case, course: Course, score: Score, column: int) -> Floats:
    """Give the log likelihood of a score of mood, through its crosswalk where it is not MADRS."""
    madrs = course.madrs[:, column]
    if score.scale == "MADRS" and score.at_h <= 0.0 and "MADRS" in case.patient.baseline:
        return np.zeros(len(madrs))  # the baseline itself, already in the case
    if score.scale == "MADRS":
        return whole_number(score.value, madrs, course.people.rating_sd, SCALES["MADRS"].high)
    walk = CROSSWALKS[score.scale]
    return whole_number(score.value, walk.from_madrs(madrs), np.full(len(madrs), walk.error_sd), walk.most)


def pressure_log_likelihood(case: Case, course: Course, score: Score, column: int) -> Floats | str:
    """Give the log likelihood of a pressure, which needs the pressure before the first dose."""
    before = case.patient.baseline.get(score.scale)
    if before is None:
        return f"{seen(score)} is not used: its value before the first dose is not given."
    rise_mmhg: Floats = getattr(course, RISES[score.scale])[:, column]
    return np.asarray(-0.5 * ((score.value - before - rise_mmhg) / CUFF_SD_MMHG) ** 2)


def whole_number(value: float, expected: Floats, sd: Floats, most: float) -> Floats:
    """Give the log chance of recording a whole number on a scale from 0 to `most`, shape ``(draws,)``."""
    above = np.inf if value >= most else value + 0.5
    below = -np.inf if value <= 0.0 else value - 0.5
    chance = ndtr((above - expected) / sd) - ndtr((below - expected) / sd)
    return np.log(np.maximum(chance, np.finfo(np.float64).tiny))


def sample_log_likelihood(course: Course, sample: Sample) -> Floats | str:
    """Give the log likelihood of one plasma sample, shape ``(draws,)``, or why it is not used.

    A sample below the assay's limit counts with the chance of being below it (M3). A member that does not give the
    analyte keeps the mean weight of those that do.
    """
    name = f"The sample of {sample.analyte} at {sample.at_min:g} min"
    if sample.sampled != "venous":
        return f"{name} is not used: it is {sample.sampled}, and this course is computed in venous plasma."
    column = course.columns(np.array([sample.at_min]))[0]
    parts = [member.analytes.get(sample.analyte) for member in course.concentrations.members]
    if all(part is None for part in parts):
        return f"{name} is not used: no model of this course gives it."
    found = [None if part is None else one_sample(sample, part[:, column]) for part in parts]
    usual = _log_mean(np.concatenate([part for part in found if part is not None]))
    sizes = [member.draws for member in course.concentrations.members]
    return np.concatenate([np.full(n, usual) if part is None else part for n, part in zip(sizes, found, strict=True)])


def _log_mean(logs: Floats) -> float:
    """Give the logarithm of the mean of what has these logarithms, however small."""
    highest = float(logs.max())
    return highest + float(np.log(np.mean(np.exp(logs - highest))))


def one_sample(sample: Sample, expected_ng_per_ml: Floats) -> Floats:
    """Give the log likelihood of a sample under each expected concentration, lognormal."""
    log_expected = np.log(np.maximum(expected_ng_per_ml, 1e-6))
    if sample.value_ng_per_ml is not None and sample.value_ng_per_ml > 0.0:
        return np.asarray(-0.5 * ((np.log(sample.value_ng_per_ml) - log_expected) / SAMPLE_LOG_SD) ** 2)
    limit = sample.below_ng_per_ml or 1e-3
    return np.asarray(log_ndtr((np.log(limit) - log_expected) / SAMPLE_LOG_SD))
