"""What there is to review at the next visit: doses by routes with outcome data, and always three without drug."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from limen.chain import drug_visits
from limen.regimen import Case, Visit, read_visit

Kind = Literal["dose", "same visit without drug", "wait", "stop and review"]

MIN_PER_H: Final = 60.0
MIN_PER_DAY: Final = 1440.0
#: Doses to review by drug and route: those of trials on file, and steps between and around them (ours).
DOSES: Final = {
    "ketamine": (
        ("iv", "0.25 mg/kg over 40 min"),
        ("iv", "0.5 mg/kg over 40 min"),
        ("iv", "0.5 mg/kg over 60 min"),
        ("iv", "0.75 mg/kg over 40 min"),
        ("iv", "1 mg/kg over 60 min"),
        ("intranasal", "50 mg"),
    ),
    "esketamine": (("intranasal", "28 mg"), ("intranasal", "56 mg"), ("intranasal", "84 mg")),
}
#: Doses whose arm means or contrasts were fitted.
FITTED: Final = frozenset(
    {
        ("ketamine", "iv", "0.5 mg/kg over 40 min"),
        ("ketamine", "intranasal", "50 mg"),
        ("esketamine", "intranasal", "28 mg"),
        ("esketamine", "intranasal", "56 mg"),
        ("esketamine", "intranasal", "84 mg"),
    }
)
#: Infusions beyond which no arm mean was fitted.
MOST_FITTED_VISITS: Final = 6
#: Ages between which the trials on file took people.
FITTED_AGES_Y: Final = (18.0, 65.0)
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
        What would be given at the next visit; None where nothing is.
    """

    kind: Kind
    visit: Visit | None

    @property
    def is_dose(self) -> bool:
        """True where a drug is given."""
        return self.kind == "dose"

    def after(self, case: Case) -> Case:
        """Give the case with this option added to what was given."""
        if self.visit is None:
            return case
        return replace(case, regimen=replace(case.regimen, visits=(*case.regimen.visits, self.visit)))


def next_visit_min(case: Case) -> float:
    """Give the minute of the next visit: as stated, or the latest time in the file."""
    if case.options.next_visit_h is not None:
        return case.options.next_visit_h * MIN_PER_H
    latest = [visit.end_min for visit in case.regimen.visits]
    latest += [time_h * MIN_PER_H for time_h in case.times_h] + [score.at_h * MIN_PER_H for score in case.scores]
    return max([0.0, *latest, *(sample.at_min for sample in case.samples)])


def candidates(case: Case) -> Iterator[Candidate]:
    """Yield the options in their order: without drug, then by drug and dose."""
    start_min = next_visit_min(case)
    without = read_visit("0 mg over 40 min", drug="placebo", route="iv", patient=case.patient, start_min=start_min)
    yield Candidate("same visit without drug", without)
    yield Candidate("wait", None)
    yield Candidate("stop and review", None)
    found = [
        read_visit(text, drug=drug, route=route, patient=case.patient, start_min=start_min)
        for drug in case.options.drugs
        for route, text in DOSES[drug]
    ]
    yield from (Candidate("dose", visit) for visit in sorted(found, key=by_dose))


def by_dose(visit: Visit) -> tuple[str, str, float, float]:
    """Give the order of doses: drug, route, amount, time."""
    return visit.drug, visit.route, visit.dose_mg, visit.duration_min


def visits_so_far(case: Case) -> int:
    """Count the visits with ketamine or esketamine."""
    return len(drug_visits(case.regimen))


def cumulative_mg_per_kg(case: Case, candidate: Candidate) -> float:
    """Give what was given in the 90 days to the next visit, this option included, mg per kg of actual weight."""
    until_min = next_visit_min(case)
    active = candidate.after(case).regimen.active
    recent = [dose.dose_mg for dose in active if dose.start_min > until_min - CUMULATIVE_D * MIN_PER_DAY]
    return sum(recent) / case.patient.weight_kg


def reasons(case: Case, candidate: Candidate) -> list[str]:
    """Say why an option is there."""
    if candidate.kind == "same visit without drug":
        return ["What the visit itself does: contact, expectation, care."]
    if candidate.kind == "wait":
        return ["Nothing is given at the next visit; what was given so far goes on fading."]
    if candidate.kind == "stop and review":
        return ["Another treatment may do more (ECT, therapy, a medicine); its effect is not modelled here."]
    visit = candidate.visit
    fitted = visit is not None and (visit.drug, visit.route, visit.text) in FITTED
    first = "A dose of the trials" if fitted else "A dose between or beyond those of the trials"
    return [f"{first} that were fitted.", *off_label(candidate)]


def off_label(candidate: Candidate) -> list[str]:
    """Say that racemic ketamine for mood has no label."""
    racemic = candidate.visit is not None and candidate.visit.drug == "ketamine"
    return ["Racemic ketamine for mood is off-label."] if racemic else []


def extrapolates(case: Case, candidate: Candidate) -> list[str]:
    """Say what an option reaches beyond what was fitted."""
    found = []
    visit, patient = candidate.visit, case.patient
    if candidate.is_dose and visit is not None and (visit.drug, visit.route, visit.text) not in FITTED:
        found.append(f"No arm with {visit.text} was fitted.")
    if candidate.is_dose and visits_so_far(case) >= MOST_FITTED_VISITS:
        found.append(f"No arm with more than {MOST_FITTED_VISITS} infusions was fitted.")
    if patient.diagnosis != "MDD":
        found.append(f"The arms on file are of major depression, not of {patient.diagnosis}.")
    if patient.age_y is not None and not FITTED_AGES_Y[0] <= patient.age_y <= FITTED_AGES_Y[1]:
        found.append(f"The trials on file took people of {FITTED_AGES_Y[0]:g} to {FITTED_AGES_Y[1]:g} years.")
    return found
