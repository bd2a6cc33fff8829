"""What a kinetic model is: compartments, flows, inputs, outputs and parameters, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from limen.kinetics.arithmetic import Expression

MINUTES_PER: Final = {"min": 1.0, "h": 60.0}
#: A factor on every norketamine output (ours): 1 in the typical person of a published model; the constructions of the
#: racemate calibrate it, and its uncertainty is that of all that papers disagree about.
NORKETAMINE_EXPOSURE: Final = "NK_exposure"


@dataclass(frozen=True)
class Parameter:
    """One number of a model.

    Parameters
    ----------
    name, unit : str
        As in the model file.
    value : float
        For a typical person.
    people_variance : float
        Between people, of the logarithm (or of the logit).
    occasion_variance : float
        Between the occasions of one person, likewise.
    on_logit : bool
        Whether that variance is on the logit instead of the logarithm.
    prior_sd_log : float
        How unsure the value itself is, as SD of its logarithm; 0 where that is carried by `Scaling`.
    cell : str
        Where the paper prints it; empty where only third-party code carries it.
    """

    name: str
    value: float
    unit: str
    people_variance: float = 0.0
    occasion_variance: float = 0.0
    on_logit: bool = False
    prior_sd_log: float = 0.0
    cell: str = ""


@dataclass(frozen=True)
class Flow:
    """A first-order flow: `rate` times the amount in `origin` goes to `to`, or leaves by ``"out"``."""

    origin: str
    to: str
    rate: Expression


@dataclass(frozen=True)
class Input:
    """How a dose by `route` enters compartment `into`.

    `fraction` multiplies the full dose. `duration` is that of a zero-order input, in the time unit of the model;
    None where the dose itself says how long it takes, and 0 is at once.
    """

    route: str
    into: str
    fraction: Expression
    duration: Expression | None


@dataclass(frozen=True)
class Output:
    """The concentration of one analyte, ng/mL of itself, linear in the compartments."""

    analyte: str
    expr: Expression


@dataclass(frozen=True)
class Copy:
    """One run of the structure: the enantiomer it stands for (``""`` as the file says), its share and its factors."""

    enantiomer: str
    dose_fraction: float
    factors: Mapping[str, float]


@dataclass(frozen=True)
class Block:
    """Correlated between-person effects: names and the covariance of their logarithms."""

    parameters: tuple[str, ...]
    covariance: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Scaling:
    """Which parameters follow a factor on clearance, central volume, or all volumes (ours)."""

    clearance: tuple[str, ...]
    central_volume: str
    volumes: tuple[str, ...]
    elimination_rates: tuple[str, ...]


@dataclass(frozen=True)
class About:
    """Where a model comes from and what it lacks, as its file says it; residual error and covariates as written.

    `sources` are the DOIs of all that it was made from, its own first.
    """

    display_name: str
    citation: str
    doi: str
    sources: tuple[str, ...]
    standing: str
    standing_note: str
    completeness: str
    site_note: str
    population: str
    errata: tuple[str, ...]
    may_carry_paper_name: bool
    residual: Mapping[str, Any]
    covariates: Mapping[str, Any]


@dataclass(frozen=True)
class Model:
    """One compartmental model.

    Parameters
    ----------
    id, site, enantiomer, time_unit : str
        ``site`` is where it was sampled: arterial, venous or unknown.
    routes : tuple of str
        Words of the model files (``nasal``, ``oral_solution``, ...).
    compartments : tuple of str
        In state order.
    lag_rate : Expression or None
        Where given, each output is read through a first-order delay of this rate that takes no drug.
    borrowed : bool
        Whether its between-person variability is borrowed from another model (ours).
    typical_case : Mapping[str, float]
        Covariates of the typical person.
    """

    id: str
    site: str
    enantiomer: str
    time_unit: str
    routes: tuple[str, ...]
    compartments: tuple[str, ...]
    flows: tuple[Flow, ...]
    inputs: tuple[Input, ...]
    derived: tuple[tuple[str, Expression], ...]
    outputs: tuple[Output, ...]
    parameters: Mapping[str, Parameter]
    blocks: tuple[Block, ...]
    copies: tuple[Copy, ...]
    scaling: Scaling
    typical_case: Mapping[str, float]
    about: About
    borrowed: bool
    lag_rate: Expression | None = None

    @property
    def minutes_per_unit(self) -> float:
        """Minutes in the time unit of its rates."""
        return MINUTES_PER[self.time_unit]

    @property
    def gives_enantiomers(self) -> bool:
        """Whether it tells S from R, or describes S alone."""
        return self.enantiomer != "racemate, not resolved"

    @property
    def is_s_only(self) -> bool:
        """Whether it describes S-ketamine alone."""
        return self.enantiomer == "S only"

    @property
    def differs_by_occasion(self) -> bool:
        """Whether a parameter has a value of its own at each occasion of one person."""
        return any(one.occasion_variance > 0.0 for one in self.parameters.values())

    @property
    def changes_with_time(self) -> bool:
        """Whether a rate depends on the time after the first dose, so that no exact step exists."""
        used = [flow.rate for flow in self.flows] + [expression for _, expression in self.derived]
        return any("TAFD" in expression.names for expression in used)
