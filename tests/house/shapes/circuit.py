"""Shapes that limen.circuit and the simulated patient declare."""

import numpy as np
from house.shape_cases import ShapeCase

from limen.circuit.head import places_mm, potential_uv
from limen.circuit.readings import background
from limen.circuit.running import uptake
from limen.circuit.surface import cortex_of, interpolated

F_HZ = np.linspace(0.0, 20.0, 101)

CASES = (
    ShapeCase(background, {"f_hz": F_HZ, "density": 1.0 / (1.0 + F_HZ)}),
    ShapeCase(uptake, {"released": np.ones(50), "level": 0.0}),
    ShapeCase(cortex_of, {"chance": np.linspace(0.0, 1.0, 5)}),
    ShapeCase(interpolated, {"curves": np.ones((4, 13)), "block": np.full((4, 6), 0.3)}),
    ShapeCase(
        potential_uv, {"moment_nam": np.ones(3), "at_mm": np.array([5.0, -30.0, 30.0]), "electrodes_mm": places_mm()}
    ),
)
