"""What reaches the blood and what it blocks: the answers of the commands concentration and occupancy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.chain.exposure_summary import Drawn, Exposure, Json, Quantity, summary, unknown
from limen.evidence import finding
from limen.kinetics import (
    ENSEMBLE,
    EVERYTHING,
    PARAMETERS,
    PEOPLE,
    ConcentrationDraws,
    Spread,
    draw_concentrations,
    typical_concentrations,
)
from limen.quantities import Floats, InputError
from limen.receptor import (
    FUNCTIONAL_ASSAY,
    MAGNESIUM_MM,
    VOLTAGE_MV,
    Potency,
    check_assay,
    draw_potency,
    functional_block,
    hcn1_block,
    occupancy,
    typical_fu,
    typical_potency,
)
from limen.regimen import ACTIVE_DRUGS, Infusion, Patient, Regimen, dose_warnings, read_visit

ANALYTES: Final = ("ketamine", "S-ketamine", "R-ketamine", "norketamine", "S-norketamine", "R-norketamine")
LAST_MIN: Final = 2880.0
DRAWS: Final = 2000  # ours: the error of p05 and p95 is then about 2 %, and the answer comes at once
PART_DRAWS: Final = 500  # ours: for each part of the spread, which is shown with one or two digits
SEED: Final = 1
FAST_MIN: Final = 5.0  # ours: given faster than this, the first minutes depend on how blood mixes
#: About so much this library gives 2 min after 10 mg at once, ng/mL; a test holds both.
FAST_VENOUS_NG_PER_ML: Final = 80.0
FAST_ARTERIAL_NG_PER_ML: Final = 270.0
FAST_IN_A_VEIN: Final = (
    "Models of a vein were fitted to slower doses and read low in the first minutes after a fast one: 2 min after 10 mg"
    f" at once one study found {finding('bolus_10_mg_at_2_min').number():g} ng/mL (its site is not stated) where this"
    f" library gives about {FAST_VENOUS_NG_PER_ML:g} in a vein and {FAST_ARTERIAL_NG_PER_ML:g} in an artery."
)


@dataclass(frozen=True)
class Question:
    """One dose text to one person, asked at some minutes.

    Parameters
    ----------
    patient, regimen : Patient, Regimen
        To whom, and what.
    time_min : Floats
        Shape ``(times,)``, checked.
    model, sampled : str
        Words of the contract.
    warnings : tuple of str
        About the dose.
    seed : int
        The same question and seed give the same answer.
    """

    patient: Patient
    regimen: Regimen
    time_min: Floats
    model: str
    sampled: str
    warnings: tuple[str, ...]
    seed: int

    @property
    def drug(self) -> str:
        """The drug that is given."""
        return self.regimen.visits[0].drug


def concentration_answer(
    dose_text: str,
    *,
    weight_kg: float,
    at_min: Sequence[float],
    drug: str = "ketamine",
    route: str = "iv",
    model: str = ENSEMBLE,
    sampled: str = "venous",
    seed: int = SEED,
) -> Json:
    """Give the answer of `limen concentration`: total drug in plasma, ng/mL.

    Parameters
    ----------
    dose_text : str
        As in the contract, such as ``"0.5 mg/kg over 40 min"``.
    weight_kg : float
        Of the typical adult it is for.
    at_min : sequence of float
        Increasing minutes since the start of the dose, 0 to 2880.
    drug, route, model, sampled : str
        Words of the contract.
    seed : int
        Of the draws.

    Returns
    -------
    dict
        Ready for JSON.

    Raises
    ------
    InputError
        One sentence on what cannot be used.
    """
    person = Patient(weight_kg=weight_kg)
    asked = _question(dose_text, person, at_min, drug=drug, route=route, model=model, sampled=sampled, seed=seed)
    exposure = _exposure(asked, None)
    analytes = {name: _analyte(exposure, name, asked) for name in ANALYTES}
    return {**_head(asked, exposure), "analytes": analytes, "warnings": _warnings(asked, exposure)}


def occupancy_answer(
    dose_text: str,
    *,
    weight_kg: float,
    at_min: Sequence[float],
    drug: str = "ketamine",
    route: str = "iv",
    model: str = ENSEMBLE,
    sampled: str = "venous",
    assay: str = "in_vivo",
    fu_unbound: float | None = None,
    voltage_mv: float = VOLTAGE_MV,
    mg_mm: float = MAGNESIUM_MM,
    seed: int = SEED,
) -> Json:
    """Give the answer of `limen occupancy`: shares of channels that plasma would hold at equilibrium.

    Parameters
    ----------
    dose_text, weight_kg, at_min, drug, route, model, sampled, seed
        As for `concentration_answer`.
    assay : str
        ``in_vivo``, ``ebert`` or ``salat``.
    fu_unbound : float or None
        Unbound fraction; None is 0.53 with its range in the spread, a number is taken as certain.
    voltage_mv, mg_mm : float
        Of the functional block.

    Returns
    -------
    dict
        Ready for JSON.

    Raises
    ------
    InputError
        One sentence on what cannot be used.
    """
    check_assay(assay)
    person = Patient(weight_kg=weight_kg)
    asked = _question(dose_text, person, at_min, drug=drug, route=route, model=model, sampled=sampled, seed=seed)
    exposure = _exposure(asked, (assay, fu_unbound))
    _check_gives_sum(exposure, model)
    blocks: Mapping[str, Quantity] = {
        "occupancy": lambda one, potency: occupancy(one.analytes, assay=assay, potency=potency),
        "functional_block": lambda one, potency: functional_block(
            one.analytes, voltage_mv=voltage_mv, mg_mm=mg_mm, fu_unbound=potency.fu_unbound
        ),
        "hcn1_block": lambda one, potency: hcn1_block(one.analytes, fu_unbound=potency.fu_unbound),
    }
    return {
        **_head(asked, exposure),
        "assay": assay,
        "fu_unbound": typical_fu() if fu_unbound is None else fu_unbound,
        "functional_assay": FUNCTIONAL_ASSAY,
        "voltage_mv": voltage_mv,
        "mg_mm": mg_mm,
        **{name: {"unit": "fraction", **summary(exposure, quantity)} for name, quantity in blocks.items()},
        "warnings": _warnings(asked, exposure),
    }


def _question(
    dose_text: str,
    patient: Patient,
    at_min: Sequence[float],
    *,
    drug: str,
    route: str,
    model: str,
    sampled: str,
    seed: int,
) -> Question:
    visit = read_visit(dose_text, drug=drug, route=route, patient=patient)
    if drug not in ACTIVE_DRUGS:
        raise InputError(f"Concentrations are those of ketamine and esketamine, got {drug!r}: use one of these two.")
    time_min = _checked_times(at_min)
    return Question(patient, Regimen((visit,)), time_min, model, sampled, dose_warnings(visit, patient), seed)


def _checked_times(at_min: Sequence[float]) -> Floats:
    times = np.asarray(at_min, dtype=np.float64)
    if times.ndim != 1 or times.size == 0:
        raise InputError("No minutes were given in --at-min: give at least one, such as 10,40,80.")
    outside = times[~((times >= 0.0) & (times <= LAST_MIN))]
    if outside.size:
        raise InputError(f"The minute {outside[0]:g} of --at-min lies outside 0 to {LAST_MIN:g}: leave it out.")
    steps = np.flatnonzero(np.diff(times) <= 0.0)
    if steps.size:
        first, second = times[steps[0]], times[steps[0] + 1]
        raise InputError(f"The minutes of --at-min must increase, got {first:g} and then {second:g}: sort them.")
    return times


def _exposure(asked: Question, assay_and_fu: tuple[str, float | None] | None) -> Exposure:
    assay, fu = assay_and_fu or ("in_vivo", None)
    known = typical_potency(assay, fu)
    typical = typical_concentrations(
        asked.patient, asked.regimen, asked.time_min, sampled=asked.sampled, model=asked.model
    )
    streams = np.random.default_rng(asked.seed).spawn(5)
    draws = {
        spread: _draw(asked, spread, rows, rng)
        for spread, rows, rng in zip(
            (EVERYTHING, PEOPLE, PARAMETERS), (DRAWS, PART_DRAWS, PART_DRAWS), streams[:3], strict=True
        )
    }
    unsure = [
        _potency(known, rows, assay_and_fu, rng) for rows, rng in zip((DRAWS, PART_DRAWS), streams[3:], strict=True)
    ]
    return Exposure(
        Drawn(typical.members, known),
        Drawn(draws[EVERYTHING].members, unsure[0]),
        Drawn(draws[PEOPLE].members, known),
        Drawn(draws[PARAMETERS].members, unsure[1]),
        typical,
    )


def _draw(asked: Question, spread: Spread, rows: int, rng: np.random.Generator) -> ConcentrationDraws:
    return draw_concentrations(
        asked.patient,
        asked.regimen,
        asked.time_min,
        draws=rows,
        sampled=asked.sampled,
        model=asked.model,
        rng=rng,
        spread=spread,
    )


def _potency(
    known: Potency, rows: int, assay_and_fu: tuple[str, float | None] | None, rng: np.random.Generator
) -> Potency:
    """Draw potencies where they matter; an unbound fraction that was typed is taken as certain."""
    if assay_and_fu is None:
        return known
    assay, fu = assay_and_fu
    drawn = draw_potency(rows, assay, rng)
    return drawn if fu is None else Potency(assay, drawn.ic50_um, np.full(rows, fu))


def _check_gives_sum(exposure: Exposure, model: str) -> None:
    if not any("ketamine" in member.analytes for member in exposure.typical.members):
        raise InputError(
            f"The model {model!r} gives only the S half of racemic ketamine, from which no block follows:"
            " use racemate_composite or racemate_composite_venous."
        )


def _head(asked: Question, exposure: Exposure) -> Json:
    here = [member.id for member in exposure.typical.members if member.site == asked.sampled]
    return {
        "time_min": [float(time) for time in asked.time_min],
        "sampled": asked.sampled,
        "models_at_this_site": here,
        "models_through_link": [member.id for member in exposure.typical.members if member.linked],
        "basis": "prior only" if exposure.concentrations.prior_only else "data",
        "draws": DRAWS,
        "seed": asked.seed,
    }


def _warnings(asked: Question, exposure: Exposure) -> list[str]:
    fast = _is_fast(asked.regimen) and asked.sampled == "venous"
    return [*asked.warnings, *((FAST_IN_A_VEIN,) if fast else ()), *exposure.concentrations.warnings]


def _is_fast(regimen: Regimen) -> bool:
    """Whether a dose goes into a vein at once or nearly so."""
    lasting = [dose.duration_min if isinstance(dose, Infusion) else 0.0 for dose in regimen.active]
    into_a_vein = any(visit.route == "iv" for visit in regimen.visits)
    return into_a_vein and any(minutes < FAST_MIN for minutes in lasting)


def _analyte(exposure: Exposure, name: str, asked: Question) -> Json:
    none_of_it = asked.drug == "esketamine" and name.startswith("R-")
    given = any(name in member.analytes for member in exposure.typical.members)
    if none_of_it or not given:
        return {"unit": "ng/mL", **unknown(_reason(name, none_of_it=none_of_it))}
    return {"unit": "ng/mL", **summary(exposure, lambda member, _: member.analytes.get(name))}


def _reason(name: str, *, none_of_it: bool) -> str:
    if none_of_it:
        return "esketamine holds no R-ketamine, and no model on file turns one enantiomer into the other"
    return f"no model of this answer gives {name} after this drug by this route"
