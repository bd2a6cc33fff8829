"""The parameters of the response: what each means, its unit, and what was believed of it before the data.

Every number here is a prior of ours: wide, centred on what the fitting tables make plausible, and replaced by the
posterior that ships with the package. Effects are in MADRS points that a small effect would take off a baseline of 33;
larger ones saturate (see `people.remaining`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final, Literal

import numpy as np

from limen.quantities import Floats, InputError, array_namespace

Scale = Literal["log", "logit"]

#: Baseline MADRS to which the effects refer (ours: near the arms in baselines.csv, whose median is 34.9).
REFERENCE_BASELINE: Final = 33.0


@dataclass(frozen=True)
class Parameter:
    """One population parameter, normal before the data on its own scale.

    Parameters
    ----------
    name : str
        With its unit.
    scale : {"log", "logit"}
        The scale on which the prior is normal.
    centre : float
        Prior median, in the parameter's own unit.
    spread : float
        Prior SD on the scale.
    says : str
        What it is, in one sentence.
    """

    name: str
    scale: Scale
    centre: float
    spread: float
    says: str

    @property
    def prior_mean(self) -> float:
        """Prior mean on the scale."""
        ratio = self.centre if self.scale == "log" else self.centre / (1.0 - self.centre)
        return float(np.log(ratio))

    def natural(self, on_scale: Floats) -> Floats:
        """Bring values of any shape from the scale to the parameter's own unit."""
        xp = array_namespace(on_scale)
        own: Floats = xp.exp(on_scale) if self.scale == "log" else 1.0 / (1.0 + xp.exp(-on_scale))
        return own


PARAMETERS: Final = (
    Parameter("fast_points", "log", 8.0, 0.6, "Fall of the score by the fast branch after one reference infusion."),
    Parameter("fast_fade_d", "log", 0.75, 0.35, "Time constant with which the fast branch fades."),
    Parameter("fast_half_dose", "log", 1.0, 0.7, "Block at which the fast drive is half of its most, reference = 1."),
    Parameter("slow_points", "log", 6.0, 0.7, "Fall of the score by the slow branch after one reference infusion."),
    Parameter("slow_fade_d", "log", 7.0, 0.4, "Time constant with which the slow branch fades."),
    Parameter("slow_half_dose", "log", 1.0, 0.7, "Block at which the slow drive is half of its most, reference = 1."),
    Parameter("slow_delay_h", "log", 12.0, 0.3, "Mean delay between block and synaptic change."),
    Parameter("slow_ceiling", "log", 2.0, 0.6, "Most the slow branch can hold, in reference infusions."),
    Parameter("recovery_points", "log", 4.0, 0.7, "Natural recovery and regression to the mean, in every arm."),
    Parameter("recovery_rise_d", "log", 7.0, 1.0, "Time constant of natural recovery."),
    Parameter("expectancy_points", "log", 10.0, 0.7, "Fall of the score in somebody sure of having had the drug."),
    Parameter("expectancy_fade_d", "log", 0.6, 0.4, "Time constant with which expectancy fades."),
    Parameter("expectancy_lasting", "logit", 0.3, 0.8, "Share of expectancy that does not fade."),
    Parameter("belief_saline_drug", "logit", 0.88, 0.7, "Belief of having had the drug: drug arm against saline."),
    Parameter("belief_saline_control", "logit", 0.33, 0.7, "The same: saline arm."),
    Parameter("belief_midazolam_drug", "logit", 0.77, 0.7, "The same: drug arm against midazolam."),
    Parameter("belief_midazolam_control", "logit", 0.57, 0.7, "The same: midazolam arm."),
    Parameter(
        "crossover_share", "log", 0.6, 0.4, "Recovery, expectancy and drift in a crossover, parallel groups = 1."
    ),
    Parameter("inpatient_points", "log", 5.0, 0.6, "Fall of the score by admission and usual inpatient care."),
    Parameter(
        "new_antidepressant_points", "log", 5.0, 0.5, "Fall of the score by a new oral antidepressant, in the end."
    ),
    Parameter("new_antidepressant_rise_d", "log", 18.0, 0.4, "Time constant of that fall."),
    Parameter(
        "drug_share_beside_antidepressant", "log", 0.7, 0.4, "Drug effect beside an oral antidepressant, alone = 1."
    ),
    Parameter("drug_cv", "log", 0.6, 0.4, "Between-person coefficient of variation of the drug effect."),
    Parameter("control_cv", "log", 0.8, 0.4, "The same for recovery, expectancy and care."),
    Parameter("drift_sd_points", "log", 4.0, 0.5, "Between-person SD of everything else after the baseline."),
    Parameter("rating_sd_points", "log", 3.0, 0.3, "SD of one rating of an unchanged person."),
    Parameter("trial_drug_cv", "log", 0.3, 0.4, "Between-trial coefficient of variation of the drug effect."),
    Parameter("trial_control_cv", "log", 0.4, 0.4, "The same for recovery, expectancy and care."),
)
NAMES: Final = tuple(parameter.name for parameter in PARAMETERS)


@dataclass(frozen=True)
class Population:
    """Draws of all parameters in their own units.

    Parameters
    ----------
    values : Mapping[str, Floats]
        One array of shape ``(draws,)`` for each of `NAMES`.
    """

    values: Mapping[str, Floats]

    def __post_init__(self) -> None:
        missing = [name for name in NAMES if name not in self.values]
        if missing:
            raise InputError(
                f"A population needs the parameter {missing[0]}: draw it with from_scale or shipped_posterior."
            )

    def __getitem__(self, name: str) -> Floats:
        return self.values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values[NAMES[0]])

    def take(self, rows: np.typing.NDArray[np.int64]) -> Population:
        """Give the draws of `rows`, shape ``(n,)``, in that order."""
        return Population({name: column[rows] for name, column in self.values.items()})


def from_scale(on_scale: Floats) -> Population:
    """Read a population from unconstrained values of shape ``(draws, parameters)``, in the order of `NAMES`."""
    columns = (parameter.natural(on_scale[:, k]) for k, parameter in enumerate(PARAMETERS))
    return Population(dict(zip(NAMES, columns, strict=True)))


def prior_draws(draws: int, rng: np.random.Generator) -> Population:
    """Draw `draws` populations from the prior."""
    centre = np.array([parameter.prior_mean for parameter in PARAMETERS])
    spread = np.array([parameter.spread for parameter in PARAMETERS])
    return from_scale(centre + spread * rng.standard_normal((draws, len(PARAMETERS))))


def posterior_bytes() -> bytes:
    """Give the shipped posterior as stored."""
    return (resources.files("limen.response") / "data" / "posterior.npz").read_bytes()


def posterior_hash() -> str:
    """Give the first twelve figures of the SHA-256 of the shipped posterior."""
    return hashlib.sha256(posterior_bytes()).hexdigest()[:12]


def population_hash(population: Population) -> str:
    """Give the first twelve figures of the SHA-256 of draws that do not ship with the package."""
    digest = hashlib.sha256()
    for name in sorted(population):
        digest.update(name.encode() + np.ascontiguousarray(population[name]).tobytes())
    return digest.hexdigest()[:12]


def shipped_posterior() -> Population:
    """Read the posterior that ships with the package; `limen fit --population` made it from the tables it names."""
    return from_scale(shipped_on_scale())


def shipped_on_scale() -> Floats:
    """Read the shipped posterior on the scales of its priors, in the order of `NAMES`, ``(draws, parameters)``."""
    with (resources.files("limen.response") / "data" / "posterior.npz").open("rb") as file, np.load(file) as stored:
        found: Floats = stored["on_scale"].astype(np.float64)
    return found
