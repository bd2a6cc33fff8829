"""Which fact each rule looks at, by which comparison, and at which step. Thresholds come from the table alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

INTAKE: Final = "intake"
CONSULT: Final = "consultation"
PLAN: Final = "plan"
BEFORE: Final = "pre-check"
DURING: Final = "infusion"
DISCHARGE: Final = "discharge"
AFTER: Final = "follow-up"
STAGES: Final = (INTAKE, CONSULT, PLAN, BEFORE, DURING, DISCHARGE, AFTER)

ABOVE: Final = ">"
REACHES: Final = ">="
BELOW: Final = "<"
OUTSIDE: Final = "outside"
PRESENT: Final = "present"
ABSENT: Final = "absent"


@dataclass(frozen=True)
class Check:
    """What one rule looks at.

    Parameters
    ----------
    fact : str
        Its name among the facts.
    compare : str
        `ABOVE`, `REACHES`, `BELOW`, `OUTSIDE`, `PRESENT` or `ABSENT`.
    stages : tuple of str
        The steps at which it is judged.
    needs : str
        A flag that has to be there too, such as symptoms.
    only : str
        A condition on the person: ``"age<=65"``, ``"age>65"``, ``"esketamine"``, ``"iv"``.
    owned : bool
        A site has to sign its threshold.
    """

    fact: str
    compare: str
    stages: tuple[str, ...]
    needs: str = ""
    only: str = ""
    owned: bool = False


SCREEN: Final = (INTAKE, CONSULT, PLAN, BEFORE)
CHECKS: Final[Mapping[str, Check]] = {
    "R1a": Check("aneurysm", PRESENT, SCREEN),
    "R1b": Check("arteriovenous_malformation", PRESENT, SCREEN),
    "R1c": Check("intracerebral_haemorrhage", PRESENT, SCREEN),
    "R2": Check("hypersensitivity", PRESENT, SCREEN),
    "R3a": Check("pregnant", PRESENT, SCREEN),
    "R3b": Check("breastfeeding", PRESENT, SCREEN),
    "R4a": Check("psychosis_now", PRESENT, SCREEN),
    "R4b": Check("cardiovascular_uncontrolled", PRESENT, SCREEN),
    "R4c": Check("hepatic_severe", PRESENT, SCREEN),
    "R4d": Check("raised_pressure", PRESENT, SCREEN),
    "R5a": Check("systolic_before", ABOVE, (BEFORE,), only="age<=65", owned=True),
    "R5b": Check("systolic_before", ABOVE, (BEFORE,), only="age>65", owned=True),
    "R5c": Check("diastolic_before", ABOVE, (BEFORE,), owned=True),
    "R6a": Check("systolic", REACHES, (DURING,)),
    "R6b": Check("diastolic", REACHES, (DURING,)),
    "R6c": Check("minutes_since_alert", REACHES, (DURING,), owned=True),
    "R7a": Check("systolic", REACHES, (DURING,), owned=True),
    "R7b": Check("diastolic", REACHES, (DURING,), owned=True),
    "R7c": Check("systolic_rise", REACHES, (DURING,), needs="symptoms", owned=True),
    "R7d": Check("diastolic_rise", REACHES, (DURING,), needs="symptoms", owned=True),
    "R7e": Check("symptoms", PRESENT, (DURING,), owned=True),
    "R8": Check("minutes_since_vitals", ABOVE, (DURING,), owned=True),
    "R9a": Check("hours_since_dose", BELOW, (DISCHARGE,), only="esketamine"),
    "R9b": Check("minutes_since_end", BELOW, (DISCHARGE,), only="iv", owned=True),
    "R9c": Check("sign_off", ABSENT, (DISCHARGE,)),
    "R9d": Check("escort", ABSENT, (DISCHARGE,), owned=True),
    "R9e": Check("no_driving_acknowledged", ABSENT, (DISCHARGE,)),
    "R10a": Check("spo2", BELOW, (DURING,), owned=True),
    "R10b": Check("spo2", BELOW, (DURING,), owned=True),
    "R11a": Check("phq9_item9", REACHES, (INTAKE, CONSULT, AFTER), owned=True),
    "R11b": Check("cssrs_level", REACHES, (CONSULT, AFTER)),
    "R11c": Check("cssrs_behaviour", PRESENT, (CONSULT, AFTER)),
    "R12": Check("benzodiazepine_mg_d", ABOVE, SCREEN),
    "R13a": Check("lamotrigine", PRESENT, SCREEN),
    "R13b": Check("naltrexone", PRESENT, SCREEN),
    "R13c": Check("cyp_strong", PRESENT, SCREEN),
    "R14": Check("cns_or_maoi", PRESENT, SCREEN),
    "R15a": Check("substance_misuse", PRESENT, SCREEN),
    "R15b": Check("days_since_infusion", BELOW, (BEFORE,), owned=True),
    "R16a": Check("bipolar_without_stabiliser", PRESENT, SCREEN),
    "R16b": Check("mania_now", PRESENT, SCREEN),
    "R17a": Check("urinary_symptoms", PRESENT, SCREEN),
    "R17b": Check("infusions_given", ABOVE, (PLAN, BEFORE), owned=True),
    "R18": Check("phq9_rise", REACHES, (AFTER,)),
    "R19": Check("age", BELOW, SCREEN),
    "R20a": Check("mg_per_kg_per_40_min", ABOVE, (PLAN, BEFORE)),
    "R20b": Check("weight", OUTSIDE, (PLAN, BEFORE), owned=True),
    "R20c": Check("mg_differs_percent", ABOVE, (PLAN, BEFORE), owned=True),
}

#: No site may switch these off.
NEVER_OFF: Final = ("R1a", "R1b", "R1c", "R2", "R3a", "R19")
#: What has to be said beside a rule.
ADVICE: Final[Mapping[str, str]] = {
    "R12": "Do not stop a benzodiazepine abruptly.",
    "R11a": "A clinician speaks with the person the same day.",
    "R11b": "Emergency path.",
    "R11c": "Emergency path.",
    "R8": "A late record keeps both times.",
}
OWNED: Final = tuple(name for name, check in CHECKS.items() if check.owned)
