"""The work that every engine is given: the same people, the same infusion, the same minutes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen.kinetics import EVERYTHING, load_model
from limen.kinetics.ensemble import members
from limen.kinetics.joined import Part, joined
from limen.kinetics.linear_system import Given
from limen.kinetics.variability import draw_parameters
from limen.quantities import Floats

UNTIL_MIN = 1440.0
DOSE_MG = 35.0
INFUSION_MIN = 40.0
RATE_MG_PER_MIN = DOSE_MG / INFUSION_MIN
MINUTES = np.arange(0.0, UNTIL_MIN + 1.0)
# Where each rate constant stands in the matrix of otto_fanta: row (into), column (out of).
FLOWS = {"k13": (1, 0), "k31": (0, 1), "k14": (2, 0), "k41": (0, 2), "k12": (3, 0), "k25": (4, 3), "k52": (3, 4)}


@dataclass(frozen=True)
class Work:
    """Rate constants per minute and what turns amounts into ng/mL, one row a person, for x' = A x + u.

    Columns of `rates`: the flows of `FLOWS` in order, then the elimination of the metabolite.
    """

    rates: Floats
    weights: Floats

    def first(self, people: int) -> Work:
        """Give the first people only."""
        return Work(self.rates[:people], self.weights[:people])


def five_states(people: int) -> Work:
    """Draw the people of the five-state system."""
    model = load_model("otto_fanta")
    parameters = draw_parameters(model, people, EVERYTHING, np.random.default_rng(1))
    member = members("esketamine", "iv", "venous", "otto_fanta")[0]
    wanted = ("S-ketamine", "S-norketamine")
    part = Part(member, (Given("iv", DOSE_MG, 0.0, INFUSION_MIN),), parameters, {"WT": 70.0}, wanted)
    system, _ = joined((part,), slice(0, people))
    flows = [system.rates[:, row, column] for row, column in FLOWS.values()]
    gone = -system.rates[:, 3, 3] - system.rates[:, 4, 3]
    weights = np.stack([system.outputs["S-ketamine"][:, 0], system.outputs["S-norketamine"][:, 3]], axis=1)
    return Work(np.stack([*flows, gone], axis=1), weights)
