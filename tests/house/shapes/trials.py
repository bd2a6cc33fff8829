"""Shapes that virtual trials declare."""

import numpy as np
from house.shape_cases import ShapeCase

from limen.trials.boundaries import boundaries, spent
from limen.trials.designs import Missing
from limen.trials.missing import handled, unseen
from limen.trials.moments import running
from limen.trials.telling import told_apart

PEOPLE, TRIALS, TIMES = 6, 4, 3
RNG = np.random.default_rng(1)
ROWS, Y = RNG.normal(size=(TRIALS, PEOPLE, 2)), RNG.normal(size=(TRIALS, PEOPLE))
SCORES = RNG.normal(20.0, 5.0, (TRIALS, PEOPLE, TIMES))
HIDDEN = np.where(RNG.random(SCORES.shape) < 0.3, np.nan, SCORES)
DAYS = np.arange(1.0, TIMES + 1.0)

CASES = (
    ShapeCase(running, {"columns": ROWS, "y": Y, "seen": np.ones(Y.shape, bool)}),
    ShapeCase(spent, {"spending": "pocock", "fraction": np.array([0.5, 1.0]), "level": 0.05}),
    ShapeCase(boundaries, {"fraction": np.array([0.5, 1.0]), "level": 0.05, "spending": "obrien-fleming"}),
    ShapeCase(unseen, {"missing": Missing(0.1), "change": SCORES[0] - 30.0, "times_days": DAYS, "rng": RNG}),
    ShapeCase(
        handled,
        {
            "missing": Missing(0.1, handled="last"),
            "seen": HIDDEN,
            "baseline": np.full((TRIALS, PEOPLE), 30.0),
            "times_days": DAYS,
            "rng": RNG,
        },
    ),
    ShapeCase(told_apart, {"own": RNG.normal(size=(40, 2)), "other": RNG.normal(size=(40, 2))}),
)
