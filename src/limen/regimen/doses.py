"""What is given: a bolus, an infusion, a nasal spray; visits of them; and the whole course."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from limen.quantities import InputError

DRUGS: Final = ("ketamine", "esketamine", "midazolam", "placebo")
ACTIVE_DRUGS: Final = ("ketamine", "esketamine")
ROUTES: Final = ("iv", "im", "sc", "intranasal", "oral", "sublingual")
#: Classes of targets of stimulation for which something was counted.
TARGETS: Final = ("anterior precuneus", "oscillating contact", "posteromedial elsewhere", "sham")
DEVICE_MG: Final = 28.0  # esketamine in one nasal device, from the label
MOST_MA: Final = 20.0  # ours: clinical mapping does not go beyond
MOST_HZ: Final = 500.0  # ours: above it a train of pulses is a constant current to a cell


@dataclass(frozen=True)
class Bolus:
    """An amount given at once.

    Parameters
    ----------
    drug, route : str
        Words of `DRUGS` and `ROUTES`.
    dose_mg : float
        Of the drug's base, mg, at least 0.
    start_min : float
        Minutes since the first dose.

    Raises
    ------
    InputError
        If the amount or the time cannot be.
    """

    drug: str
    route: str
    dose_mg: float
    start_min: float = 0.0

    def __post_init__(self) -> None:
        _check_amount(self.dose_mg, "bolus")
        _check_start(self.start_min)

    @property
    def end_min(self) -> float:
        """The minute at which all of it is given."""
        return self.start_min


@dataclass(frozen=True)
class Infusion:
    """An amount given at a constant rate.

    Parameters
    ----------
    drug, route : str
        Words of `DRUGS` and `ROUTES`.
    dose_mg : float
        In all, of the drug's base, mg, at least 0.
    duration_min : float
        Minutes, above 0.
    start_min : float
        Minutes since the first dose.

    Raises
    ------
    InputError
        If the amount or a time cannot be.
    """

    drug: str
    route: str
    dose_mg: float
    duration_min: float
    start_min: float = 0.0

    def __post_init__(self) -> None:
        _check_amount(self.dose_mg, "infusion")
        _check_start(self.start_min)
        if not (math.isfinite(self.duration_min) and self.duration_min > 0.0):
            raise InputError(
                f"An infusion needs a duration above 0 min, got {self.duration_min:g} min:"
                " for an amount given at once use Bolus(dose_mg=...)."
            )

    @property
    def end_min(self) -> float:
        """The minute at which all of it is given."""
        return self.start_min + self.duration_min

    @property
    def rate_mg_per_min(self) -> float:
        """The constant rate, mg/min."""
        return self.dose_mg / self.duration_min


@dataclass(frozen=True)
class Spray:
    """An intranasal dose.

    Parameters
    ----------
    drug : str
        A word of `DRUGS`.
    dose_mg : float
        In all, of the drug's base, mg, at least 0.
    start_min : float
        Minutes since the first dose.

    Raises
    ------
    InputError
        If the amount or the time cannot be.
    """

    drug: str
    dose_mg: float
    start_min: float = 0.0

    def __post_init__(self) -> None:
        _check_amount(self.dose_mg, "spray")
        _check_start(self.start_min)

    @property
    def route(self) -> str:
        """Always ``"intranasal"``."""
        return "intranasal"

    @property
    def devices(self) -> int:
        """How many 28-mg devices of esketamine hold this amount, at least 1."""
        return max(1, math.ceil(self.dose_mg / DEVICE_MG - 1e-9))

    @property
    def end_min(self) -> float:
        """The minute at which all of it is given."""
        return self.start_min


Dose = Bolus | Infusion | Spray


@dataclass(frozen=True)
class Visit:
    """One dose text of a case, as it was read.

    Parameters
    ----------
    start_min : float
        Minutes since the first dose.
    drug, route, text : str
        As written.
    doses : tuple of Dose
        Its steps, in the order they are given.
    assumed : tuple of str
        Names of fields that are assumptions.
    """

    start_min: float
    drug: str
    route: str
    text: str
    doses: tuple[Dose, ...]
    assumed: tuple[str, ...] = ()

    @property
    def dose_mg(self) -> float:
        """All steps together, mg."""
        return math.fsum(dose.dose_mg for dose in self.doses)

    @property
    def end_min(self) -> float:
        """The minute at which the last step is given."""
        return max((dose.end_min for dose in self.doses), default=self.start_min)

    @property
    def duration_min(self) -> float:
        """From the first step to the end of the last, minutes; 0 where all is given at once."""
        return self.end_min - self.start_min


@dataclass(frozen=True)
class Stimulation:
    """One train of pulses through a contact.

    Parameters
    ----------
    start_min : float
        Minutes since the first dose.
    duration_min : float
        Length of the train, above 0.
    target : str
        Class of the target, a word of `TARGETS`.
    current_ma, frequency_hz : float
        Of its pulses, up to `MOST_MA` and `MOST_HZ`.

    Raises
    ------
    InputError
        If it cannot be.
    """

    start_min: float
    duration_min: float
    target: str
    current_ma: float
    frequency_hz: float

    def __post_init__(self) -> None:
        _check_start(self.start_min)
        if not (math.isfinite(self.duration_min) and self.duration_min > 0.0):
            raise InputError(
                f"A stimulation needs a duration above 0 s, got {60.0 * self.duration_min:g} s: 5 s is usual."
            )
        if not 0.0 < self.frequency_hz <= MOST_HZ:
            raise InputError(
                f"A stimulation has a frequency above 0 and up to {MOST_HZ:g} Hz, got {self.frequency_hz:g} Hz:"
                " 50 Hz was counted in people."
            )
        if not 0.0 <= self.current_ma <= MOST_MA:
            raise InputError(
                f"A stimulation has a current from 0 to {MOST_MA:g} mA, got {self.current_ma:g} mA:"
                " 6 mA was counted in people."
            )
        if self.target not in TARGETS:
            raise InputError(f"There is no target {self.target!r}: use one of {', '.join(TARGETS)}.")

    @property
    def end_min(self) -> float:
        """The minute at which the train ends."""
        return self.start_min + self.duration_min


@dataclass(frozen=True)
class Regimen:
    """All visits of a course, kept in time order, and trains of stimulation beside them.

    Parameters
    ----------
    visits : tuple of Visit
        In any order; none is a course without treatment.
    stimulations : tuple of Stimulation
        In any order.
    """

    visits: tuple[Visit, ...] = ()
    stimulations: tuple[Stimulation, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "visits", tuple(sorted(self.visits, key=lambda visit: visit.start_min)))

    @property
    def doses(self) -> tuple[Dose, ...]:
        """Every step of every visit, in time order."""
        steps = [dose for visit in self.visits for dose in visit.doses]
        return tuple(sorted(steps, key=lambda dose: dose.start_min))

    @property
    def active(self) -> tuple[Dose, ...]:
        """The doses of ketamine or esketamine above 0 mg, in time order."""
        return tuple(dose for dose in self.doses if dose.drug in ACTIVE_DRUGS and dose.dose_mg > 0.0)


def _check_amount(dose_mg: float, kind: str) -> None:
    if not (math.isfinite(dose_mg) and dose_mg >= 0.0):
        raise InputError(f"A {kind} needs an amount of 0 mg or more, got {dose_mg:g} mg: give the amount in mg.")


def _check_start(start_min: float) -> None:
    if not math.isfinite(start_min):
        raise InputError(f"A dose needs a start in minutes since the first dose, got {start_min}: give a number.")
