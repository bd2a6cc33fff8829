"""What we add to a published model, each with a labelled prior: the arterial-venous link, and ways in nobody fitted."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from limen.evidence import finding
from limen.kinetics.arithmetic import Expression, read_expression
from limen.kinetics.model import Flow, Input, Model, Parameter

NORMAL_90_WIDTH: Final = 2.0 * 1.6448536269514722  # a 90 % interval of a normal, in SD

# Ours: blood needs minutes, not tens of minutes, through a forearm; see docs/decisions/0003-arterial-venous-link.md.
LINK_HALF_LIFE_MIN: Final = 5.0
LINK_SD_LOG: Final = 0.7  # 90 % interval 1.6 to 15.8 min
LINK_SAYS: Final = (
    "a first-order arterial-venous delay with a half-life of 5 min (90 % interval 1.6 to 16 min, a prior of ours)"
)

DEPOT: Final = "depot"


@dataclass(frozen=True)
class AbsorptionPrior:
    """A first-order way in that no model of the library was fitted to.

    Parameters
    ----------
    fraction, fraction_sd_log : float
        Share that reaches the blood: median, and SD of its logarithm.
    half_life_min, half_life_sd_log : float
        Of absorption, likewise.
    gives_norketamine : bool
        False where much is swallowed, so that first-pass norketamine would be left out.
    says : str
        Where the numbers come from, for a reader.
    """

    fraction: float
    fraction_sd_log: float
    half_life_min: float
    half_life_sd_log: float
    gives_norketamine: bool
    says: str


def _within(low: float, high: float) -> tuple[float, float]:
    """Median and SD of the logarithm of a lognormal with this 90 % interval."""
    return math.sqrt(low * high), math.log(high / low) / NORMAL_90_WIDTH


MUSCLE_SHARE: Final = finding("intramuscular_bioavailability").number()
INTRAMUSCULAR: Final = AbsorptionPrior(
    *(MUSCLE_SHARE, 0.10),
    *_within(2.0, 18.0),
    gives_norketamine=True,
    says=f"{100.0 * MUSCLE_SHARE:g} % absorbed (an encyclopaedia value, taken with a wide prior), half of it within 2"
    " to 18 min (ours)",
)
SUBCUTANEOUS: Final = AbsorptionPrior(
    *(MUSCLE_SHARE, 0.10),
    *_within(4.0, 36.0),
    gives_norketamine=True,
    says="the intramuscular share with a wide prior and half of it within 4 to 36 min (both ours)",
)
# 17, 13 and 11 % at 10, 30 and 50 mg with one device (PMC9118341), 45 % with another (10.1002/bdd.336), about 50 % in
# children (10.1093/bja/77.2.203): no one constant. With the models of this library the peaks of the first study (22.9,
# 60.8 and 77.6 ng/mL at 14 to 23 min) need more than its own shares and a faster entry than that of nasal esketamine,
# whose half-life is 14 min; the prior holds both.
RACEMIC_SPRAY: Final = AbsorptionPrior(
    *_within(0.13, 0.55),
    *_within(4.0, 20.0),
    gives_norketamine=False,
    says="13 to 55 % absorbed (it depends on the device), half of it within 4 to 20 min (ours, around published peaks)",
)
# 29 % (90 % CI 27-31) and a peak at 45 min, 15 to 60 (10.1111/bcp.12264); the half-life that gives this peak is ours.
RACEMIC_WAFER: Final = AbsorptionPrior(
    *_within(0.22, 0.38),
    *_within(14.0, 90.0),
    gives_norketamine=False,
    says="29 % absorbed (a wafer) with a peak near 45 min; the spread is ours",
)
# 20 % for the racemate by mouth; swallowed esketamine enters at 0.97 per hour (10.1007/s40262-020-00953-4), but 45
# ng/mL (SD 10) after 0.5 mg/kg (Grant 1981, in PMC6020109) asks for a faster entry and more: the prior lies between.
RACEMIC_ORAL: Final = AbsorptionPrior(
    *_within(0.12, 0.42),
    *_within(8.0, 60.0),
    gives_norketamine=False,
    says="12 to 42 % absorbed around a published 20 %, half of it within 8 to 60 min (ours, around a published peak)",
)
ABSORPTION_PRIORS: Final = MappingProxyType(
    {
        ("ketamine", "im"): INTRAMUSCULAR,
        ("ketamine", "sc"): SUBCUTANEOUS,
        ("ketamine", "intranasal"): RACEMIC_SPRAY,
        ("ketamine", "sublingual"): RACEMIC_WAFER,
        ("ketamine", "oral"): RACEMIC_ORAL,
        ("esketamine", "im"): INTRAMUSCULAR,
        ("esketamine", "sc"): SUBCUTANEOUS,
    }
)


def with_link(model: Model) -> Model:
    """Read an arterial model in a vein: v' = k (C - v), k = ln 2 / half-life; no drug is taken and areas are kept.

    Parameters
    ----------
    model : Model
        Sampled in an artery.

    Returns
    -------
    Model
        With one more parameter, ``link_half_life_min``, that has a prior.
    """
    name = "link_half_life_min"
    half_life = Parameter(name, LINK_HALF_LIFE_MIN, "min", prior_sd_log=LINK_SD_LOG)
    return replace(
        model,
        parameters=MappingProxyType({**model.parameters, name: half_life}),
        lag_rate=_rate_of(name, model.minutes_per_unit),
    )


def with_absorption(model: Model, route: str, prior: AbsorptionPrior) -> Model:
    """Give a model a first-order way in by `route`, with the share and the rate of `prior`.

    Parameters
    ----------
    model : Model
        Whose intravenous input is where the drug arrives.
    route : str
        The new route, in the words of the model files.
    prior : AbsorptionPrior
        Labelled as ours.

    Returns
    -------
    Model
    """
    into = next(way.into for way in model.inputs if way.route == "iv")
    added = {
        "F_prior": Parameter("F_prior", prior.fraction, "1", prior_sd_log=prior.fraction_sd_log),
        "absorption_half_life_min": Parameter(
            "absorption_half_life_min", prior.half_life_min, "min", prior_sd_log=prior.half_life_sd_log
        ),
    }
    return replace(
        model,
        routes=(*model.routes, route),
        compartments=(*model.compartments, DEPOT),
        flows=(*model.flows, Flow(DEPOT, into, _rate_of("absorption_half_life_min", model.minutes_per_unit))),
        inputs=(*model.inputs, Input(route, DEPOT, read_expression("min(1, F_prior)"), None)),
        parameters=MappingProxyType({**model.parameters, **added}),
    )


def _rate_of(half_life_name: str, minutes_per_unit: float) -> Expression:
    return read_expression(f"{math.log(2.0) * minutes_per_unit!r}/{half_life_name}")
