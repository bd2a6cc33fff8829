"""What would be read of a person: what each instrument is expected to show, and by how much it errs.

One error model serves both ways: a score that was seen is weighed by the same distribution that a score to come is
drawn from. Scores are whole numbers within their scale, so their chance is that of the whole number, with everything
beyond an end of the scale at that end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol, runtime_checkable

import numpy as np
from scipy.special import log_ndtr, ndtr

from limen.quantities import Floats

#: Error of one CADSS total: what nobody feels is scored as nothing, else a share of it and a few points (ours).
CADSS_SD_LEAST: Final = 0.15
CADSS_SD_POINTS: Final = 1.5
CADSS_SD_SHARE: Final = 0.2
#: Residual of one plasma sample on the log scale (ours: between 0.236 of otto_fanta and 0.276 of perez_ruixo_2021).
SAMPLE_LOG_SD: Final = 0.25
#: Spread of an analyte that a model does not give, about the typical course of those that do, log SD (ours).
BORROWED_LOG_SD: Final = 0.6
#: Share of the variance of a conversion error that stays with the person (ours: a scale that reads high for somebody
#: goes on doing so).
STABLE_SHARE: Final = 0.75
#: Chance that an observation is a slip, so that one odd value does not leave a single guess (ours).
SLIP: Final = 1e-4
#: Concentration that counts as none, ng/mL (ours).
NONE_NG_PER_ML: Final = 1e-6
#: A sample of 0 is read as below this, ng/mL (ours: no assay measures nothing).
ZERO_IS_BELOW_NG_PER_ML: Final = 1e-3


@runtime_checkable
class Reading(Protocol):
    """What one instrument would show of every guess."""

    @property
    def location(self) -> Floats:
        """What is expected, on the scale of the error, shape ``(draws,)``."""
        ...

    def shifted(self, by: float) -> Reading:
        """Give the reading of somebody whose location is larger by so much."""
        ...

    def log_chance(self, value: float | Floats, times_error: float = 1.0) -> Floats:
        """Give the log chance of a value, shape ``(draws,)``; `times_error` multiplies the instrument's error."""
        ...

    def recorded(self, rng: np.random.Generator) -> Floats:
        """Draw what would be recorded, shape ``(draws,)`` or ``(draws, times)`` as what is expected."""
        ...


@dataclass(frozen=True)
class WholeNumber:
    """A total on a scale from 0 to `most`; arrays have shape ``(draws,)`` or ``(draws, times)``.

    Parameters
    ----------
    expected, sd : Floats
        Points.
    most : float
        Largest total.
    """

    expected: Floats
    sd: Floats
    most: float

    @property
    def location(self) -> Floats:
        """What is expected, points."""
        return self.expected

    def shifted(self, by: float) -> WholeNumber:
        """Give the reading of somebody whose location is larger by so much."""
        return replace(self, expected=self.expected + by)

    def log_chance(self, value: float | Floats, times_error: float = 1.0) -> Floats:
        """Give the log chance of a total."""
        above = np.where(np.asarray(value) >= self.most, np.inf, np.asarray(value) + 0.5)
        below = np.where(np.asarray(value) <= 0.0, -np.inf, np.asarray(value) - 0.5)
        sd = self.sd * times_error
        high, low = (above - self.expected) / sd, (below - self.expected) / sd
        mirrored = low > 0.0  # far in the upper tail two numbers near 1 would be subtracted
        chance = np.where(mirrored, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))
        return np.log(np.maximum(chance, np.finfo(np.float64).tiny))

    def recorded(self, rng: np.random.Generator) -> Floats:
        """Draw totals."""
        noise = self.sd * rng.standard_normal(self.expected.shape)
        return np.clip(np.round(self.expected + noise), 0.0, self.most) + 0.0  # no minus zero


@dataclass(frozen=True)
class Gauge:
    """A number with a normal error, such as a pressure; arrays as in `WholeNumber`."""

    expected: Floats
    sd: float

    @property
    def location(self) -> Floats:
        """What is expected, in the unit of the gauge."""
        return self.expected

    def shifted(self, by: float) -> Gauge:
        """Give the reading of somebody whose location is larger by so much."""
        return replace(self, expected=self.expected + by)

    def log_chance(self, value: float | Floats, times_error: float = 1.0) -> Floats:
        """Give the log density of a value, up to a constant of the gauge."""
        return np.asarray(-0.5 * ((value - self.expected) / (self.sd * times_error)) ** 2)

    def recorded(self, rng: np.random.Generator) -> Floats:
        """Draw readings."""
        return self.expected + self.sd * rng.standard_normal(self.expected.shape)


@dataclass(frozen=True)
class Assay:
    """A concentration with a lognormal error; `log_sd` has the shape of what is expected, ng/mL."""

    expected: Floats
    log_sd: Floats

    @property
    def location(self) -> Floats:
        """What is expected, log ng/mL."""
        return np.asarray(np.log(np.maximum(self.expected, NONE_NG_PER_ML)))

    def shifted(self, by: float) -> Assay:
        """Give the reading of somebody whose location is larger by so much."""
        return replace(self, expected=self.expected * np.exp(by))

    def log_chance(self, value: float | Floats, times_error: float = 1.0) -> Floats:
        """Give the log density of a value on the log scale."""
        sd = self.log_sd * times_error
        miss = (np.log(value) - self.location) / sd
        return np.asarray(-0.5 * miss**2 - np.log(sd / SAMPLE_LOG_SD))

    def log_chance_below(self, limit_ng_per_ml: float | Floats, times_error: float = 1.0) -> Floats:
        """Give the log chance of lying below the assay's limit (the M3 method)."""
        return np.asarray(log_ndtr((np.log(limit_ng_per_ml) - self.location) / (self.log_sd * times_error)))

    def recorded(self, rng: np.random.Generator) -> Floats:
        """Draw measured concentrations."""
        return self.expected * np.exp(self.log_sd * rng.standard_normal(self.expected.shape))


def cadss_sd(felt: Floats) -> Floats:
    """Give the error of a CADSS total, points: small where nothing is felt, a share and a few points where much is."""
    return CADSS_SD_LEAST + CADSS_SD_POINTS * felt / (felt + CADSS_SD_POINTS) + CADSS_SD_SHARE * felt


def robust(log_chance: Floats) -> Floats:
    """Let every observation be a slip once in ten thousand."""
    return np.asarray(np.logaddexp(log_chance, np.log(SLIP)))
