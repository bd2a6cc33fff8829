"""Virtual trials: the same chain for many people, to see what a design could show."""

from limen.trials.designs import Design
from limen.trials.power import analytic_power, people_for_power
from limen.trials.running import run_trial
from limen.trials.spec import Arm, TrialSpec, read_spec

__all__ = [
    "Arm",
    "Design",
    "TrialSpec",
    "analytic_power",
    "people_for_power",
    "read_spec",
    "run_trial",
]
