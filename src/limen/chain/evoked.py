"""What stimulation evokes in the modelled person, where dissociation follows the circuit (joint J6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limen.circuit.stimulation import target_named, unknown_because
from limen.quantities import Booleans, Floats
from limen.regimen import Stimulation


def evoked_by_stimulation(stimulations: Sequence[Stimulation], time_min: Floats, chance: Floats) -> Floats:
    """Give how strongly stimulation is felt, 0 or 1.

    Parameters
    ----------
    stimulations : sequence of Stimulation
        Trains, with their targets.
    time_min : Floats
        Shape ``(times,)``.
    chance : Floats
        From 0 to 1, shape ``(3, draws)``: the second row says how often such a train is reported, the third whether
        it is in this person. A person who reports one train reports every like one.

    Returns
    -------
    Floats
        Shape ``(draws, times)``; 0 for a train that no count on file speaks for.
    """
    found = np.zeros((chance.shape[1], len(time_min)))
    for one in stimulations:
        during = (time_min >= one.start_min) & (time_min <= one.end_min)
        found = np.maximum(found, reported(one, chance)[:, None] * during[None, :])
    return found


def reported(one: Stimulation, chance: Floats) -> Booleans:
    """Say in which draws a train is reported, shape ``(draws,)``."""
    from scipy.special import betaincinv  # noqa: PLC0415 - slow to load

    target = target_named(one.target)
    if unknown_because(target, one.current_ma, one.frequency_hz) is not None:
        return np.zeros(chance.shape[1], dtype=np.bool_)
    return np.asarray(chance[2] < betaincinv(*target.beta, chance[1]))
