"""What a reader's own weights make of the options: nothing is ranked until somebody says what a burden is worth.

    net = sum_h w_h benefit_h  -  w_d CADSS peak  -  w_p rise of pressure  -  w_m mg/kg         points of MADRS

The weights of benefit add to 1; those of the burdens are 0 until they are stated. An option is on the frontier if no
other does at least as well on every count and better on one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from limen.inference.seen import before_mmhg
from limen.options.outcome import DIGITS, ENDS, Outcome, named_quantiles
from limen.quantities import Floats, InputError
from limen.regimen import Case

Json = dict[str, Any]

SAYS: Final = "The weights are the reader's. With burdens at 0 nothing here says what dissociation or a dose is worth."
COUNTS: Final = ("benefit", "dissociation", "pressure", "dose")


def benefit_weights(case: Case) -> Floats:
    """Give the weight of each horizon, which add to 1.

    Raises
    ------
    InputError
        Where there is not one for each horizon, or all are 0.
    """
    stated, horizons = case.options.weights.benefit, len(case.options.horizons_h)
    if not stated:
        return np.full(horizons, 1.0 / horizons)
    if len(stated) != horizons or not sum(stated):
        raise InputError(
            f"The weights of benefit are {list(stated)} for {horizons} horizons: give one number above 0 for each"
            " of horizons_h in [options.weights]."
        )
    return np.array(stated) / sum(stated)


def counts(one: Outcome, weights_h: Floats, mg_per_kg: float) -> Floats:
    """Give benefit over horizons and the burdens of one option by draw, shape ``(draws, 4)``."""
    benefit = one.benefit @ weights_h
    dose = np.full(len(benefit), mg_per_kg)
    return np.stack([benefit, one.found.passed.most_cadss, one.found.passed.most_systolic_rise_mmhg, dose], axis=1)


def frontier(case: Case, outcomes: Sequence[Outcome], mg_per_kg: Sequence[float]) -> Json:
    """Give every option's counts, its net by the reader's weights, and which options no other dominates.

    Parameters
    ----------
    case : Case
        Holds the weights.
    outcomes : Sequence of Outcome
        All options, in their order.
    mg_per_kg : Sequence of float
        What each would give, mg/kg.

    Returns
    -------
    dict
        ``weights``, and for every option ``counts`` (means), ``net`` and ``on_frontier``; null where the benefit is
        not known.

    Raises
    ------
    InputError
        Where the weights do not fit the horizons.
    """
    stated, weights_h = case.options.weights, benefit_weights(case)
    burdens = np.array([stated.dissociation_per_cadss_point, stated.pressure_per_mmhg, stated.dose_per_mg_per_kg])
    found = [counts(one, weights_h, mg) if one.known else None for one, mg in zip(outcomes, mg_per_kg, strict=True)]
    means = [None if one is None else outcomes[k].weights @ one for k, one in enumerate(found)]
    rows = [
        row(one, outcomes[k].weights, burdens, on=means[k] is not None and undominated(k, means))
        for k, one in enumerate(found)
    ]
    best = most_often(found, burdens, [one.weights for one in outcomes])
    for k, share in best.items():
        rows[k]["chance_of_most_net"] = share
    return {
        "weights": {
            "benefit": [round(float(one), DIGITS) for one in weights_h],
            "dissociation_per_cadss_point": stated.dissociation_per_cadss_point,
            "pressure_per_mmhg": stated.pressure_per_mmhg,
            "dose_per_mg_per_kg": stated.dose_per_mg_per_kg,
        },
        "pressure_known": before_mmhg(case, "systolic_mmhg") is not None,
        "options": rows,
        "says": SAYS,
    }


def row(counted: Floats | None, weights: Floats, burdens: Floats, *, on: bool) -> Json:
    """Give one option's line."""
    if counted is None:
        return {"counts": None, "net": None, "on_frontier": None, "chance_of_most_net": None}
    means = weights @ counted
    return {
        "counts": dict(zip(COUNTS, (round(float(one), DIGITS) for one in means), strict=True)),
        "net": spread(counted[:, 0] - counted[:, 1:] @ burdens, weights),
        "on_frontier": on,
        "chance_of_most_net": None,
    }


def spread(values: Floats, weights: Floats) -> Json:
    """Give mean and middle 80 of 100 of values of shape ``(draws,)``."""
    return {"mean": round(float(weights @ values), DIGITS), **named_quantiles(values, weights, ENDS)}


def undominated(k: int, means: Sequence[Floats | None]) -> bool:
    """Tell whether no other option does at least as well on every count and better on one."""
    own = signed(means[k])
    others = [signed(one) for j, one in enumerate(means) if j != k and one is not None]
    return not any(np.all(other >= own) and np.any(other > own) for other in others)


def signed(means: Floats | None) -> Floats:
    """Turn burdens round, so that more is better on every count."""
    return np.array([1.0, -1.0, -1.0, -1.0]) * (np.zeros(len(COUNTS)) if means is None else np.round(means, DIGITS))


def most_often(found: Sequence[Floats | None], burdens: Floats, weights: Sequence[Floats]) -> dict[int, float]:
    """Give how often each option has the most net benefit among all, in the same people."""
    known = [k for k, one in enumerate(found) if one is not None]
    if not known:
        return {}
    nets = np.stack([net(found[k], burdens) for k in known], axis=1)
    best = np.argmax(nets, axis=1)
    return {k: round(float(weights[k] @ (best == place)), DIGITS) for place, k in enumerate(known)}


def net(counted: Floats | None, burdens: Floats) -> Floats:
    """Give benefit less burdens by draw, points, shape ``(draws,)``."""
    return np.zeros(0) if counted is None else counted[:, 0] - counted[:, 1:] @ burdens
