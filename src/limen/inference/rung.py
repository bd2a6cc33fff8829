"""The rungs of the ladder of response models: one model, of which some parameters are held where a part is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from limen.quantities import Floats, Integers, array_namespace
from limen.response.parameters import NAMES, PARAMETERS

#: A size or a share that counts as none, and one that counts as without limit.
NONE: Final = 1e-6
WITHOUT_LIMIT: Final = 1e6


@dataclass(frozen=True)
class Rung:
    """One model of the ladder.

    Parameters
    ----------
    id, says : str
        ``"M0"`` to ``"M4"``, and what it adds.
    held : Mapping[str, float]
        Parameters that are not fitted, in their own unit.
    loosened : Mapping[str, float]
        Prior SDs on the scale that are wider in this rung, because one branch stands for two.
    """

    id: str
    says: str
    held: Mapping[str, float]
    loosened: Mapping[str, float] = field(default_factory=dict)

    @property
    def free(self) -> Integers:
        """Places of the parameters that are fitted."""
        return np.array([k for k, name in enumerate(NAMES) if name not in self.held])

    @property
    def centre(self) -> Floats:
        """Prior means of the fitted parameters on their scales, shape ``(free,)``."""
        return np.array([PARAMETERS[k].prior_mean for k in self.free])

    @property
    def spread(self) -> Floats:
        """Prior SDs of the fitted parameters on their scales, shape ``(free,)``."""
        own = [PARAMETERS[k] for k in self.free]
        return np.array([self.loosened.get(parameter.name, parameter.spread) for parameter in own])

    def complete(self, free: Floats) -> Floats:
        """Put fitted values, ``(draws, free)``, among the held ones, ``(draws, parameters)``."""
        places = {int(k): column for column, k in enumerate(self.free)}
        nothing = 0.0 * free[:, 0]
        columns = [
            free[:, places[k]] if k in places else nothing + np.log(self.held[name]) for k, name in enumerate(NAMES)
        ]
        whole: Floats = array_namespace(free).stack(columns, axis=1)
        return whole


_NO_DRUG: Final = {"fast_points": NONE, "slow_points": NONE, "trial_drug_cv": NONE, "drug_cv": NONE}
_NO_SHAPE: Final = {
    "fast_fade_d": 1.0,
    "fast_half_dose": 1.0,
    "slow_fade_d": 1.0,
    "slow_half_dose": 1.0,
    "slow_delay_h": 1.0,
    "slow_ceiling": 1.0,
    "drug_share_beside_antidepressant": 1.0,
}
_ONE_BRANCH: Final = {"fast_points": NONE, "fast_fade_d": 1.0, "fast_half_dose": 1.0, "slow_ceiling": WITHOUT_LIMIT}
_WIDE: Final = {"slow_fade_d": 1.2, "slow_delay_h": 1.2, "slow_points": 1.0}
LADDER: Final = (
    Rung("M0", "control type and time, no drug", MappingProxyType(_NO_DRUG | _NO_SHAPE)),
    Rung("M1", "and a drug, whatever its dose", MappingProxyType(_ONE_BRANCH | {"slow_half_dose": NONE}), _WIDE),
    Rung("M2", "and its dose", MappingProxyType(_ONE_BRANCH), _WIDE),
    Rung("M3", "and two branches, fast and slow", MappingProxyType({"slow_ceiling": WITHOUT_LIMIT})),
    Rung("M4", "and saturation over repeated doses", MappingProxyType({})),
)
