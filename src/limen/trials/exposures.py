"""Exposure of many people at a small price: one visit of a bank of people, used again for every visit and trial.

What the receptors meet is linear in concentration, so one person's course over many equal visits is the sum of one
visit's course, shifted to each dosing day. The bank holds that one visit, for people of every weight and of every
kinetic model. A virtual trial has one model, since one of them is right, and its people are drawn from that model's
rows. A visit is followed for a week and counts as gone then; parameters that drift from visit to visit keep those of
the first. What this costs is measured against the plain path in docs/claims/trials.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import ndtri

from limen.chain import course_times
from limen.chain.course import plasma_exposure
from limen.chain.drives import AFTER_DOSE_MIN
from limen.kinetics import ConcentrationDraws, MemberDraws, draw_concentrations
from limen.quantities import Floats, Integers
from limen.receptor import Potency
from limen.regimen import Patient, Regimen
from limen.regimen.people import HIGHEST_WEIGHT_KG
from limen.trials.spec import MINUTES_A_DAY, Arm, TrialSpec

#: Weights of the bank: middles of parts of the normal that hold equally many people (ours: SD kept within 0.1 %).
WEIGHTS: Final = 20
#: People of each weight (ours: the mean effect of a bank then errs by less than 1 % of itself).
PEOPLE_A_WEIGHT: Final = 400
#: Lightest adult of a trial (ours).
LIGHTEST_KG: Final = 35.0
#: Minutes after a visit at which nothing is left of it: where the grid of a course ends.
TAIL_MIN: Final = float(AFTER_DOSE_MIN[-1])
#: Banks that a process remembers (ours: those of one file with several doses; each takes some 40 MB).
BANKS_KEPT: Final = 4
#: First words of the chance of what a whole specification shares, so that no virtual trial has the same.
OF_BANKS: Final = 2**32 - 1


@dataclass(frozen=True)
class BankModel:
    """One visit of people by one kinetic model.

    Parameters
    ----------
    id : str
        The model.
    up_to : float
        Trials whose place lies below it, and not below that of the model before, have this one.
    analytes : Mapping[str, Floats]
        Shape ``(people, lags)``, ng/mL.
    """

    id: str
    up_to: float
    analytes: Mapping[str, Floats]

    @property
    def people(self) -> int:
        """How many people it holds."""
        return len(next(iter(self.analytes.values())))


@dataclass(frozen=True)
class Bank:
    """One visit of many people.

    Parameters
    ----------
    lag_min : Floats
        Minutes since the start of the visit, shape ``(lags,)``.
    models : tuple of BankModel
        Each with its people.
    warnings : tuple of str
        Of the kinetics.
    """

    lag_min: Floats
    models: tuple[BankModel, ...]
    warnings: tuple[str, ...]

    def model_of(self, place: Floats) -> Integers:
        """Give the model of each trial from a number between 0 and 1, shape ``(trials,)``."""
        ends = np.array([model.up_to for model in self.models])
        return np.searchsorted(ends[:-1], place, side="right")

    def exposure(self, model: Integers, place: Floats, assay: str, potency: Potency) -> Floats:
        """Give plasma exposure: the sum of unbound concentration over IC50.

        Parameters
        ----------
        model : Integers
            Of each person's trial, shape ``(people,)``.
        place : Floats
            Each person's place among the rows of that model, 0 to 1, shape ``(people,)``.
        assay : str
            Joint J2.
        potency : Potency
            One row a person.

        Returns
        -------
        Floats
            Shape ``(people, lags)``.
        """
        found = np.empty((len(place), len(self.lag_min)))
        for number, one in enumerate(self.models):
            mine = np.flatnonzero(model == number)
            rows = (place[mine] * one.people).astype(np.int64)
            taken = {name: values[rows] for name, values in one.analytes.items()}
            member = MemberDraws(one.id, "venous", 1.0, len(mine), taken)
            drawn = ConcentrationDraws(self.lag_min, "venous", (member,))
            found[mine] = plasma_exposure(drawn, assay, taken_potency(potency, mine))
        return found


def taken_potency(potency: Potency, rows: Integers) -> Potency:
    """Give some rows of a potency, in the order asked for."""
    kept = {name: values[rows] for name, values in potency.ic50_um.items()}
    return Potency(potency.assay, kept, potency.fu_unbound[rows])


def weights_kg(mean_kg: float, sd_kg: float) -> Floats:
    """Give the weights of the bank, equally likely, shape ``(weights,)``; one where they do not differ."""
    if sd_kg == 0.0:
        return np.array([mean_kg])
    normal = ndtri((np.arange(WEIGHTS) + 0.5) / WEIGHTS)
    weights = mean_kg + sd_kg * normal / normal.std()
    return np.asarray(np.clip(weights, min(LIGHTEST_KG, mean_kg), HIGHEST_WEIGHT_KG))


def lags_min(arm: Arm, weight_kg: float, asked_min: Floats) -> Floats:
    """Give the minutes since a visit at which its course is computed, shape ``(lags,)``; holds every time asked for."""
    since = np.concatenate([asked_min - day * MINUTES_A_DAY for day in arm.days])
    wanted = since[(since >= 0.0) & (since <= TAIL_MIN)]
    return course_times(Regimen((arm.visit(weight_kg),)), np.append(wanted, TAIL_MIN))


def bank_rng(seed: int, given: tuple[str, str, str]) -> np.random.Generator:
    """Give the chance of the bank of one drug, route and dose, whatever else the trial holds."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(OF_BANKS, name_key("|".join(given)))))


def name_key(name: str) -> int:
    """Give a number below 2^32 that belongs to a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def fill_bank(spec: TrialSpec, arm: Arm, asked_min: Floats, like: tuple[str, str, str] | None = None) -> Bank:
    """Draw one visit of an arm for people of every weight.

    Parameters
    ----------
    spec, arm : TrialSpec, Arm
        Who takes part, and what is given.
    asked_min : Floats
        Times of the trial's scores, minutes, shape ``(asked,)``.
    like : tuple of str, optional
        Drug, route and dose whose people are given this dose.

    Returns
    -------
    Bank
        The same for the same seed, population and dose.
    """
    lag_min = tuple(float(lag) for lag in lags_min(arm, spec.weight_kg_mean, asked_min))
    once = replace(arm, name="", schedule="once", comparator="open", n=1, guided=None, policy=None)
    return _filled(once, lag_min, (spec.weight_kg_mean, spec.weight_kg_sd), spec.seed, like or arm.given)


@lru_cache(maxsize=BANKS_KEPT)
def _filled(
    arm: Arm, lags: tuple[float, ...], weight_kg: tuple[float, float], seed: int, given: tuple[str, str, str]
) -> Bank:
    lag_min, rng = np.array(lags), bank_rng(seed, given)
    weights = weights_kg(*weight_kg)
    rows = PEOPLE_A_WEIGHT * WEIGHTS // len(weights)
    drawn = [
        draw_concentrations(Patient(weight_kg=one), Regimen((arm.visit(one),)), lag_min, draws=rows, rng=rng)
        for one in map(float, weights)
    ]
    shares = np.array([member.weight for member in drawn[0].members])
    ends = np.cumsum(shares / shares.sum())
    models = tuple(
        BankModel(member.id, float(end), _stacked([one.members[number] for one in drawn]))
        for number, (member, end) in enumerate(zip(drawn[0].members, ends, strict=True))
    )
    return Bank(lag_min, models, drawn[0].warnings)


def _stacked(members: list[MemberDraws]) -> Mapping[str, Floats]:
    """Join the rows of every weight; the sums are left out where both enantiomers are known, since they add nothing."""
    known = members[0].analytes
    names = [name for name in known if not (f"S-{name}" in known and f"R-{name}" in known)]
    return {name: np.concatenate([member.analytes[name] for member in members]) for name in names}
