"""The crossover of ds005917 as arms to fit: only the participants with odd numbers, whose scores are not held out.

The scores stay in the folder of data and are read when the posterior is made; dose and days are assumed, since the
data set states neither (10.18112/openneuro.ds005917.v1.0.1, CC0).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Final

import numpy as np

from limen.inference.fitted_arms import SD_MISFIT, Observation
from limen.response.mood import Circumstances

STUDY: Final = "ds005917 (odd participants)"
ASSUMED_DOSE: Final = "0.5 mg/kg over 40 min"
#: Hours from the start of the infusion, the middle of "2 to 3" and of "10 to 11" days, and whether it held ketamine.
VISITS: Final = {"ses-d2": (60.0, True), "ses-d10": (252.0, True), "ses-p2": (60.0, False), "ses-p10": (252.0, False)}
BASELINE: Final = "ses-b0"
#: Entry needed a score of at least 20; healthy people and those below it are left out.
ENTRY_MADRS: Final = 20.0


def crossover_arms(folder: Path) -> tuple[Observation, ...]:
    """Give the mean and SD of the change at each visit.

    Parameters
    ----------
    folder : Path
        Holds ``ds005917/phenotype.tsv``.

    Returns
    -------
    tuple of Observation
        Empty where the file is not there.
    """
    file = folder / "ds005917" / "phenotype.tsv"
    if not file.exists():
        return ()
    scores = odd_scores(file)
    patients = [own for own in scores.values() if own.get(BASELINE, 0.0) >= ENTRY_MADRS]
    found: list[Observation] = []
    for visit, (time_h, drug) in VISITS.items():
        pairs = np.array([(own[BASELINE], own[visit]) for own in patients if visit in own])
        found.extend(arm(pairs, time_h, drug=drug))
    return tuple(found)


def odd_scores(file: Path) -> dict[str, dict[str, float]]:
    """Read MADRS by participant and visit, odd numbers alone."""
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            odd = int(row["participant_id"][-1]) % 2 == 1
            if odd and row["MADRS_Total"] not in {"n/a", ""}:
                scores[row["participant_id"]][row["session_id"]] = float(row["MADRS_Total"])
    return scores


def arm(pairs: np.typing.NDArray[np.float64], time_h: float, *, drug: bool) -> tuple[Observation, Observation]:
    """Give mean and log SD of the change of one visit; `pairs` has shape ``(people, 2)``, before and after."""
    change, n = pairs[:, 1] - pairs[:, 0], float(len(pairs))
    sd = float(change.std(ddof=1))
    seen = (
        ("mean", float(change.mean()), sd / n**0.5),
        ("sd", float(np.log(sd)), float(np.sqrt(0.5 / (n - 1.0) + SD_MISFIT**2))),
    )
    mean, spread = (
        Observation(
            study=STUDY,
            kind="mean" if kind == "mean" else "sd",
            drug="ketamine" if drug else "",
            route="iv" if drug else "",
            dose=ASSUMED_DOSE if drug else "",
            days=(0.0,),
            circumstances=Circumstances("saline", "none", "crossover"),
            time_h=time_h,
            baseline=float(pairs[:, 0].mean()),
            n=n,
            value=value,
            error=error,
        )
        for kind, value, error in seen
    )
    return mean, spread
