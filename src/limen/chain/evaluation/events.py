"""What each line of an event table says: a dose, a sample, a change of covariates or a reset."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from limen.chain.evaluation.cells import Row
from limen.evidence import finding
from limen.quantities import InputError, unit_factor
from limen.regimen.doses import ACTIVE_DRUGS, DEVICE_MG, ROUTES

OBSERVATION, DOSE, OTHER, RESET, RESET_AND_DOSE = range(5)
EVENT_CODES: Final = (OBSERVATION, DOSE, OTHER, RESET, RESET_AND_DOSE)
MODELLED_RATE: Final = -1.0
MODELLED_DURATION: Final = -2.0
MOST_MORE_DOSES: Final = 10_000  # ours: more is a slip of the keyboard
TIMED_ROUTES: Final = ("iv", "sc")

PARENTS: Final = ("ketamine", "norketamine", "hydroxynorketamine")
ANALYTES: Final = tuple(f"{side}{parent}" for parent in PARENTS for side in ("", "S-", "R-"))
ANALYTE_WORDS: Final = MappingProxyType(
    {name.casefold(): name for name in ANALYTES} | {"esketamine": "S-ketamine", "noresketamine": "S-norketamine"}
)
# Compartments that a drug is put into, as the model files call them, and the route that each stands for.
ROUTE_WORDS: Final = MappingProxyType(
    {route: route for route in ROUTES}
    | {
        "central": "iv",
        "nasal": "intranasal",
        "oral_solution": "oral",
        "oral_film": "sublingual",
        "mucosa": "sublingual",
    }
)
SITE_WORDS: Final = MappingProxyType({word: word for word in ("arterial", "venous", "unknown")})
ENANTIOMER_WORDS: Final = MappingProxyType({"s": "S", "r": "R", "sum": "sum"})
BASIS_WORDS: Final = MappingProxyType({"base": "base", "hydrochloride": "hydrochloride"})
DRUG_WORDS: Final = MappingProxyType({name: name for name in ACTIVE_DRUGS})
MASS_UNITS: Final = {"ng/mL": 1.0, "ug/L": 1.0, "ug/mL": 1000.0, "mg/L": 1000.0}
MOLAR_UNITS: Final = {"nmol/mL": 1.0, "umol/L": 1.0, "nmol/L": 0.001}


@dataclass(frozen=True)
class Reading:
    """How the file is to be read where its cells do not say it.

    Parameters
    ----------
    time_unit, dv_unit : str
        Of TIME, DUR, II (and 1/RATE), and of DV and LLOQ.
    sampled, drug : str or None
        Where samples came from, and what was given.
    row_order : bool
        Whether lines at one time keep the order of the file.
    """

    time_unit: str
    dv_unit: str
    sampled: str | None
    drug: str | None
    row_order: bool

    @property
    def minutes(self) -> float:
        """Minutes in the unit of TIME."""
        return unit_factor(self.time_unit, "min")


@dataclass(frozen=True)
class Sample:
    """One observation.

    Parameters
    ----------
    line : int
        Of the file.
    time_min : float
        By the clock of TIME.
    analyte, sampled : str
        What was measured, and where.
    value_ng_per_ml : float or None
        None where it is below the limit, or asked for as a prediction only.
    lloq_ng_per_ml : float or None
        Limit of quantification.
    below : bool
        Whether it was below that limit.
    """

    line: int
    time_min: float
    analyte: str
    sampled: str
    value_ng_per_ml: float | None
    lloq_ng_per_ml: float | None
    below: bool

    @property
    def measured(self) -> bool:
        """Whether anything was measured."""
        return self.below or self.value_ng_per_ml is not None


@dataclass(frozen=True)
class DoseEvent:
    """One dose line; the doses that II and ADDL add are not expanded yet.

    Parameters
    ----------
    line : int
        Of the file.
    start_min, duration_min, dose_mg : float
        As given; a duration of 0 is at once.
    drug, route : str
        Words of the contract.
    devices, devices_before : int
        Nasal devices in this dose, and earlier of the same visit.
    every_min : float
        Between repeated doses; 0 where there are none.
    more : int
        How many follow.
    steady : bool
        Whether as many came before that a steady state was reached.
    occasion : str
        As OCC says it: what varies between occasions is shared by the doses of one.
    """

    line: int
    start_min: float
    dose_mg: float
    duration_min: float
    drug: str
    route: str
    devices: int = 1
    devices_before: int = 0
    every_min: float = 0.0
    more: int = 0
    steady: bool = False
    occasion: str = ""


def event_code(row: Row) -> int:
    """Give EVID; without it a line with an amount is a dose and any other an observation."""
    code = row.whole("EVID", EVENT_CODES)
    amount_mg = row.at_least("AMT", 0.0, 0.0)
    if code is None:
        return DOSE if amount_mg > 0.0 else OBSERVATION
    if code in (DOSE, RESET_AND_DOSE) and "AMT" not in row.cells:
        raise row.fault("AMT", f"a dose (EVID {code}) needs its amount in mg")
    if code not in (DOSE, RESET_AND_DOSE) and amount_mg > 0.0:
        raise row.fault("AMT", f"EVID {code} is no dose: leave the amount out, or use EVID 1")
    return code


def dose_event(row: Row, time_min: float, reading: Reading) -> DoseEvent:
    """Read a dose line.

    Parameters
    ----------
    row : Row
        EVID 1 or 4.
    time_min : float
        Its TIME.
    reading : Reading
        How to read it.

    Returns
    -------
    DoseEvent

    Raises
    ------
    InputError
        One sentence with line and column.
    """
    _check_basis(row)
    dose_mg = row.at_least("AMT", 0.0, 0.0)
    route = _route(row)
    every_min, more, steady = _repeats(row, reading)
    devices, before = _devices(row, route, dose_mg)
    duration_min = _duration_min(row, dose_mg, route, reading)
    drug = _drug(row, reading)
    return DoseEvent(
        row.line, time_min, dose_mg, duration_min, drug, route, devices, before, every_min, more, steady=steady,
        occasion=row.cells.get("OCC", ""),
    )  # fmt: skip


def _check_basis(row: Row) -> None:
    if row.word("BASIS", BASIS_WORDS) == "hydrochloride":
        raise row.fault(
            "BASIS", "the factor from hydrochloride to base is not confirmed on file, so give AMT as base in mg"
        )


def _drug(row: Row, reading: Reading) -> str:
    side = row.word("ENANTIOMER", ENANTIOMER_WORDS)
    if side == "R":
        raise row.fault("ENANTIOMER", "no model on file has R-ketamine given alone: use sum (racemate) or S")
    by_side = {None: None, "S": "esketamine", "sum": "ketamine"}[side]
    drug = row.word("DRUG", DRUG_WORDS)
    if drug and by_side and drug != by_side:
        raise row.fault("DRUG", f"the column ENANTIOMER says {by_side}, so let both say the same")
    return drug or by_side or reading.drug or ACTIVE_DRUGS[0]


def says_drug(row: Row) -> bool:
    """Whether a dose line itself says what was given."""
    return "DRUG" in row.cells or "ENANTIOMER" in row.cells


def _route(row: Row) -> str:
    _check_named(row, "CMT")
    by_route, by_compartment = row.word("ROUTE", ROUTE_WORDS), row.word("CMT", ROUTE_WORDS)
    if by_route and by_compartment and by_route != by_compartment:
        raise row.fault("CMT", f"the column ROUTE says {by_route}, so let both say the same")
    timed = row.number("RATE") or row.number("DUR")
    found = by_route or by_compartment or ("iv" if timed else None)
    if found is None:
        raise row.fault("ROUTE", f"say how the dose was given: {', '.join(ROUTES)}, or CMT = central")
    return found


def _check_named(row: Row, column: str) -> None:
    text = row.cells.get(column, "")
    if text.replace(".", "", 1).isdigit():
        raise row.fault(column, "give a name, such as central or S-ketamine, and not a number")


def _duration_min(row: Row, dose_mg: float, route: str, reading: Reading) -> float:
    rate, duration = row.number("RATE") or 0.0, row.at_least("DUR", 0.0, 0.0)
    if rate != 0.0 and duration > 0.0:
        raise row.fault("DUR", f"RATE is {rate:g} too, so give only one of the two")
    if rate < 0.0:
        return _modelled(row, rate, route)
    if rate == duration == 0.0:
        return 0.0
    if route not in TIMED_ROUTES:
        column = "RATE" if rate else "DUR"
        raise row.fault(column, f"the {route} route has no infusion: leave it out, or use {' or '.join(TIMED_ROUTES)}")
    return (duration if duration else dose_mg / rate) * reading.minutes


def _modelled(row: Row, rate: float, route: str) -> float:
    if rate == MODELLED_DURATION and route not in TIMED_ROUTES:
        return 0.0
    if rate in (MODELLED_RATE, MODELLED_DURATION):
        raise row.fault("RATE", f"no model on file has a modelled rate or duration for {route}: give RATE or DUR")
    raise row.fault("RATE", "give mg per unit of TIME, above 0, or DUR instead")


def _devices(row: Row, route: str, dose_mg: float) -> tuple[int, int]:
    device = row.number("DEVICE")
    if device is None:
        return (max(1, math.ceil(dose_mg / DEVICE_MG - 1e-9)) if route == "intranasal" else 1), 0
    if route != "intranasal" or device < 1 or device != int(device):
        raise row.fault("DEVICE", "it counts the nasal devices of a visit, so use 1, 2, 3 on intranasal doses only")
    return 1, int(device) - 1


def _repeats(row: Row, reading: Reading) -> tuple[float, int, bool]:
    every, more = row.at_least("II", 0.0, 0.0), row.at_least("ADDL", 0.0, 0.0)
    steady = row.whole("SS", (0, 1)) == 1
    if more != int(more) or more > MOST_MORE_DOSES:
        raise row.fault("ADDL", f"give a whole number of further doses, at most {MOST_MORE_DOSES}")
    if every == 0.0 and (more or steady):
        raise row.fault("II", f"{'SS = 1' if steady else f'ADDL = {more:g}'} needs the time between doses, above 0")
    return every * reading.minutes, int(more), steady


def sample(row: Row, time_min: float, reading: Reading) -> Sample:
    """Read an observation line.

    Parameters
    ----------
    row : Row
        EVID 0.
    time_min : float
        Its TIME.
    reading : Reading
        How to read it.

    Returns
    -------
    Sample

    Raises
    ------
    InputError
        One sentence with line and column.
    """
    analyte = _analyte(row)
    factor = dv_factor(reading.dv_unit, analyte)
    lloq = row.number("LLOQ")
    if lloq is not None and lloq <= 0.0:
        raise row.fault("LLOQ", "a limit of quantification is above 0: give it, or . where there is none")
    below = row.whole("BLQ", (0, 1)) == 1
    if below and lloq is None:
        raise row.fault("LLOQ", "BLQ is 1, so give the limit that the sample was below")
    value = None if below or row.whole("MDV", (0, 1)) == 1 else _value(row, lloq)
    site = row.word("SAMPLED", SITE_WORDS) or reading.sampled or "unknown"
    scaled = [None if one is None else one * factor for one in (value, lloq)]
    return Sample(row.line, time_min, analyte, site, scaled[0], scaled[1], below)


def _analyte(row: Row) -> str:
    for column in ("DVID", "CMT"):
        _check_named(row, column)
    by_compartment = ANALYTE_WORDS.get(row.cells.get("CMT", "").casefold())
    name = row.word("DVID", ANALYTE_WORDS) or by_compartment or PARENTS[0]
    side = row.word("ENANTIOMER", ENANTIOMER_WORDS)
    parent = name.removeprefix("S-").removeprefix("R-")
    told = {None: name, "sum": parent, "S": f"S-{parent}", "R": f"R-{parent}"}[side]
    if name not in (parent, told):
        raise row.fault("ENANTIOMER", f"DVID says {name}, so let both say the same")
    return told


def says_analyte(row: Row) -> bool:
    """Whether an observation line itself says what was measured."""
    return "DVID" in row.cells or row.cells.get("CMT", "").casefold() in ANALYTE_WORDS


def _value(row: Row, lloq: float | None) -> float | None:
    value = row.number("DV")
    if value is None:
        return None
    if value < 0.0:
        raise row.fault("DV", "a concentration is 0 or more: for a sample below the limit set BLQ = 1 and LLOQ")
    if lloq is not None and 0.0 < value < lloq:
        raise row.fault("DV", f"it lies below LLOQ {lloq:g} and BLQ is not 1: set BLQ = 1, or mend LLOQ")
    return value


def dv_factor(unit: str, analyte: str) -> float:
    """Give the number by which a value in `unit` is multiplied to be in ng/mL of the analyte.

    Parameters
    ----------
    unit : str
        Mass or moles in a volume.
    analyte : str
        Whose molar mass counts.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If the unit is none of a concentration.
    """
    if unit in MASS_UNITS:
        return MASS_UNITS[unit]
    if unit not in MOLAR_UNITS:
        known = ", ".join((*MASS_UNITS, *MOLAR_UNITS))
        raise InputError(f"DV in {unit!r} cannot be read as a concentration: use --dv-unit with one of {known}.")
    return MOLAR_UNITS[unit] * molar_mass_g_per_mol(analyte)


def molar_mass_g_per_mol(analyte: str) -> float:
    """Give the molar mass of an analyte, whichever its enantiomer."""
    mass = finding(f"{analyte.removeprefix('S-').removeprefix('R-')}_molar_mass").value
    if mass is None:
        raise InputError(f"The molar mass of {analyte} is not known: give DV in ng/mL.")
    return float(mass)


def covariates(row: Row) -> Mapping[str, float]:
    """Read the covariates that stand on a line: kg, years, 0 or 1; raises InputError for an impossible one."""
    bounds = {"WT": (2.0, 350.0, "kg"), "AGE": (0.0, 120.0, "years")}
    found: dict[str, float] = {}
    for name, (low, high, unit) in bounds.items():
        value = row.number(name)
        if value is not None and not low <= value <= high:
            raise row.fault(name, f"give {low:g} to {high:g} {unit}, or . where it is not known")
        found |= {} if value is None else {name: value}
    for name in ("ASIAN", "JAPANESE"):
        flag = row.whole(name, (0, 1))
        found |= {} if flag is None else {name: float(flag)}
    row.word("SEX", {"f": "F", "m": "M", "0": "0", "1": "1"})
    if found.get("JAPANESE") == 1.0 and found.get("ASIAN") == 0.0:
        raise row.fault("JAPANESE", "ASIAN is 0, and a Japanese person has both 1: mend one of them")
    return found
