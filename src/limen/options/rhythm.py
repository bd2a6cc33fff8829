"""What the 1-4 Hz rhythm is worth for an option: nothing, until data tie it to sensitivity or benefit; and a what-if.

Say that seeing the rhythm were LR times as probable in a person who does better than the median under an option as in
one who does worse. Seeing it would then weigh the better half LR times as heavily:

    benefit | seen = (LR m1 + m0) / (LR + 1)             m1, m0 the mean benefit of the two halves

The what-if gives the least LR at which what was not separated would be, and says that no data give it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from limen.options.doubt import Separation, Sides, rating_error
from limen.options.outcome import DIGITS, quantiles
from limen.quantities import Floats

Json = dict[str, Any]

#: What the rhythm is worth here: no data tie it to sensitivity or benefit.
RHYTHM: Final[Json] = {
    "likelihood_ratio": 1.0,
    "because": "no data on file tie the 1-4 Hz rhythm to sensitivity or benefit, so seeing it changes no option",
}
#: Likelihood ratios that are tried (ours: 100 would be a better test than any on file for anything in this field).
TRIED: Final = tuple(float(round(x, 1)) for x in np.geomspace(1.0, 100.0, 41))
ENDS: Final = (0.1, 0.9)
#: Likelihood ratios whose effect is printed (ours).
SHOWN_RATIOS: Final = (1.0, 3.0, 10.0, 30.0)


def rhythm_worth(sides: Sides, benefit: Floats) -> Json:
    """Give how much the rhythm would have to be worth before an option changes.

    Parameters
    ----------
    sides : Sides
        Every option under every side of every joint.
    benefit : Floats
        As `limen.options.doubt.pooled` gives it, shape ``(options, horizons, draws)``.

    Returns
    -------
    dict
        ``what_if``: for the highest and the lowest dose of the next visit whose benefit is known, of the drug and route
        with most of them, the least likelihood ratio at which seeing the rhythm would separate them at each horizon;
        null where they are separated without it, or 100 is not enough.
    """
    doses = comparable(sides)
    if len(doses) < len(("low", "high")):
        return {"what_if": None, "unknown_because": "fewer than two doses of one way in have a known benefit"}
    low, high = doses[0], doses[-1]
    values, rule = benefit[high] - benefit[low], Separation(rating_error(sides), within_data=True)
    weights = np.full(values.shape[1], 1.0 / values.shape[1])
    return {
        "what_if": {
            "options": [high, low],
            "least_likelihood_ratio": [least_ratio(column, weights, rule) for column in values],
            "separated_without": [separated(column, weights, rule) for column in values],
            "tried_to": TRIED[-1],
            "chance_of_more": [chances_of_more(column, rule) for column in values],
            "says": "No data give such a likelihood ratio: this is what would have to be shown first.",
        }
    }


def comparable(sides: Sides) -> list[int]:
    """Give the places of the doses of the next visit, lowest first, by the drug and route that has most of them."""
    by_way: dict[tuple[str, str], list[int]] = {}
    for k, one in enumerate(sides.default):
        dose = one.candidate.dose
        if dose is not None and one.known and not one.candidate.later_h:
            by_way.setdefault((dose.drug, dose.route), []).append(k)
    return max(by_way.values(), key=len, default=[])


def chances_of_more(values: Floats, rule: Separation) -> list[Json]:
    """Give the chance that one option does more by at least a rating's error, for likelihood ratios of seeing a rhythm.

    Parameters
    ----------
    values : Floats
        By how many points it does more, shape ``(n,)``.
    rule : Separation
        Holds the error of one rating.
    """
    chance = float(np.mean(values >= rule.least_points))
    return [{"likelihood_ratio": one, "chance": round(chance_given(chance, one), DIGITS)} for one in SHOWN_RATIOS]


def chance_given(chance: float, likelihood_ratio: float) -> float:
    """Give a chance after something was seen that is so many times as probable where it holds: Bayes by odds."""
    return likelihood_ratio * chance / (likelihood_ratio * chance + 1.0 - chance)


def ratio_needed(chance: float, wanted: float) -> float:
    """Give the likelihood ratio that moves one chance to another."""
    return wanted / (1.0 - wanted) * (1.0 - chance) / chance


def least_ratio(values: Floats, weights: Floats, rule: Separation) -> float | None:
    """Give the least likelihood ratio at which a difference, shape ``(n,)``, is separated; None where none is."""
    if separated(values, weights, rule):
        return None
    better = values > float(np.median(values))
    for ratio in TRIED[1:]:
        for favoured in (better, ~better):
            if separated(values, np.where(favoured, ratio, 1.0) * weights, rule):
                return round(ratio, DIGITS)
    return None


def separated(values: Floats, weights: Floats, rule: Separation) -> bool:
    """Tell whether a difference would be separated, were all options within what was fitted."""
    share = weights / weights.sum()
    low, high = quantiles(values, share, ENDS)
    return rule.holds(low, float(share @ values), high)
