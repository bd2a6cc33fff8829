"""The figures of the claims on the story page: published numbers as they stand in the tables, and the curve of J3."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from limen.chain import Chances, reference_course
from limen.circuit.mechanisms import MECHANISMS, TITLES
from limen.circuit.stimulation import TARGETS, report_probability
from limen.circuit.surface import BLOCKS, surface
from limen.evidence import OutcomeRow, finding, outcomes, session_and_link
from limen.quantities import Floats
from limen.report.rhythm_figure import rhythm_worth_figure
from limen.response.drive import glutamate_surge

Json = dict[str, Any]

#: Highest nasal dose of esketamine in the tables, mg.
HIGHEST_NASAL_MG: Final = 84.0
SHOWN_PERCENTS: Final = (10, 50, 90)


def figures(chances: Chances, synapse: Json) -> Json:
    """Give the figures of the claims that these rooms can draw; the slow branch is handed in as computed."""
    return {
        "control_types": control_types(),
        "speed": speed(),
        "link": links(),
        "chain": glutamate_in_people(),
        "inverted_u": glutamate_curve(chances),
        "rhythm": simulated_rhythm(),
        "synapse": synapse,
        "stimulation": stimulation(),
        "false_positives": false_links(),
        "worth": rhythm_worth_figure(),
    }


def control_types() -> list[Json]:
    """Give the falls of drug and control beside each other, for trials of each kind of control."""
    found = []
    for study, schedule, time_h, dose in SHOWN_TRIALS:
        arms = {
            row.arm: row
            for row in outcomes()
            if (row.study, row.time_h, row.scale) == (study, time_h, "MADRS")
            and schedule in row.schedule
            and (row.dose_low == dose or row.arm == "control")
        }
        drug = next(row for arm, row in arms.items() if arm in {"ketamine", "esketamine"})
        found.append(
            {
                "study": f"{study.split(' (')[0]}, {drug.dose_low:g} {drug.dose_unit}{often(drug.schedule)}",
                "setting": CONTROLS[drug.comparator],
                "drug": drug.mean_change,
                "control": arms["control"].mean_change,
                "h": time_h,
                "doi": drug.doi,
            }
        )
    return found


def often(schedule: str) -> str:
    """Say how often a repeated dose was given, where the schedule begins with it."""
    count = schedule.partition(" per week")[0]
    return f" {WORDS_OF[count]} a week" if count in WORDS_OF else ""


WORDS_OF: Final = {"2": "twice", "3": "thrice"}
#: Trial, part of its schedule, hours and dose of the rows of outcomes.csv that the figure of claim C1 shows.
SHOWN_TRIALS: Final = (
    ("Murrough 2013", "", 24.0, 0.5),
    ("Singh 2016", "2 per week", 336.0, 0.5),
    ("Singh 2016", "3 per week", 336.0, 0.5),
    ("Daly 2018", "period 1)", 24.0, 84.0),
    ("Daly 2018", "period 1)", 168.0, 84.0),
    ("Canuso 2018", "", 24.0, 84.0),
    ("ASPIRE I (Fu 2020)", "", 24.0, 84.0),
    ("ASPIRE II (Ionescu 2021)", "", 24.0, 84.0),
)
#: Controls in plain words.
CONTROLS: Final = {
    "midazolam": "midazolam",
    "saline": "saline",
    "placebo_spray": "an inert spray",
    "placebo_spray+AD": "an inert spray, all in hospital with a new antidepressant",
}


def speed() -> Json:
    """Give how much of the effect over control is there when: nasal esketamine by the hour, SSRIs by the week."""
    own = {row.time_h or 0.0: row.mean_change for row in outcomes() if highest_dose_over_placebo(row)}
    changes = {hour: change for hour, change in sorted(own.items()) if change is not None}
    most, early = min(changes.values()), finding("conventional_share_at_week_1").number()
    return {
        "ketamine": [[0, 0], *([hour, round(change / most, 3)] for hour, change in changes.items())],
        "conventional": [[0, 0], [7, early], [42, 1.0]],
        "labels": {"ketamine": "nasal esketamine 84 mg", "conventional": "SSRI"},
    }


def highest_dose_over_placebo(row: OutcomeRow) -> bool:
    """Tell whether a row is the contrast of the highest nasal dose in the trial that scored at 2 h."""
    return row.study == "Daly 2018" and row.is_contrast and row.dose_low == HIGHEST_NASAL_MG


def links() -> list[Json]:
    """Give the published sizes of the link between dissociation and benefit."""
    return [
        {"study": row.study, "value": row.value, "low": row.low, "high": row.high, "unit": row.unit, "n": row.n}
        for row in session_and_link()
        if row.topic == "link"
    ]


def glutamate_curve(chances: Chances) -> Json:
    """Give the default of joint J3: glutamate against block, beside the reference infusion's 1."""
    peak = reference_course("in_vivo", chances.potency, chances.brain_half_life_min).peak_block
    block = np.linspace(0.0, 0.5, 26)
    curve = glutamate_surge(np.broadcast_to(block, (len(peak), len(block))) / peak, chances.glutamate_crossing)
    rows = np.percentile(np.maximum(curve, -1.0), SHOWN_PERCENTS, axis=0)
    return {"block": block.tolist(), "circuit": circuit_glutamate(block, float(np.median(peak)))} | {
        f"p{percent}": row.tolist() for percent, row in zip(SHOWN_PERCENTS, rows, strict=True)
    }


def glutamate_in_people() -> Json:
    """Give the change of glutamate that was seen in people, during the infusion and after it."""
    found = {label: finding(name) for name, label in GLUTAMATE_SEEN}
    ranges = {label: one.interval() for label, one in found.items()}
    rows = [
        {"label": label, "value": one.value, "low": ranges[label][0], "high": ranges[label][1]}
        for label, one in found.items()
    ]
    return {"kind": "dots", "axis": "change of the glutamate signal, per cent", "rows": rows}


#: Findings behind claim C6, in plain words.
GLUTAMATE_SEEN: Final = (
    ("prefrontal_glx_rise", "prefrontal, during the infusion"),
    ("posterior_cingulate_glutamate_after_193_min", "posterior cingulate, 193 min later"),
)


def simulated_rhythm() -> Json:
    """Give how strong the rhythm of claim C9 is in both simulated circuits, from 0 to 1, over block."""
    strengths = surface().rhythm().reshape(len(MECHANISMS), -1, len(BLOCKS)).mean(axis=1)
    lines = [
        {"label": f"simulated circuit {TITLES[name]}", "y": own.tolist(), "tone": tone}
        for name, own, tone in zip(MECHANISMS, strengths, ("drug", "felt"), strict=True)
    ]
    above = "strength of the rhythm in a hypothesis, against share of receptors blocked"
    return {"kind": "curves", "x": list(BLOCKS), "lines": lines, "above": above}


def circuit_glutamate(block: Floats, peak_block: float) -> list[Json]:
    """Give the other side of joint J3: what both circuits make of block, the reference infusion's = 1."""
    curves = surface().curves("glutamate_fraction").reshape(len(MECHANISMS), -1, len(BLOCKS)).mean(axis=1) - 1.0
    return [
        {"label": TITLES[name], "y": (np.interp(block, BLOCKS, own) / np.interp(peak_block, BLOCKS, own)).tolist()}
        for name, own in zip(MECHANISMS, curves, strict=True)
    ]


#: Targets of stimulation in plain words.
STIMULATED: Final = {
    "anterior precuneus": "anterior precuneus, nine people",
    "oscillating contact": "contacts that oscillated, one patient",
    "posteromedial elsewhere": "elsewhere in posteromedial cortex",
    "sham": "sham",
}


def false_links() -> Json:
    """Give how often a link is found in simulated trials that hold none, by what is adjusted for."""
    rows = [{"label": label, "value": finding(name).value, "low": None, "high": None} for name, label in FALSE_LINKS]
    return {"kind": "dots", "axis": "share of trials without a link that find one", "rows": rows}


#: Findings of the simulation behind claim C13, in plain words.
FALSE_LINKS: Final = (
    ("false_link_four_doses", "four doses, nothing adjusted for"),
    ("false_link_three_doses", "three doses, larger trial, nothing adjusted for"),
    ("false_link_exposure_adjusted", "three doses, adjusted for exposure"),
    ("false_link_shared_sensitivity", "three doses, people sensitive to both, adjusted for exposure"),
)


def stimulation() -> Json:
    """Give how often stimulation was reported, by target."""
    rows = []
    for target in TARGETS:
        chance = report_probability(target)
        rows.append({"label": STIMULATED[target.name], "value": finding(target.finding).value})
        rows[-1] |= {"low": chance["p05"], "high": chance["p95"]}
    return {"kind": "dots", "axis": "share of stimulations or people with a report", "rows": rows}
