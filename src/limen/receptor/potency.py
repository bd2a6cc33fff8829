"""How strongly ketamine and norketamine hold the NMDA channel, by the assay asked for, and how unsure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

import numpy as np

from limen.evidence import finding
from limen.quantities import Floats, InputError

ASSAYS: Final = ("in_vivo", "ebert", "salat")
PARENTS: Final = ("ketamine", "norketamine")
NM_PER_UM: Final = 1000.0
NORMAL_95_WIDTH: Final = 3.92  # a 95 % interval of a normal, in SD

Numbers = Mapping[str, float]


@dataclass(frozen=True)
class Potency:
    """Unbound concentrations that hold half of the channels, and the unbound share of plasma.

    Parameters
    ----------
    assay : str
        One of `ASSAYS`.
    ic50_um : Mapping[str, Floats]
        For each ligand of the assay, uM; shape ``(draws,)``.
    fu_unbound : Floats
        Unbound fraction of total plasma, shape ``(draws,)``.
    """

    assay: str
    ic50_um: Mapping[str, Floats]
    fu_unbound: Floats

    def __len__(self) -> int:
        """How many draws."""
        return len(self.fu_unbound)

    def rows(self, chosen: slice) -> Potency:
        """Give some of the draws."""
        kept = {name: values[chosen] for name, values in self.ic50_um.items()}
        return Potency(self.assay, MappingProxyType(kept), self.fu_unbound[chosen])


def check_assay(assay: str) -> None:
    """Refuse an assay that is not one of the three.

    Raises
    ------
    InputError
        Naming them.
    """
    if assay not in ASSAYS:
        raise InputError(f"There is no assay {assay!r}: use one of {', '.join(ASSAYS)}.")


def typical_fu() -> float:
    """Give the default unbound fraction of plasma (dayton; range 0.29 to 0.57 in the uncertainty run)."""
    return finding("fraction_unbound").number()


def check_fu(fu_unbound: float) -> None:
    """Refuse an unbound fraction that cannot be.

    Raises
    ------
    InputError
        If it is not above 0 and at most 1.
    """
    if not 0.0 < fu_unbound <= 1.0:
        raise InputError(
            f"An unbound fraction lies above 0 and at most at 1, got {fu_unbound:g}: use 0.53, for example."
        )


def typical_potency(assay: str, fu_unbound: float | None = None) -> Potency:
    """Give the potency of an assay without uncertainty.

    Parameters
    ----------
    assay : str
        One of `ASSAYS`.
    fu_unbound : float or None
        Unbound fraction; None is the default of `typical_fu`.

    Returns
    -------
    Potency
        One row.

    Raises
    ------
    InputError
        If the assay or the fraction cannot be used.
    """
    fu = typical_fu() if fu_unbound is None else fu_unbound
    check_fu(fu)
    rows = {name: np.array([value]) for name, value in half_block_um(assay).items()}
    return Potency(assay, MappingProxyType(rows), np.array([fu]))


def draw_potency(draws: int, assay: str, rng: np.random.Generator) -> Potency:
    """Draw what is not known of potency and binding.

    The IC50 is lognormal with the published 95 % limits; an assay without published limits keeps its value, and the
    enantiomers of one ligand move together (ours). The unbound fraction is triangular over its published range with
    its default as the mode (ours).

    Parameters
    ----------
    draws : int
        How many.
    assay : str
        One of `ASSAYS`.
    rng : numpy.random.Generator
        The source of chance.

    Returns
    -------
    Potency
        Shape ``(draws,)`` each.

    Raises
    ------
    InputError
        If the assay is not known.
    """
    values = half_block_um(assay)
    factors = {name: np.exp(_sd_log(name, assay) * rng.standard_normal(draws)) for name in PARENTS}
    rows = {name: value * factors[parent_of(name)] for name, value in values.items()}
    low, high = finding("fraction_unbound").interval()
    return Potency(assay, MappingProxyType(rows), rng.triangular(low, typical_fu(), high, draws))


def parent_of(ligand: str) -> str:
    """Give the ligand without its enantiomer."""
    return ligand.removeprefix("S-").removeprefix("R-")


@cache
def half_block_um(assay: str) -> Numbers:
    """Give the unbound concentration, uM, at which each ligand alone holds half of the channels.

    In vivo the enantiomers are our construction: Ebert's ratio of S to R, scaled so that the racemate (half each)
    has the in-vivo value. Salat measured no enantiomers.

    Raises
    ------
    InputError
        If the assay is not known.
    """
    check_assay(assay)
    if assay == "salat":
        return MappingProxyType({name: finding(f"{name}_ki_salat").number() for name in PARENTS})
    ebert = _ebert_um()
    if assay == "ebert":
        return ebert
    found = {}
    for name, value in ebert.items():
        whole = finding(f"{parent_of(name)}_ic50_in_vivo").number() / NM_PER_UM
        found[name] = value * whole / ebert[parent_of(name)]
    return MappingProxyType(found)


@cache
def _ebert_um() -> Numbers:
    found: dict[str, float] = {}
    for parent in PARENTS:
        s, r = (finding(f"{letter}_{parent}_ki_ebert").number() for letter in ("s", "r"))
        found |= {f"S-{parent}": s, f"R-{parent}": r, parent: 2.0 / (1.0 / s + 1.0 / r)}
    return MappingProxyType(found)


def _sd_log(parent: str, assay: str) -> float:
    """SD of the logarithm: from 95 % limits in vivo, from the printed +- in Salat; none was printed by Ebert."""
    if assay == "in_vivo":
        low, high = finding(f"{parent}_ic50_in_vivo").interval()
        return math.log(high / low) / NORMAL_95_WIDTH
    if assay == "salat":
        low, high = finding(f"{parent}_ki_salat").interval()
        return math.log(high / low) / 2.0
    return 0.0
