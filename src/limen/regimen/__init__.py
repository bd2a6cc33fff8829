"""What is given, and to whom: people, doses, the words they are written in, and case files."""

from limen.regimen.case import Case, Options, RecordingFile, Sample, Score, Weights, read_case, read_option_dose
from limen.regimen.dose_text import dose_warnings, most_in_window_mg, read_visit
from limen.regimen.doses import ACTIVE_DRUGS, DRUGS, ROUTES, Bolus, Dose, Infusion, Regimen, Spray, Stimulation, Visit
from limen.regimen.people import DIAGNOSES, Diagnosis, Patient
from limen.regimen.scales import SCALES, Scale, check_score, scale_named

__all__ = [
    "ACTIVE_DRUGS",
    "DIAGNOSES",
    "DRUGS",
    "ROUTES",
    "SCALES",
    "Bolus",
    "Case",
    "Diagnosis",
    "Dose",
    "Infusion",
    "Options",
    "Patient",
    "RecordingFile",
    "Regimen",
    "Sample",
    "Scale",
    "Score",
    "Spray",
    "Stimulation",
    "Visit",
    "Weights",
    "check_score",
    "dose_warnings",
    "most_in_window_mg",
    "read_case",
    "read_option_dose",
    "read_visit",
    "scale_named",
]
