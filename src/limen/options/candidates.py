"""What there is to review at the next visit: doses by routes with outcome data, and always three without drug."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from limen.chain import drug_visits
from limen.inference.prediction import FITTED_AGES_Y, FITTED_AMOUNTS, MOST_FITTED_VISITS, SLACK
from limen.quantities import InputError
from limen.regimen import Case, Visit, dose_warnings, read_option_dose, read_visit

Kind = Literal["dose", "same visit without drug", "wait", "stop and review"]

MIN_PER_H: Final = 60.0
MIN_PER_DAY: Final = 1440.0
#: Drugs and routes whose outcomes are on file: nothing else is offered.
WITH_OUTCOMES: Final = tuple(FITTED_AMOUNTS)
#: Doses to review by drug: those of trials on file, and steps between and around them (ours).
DOSES: Final = {
    "ketamine": (
        "ketamine iv 0.25 mg/kg over 40 min",
        "ketamine iv 0.5 mg/kg over 40 min",
        "ketamine iv 0.5 mg/kg over 60 min",
        "ketamine iv 0.75 mg/kg over 40 min",
        "ketamine iv 1 mg/kg over 60 min",
        "ketamine intranasal 50 mg",
    ),
    "esketamine": ("esketamine intranasal 28 mg", "esketamine intranasal 56 mg", "esketamine intranasal 84 mg"),
}
#: Window of the cumulative dose, days.
CUMULATIVE_D: Final = 90.0


@dataclass(frozen=True)
class Candidate:
    """One option.

    Parameters
    ----------
    kind : Kind
        Which of the four.
    visit : Visit or None
        What would be given; None where nothing is.
    later_h : float
        Hours after the next visit at which it would be.
    """

    kind: Kind
    visit: Visit | None
    later_h: float = 0.0

    @property
    def is_dose(self) -> bool:
        """True where a drug is given."""
        return self.kind == "dose"

    @property
    def dose(self) -> Visit | None:
        """What is given, where a drug is."""
        return self.visit if self.is_dose else None

    def after(self, case: Case) -> Case:
        """Give the case with this option added to what was given."""
        if self.visit is None:
            return case
        return replace(case, regimen=replace(case.regimen, visits=(*case.regimen.visits, self.visit)))


def next_visit_min(case: Case) -> float:
    """Give the minute of the next visit: as stated, or the latest time in the file.

    Raises
    ------
    InputError
        Where something was given or seen after the time stated.
    """
    known = [visit.end_min for visit in case.regimen.visits]
    known += [score.at_h * MIN_PER_H for score in case.scores] + [sample.at_min for sample in case.samples]
    latest = max([0.0, *known])
    if case.options.next_visit_h is None:
        return max([latest, *(time_h * MIN_PER_H for time_h in case.times_h)])
    stated = case.options.next_visit_h * MIN_PER_H
    if stated < latest:
        raise InputError(
            f"The next visit at {case.options.next_visit_h:g} h lies before what was given or seen at"
            f" {latest / MIN_PER_H:g} h: set next_visit_h of [options] to that or later, or leave it out."
        )
    return stated


def candidates(case: Case) -> Iterator[Candidate]:
    """Yield the options in their order: without drug, then by drug, route and dose."""
    start_min = next_visit_min(case)
    without = read_visit("0 mg over 40 min", drug="placebo", route="iv", patient=case.patient, start_min=start_min)
    yield Candidate("same visit without drug", without)
    yield Candidate("wait", None)
    yield Candidate("stop and review", None)
    found = [
        Candidate("dose", read_dose(text, case, start_min + later_h * MIN_PER_H), later_h)
        for later_h in dict.fromkeys(case.options.later_h)
        for text in asked_doses(case)
    ]
    yield from sorted((one for one in found if has_outcomes(one)), key=by_dose)


def read_dose(text: str, case: Case, start_min: float) -> Visit:
    """Read a dose to review; raises InputError where it gives nothing, which is an option of its own."""
    visit = read_option_dose(text, case.patient, start_min)
    if visit.drug in DOSES and visit.dose_mg == 0.0:
        raise InputError(
            f"[options] doses: {text!r} gives nothing: leave it out, for a visit without drug is always there."
        )
    return visit


def asked_doses(case: Case) -> tuple[str, ...]:
    """Give the texts of the doses to look at: those of the case, or those of the package for its drugs."""
    listed = case.options.doses or tuple(text for drug in case.options.drugs for text in DOSES[drug])
    return tuple(dict.fromkeys(listed))


def has_outcomes(candidate: Candidate) -> bool:
    """Tell whether outcomes of this drug by this route are on file."""
    dose = candidate.dose
    return dose is not None and (dose.drug, dose.route) in WITH_OUTCOMES


def not_offered(case: Case) -> list[dict[str, str]]:
    """Name the doses that were asked for and have no basis, each with the reason."""
    found = []
    for text in asked_doses(case):
        drug, route = text.split(maxsplit=2)[:2]
        if (drug, route) not in WITH_OUTCOMES:
            found.append({"dose": text, "unknown_because": f"no outcome of {drug} by the route {route} is on file"})
    return found


def by_dose(candidate: Candidate) -> tuple[str, str, float, float, float]:
    """Give the order of doses: drug, route, amount, time, delay."""
    visit = candidate.visit
    if visit is None:
        return "", "", 0.0, 0.0, candidate.later_h
    return visit.drug, visit.route, visit.dose_mg, visit.duration_min, candidate.later_h


def visits_so_far(case: Case) -> int:
    """Count the visits with ketamine or esketamine."""
    return len(drug_visits(case.regimen))


def cumulative_mg_per_kg(case: Case, candidate: Candidate) -> float:
    """Give what was given in the 90 days to the option's visit, itself included, mg per kg of actual weight."""
    until_min = next_visit_min(case) + candidate.later_h * MIN_PER_H
    active = candidate.after(case).regimen.active
    recent = [dose.dose_mg for dose in active if dose.start_min > until_min - CUMULATIVE_D * MIN_PER_DAY]
    return sum(recent) / case.patient.weight_kg


def was_in_trials(case: Case, visit: Visit) -> bool:
    """Tell whether the amount lies within those whose outcomes were fitted."""
    low, high = FITTED_AMOUNTS[visit.drug, visit.route]
    amount = visit.dose_mg / case.patient.weight_kg if visit.route == "iv" else visit.dose_mg
    return low * (1.0 - SLACK) <= amount <= high * (1.0 + SLACK)


def reasons(case: Case, candidate: Candidate) -> list[str]:
    """Say why an option is there."""
    if candidate.kind == "same visit without drug":
        return ["What the visit itself does: contact, expectation, care."]
    if candidate.kind == "wait":
        return ["Nothing is given at the next visit; what was given so far goes on fading."]
    visit = candidate.dose
    if visit is None:
        return ["Another treatment may do more (ECT, therapy, a medicine); its effect is not modelled here."]
    where = "within" if was_in_trials(case, visit) else "beyond"
    found = [f"An amount {where} those of the trials that were fitted."]
    if candidate.later_h > 0.0:
        found.append(f"Given {candidate.later_h:g} h later than the next visit: a longer interval.")
    if case.options.urinary_symptoms == "yes":
        found.append("Urinary symptoms are reported: they are to be looked into before more is given (R17).")
    found += dose_warnings(visit, case.patient)
    return [*found, "Racemic ketamine for mood is off-label."] if visit.drug == "ketamine" else found


def extrapolates(case: Case, candidate: Candidate) -> list[str]:
    """Say what an option reaches beyond what was fitted."""
    found = []
    visit, patient = candidate.dose, case.patient
    if visit is not None and not was_in_trials(case, visit):
        found.append(f"No arm with {visit.text} was fitted.")
    if visit is not None and len(visit.doses) > 1:
        found.append("No arm with several steps in one visit was fitted.")
    if visit is not None and visits_so_far(case) >= MOST_FITTED_VISITS:
        found.append(f"No arm with more than {MOST_FITTED_VISITS} infusions was fitted.")
    if patient.diagnosis != "MDD":
        found.append(f"The arms on file are of major depression, not of {patient.diagnosis}.")
    if patient.age_y is not None and not FITTED_AGES_Y[0] <= patient.age_y <= FITTED_AGES_Y[1]:
        found.append(f"The trials on file took people of {FITTED_AGES_Y[0]:g} to {FITTED_AGES_Y[1]:g} years.")
    return found
