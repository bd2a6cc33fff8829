"""Shapes that limen.receptor declares."""

import numpy as np
from house.shape_cases import ShapeCase

from limen.receptor import brain_course, draw_brain_half_life, trapped_share

TIME_MIN = np.linspace(0.0, 60.0, 7)
PLASMA = np.ones((5, 7))

CASES = (
    ShapeCase(brain_course, {"values": PLASMA, "time_min": TIME_MIN, "half_life_min": 5.0}),
    ShapeCase(draw_brain_half_life, {"draws": 6, "rng": np.random.default_rng(1)}),
    ShapeCase(
        trapped_share,
        {
            "unbound_um": 0.5,
            "time_s": 60.0 * TIME_MIN,
            "open_probability": 0.05,
            "on_per_um_s": 0.012,
            "off_per_s": 0.05,
        },
    ),
)
