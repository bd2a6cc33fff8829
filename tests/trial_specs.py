"""Small trials that the tests of virtual trials share."""

from dataclasses import replace

import numpy as np

from limen.response.parameters import PARAMETERS, Population
from limen.trials import Arm, TrialSpec
from limen.trials.rules import read_rule

KETAMINE = Arm("ketamine", "ketamine", "iv", "0.5 mg/kg over 40 min", "once", "saline", 10)
SALINE = Arm("saline", "placebo", "iv", "0 mg", "once", "saline", 10)
SIX = "3 per week for 2 weeks"


def trial(*arms: Arm, **changed: object) -> TrialSpec:
    """A trial of MADRS at days 1 and 7, unless it says otherwise."""
    plain = TrialSpec(
        arms=arms or (KETAMINE, SALINE),
        scale="MADRS",
        baseline_mean=32.0,
        baseline_sd=5.0,
        times_days=(1.0, 7.0),
        response_rule=read_rule("fall >= 50 %", "fall"),
        remission_rule=read_rule("score <= 10", "score"),
        draws=40,
    )
    return replace(plain, **changed)


def certain(**values: float) -> Population:
    """One belief: every parameter at its prior median but those named."""
    centres = {parameter.name: parameter.centre for parameter in PARAMETERS} | values
    return Population({name: np.array([float(value)]) for name, value in centres.items()})
