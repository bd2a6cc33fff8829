"""The people of the story page, and their mood at every dose of its grid under every side of every joint.

One infusion is given to new people of a new masked trial against midazolam, the setting of the trial whose points
stand beside the bands. The same people get every dose and the same visit without drug, so that a difference holds the
doubt of parameters and of what a new trial would be like, not the luck of who was in which arm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from limen.chain import Chances, Course, Joints, Scene, alternatives, draw_chances, respond
from limen.chain.course import reference_of
from limen.chain.reference import Reference
from limen.kinetics import ConcentrationDraws, draw_concentrations
from limen.quantities import Floats
from limen.receptor import ASSAYS, draw_potency
from limen.regimen import Patient, Regimen, read_visit
from limen.response.mood import Circumstances
from limen.response.parameters import Population, shipped_posterior
from limen.response.people import MADRS_MOST

Json = dict[str, Any]

SEED: Final = 1
DRAWS: Final = 600
ADULT: Final = Patient(weight_kg=70.0, baseline={"MADRS": 32.0}, assumed=("weight_kg", "baseline"))
DOSES_MG_PER_KG: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 1.0)
MINUTES: Final = (20, 40, 60, 100)
MOOD_TIME_H: Final = np.array(
    [0, 1, 2, 4, 8, 12, 24, 36, 48, 72, 96, 120, 144, 168, 192, 216, 240, 264, 288, 312, 336.0]
)
COMPARED_H: Final = (24.0, 168.0)
CIRCUMSTANCES: Final = Circumstances("midazolam")
DEFAULT: Final = Joints({})
#: The name of the side on which no joint is switched.
AS_THEY_STAND: Final = "default"


@dataclass(frozen=True)
class Drawn:
    """The people of the story, drawn once and given every dose.

    Parameters
    ----------
    population : Population
        Response parameters.
    chances : Mapping[str, Chances]
        For each assay of joint J2, all else equal.
    references : dict
        The reference infusion, by words of J1 and J2, as far as it was asked for.
    """

    population: Population
    chances: Mapping[str, Chances]
    references: dict[tuple[str, str], Reference] = field(default_factory=dict)

    def reference(self, brain: str, assay: str) -> Reference:
        """Give the reference infusion under a word of J1 and one of J2; found once, since every dose asks for it."""
        if (brain, assay) not in self.references:
            joints = DEFAULT.switched("J1", brain).switched("J2", assay)
            self.references[brain, assay] = reference_of(joints, self.chances[assay])
        return self.references[brain, assay]

    def under(self, joints: Joints) -> Chances:
        """Give what was drawn as joints J2 and J7 have it."""
        chances = self.chances[joints["J2"]]
        if joints["J7"] != "cut":
            return chances
        return replace(chances, people=replace(chances.people, link=np.zeros(DRAWS)))


@dataclass(frozen=True)
class Mood:
    """The mood of the story's people at one dose, under one side of the joints.

    Parameters
    ----------
    drug, same_visit : dict
        Bands of the score after the infusion, and after the same visit without drug.
    score, advantage : Floats
        The score after the infusion, and how much lower it is than without drug, shape ``(draws, compared)``.
    """

    drug: Json
    same_visit: Json
    score: Floats
    advantage: Floats

    def shown(self) -> Json:
        """Give what the page shows: both bands, and the average advantage over people of new trials."""
        low, high = np.round(np.percentile(self.advantage, (10, 90), axis=0), 2)
        return {
            "drug": self.drug,
            "same_visit": self.same_visit,
            "separable": bool(low.min() > 0.0),
            "difference": {
                "h": list(COMPARED_H),
                "mean": np.round(self.advantage.mean(axis=0), 2).tolist(),
                "p10": low.tolist(),
                "p90": high.tolist(),
                "probability_better": np.round((self.advantage > 0.0).mean(axis=0), 3).tolist(),
            },
        }


Moods = Mapping[str, Mood]


def draw() -> Drawn:
    """Draw the people; the same ones get every dose and every side of every joint."""
    posterior = shipped_posterior()
    population = posterior.take(np.random.default_rng(SEED).integers(0, len(posterior), DRAWS))
    whole = draw_chances(ADULT, population, DEFAULT, np.random.default_rng([SEED, 1]))
    chances = {
        assay: replace(whole, potency=draw_potency(DRAWS, assay, np.random.default_rng([SEED, 2]))) for assay in ASSAYS
    }
    return Drawn(population, chances)


def given(dose_mg_per_kg: float, minutes: int) -> Regimen:
    """Give one infusion; 0 mg is the same visit without drug."""
    drug = "ketamine" if dose_mg_per_kg > 0.0 else "placebo"
    text = f"{dose_mg_per_kg:g} mg/kg over {minutes} min"
    return Regimen((read_visit(text, drug=drug, route="iv", patient=ADULT),))


def bands(values: Floats, percents: Sequence[int]) -> Json:
    """Give percentiles over draws, ``(draws, times)`` to one list each."""
    rows = np.percentile(values, percents, axis=0)
    return {f"p{percent:02d}": row.tolist() for percent, row in zip(percents, rows, strict=True)}


def moods(drawn: Drawn, plasma: ConcentrationDraws, regimen: Regimen) -> Moods:
    """Give the moods of the people as the joints stand and under each other side."""
    sides = {f"{joint}={word}": DEFAULT.switched(joint, word) for joint, word in alternatives()}
    # A visit without drug meets no joint but expectancy (a test holds that), so it is carried once for each word of it.
    minutes = int(regimen.visits[0].duration_min)
    same_visit = {
        word: visit_without_drug(drawn, plasma.time_min, minutes, DEFAULT.switched("J8", word))
        for word in ("on", "cut")
    }
    return {
        side: mood(drawn, plasma, regimen, joints, same_visit[joints["J8"]])
        for side, joints in {AS_THEY_STAND: DEFAULT, **sides}.items()
    }


def scene(regimen: Regimen, joints: Joints) -> Scene:
    """Give what a course of the story is about."""
    return Scene(ADULT, regimen, replace(CIRCUMSTANCES, expects=joints["J8"] == "on"), joints)


def visit_without_drug(drawn: Drawn, time_min: Floats, minutes: int, joints: Joints) -> Course:
    """Give the course of the same people after the same visit without drug."""
    without = given(0.0, minutes)
    nothing = draw_concentrations(ADULT, without, time_min, draws=DRAWS, rng=np.random.default_rng([SEED, 3]))
    return respond(scene(without, joints), nothing, drawn.under(joints))


def mood(drawn: Drawn, plasma: ConcentrationDraws, regimen: Regimen, joints: Joints, same_visit: Course) -> Mood:
    """Give the score after the infusion, beside that after the same visit without drug, of the same people."""
    reference = drawn.reference(joints["J1"], joints["J2"])
    with_drug = respond(scene(regimen, joints), plasma, drawn.under(joints), reference)
    columns = with_drug.columns(np.array(COMPARED_H) * 60.0)
    return Mood(
        drug=score_bands(with_drug),
        same_visit=score_bands(same_visit),
        score=with_drug.madrs[:, columns],
        advantage=same_visit.madrs[:, columns] - with_drug.madrs[:, columns],
    )


def shown_sides(found: Moods) -> Json:
    """Give what the page shows of each side; a side that changes nothing is left out."""
    usual = found[AS_THEY_STAND].shown()
    others = {side: one.shown() for side, one in found.items() if side != AS_THEY_STAND}
    return {AS_THEY_STAND: usual} | {side: one for side, one in others.items() if one != usual}


def between(cells: Mapping[str, Moods]) -> Json:
    """Give how much lower the same people's score is at one place of the grid than at another.

    Parameters
    ----------
    cells : Mapping[str, Moods]
        Of each place.

    Returns
    -------
    dict
        For each two places, first minus second: the mean as the joints stand, and 80 of 100 people and parameters, the
        widest over that and every rival side: which side holds is a part of the doubt.
    """
    places = list(cells)
    return {
        f"{one}|{other}": {"h": list(COMPARED_H), **lower(cells[one], cells[other])}
        for k, one in enumerate(places)
        for other in places[k + 1 :]
    }


def lower(one: Moods, other: Moods) -> Json:
    """Give how much lower `one` is than `other`."""
    sides = [side for side in one if not side.endswith("=cut")]
    gaps = np.stack([other[side].score - one[side].score for side in sides])
    tails = np.percentile(gaps, (10, 90), axis=1)
    return {
        "mean": np.round(gaps[0].mean(axis=0), 2).tolist(),
        "p10": np.round(tails[0].min(axis=0), 2).tolist(),
        "p90": np.round(tails[1].max(axis=0), 2).tolist(),
    }


def score_bands(course: Course) -> Json:
    """Give the MADRS of 80 of 100 people with the error of one rating, before it is rounded to whole points."""
    scores = course.madrs[:, course.columns(MOOD_TIME_H * 60.0)]
    rated = scores + rating_error(course.people.rating_sd, scores.shape[1])
    rated[:, 0] = course.people.baseline
    return {
        name: np.round(row, 1).tolist() for name, row in bands(np.clip(rated, 0.0, MADRS_MOST), (10, 50, 90)).items()
    }


def rating_error(sd: Floats, times: int) -> Floats:
    """Draw one rating error a time, shape ``(draws, times)``."""
    return sd[:, None] * np.random.default_rng([SEED, 4]).standard_normal((len(sd), times))
