"""What one more observation before or in the next visit would be worth for the options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from limen.inference.readings import SAMPLE_LOG_SD, Assay, Reading, WholeNumber, cadss_sd
from limen.inference.seen import view_at
from limen.inference.weighing import conversions
from limen.inference.worth import worth
from limen.options.doubt import Sides
from limen.options.outcome import DIGITS, Outcome
from limen.quantities import Floats
from limen.regimen import SCALES
from limen.response.conversion import CROSSWALKS

Json = dict[str, Any]

SAYS: Final = (
    "The share of the doubt about how much more the dose does than the same visit without drug that this one"
    " observation would take away on average."
)


@dataclass(frozen=True)
class Imagined:
    """One observation that could be made: in words, when, and what it would show of every draw."""

    what: str
    at_h: float
    when: str
    reading: Reading


def next_observations(sides: Sides, rng: np.random.Generator) -> Json | None:
    """Give what each of some observations would be worth; None where no dose has a known benefit.

    Parameters
    ----------
    sides : Sides
        Every option under every side.
    rng : numpy.random.Generator
        Chance of what would be seen.

    Returns
    -------
    dict or None
        ``for_option``, its place in the list, and ``observations``: ``what``, ``at_h``, ``when``,
        ``share_of_doubt`` and ``information_nats`` at each horizon.
    """
    asked = middle_dose(sides.same)
    if asked is None:
        return None
    dose, without = sides.same[asked], sides.same[0]
    benefits = dose.benefit - without.benefit
    rows = [row(one, benefits, dose.weights, rng) for one in imagined(dose)]
    return {"for_option": asked, "observations": rows, "says": SAYS}


def middle_dose(outcomes: tuple[Outcome, ...]) -> int | None:
    """Give the place of the middle one of the doses that would be given at the next visit."""
    doses = [k for k, one in enumerate(outcomes) if one.candidate.is_dose and one.known and not one.candidate.later_h]
    return doses[len(doses) // 2] if doses else None


def imagined(dose: Outcome) -> Iterator[Imagined]:
    """Yield a rating of mood before the visit on every scale, and what the session itself could show."""
    look = dose.look
    visit_h = look.visit_min / 60.0
    view = view_at(look.case, look.course, conversions(look.model, look.particles), look.visit_min)
    for scale in ("MADRS", *CROSSWALKS):
        yield Imagined(scale, visit_h, "before the visit", view.reading(scale))
    felt, plasma = dose.found.passed.most_cadss, dose.found.passed.most_ketamine_ng_per_ml
    yield Imagined(
        "CADSS", visit_h, "at its peak in the session", WholeNumber(felt, cadss_sd(felt), SCALES["CADSS"].high)
    )
    yield Imagined(
        "ketamine in plasma", visit_h, "at its peak in the session", Assay(plasma, np.full(len(plasma), SAMPLE_LOG_SD))
    )


def row(one: Imagined, benefits: Floats, weights: Floats, rng: np.random.Generator) -> Json:
    """Give one observation's line."""
    found = worth(one.reading, benefits, weights, rng)
    return {
        "what": one.what,
        "at_h": one.at_h,
        "when": one.when,
        "share_of_doubt": [round(max(float(share), 0.0), DIGITS) for share in found.share],
        "information_nats": [round(max(float(nats), 0.0), DIGITS) for nats in found.information],
    }
