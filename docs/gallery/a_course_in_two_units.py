"""
One course, two units
=====================

A quantity that leaves a room carries its unit with it. Whoever wants bare numbers has to say in which unit, and a
question that makes no sense is answered with a sentence. The curve here is made up: one compartment that fills for 40
minutes and then empties.
"""

import numpy as np

from limen.quantities import InputError, TimeCourse

# %%
# A made-up course
# ----------------
# The numbers are for show; published ones come from ``limen.evidence``.
END_OF_INFUSION_MIN = 40.0
TOP_NG_PER_ML = 150.0
HALF_LIFE_MIN = 60.0

time_min = np.linspace(0.0, 240.0, 121)
rising = np.minimum(time_min / END_OF_INFUSION_MIN, 1.0)
falling = 0.5 ** (np.maximum(time_min - END_OF_INFUSION_MIN, 0.0) / HALF_LIFE_MIN)
plasma = TimeCourse(TOP_NG_PER_ML * rising * falling, unit="ng/mL", time_min=time_min)

# %%
# Read it in the unit you want
# ----------------------------
at_end = int(np.searchsorted(time_min, END_OF_INFUSION_MIN))
print(f"{plasma.read_in('ng/mL')[at_end]:.0f} ng/mL = {plasma.read_in('mg/L')[at_end]:.3f} mg/L")

# %%
# A question that makes no sense gets a sentence.
try:
    plasma.read_in("%")
except InputError as fault:
    print(fault)


# %%
# Draw it, with nothing but text
# ------------------------------
class Drawing:
    """A course as a line in SVG, which a notebook or a page shows as it is."""

    def __init__(self, course: TimeCourse, width_px: int = 640, height_px: int = 200) -> None:
        x_px = width_px * course.time_min / course.time_min[-1]
        y_px = height_px * (1.0 - course.values / course.values.max())
        self.points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(x_px, y_px, strict=True))
        self.box = f"-4 -4 {width_px + 8} {height_px + 8}"
        self.title = f"{course.unit} over {course.time_min[-1]:.0f} min"

    def _repr_html_(self) -> str:
        line = f'<polyline points="{self.points}" fill="none" stroke="currentColor" stroke-width="2"/>'
        return f'<svg viewBox="{self.box}" role="img" width="100%"><title>{self.title}</title>{line}</svg>'


Drawing(plasma)
