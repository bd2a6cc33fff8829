"""The circuit as something that goes on: block changes while it runs, and a pulse can be given now."""

from __future__ import annotations

import numpy as np

from limen.circuit.cells import POPULATIONS
from limen.circuit.conditions import PULSE_UA_CM2, Condition
from limen.circuit.network import Network
from limen.circuit.packing import BIN_MS, prepared
from limen.circuit.running import SETTLING_S, Activity, activity, engine_of, stretch
from limen.quantities import InputError

#: Period of a pulse that is given once: longer than any run.
ONCE_MS = 1e12


class LiveCircuit:
    """A network that runs on, stretch by stretch.

    Parameters
    ----------
    network : Network
        Which.
    seed : int
        Of wires, cells and background.
    settling_s : float
        Seconds that pass before the first stretch.
    engine : str
        ``"auto"``, ``"numba"`` or ``"numpy"``.
    """

    def __init__(
        self, network: Network, seed: int = 1, *, settling_s: float = SETTLING_S, engine: str = "auto"
    ) -> None:
        self._network, self._engine = network, engine_of(engine)
        self._ready = prepared(network, Condition(), seed)
        self._level = 0.0
        if settling_s:
            self.advance(settling_s)

    @property
    def now_ms(self) -> float:
        """Model time, ms."""
        return self._ready.state.step * self._ready.packed.step_ms

    def block(self, share: float) -> None:
        """Hold this share of the NMDA receptors from now on; raises InputError outside 0 to 1."""
        Condition(block=share)
        factors = [self._network.cells[name].nmda_factor for name in POPULATIONS]
        self._ready.packed.free[:] = 1.0 - np.minimum(1.0, np.array(factors) * share)

    def pulse(self, width_ms: float, *, in_ms: float = 0.0, amplitude_ua_cm2: float = PULSE_UA_CM2) -> None:
        """Give one pulse of current to the deep cells, so many milliseconds from now; it replaces one still to come."""
        if not width_ms >= self._ready.packed.step_ms:
            raise InputError(f"A pulse of {width_ms:g} ms is shorter than the step: make it 1 ms or longer.")
        self._ready.packed.pulse[:] = (ONCE_MS, width_ms, amplitude_ua_cm2, self.now_ms + in_ms)

    def advance(self, seconds: float) -> Activity:
        """Run on; gives what happened."""
        kept = stretch(self._ready, round(seconds * 1000.0 / BIN_MS), self._engine)
        found, self._level = activity(kept, self._ready, self._level)
        return found
