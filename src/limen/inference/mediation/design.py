"""Who felt what and who got better, as arrays: what the two regressions of a mediation analysis are given."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from limen.quantities import Booleans, Floats, Integers


@dataclass(frozen=True)
class Design:
    """One row a scored visit; every array has shape ``(visits,)`` but `covariates`.

    Parameters
    ----------
    person : Integers
        Whose visit; 0, 1, 2 ...
    dose_mg_per_kg : Floats
        0 without drug.
    exposure : Floats
        Measured, in any one unit; NaN where it was not, 0 without drug.
    error_log_sd : Floats
        Error of `exposure` on the log scale.
    cadss : Floats
        The mediator, 0 or more.
    improvement : Floats
        Baseline minus score, points.
    covariates : Floats
        What is held fixed, each column centred, shape ``(visits, covariates)``.
    prior_sd : Floats
        For each covariate the prior SD of its coefficient in SD of the outcome; infinite where it has none,
        shape ``(covariates,)``.
    """

    person: Integers
    dose_mg_per_kg: Floats
    exposure: Floats
    error_log_sd: Floats
    cadss: Floats
    improvement: Floats
    covariates: Floats
    prior_sd: Floats

    @property
    def persons(self) -> int:
        """How many people."""
        return len(np.unique(self.person))

    @property
    def dosed(self) -> Booleans:
        """Whether drug was given, shape ``(visits,)``."""
        return np.asarray(self.dose_mg_per_kg > 0.0)

    def of(self, kept: Booleans) -> Design:
        """Give the visits that are kept."""
        return replace(
            self,
            person=self.person[kept],
            dose_mg_per_kg=self.dose_mg_per_kg[kept],
            exposure=self.exposure[kept],
            error_log_sd=self.error_log_sd[kept],
            cadss=self.cadss[kept],
            improvement=self.improvement[kept],
            covariates=self.covariates[kept],
        )

    def by_person(self, values: Floats) -> Floats:
        """Give for each visit the mean of `values` over its person, shape ``(visits, ...)`` as `values`."""
        codes, rows = np.unique(self.person, return_inverse=True)
        sums = np.zeros((len(codes), *values.shape[1:]))
        np.add.at(sums, rows, values)
        counts = np.bincount(rows).reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray((sums / counts)[rows])
