"""What was foretold of an observation knows what came before it and nothing of what came after."""

import numpy as np

from limen.inference.foreseen import foreseen
from limen.inference.person import evidence_in, weighed
from limen.regimen import Case, Patient, Regimen, Sample, Score, read_visit

ADULT = Patient(weight_kg=70.0, baseline={"MADRS": 32.0})
GIVEN = read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=ADULT)


def told(*scores):
    case = Case(
        ADULT,
        Regimen((GIVEN,)),
        times_h=(200.0,),
        scores=scores,
        samples=(Sample("ketamine", 500.0, below_ng_per_ml=9.0),),
    )
    return list(foreseen(weighed(evidence_in(case), 3000), np.random.default_rng(1)))


def test_a_later_score_changes_nothing_foretold_before_it():
    few, more = told(Score("MADRS", 24.0, 10.0)), told(Score("MADRS", 24.0, 10.0), Score("MADRS", 100.0, 30.0))
    assert few[0] == more[0]
    assert [one["at_h"] for one in more] == [8.33, 24.0, 100.0]


def test_a_low_score_lowers_what_is_foretold_next():
    low, high = (told(Score("MADRS", 24.0, value), Score("MADRS", 100.0, 20.0))[2] for value in (6.0, 30.0))
    assert low["p50"] < high["p50"]
    assert told(Score("MADRS", 24.0, 6.0))[0]["inside"] is None
