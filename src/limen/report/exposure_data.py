"""What the page of one dose text shows, computed: concentrations with each model's own curve, and blocked receptors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from limen.chain.exposure import SEED, concentration_answer, occupancy_answer
from limen.evidence import DISCLAIMER
from limen.kinetics import ENSEMBLE
from limen.quantities import Floats, InputError
from limen.receptor import ASSAYS
from limen.regimen import Dose, Infusion, Patient, Spray, Visit, read_visit
from limen.report.story_data import published

Json = dict[str, Any]

SHORTEST_MIN: Final = 240.0  # ours: as on the story page
LONGEST_MIN: Final = 1440.0  # ours: a day; a curve over more is read from `--json`
TIMES_THE_DOSE: Final = 3.0  # ours: the fall after a dose then has twice the room of the dose itself
STEPS: Final = 240  # ours: one a minute over the shortest picture
AFTER_A_BREAK_MIN: Final = (0.0, 0.5, 1.0, 2.0, 4.0)  # ours: curves bend most right after a step begins or ends
REFERENCE_MG_PER_KG: Final = 0.5  # the infusion of which peaks were published
REFERENCE_DURATION_MIN: Final = 40.0
MINUTES_PER_H: Final = 60.0
CLOSE: Final = 1e-9  # amounts are products of decimal numbers

#: Which analytes a panel may show, the first that is known.
SHOWN: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "ketamine": MappingProxyType(
            {"parent": ("ketamine", "S-ketamine"), "metabolite": ("norketamine", "S-norketamine")}
        ),
        "esketamine": MappingProxyType({"parent": ("S-ketamine",), "metabolite": ("S-norketamine",)}),
    }
)
CURVES: Final = ("typical", "p05", "p25", "p50", "p75", "p95")
PARTS: Final = ("between_people_cv", "parameter_cv", "between_models_fold")


def exposure_data(
    dose_text: str,
    *,
    weight_kg: float,
    drug: str = "ketamine",
    route: str = "iv",
    model: str = ENSEMBLE,
    sampled: str = "venous",
    seed: int = SEED,
) -> Json:
    """Compute the data of the page of one dose text.

    Parameters
    ----------
    dose_text : str
        As in the contract, such as ``"0.5 mg/kg over 40 min"``.
    weight_kg : float
        Of the typical adult it is for.
    drug, route, model, sampled : str
        Words of the contract.
    seed : int
        Of the draws.

    Returns
    -------
    dict
        As `write_exposure_page` takes it.

    Raises
    ------
    InputError
        One sentence on what cannot be used.
    """
    visit = read_visit(dose_text, drug=drug, route=route, patient=Patient(weight_kg=weight_kg))
    time_min = drawn_minutes(visit).tolist()
    asked: Json = {"drug": drug, "route": route, "model": model, "sampled": sampled, "seed": seed}
    found = concentration_answer(dose_text, weight_kg=weight_kg, at_min=time_min, **asked)
    parts = {part: analyte(found, names) for part, names in SHOWN[drug].items()}
    comparable = parts["parent"]["name"] == "ketamine" and is_reference(visit, weight_kg, sampled)
    return {
        "version": version("limen"),
        "disclaimer": DISCLAIMER,
        **{name: found[name] for name in ("seed", "draws", "basis", "sampled", "time_min")},
        "model": model,
        "dose": dose_row(visit, weight_kg),
        **parts,
        **occupancies(dose_text, weight_kg, time_min, asked),
        "published": published()["concentration"] if comparable else [],
        "warnings": [*found["warnings"], *left_out(visit, time_min[-1])],
    }


def drawn_minutes(visit: Visit) -> Floats:
    """Give the minutes that curves are drawn at: evenly, at every step of the dose, and closely after each.

    Parameters
    ----------
    visit : Visit
        From minute 0.

    Returns
    -------
    Floats
        Shape ``(times,)``; to 4 h or three times the dose, at most a day.
    """
    end_min = min(LONGEST_MIN, max(SHORTEST_MIN, TIMES_THE_DOSE * visit.end_min))
    breaks = {edge_min for dose in visit.doses for edge_min in (dose.start_min, dose.end_min)}
    close = [edge_min + after_min for edge_min in breaks for after_min in AFTER_A_BREAK_MIN]
    minutes = np.unique(np.concatenate([np.linspace(0.0, end_min, STEPS + 1), close]))
    return np.asarray(minutes[minutes <= end_min], dtype=np.float64)


def left_out(visit: Visit, last_min: float) -> tuple[str, ...]:
    """Say which part of a long dose the page does not show."""
    if visit.end_min <= last_min:
        return ()
    return (
        f"The dose lasts {visit.end_min / MINUTES_PER_H:g} h, and this page shows the first"
        f" {last_min / MINUTES_PER_H:g} h of it: ask `limen concentration --at-min` for later minutes.",
    )


def dose_row(visit: Visit, weight_kg: float) -> Json:
    """Give the dose as it was read, with its steps."""
    return {
        "text": visit.text,
        "drug": visit.drug,
        "route": visit.route,
        "weight_kg": weight_kg,
        "mg": visit.dose_mg,
        "end_min": visit.end_min,
        "steps": [step_row(dose) for dose in visit.doses],
    }


def step_row(dose: Dose) -> Json:
    """Give one step: a rate over some minutes, or an amount at once."""
    row: Json = {"from_min": dose.start_min, "until_min": dose.end_min, "mg": dose.dose_mg}
    if isinstance(dose, Infusion):
        return {**row, "mg_per_h": dose.rate_mg_per_min * MINUTES_PER_H, "devices": None}
    devices = dose.devices if isinstance(dose, Spray) and dose.drug == "esketamine" else None
    return {**row, "mg_per_h": None, "devices": devices}


def analyte(found: Json, names: Sequence[str]) -> Json:
    """Give the first of some analytes that is known, with its numbers; or why none is."""
    known = [name for name in names if found["analytes"][name]["typical"] is not None]
    if not known:
        return {"name": names[0], "typical": None, "unknown_because": found["analytes"][names[0]]["unknown_because"]}
    curves, time_min = found["analytes"][known[0]], found["time_min"]
    return {
        "name": known[0],
        "unknown_because": None,
        **{name: curves[name] for name in CURVES},
        **peak(time_min, curves),
        "members": [
            {"id": name, **member, **peak_and_area(time_min, member["typical"])}
            for name, member in curves["models"].items()
        ],
    }


def peak(time_min: Sequence[float], curves: Json) -> Json:
    """Give height, time and area of the typical curve, and what is known of the spread at its peak."""
    k = int(np.argmax(curves["typical"]))
    return {
        **peak_and_area(time_min, curves["typical"]),
        "at_peak": {name: curves[name][k] for name in ("p05", "p95", *PARTS)},
    }


def peak_and_area(time_min: Sequence[float], ng_per_ml: Sequence[float]) -> Json:
    """Give the highest point of one curve, ng/mL and minutes, and the area under it by trapezoids, ng h/mL."""
    k = int(np.argmax(ng_per_ml))
    area = float(np.trapezoid(np.array(ng_per_ml), np.array(time_min))) / MINUTES_PER_H
    return {"peak_ng_per_ml": ng_per_ml[k], "peak_min": time_min[k], "area_ng_h_per_ml": area}


def occupancies(dose_text: str, weight_kg: float, time_min: Sequence[float], asked: Json) -> Json:
    """Give the share of receptors held by each assay, or the sentence why no block follows."""
    try:
        answers = {
            assay: occupancy_answer(dose_text, weight_kg=weight_kg, at_min=time_min, assay=assay, **asked)
            for assay in ASSAYS
        }
    except InputError as reason:
        return {"occupancy": None, "occupancy_unknown_because": str(reason)}
    shown = {assay: {name: found["occupancy"][name] for name in CURVES} for assay, found in answers.items()}
    return {"occupancy": shown, "occupancy_unknown_because": None, "fu_unbound": answers[ASSAYS[0]]["fu_unbound"]}


def is_reference(visit: Visit, weight_kg: float, sampled: str) -> bool:
    """Whether it is the dose whose published levels are on file: 0.5 mg/kg of racemate over 40 min into a vein.

    They are shown beside venous curves only, because arterial ones stand higher while the pump runs.
    """
    if (visit.drug, visit.route, sampled, len(visit.doses)) != ("ketamine", "iv", "venous", 1):
        return False
    same_amount = abs(visit.dose_mg / weight_kg - REFERENCE_MG_PER_KG) < CLOSE
    return same_amount and abs(visit.duration_min - REFERENCE_DURATION_MIN) < CLOSE
