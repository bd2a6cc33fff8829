"""The cells of the posteromedial circuit: five populations in one frame, whatever the mechanism.

The circuit is a hypothesis of ours, not a fitted model of anybody's brain. Every value in a mechanism's file was found
by the search of `limen.circuit.search` or set by hand, and is ours.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import Final

import numpy as np

from limen.quantities import Floats, InputError

#: Deep pyramidal cells, other pyramidal cells, parvalbumin and somatostatin interneurons, thalamic relay.
POPULATIONS: Final = ("H", "N", "PV", "SST", "TH")
#: Cells that also carry Ih, the T-type calcium current and a spike-triggered potassium current; H has GABA-B receptors
#: too.
BURSTING: Final = ("H", "TH")


@dataclass(frozen=True)
class Cell:
    """One population of equal cells. Conductances in mS/cm2, currents in uA/cm2, capacitance 1 uF/cm2.

    Parameters
    ----------
    size : float
        How many cells.
    leak_ms_cm2, leak_mv : float
        Leak conductance and its reversal.
    bias_ua_cm2, spread_ua_cm2 : float
        Constant drive, and its SD over cells.
    noise_ua_cm2 : float
        SD of the coloured background current (5 ms).
    threshold_mv, reset_mv, refractory_ms : float
        Spike and what follows it.
    nmda_ms_cm2, nmda_factor : float
        Tonic NMDA conductance; how many times sooner than in H it is blocked.
    stimulated : float
        Share of a stimulating current that reaches it.
    gaba_mv : float
        Reversal of GABA-A.
    ih_ms_cm2, ih_tau_ms : float
        Ih, carried by HCN1, and its time constant.
    calcium_ms_cm2, calcium_half_mv : float
        T-type calcium conductance, and where half of it is inactivated.
    potassium_ms_cm2, potassium_tau_ms : float
        Potassium current that a spike opens.
    gabab_ms_cm2 : float
        GABA-B conductance when all its channels are open.
    """

    size: float
    leak_ms_cm2: float
    leak_mv: float
    bias_ua_cm2: float
    spread_ua_cm2: float
    noise_ua_cm2: float
    threshold_mv: float
    reset_mv: float
    refractory_ms: float
    nmda_ms_cm2: float
    nmda_factor: float
    stimulated: float
    gaba_mv: float
    ih_ms_cm2: float = 0.0
    ih_tau_ms: float = 1.0
    calcium_ms_cm2: float = 0.0
    calcium_half_mv: float = -1.0
    potassium_ms_cm2: float = 0.0
    potassium_tau_ms: float = 1.0
    gabab_ms_cm2: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not np.isfinite(getattr(self, field.name)):
                raise InputError(f"A cell's {field.name} must be finite, got {getattr(self, field.name)}: mend it.")
        if self.size < 1 or self.size != int(self.size):
            raise InputError(f"A population needs a whole number of cells above 0, got {self.size:g}: mend its size.")

    def row(self) -> Floats:
        """Give all values in the order above, shape ``(parameters,)``."""
        return np.array(astuple(self), dtype=np.float64)
