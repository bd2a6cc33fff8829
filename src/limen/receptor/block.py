"""From plasma to blocked channels: competitive occupancy, the NMDA current lost, and HCN1 block."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from limen.evidence import finding
from limen.quantities import Floats, InputError
from limen.receptor.potency import PARENTS, Potency, check_fu, parent_of, typical_fu, typical_potency

FUNCTIONAL_ASSAY: Final = "ebert"  # a binding assay, taken as free of magnesium (ours)
VOLTAGE_MV: Final = -66.0
MAGNESIUM_MM: Final = 1.0

Analytes = Mapping[str, Floats]


def occupancy(
    analytes: Analytes, *, assay: str = "in_vivo", potency: Potency | None = None, fu_unbound: float | None = None
) -> Floats:
    """Give the share of NMDA channels that hold drug.

    Ligands compete and are never added: theta = x / (1 + x), x = sum of Cu_i / IC50_i, Cu_i = C_i / MW_i x fu.

    Parameters
    ----------
    analytes : Mapping[str, Floats]
        Total drug in plasma, ng/mL, shape ``(draws, times)`` or any one shape; ``ketamine``, ``norketamine`` and their
        enantiomers. Enantiomers count where both are there and the assay tells them apart, else the racemate.
    assay : str
        ``in_vivo``, ``ebert`` or ``salat``.
    potency : Potency or None
        Drawn potencies, one a row of the analytes; None is the typical one.
    fu_unbound : float or None
        Unbound fraction, in place of that of `potency`; None is that of `potency`, which is 0.53 where it is typical.

    Returns
    -------
    Floats
        The shape of the analytes; at least 0 and below 1.

    Raises
    ------
    InputError
        If the assay is not known, or `potency` belongs to another one, or no ligand is given.
    """
    if potency is not None and potency.assay != assay:
        raise InputError(f"The potency was drawn for the assay {potency.assay!r}, not {assay!r}: draw it for that one.")
    exposure = unbound_over_half(analytes, potency or typical_potency(assay), fu_unbound)
    return exposure / (1.0 + exposure)


def functional_block(
    analytes: Analytes,
    *,
    voltage_mv: float = VOLTAGE_MV,
    mg_mm: float = MAGNESIUM_MM,
    fu_unbound: float | Floats | None = None,
) -> Floats:
    """Give the share of NMDA current that is lost at a voltage and magnesium: x0 B / (1 + x0 B).

    x0 is the sum of unbound concentration over Ebert's constants, whatever assay occupancy uses; B is `open_share`.

    Parameters
    ----------
    analytes : Mapping[str, Floats]
        As for `occupancy`.
    voltage_mv, mg_mm : float
        Membrane voltage, mV, and magnesium outside, mM.
    fu_unbound : float, Floats of shape ``(draws,)`` or None
        Unbound fraction; None is the default 0.53.

    Returns
    -------
    Floats
        The shape of the analytes.

    Raises
    ------
    InputError
        If magnesium is negative, or no ligand is given.
    """
    exposure = unbound_over_half(analytes, typical_potency(FUNCTIONAL_ASSAY), fu_unbound)
    reduced = exposure * open_share(voltage_mv, mg_mm)
    return reduced / (1.0 + reduced)


def open_share(voltage_mv: float, mg_mm: float) -> float:
    """Give the share of NMDA channels that magnesium leaves free: B(V) = 1 / (1 + Mg / 3.57 exp(-0.062 V)).

    Parameters
    ----------
    voltage_mv : float
        Membrane voltage, mV.
    mg_mm : float
        Magnesium outside, mM, at least 0.

    Returns
    -------
    float
        From 0 (where it is too small for a number) to 1.

    Raises
    ------
    InputError
        If magnesium is negative or a number is not finite.
    """
    if not (np.isfinite(voltage_mv) and np.isfinite(mg_mm) and mg_mm >= 0.0):
        raise InputError(
            f"Magnesium is 0 mM or more and a voltage is in mV, got {mg_mm:g} mM at {voltage_mv:g} mV: use 1 and -66."
        )
    half, slope = finding("magnesium_half_block").number(), finding("magnesium_voltage_slope").number()
    if mg_mm == 0.0:
        return 1.0
    return _share_of_odds(math.log(mg_mm) - math.log(half) - slope * voltage_mv)


def _share_of_odds(log_odds: float) -> float:
    """Give 1 / (1 + exp(x)), which overflows for no x."""
    return math.exp(-max(log_odds, 0.0)) / (1.0 + math.exp(-abs(log_odds)))


def hcn1_block(analytes: Analytes, *, fu_unbound: float | Floats | None = None) -> Floats:
    """Give the share of HCN1 conductance that is blocked: Cu / (Cu + 67 uM), of ketamine whatever its enantiomer.

    Parameters
    ----------
    analytes : Mapping[str, Floats]
        Must hold ``ketamine``, total in plasma, ng/mL.
    fu_unbound : float, Floats of shape ``(draws,)`` or None
        Unbound fraction; None is the default 0.53.

    Returns
    -------
    Floats
        The shape of the analytes.

    Raises
    ------
    InputError
        If there is no ``ketamine``.
    """
    if "ketamine" not in analytes:
        raise InputError(
            f"HCN1 block needs the sum 'ketamine', got {', '.join(sorted(analytes))}: use a model that gives it."
        )
    free = unbound_um(analytes["ketamine"], "ketamine") * _column(_fu(fu_unbound), analytes["ketamine"])
    return free / (free + finding("hcn1_ic50").number())


def hcn1_factor(fu_unbound: float | Floats | None = None) -> Floats:
    """Give what ketamine in ng/mL is multiplied by, so that x / (1 + x) is the blocked share of HCN1.

    Parameters
    ----------
    fu_unbound : float, Floats of shape ``(draws,)`` or None
        As for `hcn1_block`.

    Returns
    -------
    Floats
        Shape ``(draws,)`` or ``(1,)``.
    """
    return _fu(fu_unbound) / molar_mass("ketamine") / finding("hcn1_ic50").number()


def unbound_um(conc_ng_per_ml: Floats, ligand: str) -> Floats:
    """Turn ng/mL into uM (ug/L over g/mol), before the unbound fraction is applied."""
    return conc_ng_per_ml / molar_mass(ligand)


def unbound_over_half(analytes: Analytes, potency: Potency, fu_unbound: float | Floats | None = None) -> Floats:
    """Sum unbound concentration over IC50 of all ligands; arguments as for `occupancy`."""
    factors = exposure_factors(tuple(analytes), potency, fu_unbound)
    total = np.zeros_like(analytes[next(iter(factors))])
    for name, factor in factors.items():
        total = total + analytes[name] * _column(factor, analytes[name])
    return total


def exposure_factors(
    analytes: tuple[str, ...], potency: Potency, fu_unbound: float | Floats | None = None
) -> Mapping[str, Floats]:
    """Give what each analyte is multiplied by, so that the sum x is unbound concentration over IC50 of all ligands.

    Occupancy is x / (1 + x): whoever has only the factors can read occupancy from any weighted sum of concentrations.

    Parameters
    ----------
    analytes : tuple of str
        Those that are known; which of them count is said in `occupancy`.
    potency : Potency
        One row, or one a person.
    fu_unbound : float, Floats of shape ``(draws,)`` or None
        Unbound fraction, in place of that of `potency`.

    Returns
    -------
    Mapping of str to Floats
        Per ng/mL, shape ``(draws,)`` or ``(1,)`` each.

    Raises
    ------
    InputError
        If no ligand is among them.
    """
    fu = potency.fu_unbound if fu_unbound is None else _fu(fu_unbound)
    found = {
        name: fu / potency.ic50_um[ligand] / molar_mass(ligand)
        for parent in PARENTS
        for name, ligand in _forms(analytes, parent, told_apart=f"S-{parent}" in potency.ic50_um)
    }
    if not found:
        raise InputError(f"Block needs 'ketamine' or its enantiomers, got {', '.join(sorted(analytes))}: name them so.")
    return found


def molar_mass(ligand: str) -> float:
    """Give the molar mass of a ligand, g/mol, which its enantiomers share."""
    return finding(f"{parent_of(ligand)}_molar_mass").number()


def _forms(analytes: tuple[str, ...], parent: str, *, told_apart: bool) -> tuple[tuple[str, str], ...]:
    """Choose enantiomers where both are there and told apart, else the racemate, else what is there.

    Each chosen analyte comes with the ligand as which it counts.
    """
    both = [name for name in (f"S-{parent}", f"R-{parent}") if name in analytes]
    if told_apart and (len(both) == len("SR") or parent not in analytes):
        return tuple((name, name) for name in both)
    if parent in analytes:
        return ((parent, parent),)
    return tuple((name, parent) for name in both)


def _fu(fu_unbound: float | Floats | None) -> Floats:
    if fu_unbound is None:
        return np.array([typical_fu()])
    fu = np.atleast_1d(np.asarray(fu_unbound, dtype=np.float64))
    for bound in (float(fu.min()), float(fu.max())):
        check_fu(bound)
    return fu


def _column(values: Floats, like: Floats) -> Floats:
    """Line up one value a row with values of shape ``(rows, times)``; a single one fits any shape."""
    return values if values.size == 1 else values.reshape(-1, *[1] * (like.ndim - 1))
