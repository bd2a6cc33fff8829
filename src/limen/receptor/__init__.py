"""Receptor: from concentration in plasma to blocked NMDA and HCN1 channels, by a named assay."""

from limen.receptor.block import (
    FUNCTIONAL_ASSAY,
    MAGNESIUM_MM,
    VOLTAGE_MV,
    exposure_factors,
    functional_block,
    hcn1_block,
    hcn1_factor,
    occupancy,
    open_share,
)
from limen.receptor.brain import brain_course, draw_brain_half_life
from limen.receptor.potency import (
    ASSAYS,
    Potency,
    check_assay,
    draw_potency,
    half_block_um,
    typical_fu,
    typical_potency,
)
from limen.receptor.trapping import trapped_share

__all__ = [
    "ASSAYS",
    "FUNCTIONAL_ASSAY",
    "MAGNESIUM_MM",
    "VOLTAGE_MV",
    "Potency",
    "brain_course",
    "check_assay",
    "draw_brain_half_life",
    "draw_potency",
    "exposure_factors",
    "functional_block",
    "half_block_um",
    "hcn1_block",
    "hcn1_factor",
    "occupancy",
    "open_share",
    "trapped_share",
    "typical_fu",
    "typical_potency",
]
