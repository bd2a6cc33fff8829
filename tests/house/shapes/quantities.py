"""Shapes that limen.quantities declares."""

import numpy as np
from house.shape_cases import ShapeCase

from limen.quantities import TimeCourse

TIME_MIN = np.linspace(0.0, 60.0, 7)

CASES = (
    ShapeCase(TimeCourse, {"values": np.ones((3, 7)), "unit": "ng/mL", "time_min": TIME_MIN}),
    ShapeCase(TimeCourse, {"values": np.ones(7), "unit": "fraction", "time_min": TIME_MIN}),
    ShapeCase(TimeCourse(np.ones((2, 3, 7)), "ng/mL", TIME_MIN).read_in, {"unit": "mg/L"}),
)
