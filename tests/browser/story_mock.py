"""Invented stories of the right shape and about the right size, to look at pages with. Not results."""

from __future__ import annotations

import numpy as np

WEIGHT_KG = 70.0
BASELINE = 32.0
DOSES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 1.0]
MINUTES = [20, 40, 60, 100]
TIME_MIN = np.arange(0.0, 241.0, 5.0)
TIME_H = np.array(
    [0, 1, 2, 4, 8, 12, 24, 36, 48, 72, 96, 120, 144, 168, 192, 216, 240, 264, 288, 312, 336], dtype=float
)
DISCLAIMER = (
    "For research and education. Not a medical device. Not cleared or approved by any authority. Simulated and "
    "estimated values must not be used to diagnose, to choose or change a dose, or to monitor a patient. Alarms here "
    "do not replace a monitor or a clinician."
)

PYTHON = """import limen

answer = limen.concentration(
    "0.5 mg/kg over 40 min",
    weight_kg=70,
    drug="ketamine",
    route="iv",
    at_min=range(0, 241, 5),
)
print(answer["analytes"]["ketamine"]["typical"])
"""


def story():
    """Give a whole story."""
    cells = {f"{d},{m}": cell(dose, minutes) for d, dose in enumerate(DOSES) for m, minutes in enumerate(MINUTES)}
    return {
        "version": "0.1.0",
        "seed": 1,
        "disclaimer": DISCLAIMER,
        "made_from": "posterior 5f0c2a",
        "patient": {
            "weight_kg": 70,
            "diagnosis": "MDD",
            "baseline_madrs": BASELINE,
            "assumed": ["weight", "score before"],
        },
        "grid": {"dose_mg_per_kg": DOSES, "minutes": MINUTES, "start": {"dose": 4, "minutes": 1}},
        "exposure_time_min": TIME_MIN.tolist(),
        "mood_time_h": TIME_H.tolist(),
        "cells": cells,
        "published": published(),
        "joints": joints(),
        "claims": claims(),
        "figures": figures(),
        "limits": [
            "One infusion, one kind of patient.",
            "No individual data set has more than one amount.",
            "Dissociation is only coarsely calibrated.",
        ],
        "notes": {
            "cadss": "Not calibrated by amount: no published table gives this score by intravenous amount and time."
        },
        "python": PYTHON,
        "cite": "Limen 0.1.0: the ketamine story as a chain of joints. BSD-3-Clause.",
        "terminal": [f"{i:2}. a plain sentence of the story, marked measured" for i in range(1, 13)],
    }


def plasma(dose_mg, minutes):
    """Three compartments by small Euler steps, ng/mL."""
    step = 0.25
    v, cl, q = np.array([60.0, 80.0, 157.0]), 84.0 / 60, np.array([130.0, 79.0]) / 60
    mass, out = np.zeros(3), []
    for i in range(int(240 / step) + 1):
        if i % int(5 / step) == 0:
            out.append(1000 * mass[0] / v[0])
        given = dose_mg / minutes if i * step < minutes else 0.0
        flow = q * (mass[0] / v[0] - mass[1:] / v[1:])
        mass = mass + step * np.array([given - cl * mass[0] / v[0] - flow.sum(), *flow])
    return np.array(out)


def cell(dose, minutes):
    typical = plasma(dose * WEIGHT_KG, minutes)
    spread = {"p05": -1.645, "p25": -0.674, "p50": 0.0, "p75": 0.674, "p95": 1.645}
    concentration = {
        "typical": typical.tolist(),
        **{k: (typical * np.exp(0.33 * z)).tolist() for k, z in spread.items()},
    }
    return {
        "pump": {"mg": dose * WEIGHT_KG, "mg_per_h": dose * WEIGHT_KG / minutes * 60, "minutes": minutes},
        "concentration": concentration,
        "occupancy": {
            name: occupancy(typical, ic50) for name, ic50 in (("in_vivo", 180.0), ("ebert", 90.0), ("salat", 420.0))
        },
        "cadss": cadss(typical),
        "mood": mood(dose),
    }


def occupancy(typical, ic50):
    def block(z):
        return (typical * np.exp(z) / (ic50 + typical * np.exp(z))).tolist()

    return {"typical": block(0.0), "p05": block(-0.6), "p95": block(0.6)}


def cadss(typical):
    lagged = np.convolve(typical, np.array([0.2, 0.3, 0.3, 0.2]))[: len(typical)]
    middle = 18 * (lagged / 170) ** 1.6
    return {
        "time_min": TIME_MIN.tolist(),
        "p10": (0.15 * middle).tolist(),
        "p50": middle.tolist(),
        "p90": np.minimum(92, 2.6 * middle).tolist(),
    }


def bands(middle, sd):
    return {name: np.clip(middle + z * sd, 0, 60).tolist() for name, z in (("p10", -1.28), ("p50", 0.0), ("p90", 1.28))}


def curve(dose, drug_points, fast=1.0, slow=1.0):
    rise = 1 - np.exp(-TIME_H / 3)
    effect = drug_points * dose / (dose + 0.25) * 1.5
    control = 6 * rise * np.exp(-TIME_H / 200) + 3 * (1 - np.exp(-TIME_H / 30))
    drug = control + effect * rise * (
        0.5 * fast * np.exp(-TIME_H / 40) + 0.6 * slow * (1 - np.exp(-TIME_H / 14)) * np.exp(-TIME_H / 260)
    )
    return BASELINE - drug, BASELINE - control


def variant(dose, **change):
    drug, same = curve(dose, 9.0, **change)
    sd = 1.5 + 6.5 * (1 - np.exp(-TIME_H / 2))
    hours = [24, 168]
    mean = [float(np.interp(h, TIME_H, same - drug)) for h in hours]
    doubt = [3.2, 3.6]
    p10 = [m - d for m, d in zip(mean, doubt, strict=True)]
    return {
        "drug": bands(drug, sd),
        "same_visit": bands(same, sd),
        "separable": p10[0] > 0,
        "difference": {
            "h": hours,
            "mean": mean,
            "p10": p10,
            "p90": [m + d for m, d in zip(mean, doubt, strict=True)],
            "probability_better": [0.97, 0.8],
        },
    }


def mood(dose):
    return {
        "default": variant(dose),
        "J4=glutamate": variant(dose, fast=0.5),
        "J4=cut": variant(dose, fast=0.0),
        "J5=cut": variant(dose, slow=0.0),
        "J5=additive": variant(dose, slow=1.15),
        "J8=cut": variant(dose, fast=0.8, slow=0.9),
    }


def published():
    return {
        "concentration": [
            {
                "min": 40,
                "value": 185,
                "low": None,
                "high": None,
                "label": "Zarate 2006, mean peak",
                "standing": "second-hand",
                "doi": "10.1001/archpsyc.63.8.856",
            },
            {
                "min": 40,
                "value": None,
                "low": 100,
                "high": 250,
                "label": "Krystal 1994, range with dissociation",
                "standing": "second-hand",
                "doi": None,
            },
        ],
        "mood": [
            {
                "h": 24,
                "arm": "ketamine",
                "change": -16.5,
                "low": -19.6,
                "high": -13.4,
                "n": 47,
                "label": "Murrough 2013",
                "doi": "10.1176/appi.ajp.2013.13030392",
            },
            {
                "h": 24,
                "arm": "midazolam",
                "change": -8.8,
                "low": -12.5,
                "high": -5.1,
                "n": 25,
                "label": "Murrough 2013",
                "doi": "10.1176/appi.ajp.2013.13030392",
            },
        ],
    }


def joint(number, arrow, default, words, question, **more):
    return {
        "id": f"J{number}",
        "arrow": arrow,
        "question": question,
        "default": default,
        "words": words,
        "evidence": "One series says the first, another the second; neither was made in patients, so both may hold.",
        "sources": [{"text": "Author 2012, a study", "doi": "10.1126/science.1190287", "standing": "read"}],
        "standing": "open",
        "changes": more.get("changes", {}),
        "unavailable": more.get("unavailable", {}),
    }


def joints():
    return [
        joint(
            1,
            "plasma → brain",
            "delay",
            ["delay", "plasma"],
            "Does the brain follow the blood at once, or some minutes later?",
        ),
        joint(
            2,
            "concentration → block",
            "in_vivo",
            ["in_vivo", "ebert", "salat"],
            "Which laboratory value says how strongly the drug holds to the receptor?",
        ),
        joint(
            3,
            "block → glutamate",
            "dose_curve",
            ["dose_curve", "circuit", "cut"],
            "Does blocking receptors release glutamate, and at which amounts?",
            unavailable={"circuit": "Not there yet: it needs the network of neurons."},
        ),
        joint(
            4,
            "→ fast effect on mood",
            "occupancy",
            ["occupancy", "glutamate", "cut"],
            "What starts the early effect: the block itself, or the glutamate it releases?",
            changes={"glutamate": "the gain one day later is about half"},
        ),
        joint(
            5,
            "→ synapses",
            "occupancy",
            ["occupancy", "glutamate", "additive", "cut"],
            "What makes synapses stronger, and do repeated visits add up?",
        ),
        joint(
            6,
            "→ dissociation",
            "exposure",
            ["exposure", "rhythm", "cut"],
            "Is feeling detached driven by the amount in the brain, or by a rhythm of the cortex?",
        ),
        joint(
            7,
            "dissociation → benefit",
            "free",
            ["free", "cut"],
            "Does feeling detached help, harm, or do nothing for mood?",
        ),
        joint(8, "expectancy → scores", "on", ["on", "cut"], "How much of the change is what people expect?"),
    ]


VERDICTS = [
    "supported",
    "supported",
    "supported",
    "contested",
    "contested",
    "supported",
    "contested",
    "unknown",
    "contested",
    "supported",
    "contested",
    "unknown",
    "contested",
    "unknown",
]
FIGURES = {1: "control_types", 3: "speed", 7: "inverted_u", 11: "link", 13: "false_positives", 2: "absent_figure"}


def claims():
    return [
        {
            "id": f"C{n}",
            "claim": f"Something that is often said about ketamine, in our own words, number {n}",
            "verdict": verdict,
            "verdict_text": "It holds for the short term; how large it is depends on what the drug is compared with.",
            "number": "7.6 points against midazolam, 12.7 against saline",
            "figure": FIGURES.get(n),
            "sources": [{"text": "Murrough 2013", "doi": "10.1176/appi.ajp.2013.13030392", "standing": "read"}],
            "test": f"tests/spec/test_claims.py::test_c{n}_follows_from_the_tables",
        }
        for n, verdict in enumerate(VERDICTS, start=1)
    ]


def figures():
    block = np.linspace(0, 1, 21)
    return {
        "control_types": [
            {"study": "Murrough 2013", "setting": "midazolam", "drug": -16.5, "control": -8.8, "h": 24, "doi": None},
            {
                "study": "Singh 2016, two a week",
                "setting": "saline",
                "drug": -18.4,
                "control": -5.7,
                "h": 336,
                "doi": None,
            },
            {
                "study": "Daly 2018, 84 mg",
                "setting": "inert spray",
                "drug": -16.4,
                "control": -5.7,
                "h": 24,
                "doi": None,
            },
        ],
        "speed": {"ketamine": [[0, 0], [2, 0.7], [24, 1.0]], "conventional": [[0, 0], [7, 0.33], [14, 0.6], [42, 1.0]]},
        "link": [
            {"study": "Luckenbaugh 2014, day 7", "value": -0.41, "low": None, "high": None, "unit": "r", "n": 108},
            {
                "study": "pooled TRANSFORM-1/2",
                "value": -0.04,
                "low": -0.08,
                "high": -0.002,
                "unit": "points per point",
                "n": 576,
            },
        ],
        "inverted_u": {
            "block": block.tolist(),
            "p10": (0.6 * block * (1 - block)).tolist(),
            "p50": (block * (1 - block)).tolist(),
            "p90": (1.5 * block * (1 - block)).tolist(),
        },
        "false_positives": {
            "kind": "dots",
            "axis": "share of trials that find a link that is not there",
            "rows": [
                {"label": "4 doses, pooled", "value": 0.43, "low": 0.41, "high": 0.45},
                {"label": "4 doses, adjusted for exposure", "value": 0.06, "low": 0.04, "high": 0.08},
            ],
        },
    }


def case():
    """Give one person's case."""
    before, _ = curve(0.5, 9.0)
    after = before - 4 * (1 - np.exp(-TIME_H / 5))
    base = cell(0.5, 40)
    return {
        "title": "One participant of an open trial",
        "disclaimer": DISCLAIMER,
        "person": {
            "weight_kg": 70,
            "diagnosis": "MDD",
            "baseline": {"MADRS": 32},
            "age_y": 34,
            "sex": "F",
            "assumed": ["weight_kg"],
        },
        "visits": [
            {"start_h": 0, "text": "0.5 mg/kg over 40 min", "drug": "ketamine", "assumed": ["dose"]},
            {"start_h": 240, "text": "0 mg over 40 min", "drug": "placebo", "assumed": ["start_h"]},
        ],
        "time_h": TIME_H.tolist(),
        "before": {**bands(before, 8.0), "mean": before.tolist()},
        "after": {**bands(after, 5.5), "mean": after.tolist()},
        "observed": [
            {"h": -1, "value": 32, "scale": "MADRS", "used": True},
            {"h": 4, "value": 19, "scale": "MADRS", "used": True},
            {"h": 24, "value": 12, "scale": "MADRS", "used": True},
            {"h": 240, "value": 21, "scale": "MADRS", "used": False},
        ],
        "exposure": {
            "time_min": TIME_MIN.tolist(),
            "concentration": base["concentration"],
            "occupancy": base["occupancy"],
        },
        "taught": [
            "The first scores are lower than expected for most people.",
            "The band at one week is a third narrower.",
        ],
        "warnings": ["The gap between the visits is assumed."],
        "basis": "data",
        "joints": [
            {"id": "J4", "word": "occupancy", "says": "Cutting it raises the expected score one day later by 5 points."}
        ],
        "sources": [{"text": "OpenNeuro ds005917", "doi": "10.18112/openneuro.ds005917.v1.0.1", "standing": "read"}],
    }
