"""Which models answer for a drug, a route and a sampling site, and with which weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from limen.kinetics.added_parts import ABSORPTION_PRIORS, AbsorptionPrior, with_absorption, with_link
from limen.kinetics.model import Model
from limen.kinetics.model_files import load_model
from limen.quantities import InputError

ENSEMBLE: Final = "ensemble"
SITES: Final = ("venous", "arterial")
FILE_ROUTES: Final = MappingProxyType({"intranasal": "nasal", "oral": "oral_solution", "sublingual": "oral_film"})
SHARE_OF_S: Final = 0.5  # racemic ketamine is half S, half R

Weights = Mapping[str, float]

# Ours. The members are those that describe adults; the one that resolves enantiomers and was sampled at the site asked
# for weighs most, constants of unknown site weigh little. Arterial models enter a venous answer through the link.
_RACEMATE: Final = {"kamp_meta_2020": 0.3, "clements_1981": 0.1, "domino": 0.1}
WEIGHTS: Final[Mapping[tuple[str, str, str], Weights]] = MappingProxyType(
    {
        ("ketamine", "iv", "venous"): {"racemate_composite_venous": 0.5, **_RACEMATE},
        ("ketamine", "iv", "arterial"): {"racemate_composite": 0.5, **_RACEMATE},
        ("esketamine", "iv", "venous"): {"otto_fanta": 0.6, "perez_ruixo_2021": 0.4},
        ("esketamine", "iv", "arterial"): {"simons_2022": 1.0},
        ("esketamine", "intranasal", "venous"): {"perez_ruixo_2021": 1.0},
        ("esketamine", "oral", "venous"): {"perez_ruixo_2021": 1.0},
        ("esketamine", "sublingual", "venous"): {"simons_2022": 1.0},
        ("esketamine", "sublingual", "arterial"): {"simons_2022": 1.0},
    }
)
# What a way in with a prior is put on: in an artery the enantiomer-resolved model of that site; in a vein both, because
# venous models have been fitted to infusions and read low soon after a fast entry (296 ng/mL 2 min after 10 mg).
_PRIOR_BASES: Final[Mapping[tuple[str, str], Weights]] = MappingProxyType(
    {
        ("ketamine", "venous"): {"racemate_composite_venous": 0.5, "racemate_composite": 0.5},
        ("ketamine", "arterial"): {"racemate_composite": 1.0},
        ("esketamine", "venous"): {"otto_fanta": 0.5, "simons_2022": 0.5},
        ("esketamine", "arterial"): {"simons_2022": 1.0},
    }
)


@dataclass(frozen=True)
class Member:
    """One model of an answer.

    Parameters
    ----------
    model : Model
        Ready to run: with the link and the way in that it needs.
    weight : float
        Of this member; all members together have 1.
    drug, route : str
        What it answers for.
    linked : bool
        Whether it was sampled in an artery and is read in a vein.
    prior : AbsorptionPrior or None
        Where the way in has a prior instead of a fit.
    dose_share : float
        Of the dose that the model sees: one half where S alone of a racemate is modelled.
    """

    model: Model
    weight: float
    drug: str
    route: str
    linked: bool
    prior: AbsorptionPrior | None
    dose_share: float

    @property
    def gives_norketamine(self) -> bool:
        """Whether the way in leaves the formation of norketamine as the model describes it."""
        return self.prior is None or self.prior.gives_norketamine


def members(drug: str, route: str, sampled: str, chosen: str = ENSEMBLE) -> tuple[Member, ...]:
    """Say which models answer.

    Parameters
    ----------
    drug, route : str
        Words of the contract; an active drug.
    sampled : str
        ``"venous"`` or ``"arterial"``.
    chosen : str
        ``"ensemble"`` or the id of one model.

    Returns
    -------
    tuple of Member
        Weights add to 1.

    Raises
    ------
    InputError
        If no model answers for this, or the chosen one cannot.
    """
    if sampled not in SITES:
        raise InputError(f"The sampling site {sampled!r} is not known: use --sampled venous or --sampled arterial.")
    weights = _weights(drug, route, sampled) if chosen == ENSEMBLE else {chosen: 1.0}
    return tuple(_member(load_model(name), weight, drug, route, sampled) for name, weight in weights.items())


def _weights(drug: str, route: str, sampled: str) -> Weights:
    if (drug, route, sampled) in WEIGHTS:
        return WEIGHTS[drug, route, sampled]
    if (drug, route) in ABSORPTION_PRIORS:
        return _PRIOR_BASES[drug, sampled]
    raise InputError(
        f"No model of {route} {drug} was sampled in an artery, and a link leads only from artery to vein:"
        " ask for --sampled venous."
    )


def _member(model: Model, weight: float, drug: str, route: str, sampled: str) -> Member:
    _check_drug(model, drug)
    file_route = FILE_ROUTES.get(route, route)
    prior = None if file_route in model.routes else ABSORPTION_PRIORS.get((drug, route))
    if file_route not in model.routes and (prior is None or "iv" not in model.routes):
        raise InputError(
            f"The model {model.id!r} has no {route} route, only {', '.join(model.routes)}:"
            f" use --model {ENSEMBLE}, or another route."
        )
    if model.site == "venous" and sampled == "arterial":
        raise InputError(
            f"The model {model.id!r} was sampled in a vein, and a link leads only from artery to vein:"
            " ask for --sampled venous."
        )
    linked = model.site == "arterial" and sampled == "venous"
    ready = model if prior is None else with_absorption(model, file_route, prior)
    share = SHARE_OF_S if model.is_s_only and drug == "ketamine" else 1.0
    return Member(with_link(ready) if linked else ready, weight, drug, route, linked, prior, share)


def _check_drug(model: Model, drug: str) -> None:
    if drug == "esketamine" and not model.is_s_only:
        raise InputError(
            f"The model {model.id!r} describes racemic ketamine and not esketamine:"
            " use otto_fanta, perez_ruixo_2021 or simons_2022, or --drug ketamine."
        )
