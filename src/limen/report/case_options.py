"""What the page of one case shows of its options: fifty equally likely outcomes of each, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from limen.options import options_answer
from limen.quantities import InputError
from limen.regimen import Case

Json = dict[str, Any]

SHOWN: Final = (
    "kind",
    "dose",
    "later_h",
    "basis",
    "benefit",
    "fifty",
    "response_probability",
    "dissociation_above_limit_probability",
    "pressure_above_limit_probability",
    "peak_ng_per_ml",
    "occupancy_peak",
    "cadss_peak",
    "cumulative_mg_per_kg_90d",
    "doubt",
    "reasons",
    "extrapolates",
    "unknown_because",
)


def options_data(case: Case) -> Json:
    """Give the options of a case as its page shows them; with the reason where they cannot be computed."""
    try:
        found = options_answer(case)
    except InputError as fault:
        return {"rows": [], "unknown_because": str(fault)}
    counts = found["frontier"]["options"]
    return {
        "statement": found["statement"],
        "horizons_h": found["horizons_h"],
        "rows": [
            shown(row) | {"name": name(row), "counts": one["counts"]}
            for row, one in zip(found["options"], counts, strict=True)
        ],
        "benefit_weights": found["frontier"]["weights"]["benefit"],
        "unknown": found["unknown"],
        "not_offered": found["not_offered"],
        "so_far": so_far(found["options"][0]),
        "rhythm": found["rhythm"]["because"],
        "rhythm_what_if": what_if(found),
        "next_observation": found["next_observation"],
        "unknown_because": None,
    }


def so_far(row: Mapping[str, Any]) -> str:
    """Say how many infusions there were, and what is known of the bladder."""
    return f"Infusions so far: {row['infusions_so_far']}. Urinary symptoms: {row['urinary_symptoms']}."


def what_if(found: Mapping[str, Any]) -> list[str]:
    """Say what seeing the rhythm would have to be worth before the highest dose differed from the lowest."""
    asked = found["rhythm"]["what_if"]
    if asked is None:
        return []
    high, low = (name(found["options"][k]) for k in asked["options"])
    said = [f"What would have to be shown first, for {high} against {low}:"]
    for hours, ratio, without in zip(
        found["horizons_h"], asked["least_likelihood_ratio"], asked["separated_without"], strict=True
    ):
        needed = f"a likelihood ratio of {ratio:g}" if ratio is not None else f"more than {asked['tried_to']:g}"
        said.append(f"at {hours:g} h {'nothing, they differ without it' if without else needed};")
    return [*said[:-1], f"{said[-1].removesuffix(';')}. No data give such a ratio."]


def shown(row: Mapping[str, Any]) -> Json:
    """Give what the page shows of an option, and how its means move under the other sides of the joints."""
    under = {side: [one["mean"] for one in other["benefit"]] for side, other in row["under_joints"].items()}
    return {key: row[key] for key in SHOWN} | {"under": under}


def name(row: Mapping[str, Any]) -> str:
    """Name an option."""
    if row["dose"] is None:
        return str(row["kind"])
    later = f", {row['later_h']:g} h later" if row["later_h"] else ""
    return f"{row['drug']} {row['route']} {row['dose']}{later}"
