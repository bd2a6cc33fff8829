"""To whom it is given: one person, with what is not known left out and what is assumed named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args

from limen.quantities import InputError
from limen.regimen.scales import check_score

Diagnosis = Literal["MDD", "bipolar", "PTSD", "anxiety", "other", "healthy"]
DIAGNOSES: Final[tuple[str, ...]] = get_args(Diagnosis)
SEXES: Final = ("F", "M")
WEIGHT_BASES: Final = ("actual", "ideal", "adjusted")

LOWEST_WEIGHT_KG: Final = 2.0  # contract
HIGHEST_WEIGHT_KG: Final = 350.0  # contract
HIGHEST_AGE_Y: Final = 120.0  # ours: above the oldest age on record it is a slip of the keyboard
HEIGHT_RANGE_CM: Final = (30.0, 250.0)  # ours: the same reason
BMI_RANGE: Final = (5.0, 150.0)  # ours: the same reason
LARGEST_BMI_GAP: Final = 0.10  # ours: a stated BMI and one from weight and height may differ by rounding, not more

# Ideal body weight of adults. The common formula, usually credited to Devine; its source was not read, so it stands
# here as ours: a base at five feet (152.4 cm) and 2.3 kg for each inch above.
IDEAL_BASE_KG: Final = MappingProxyType({"F": 45.5, "M": 50.0})
IDEAL_KG_PER_INCH: Final = 2.3
IDEAL_FROM_CM: Final = 152.4
CM_PER_INCH: Final = 2.54
ADJUSTED_SHARE: Final = 0.4  # ours: the common share of the weight above the ideal one that an adjusted weight counts


@dataclass(frozen=True)
class Patient:
    """One person. `None` means not known, never normal.

    Parameters
    ----------
    weight_kg : float
        Actual body weight, 2 to 350 kg.
    age_y, height_cm, bmi : float or None
        Years, centimetres and kg/m2.
    sex : str or None
        ``"F"`` or ``"M"``.
    diagnosis : str
        One of `DIAGNOSES`.
    baseline : Mapping[str, float]
        Scores before the first dose, by scale.
    weight_basis : str
        The weight that mg/kg counts: ``"actual"``, ``"ideal"`` or ``"adjusted"``.
    assumed : tuple of str
        Names of fields that are assumptions, shown as such wherever they are used.

    Raises
    ------
    InputError
        If a value is outside what a person can have, or a weight basis lacks the height or sex it needs.
    """

    weight_kg: float
    age_y: float | None = None
    sex: str | None = None
    height_cm: float | None = None
    bmi: float | None = None
    diagnosis: str = "MDD"
    baseline: Mapping[str, float] = field(default_factory=dict)
    weight_basis: str = "actual"
    assumed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_weight(self.weight_kg)
        _check_range("An age", self.age_y, 0.0, HIGHEST_AGE_Y, "years")
        _check_range("A height", self.height_cm, *HEIGHT_RANGE_CM, "cm")
        _check_range("A body mass index", self.bmi, *BMI_RANGE, "kg/m2")
        _check_word("sex", self.sex, SEXES)
        _check_word("diagnosis", self.diagnosis, DIAGNOSES)
        _check_word("weight_basis", self.weight_basis, WEIGHT_BASES)
        object.__setattr__(self, "baseline", dict(self.baseline))
        for scale, value in self.baseline.items():
            check_score(scale, value)
        _check_bmi_agrees(self)
        if self.weight_basis != "actual":
            _ = self.dosing_weight_kg

    @property
    def body_mass_index(self) -> float | None:
        """kg/m2, as stated or from weight and height; None where neither is known."""
        if self.bmi is not None or self.height_cm is None:
            return self.bmi
        return self.weight_kg / (self.height_cm / 100.0) ** 2

    @property
    def ideal_weight_kg(self) -> float:
        """Ideal body weight, kg: base + 2.3 (height/2.54 - 60), the common formula (ours: its source was not read)."""
        if self.height_cm is None or self.sex is None:
            raise InputError(
                f"A weight_basis of {self.weight_basis!r} needs height_cm and sex of the patient, got"
                f" height_cm = {self.height_cm} and sex = {self.sex}: give both, or use weight_basis = 'actual'."
            )
        if self.height_cm < IDEAL_FROM_CM:
            raise InputError(
                f"The ideal weight is defined for a height of {IDEAL_FROM_CM:g} cm and more, got {self.height_cm:g} cm:"
                " use weight_basis = 'actual'."
            )
        return IDEAL_BASE_KG[self.sex] + IDEAL_KG_PER_INCH * (self.height_cm - IDEAL_FROM_CM) / CM_PER_INCH

    @property
    def dosing_weight_kg(self) -> float:
        """The weight that mg/kg counts, kg; adjusted = ideal + 0.4 (actual - ideal)."""
        if self.weight_basis == "actual":
            return self.weight_kg
        ideal = self.ideal_weight_kg
        if self.weight_basis == "ideal":
            return ideal
        return ideal + ADJUSTED_SHARE * (self.weight_kg - ideal)


def _check_weight(weight_kg: float) -> None:
    if not LOWEST_WEIGHT_KG <= weight_kg <= HIGHEST_WEIGHT_KG:
        raise InputError(
            f"A weight must lie within {LOWEST_WEIGHT_KG:g} and {HIGHEST_WEIGHT_KG:g} kg, got {weight_kg:g} kg:"
            " check the number and that it is in kilograms."
        )


def _check_range(what: str, value: float | None, low: float, high: float, unit: str) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise InputError(
            f"{what} must lie within {low:g} and {high:g} {unit}, got {value:g}: mend it, or leave it out if not known."
        )


def _check_word(what: str, value: str | None, words: tuple[str, ...]) -> None:
    if value is not None and value not in words:
        raise InputError(f"{what} is one of {', '.join(words)}, got {value!r}: use one of these words.")


def _check_bmi_agrees(patient: Patient) -> None:
    if patient.bmi is None or patient.height_cm is None:
        return
    computed = patient.weight_kg / (patient.height_cm / 100.0) ** 2
    if abs(computed / patient.bmi - 1.0) > LARGEST_BMI_GAP:
        raise InputError(
            f"A bmi of {patient.bmi:g} does not fit {patient.weight_kg:g} kg at {patient.height_cm:g} cm, which is"
            f" {computed:.1f} kg/m2: mend one of the three, or leave out bmi or height_cm."
        )
