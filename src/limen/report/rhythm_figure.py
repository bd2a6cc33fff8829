"""The figure of claim C12: what the rhythm would have to be worth before it says anything about a dose."""

from __future__ import annotations

from typing import Any

from limen.options import options_answer
from limen.regimen import Case, Options, Patient, Regimen, Score, read_visit

Json = dict[str, Any]


def rhythm_worth_figure() -> Json:
    """Give the chance that the higher of two fitted doses does more a day later, by what seeing the rhythm were worth.

    The person is an invented one a week after a first infusion, with a score the day after it.
    """
    adult = Patient(weight_kg=70.0, baseline={"MADRS": 32.0})
    visit = read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=adult)
    doses = ("ketamine iv 0.25 mg/kg over 40 min", "ketamine iv 0.5 mg/kg over 40 min")
    options = Options(next_visit_h=168.0, horizons_h=(24.0,), doses=doses)
    case = Case(adult, Regimen((visit,)), times_h=(24.0,), scores=(Score("MADRS", 24.0, 20.0),), options=options)
    found = options_answer(case)["rhythm"]["what_if"]["chance_of_more"][0]
    labels = ("what is on file: 1", "if it were 3", "if it were 10", "if it were 30")
    rows = [
        {"label": f"likelihood ratio, {label}", "value": one["chance"], "low": None, "high": None}
        for label, one in zip(labels, found, strict=True)
    ]
    return {"kind": "dots", "axis": "chance that 0.5 mg/kg does more than 0.25 mg/kg", "rows": rows}
