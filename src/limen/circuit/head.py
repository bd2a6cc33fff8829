"""From a dipole in the head to the scalp: three concentric shells, the series of Ary, Klein and Fender.

    V = 1 / (4 pi s R^2) * sum_n (2 n + 1) / n * f^(n-1) * x (2 n + 1)^2 / (d_n (n + 1)) * (n d_r P_n + d_t P_n^1)

with f the depth of the dipole, x the conductivity of skull over brain, d_n the series' own denominator. Radii and
conductivities are the usual ones of textbooks, and ours to change. It is a stated, simple model for a simulated
patient; a real recording is judged with a real head model.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from limen.quantities import Floats

#: Radii of brain, skull and scalp, mm, and conductivities (ours, usual textbook values).
BRAIN_MM: Final = 80.0
SKULL_MM: Final = 85.0
SCALP_MM: Final = 92.0
BRAIN_S_PER_M: Final = 0.33
SKULL_SHARE: Final = 1.0 / 50.0
TERMS: Final = 60
#: The 10-20 places as angles from the vertex and from the right ear towards the nose, degrees (the system's own).
PLACES: Final = {
    "Fp1": (-92, -72), "Fp2": (92, 72), "F7": (-92, -36), "F3": (-60, -51), "Fz": (45, 90), "F4": (60, 51),
    "F8": (92, 36), "T7": (-92, 0), "C3": (-46, 0), "Cz": (0, 0), "C4": (46, 0), "T8": (92, 0), "P7": (-92, 36),
    "P3": (-60, 51), "Pz": (45, -90), "P4": (60, -51), "P8": (92, -36), "O1": (-92, 72), "O2": (92, -72),
}  # fmt: skip
#: Posteromedial cortex in this head, mm to the right, front and top, and its direction (ours: the precuneus lies
#: a few centimetres below the vertex and behind it, its surface facing the midline and upward).
POSTEROMEDIAL_MM: Final = (6.0, -38.0, 32.0)
POSTEROMEDIAL_POINTS: Final = (0.8, -0.35, 0.48)


def places_mm(names: tuple[str, ...] = tuple(PLACES)) -> Floats:
    """Give the places of electrodes on the scalp, mm, shape ``(channels, 3)``."""
    polar, around = np.radians(np.array([PLACES[name] for name in names], dtype=np.float64)).T
    x, y, z = np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)
    return np.asarray(SCALP_MM * np.stack([x, y, z], axis=1))


def potential_uv(moment_nam: Floats, at_mm: Floats, electrodes_mm: Floats) -> Floats:
    """Give the potential of one dipole at electrodes on the scalp.

    Parameters
    ----------
    moment_nam : Floats
        Moment, shape ``(3,)``, nAm.
    at_mm : Floats
        Its place, shape ``(3,)``, mm from the middle, within the brain.
    electrodes_mm : Floats
        Shape ``(channels, 3)``.

    Returns
    -------
    Floats
        Against a far reference, microvolts, shape ``(channels,)``.
    """
    radius = np.linalg.norm(at_mm)
    axis = at_mm / radius
    towards = electrodes_mm / np.linalg.norm(electrodes_mm, axis=1, keepdims=True)
    cosine = np.clip(towards @ axis, -1.0, 1.0)
    aside = towards - cosine[:, None] * axis
    sine = np.linalg.norm(aside, axis=1)
    radial = moment_nam @ axis
    tangential = aside @ moment_nam / np.maximum(sine, 1e-12)
    legendre, associated = _polynomials(cosine, sine)
    n = np.arange(1.0, TERMS + 1.0)
    weights = (2.0 * n + 1.0) / n * (radius / SCALP_MM) ** (n - 1.0) * shells(n)
    series = (weights * n) @ legendre * radial + weights @ associated * tangential
    # nAm over S/m and m2 is nV; a thousandth of it is uV.
    return np.asarray(series / (4.0 * np.pi * BRAIN_S_PER_M * (SCALP_MM / 1000.0) ** 2) * 1e-3)


def shells(n: Floats) -> Floats:
    """Give what three shells leave of each term of the series; 1 where the skull conducts as the brain does."""
    x, inner, outer = SKULL_SHARE, BRAIN_MM / SCALP_MM, SKULL_MM / SCALP_MM
    power = 2.0 * n + 1.0
    d = ((n + 1.0) * x + n) * (n * x / (n + 1.0) + 1.0)
    d += (1.0 - x) * ((n + 1.0) * x + n) * (inner**power - outer**power)
    d -= n * (1.0 - x) ** 2 * (inner / outer) ** power
    return np.asarray(x * power**2 / (d * (n + 1.0)))


def _polynomials(cosine: Floats, sine: Floats) -> tuple[Floats, Floats]:
    """Give Legendre polynomials of order 0 and 1 of degree 1 to `TERMS`, shape ``(terms, channels)`` each."""
    p = [np.ones_like(cosine), cosine]
    for k in range(1, TERMS):
        p.append(((2 * k + 1) * cosine * p[k] - k * p[k - 1]) / (k + 1))
    slope = [np.zeros_like(cosine), np.ones_like(cosine)]
    for k in range(1, TERMS):
        slope.append(slope[k - 1] + (2 * k + 1) * p[k])
    return np.array(p[1:]), np.array(slope[1:]) * sine
