"""Block that builds and leaves only while channels open: one ligand that is trapped when they close."""

from __future__ import annotations

import numpy as np

from limen.quantities import Floats, InputError


def trapped_share(
    unbound_um: float,
    time_s: Floats,
    *,
    open_probability: float,
    on_per_um_s: float,
    off_per_s: float,
    escape_per_s: float = 0.0,
    free_of_magnesium: float = 1.0,
    start_share: float = 0.0,
) -> Floats:
    """Give the blocked share of channels over time at a constant unbound concentration.

    b' = Po [kon Cu B (1 - b) - koff b] - (1 - Po) kesc b. Without escape the equilibrium is Cu / (Cu + koff/(kon B)),
    whatever Po; the time constant is 1 / (Po (kon Cu B + koff)).

    Parameters
    ----------
    unbound_um : float
        Unbound drug, uM.
    time_s : Floats
        Shape ``(times,)``, seconds since the concentration is there.
    open_probability : float
        Po, above 0 and at most 1.
    on_per_um_s, off_per_s : float
        Binding and unbinding of the open channel; no measured value is on file, so there is no default.
    escape_per_s : float
        Leaving a closed channel; 0 is full trapping.
    free_of_magnesium : float
        B, the share of channels that magnesium leaves free.
    start_share : float
        Blocked at time 0.

    Returns
    -------
    Floats
        Shape ``(times,)``.

    Raises
    ------
    InputError
        If the open probability is not above 0 and at most 1.
    """
    if not 0.0 < open_probability <= 1.0:
        raise InputError(
            f"An open probability lies above 0 and at most at 1, got {open_probability:g}: use 0.05, for example."
        )
    binding = open_probability * on_per_um_s * unbound_um * free_of_magnesium
    leaving = open_probability * off_per_s + (1.0 - open_probability) * escape_per_s
    total = binding + leaving
    settled = binding / total
    return np.asarray(settled + (start_share - settled) * np.exp(-total * time_s))
