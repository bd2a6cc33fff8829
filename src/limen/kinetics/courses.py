"""A course of doses as the models see it: gathered by drug and route, and shared out among members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from limen.kinetics.ensemble import FILE_ROUTES, Member
from limen.kinetics.linear_system import Given
from limen.kinetics.model import Copy, Model
from limen.quantities import InputError
from limen.regimen import ACTIVE_DRUGS, Infusion, Patient, Regimen, Spray, Visit

PARENTS: Final = ("ketamine", "norketamine")
TYPICAL_AGE_Y: Final = 45.0  # the median of the largest population (10.1007/s40262-020-00953-4); effects begin at 60

Course = tuple[tuple[str, str], tuple[Given, ...]]


def courses(regimen: Regimen) -> tuple[Course, ...]:
    """Gather the active doses by drug and route.

    Parameters
    ----------
    regimen : Regimen
        Inert doses are left out.

    Returns
    -------
    tuple of Course
        Drug and route, and the doses by it.
    """
    found: dict[tuple[str, str], list[Given]] = {}
    for occasion, visit in enumerate(regimen.visits):
        if visit.drug in ACTIVE_DRUGS and visit.dose_mg > 0.0:
            found.setdefault((visit.drug, visit.route), []).extend(_given(visit, occasion))
    return tuple((key, tuple(doses)) for key, doses in found.items())


def _given(visit: Visit, occasion: int) -> list[Given]:
    route = FILE_ROUTES.get(visit.route, visit.route)
    found, before = [], 0
    for dose in visit.doses:
        duration = dose.duration_min if isinstance(dose, Infusion) else 0.0
        devices = dose.devices if isinstance(dose, Spray) else 1
        if dose.dose_mg > 0.0:
            found.append(Given(route, dose.dose_mg, dose.start_min, duration, devices, before, occasion))
            before += devices if isinstance(dose, Spray) else 0
    return found


def occasions_of(model: Model, doses: tuple[Given, ...]) -> tuple[tuple[Given, ...], ...]:
    """Part doses by occasion where the model varies between occasions; else all of them are one.

    What was given on one occasion goes its whole way with the parameters of that occasion, so that the parts add up.

    Parameters
    ----------
    model : Model
        Whose parameters may vary between occasions.
    doses : tuple of Given
        At least one.

    Returns
    -------
    tuple of tuple of Given
        In the order of the occasions.
    """
    if not model.differs_by_occasion:
        return (doses,)
    parted: dict[int, list[Given]] = {}
    for dose in doses:
        parted.setdefault(dose.occasion, []).append(dose)
    return tuple(tuple(one) for one in parted.values())


def shares(weights: tuple[float, ...], draws: int) -> tuple[int, ...]:
    """Split draws by weight: at least one each where there are enough, the rest by largest remainder.

    Raises
    ------
    InputError
        If there are fewer draws than members.
    """
    if draws < len(weights):
        raise InputError(f"{draws} draws are too few for {len(weights)} models: ask for at least {len(weights)}.")
    spare = np.array(weights) * (draws - len(weights))
    rows = np.floor(spare).astype(int) + 1
    order = np.argsort(-(spare - np.floor(spare)), kind="stable")
    rows[order[: draws - int(rows.sum())]] += 1
    return tuple(int(count) for count in rows)


def covariates_of(patient: Patient) -> Mapping[str, float]:
    """Give a person's covariates in the words of the model files; an age not known is that of the typical person."""
    age_y = TYPICAL_AGE_Y if patient.age_y is None else patient.age_y
    return {"WT": patient.weight_kg, "AGE": age_y, "ASIAN": 0.0, "JAPANESE": 0.0, "NDEV": 1.0}


def wanted_of(member: Member, parents: tuple[str, ...]) -> tuple[str, ...]:
    """Choose the analytes of the file; metabolites only where the way in does not bypass their formation."""
    kept = parents if member.gives_norketamine else ("ketamine",)
    return tuple(one.analyte for one in member.model.outputs if parent_of(one.analyte) in kept)


def parent_of(analyte: str) -> str:
    """Give the analyte without its enantiomer."""
    return analyte.removeprefix("S-").removeprefix("R-")


def named(analyte: str, copy: Copy) -> str:
    """Name an analyte of one copy of a model: with the enantiomer that the copy stands for."""
    return f"{copy.enantiomer}-{parent_of(analyte)}" if copy.enantiomer else analyte
