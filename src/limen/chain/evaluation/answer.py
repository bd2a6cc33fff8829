"""The answer of `limen evaluate`: measured concentrations against every model of the library, and the ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.chain.evaluation.answering import Answers, Seen, Stratum, answers_for, seen_samples
from limen.chain.evaluation.event_table import HOURS, NG_PER_ML, EventTable, read_event_table
from limen.chain.evaluation.npde import distribution_errors, npde_summary
from limen.chain.evaluation.prediction_errors import prediction_errors
from limen.chain.evaluation.predictive_check import Checked, corrected_check, visual_check
from limen.chain.evaluation.replicates import Replicates, replicates
from limen.chain.evaluation.residual import residual_of
from limen.evidence import DISCLAIMER
from limen.kinetics import ENSEMBLE
from limen.kinetics.courses import shares
from limen.kinetics.model_files import BORROWED_FROM
from limen.kinetics.remarks import remarks
from limen.quantities import Floats, InputError

Json = dict[str, Any]

REPLICATES: Final = 500  # ours: the 2.5th and 97.5th percentile of a band then rest on a dozen replicates each
FEWEST_REPLICATES: Final = 100  # ours: fewer give no band
MOST_REPLICATES: Final = 10_000  # ours: more fill the memory of an ordinary machine
SEED: Final = 1
M3: Final = "M3"
M1: Final = "M1"
DIGITS: Final = 6
NO_DENSITY: Final = "at least one observation cannot occur by this model"


def evaluation_answer(
    path: str | Path,
    *,
    models: Sequence[str] = (),
    time_unit: str = HOURS,
    dv_unit: str = NG_PER_ML,
    sampled: str | None = None,
    drug: str | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
    blq: str = M3,
    row_order: bool = False,
) -> Json:
    """Compare the concentrations of an event table with every model that can answer for them.

    Parameters
    ----------
    path : str or Path
        The event table; see `read_event_table`.
    models : sequence of str
        Ids of models, and perhaps ``"ensemble"``; none asks all that describe what was given.
    time_unit, dv_unit : str
        Of TIME and DV.
    sampled, drug : str or None
        For lines that do not say it.
    replicates : int
        Simulated copies of the table a model.
    seed : int
        The same file, version and seed give the same answer.
    blq : str
        ``"M3"`` counts samples below the limit as censored, ``"M1"`` drops them.
    row_order : bool
        Whether lines at one time keep the order of the file.

    Returns
    -------
    dict
        Ready for JSON: ``strata``, each with ``models`` (``errors``, ``log_score``, ``npde``, ``vpc``, ``pcvpc``) and
        ``refused`` (one sentence a model).

    Raises
    ------
    InputError
        One sentence on what cannot be used.
    """
    _check(replicates, seed, blq)
    table = read_event_table(
        path, time_unit=time_unit, dv_unit=dv_unit, sampled=sampled, drug=drug, row_order=row_order
    )
    seen = seen_samples(table, drop_below=blq == M1)
    chosen = tuple(dict.fromkeys(models))
    strata = [_stratum(part, chosen, replicates, seed) for part in _strata(seen)]
    return {
        **_head(table, seen),
        "time_unit": time_unit,
        "dv_unit": dv_unit,
        "replicates": replicates,
        "seed": seed,
        "blq": blq,
        "strata": strata,
        "warnings": list(dict.fromkeys((*table.warnings, *(one for part in strata for one in part["warnings"])))),
        "disclaimer": DISCLAIMER,
    }


def _check(count: int, seed: int, blq: str) -> None:
    if not FEWEST_REPLICATES <= count <= MOST_REPLICATES:
        raise InputError(
            f"{count} replicates are too few or too many: use --replicates with {FEWEST_REPLICATES} to"
            f" {MOST_REPLICATES}."
        )
    if seed < 0:
        raise InputError(f"A seed is 0 or more, got {seed}: use --seed 1 for example.")
    if blq not in (M1, M3):
        raise InputError(f"Samples below the limit can be treated by M3 or M1, got {blq!r}: use --blq M3.")


def _head(table: EventTable, seen: tuple[Seen, ...]) -> Json:
    samples = table.samples
    early = [
        one for person in table.people for part in person.courses for one in part.samples if part.is_before_doses(one)
    ]
    return {
        "file": table.file,
        "people": len(table.people),
        "samples": {
            "used": len(seen),
            "below_limit": sum(one.sample.below for one in seen),
            "before_first_dose": sum(one.measured for one in early),
            "prediction_only": sum(not one.measured for one in samples),
        },
        "ties": table.ties,
        "columns_ignored": list(table.ignored),
        "remarks": list(table.remarks),
    }


def _strata(seen: tuple[Seen, ...]) -> list[tuple[Seen, ...]]:
    found: dict[Stratum, list[Seen]] = {}
    for one in seen:
        found.setdefault(one.stratum, []).append(one)
    return [tuple(part) for part in found.values()]


def _stratum(seen: tuple[Seen, ...], chosen: tuple[str, ...], count: int, seed: int) -> Json:
    stratum = seen[0].stratum
    answers = answers_for(stratum, chosen)
    refused = dict(answers.refused)
    drawn: dict[str, Replicates] = {}
    for name, member in answers.members.items():
        try:
            drawn[name] = replicates(member, seen, count, seed)
        except InputError as reason:
            refused[name] = str(reason)
    results = {name: _result(seen, one, seed) | _about(answers, name) for name, one in drawn.items()}
    lacking = [name for name in answers.weights if name not in drawn]
    if lacking:
        refused[ENSEMBLE] = f"Its member {lacking[0]!r} cannot answer here: name the other models one by one."
    elif answers.weights:
        results[ENSEMBLE] = _result(seen, _ensemble(answers, drawn, count, seed), seed) | _about_ensemble(answers)
    return {
        "title": stratum.title,
        "analyte": stratum.analyte,
        "drug": " + ".join(stratum.drugs),
        "route": " + ".join(stratum.routes),
        "sampled": stratum.sampled,
        "observed": {
            "time_min": _numbers(np.array([one.since_min for one in seen])),
            "value_ng_per_ml": [one.sample.value_ng_per_ml for one in seen],
            "below_ng_per_ml": [one.sample.lloq_ng_per_ml if one.sample.below else None for one in seen],
            "line": [one.sample.line for one in seen],
        },
        "models": results,
        "refused": refused,
        "warnings": list(_remarks(answers, seen)),
    }


def _remarks(answers: Answers, seen: tuple[Seen, ...]) -> tuple[str, ...]:
    members = tuple(answers.members.values())
    weights_kg = [known["WT"] for one in seen for _, known in one.course.changes]
    parent = answers.stratum.analyte.removeprefix("S-").removeprefix("R-")
    furthest_kg = dict.fromkeys((min(weights_kg), max(weights_kg)))
    return tuple(dict.fromkeys(text for kg in furthest_kg for text in remarks(members, kg, (parent,))))


def _about(answers: Answers, name: str) -> Json:
    member = answers.members[name]
    residual = residual_of(name, answers.stratum.analyte)
    borrowed = f"borrowed from {BORROWED_FROM} (ours)"
    return {
        "site": member.model.site,
        "linked": member.linked,
        "prior": None if member.prior is None else member.prior.says,
        "between_people": borrowed if member.model.borrowed else "published",
        "residual": borrowed if residual.borrowed else "published",
        "ensemble_weight": answers.weights.get(name, 0.0),
    }


def _about_ensemble(answers: Answers) -> Json:
    return {
        "site": " + ".join(dict.fromkeys(answers.members[name].model.site for name in answers.weights)),
        "linked": any(answers.members[name].linked for name in answers.weights),
        "members": dict(answers.weights),
    }


def _ensemble(answers: Answers, drawn: Mapping[str, Replicates], count: int, seed: int) -> Replicates:
    """Mix whole replicates of the members by their weights; the typical prediction is their geometric mean."""
    rows = shares(tuple(answers.weights.values()), count)
    parts = [(drawn[name], rng_rows) for name, rng_rows in zip(answers.weights, rows, strict=True)]
    order = np.random.default_rng(seed).permutation(count)
    scores = np.array([np.log(weight) + drawn[name].log_score for name, weight in answers.weights.items()])
    highest = np.maximum(np.max(scores, axis=0), np.finfo(float).min)
    with np.errstate(divide="ignore"):
        typical = answers.ensemble({name: drawn[name].typical for name in answers.weights})
        score = highest + np.log(np.sum(np.exp(scores - highest), axis=0))
    return Replicates(
        typical,
        np.concatenate([one.people[:kept] for one, kept in parts])[order],
        np.concatenate([one.measured[:kept] for one, kept in parts])[order],
        score,
    )


def _result(seen: tuple[Seen, ...], drawn: Replicates, seed: int) -> Json:
    checked = Checked(
        np.array([one.since_min for one in seen]),
        np.array([one.sample.value_ng_per_ml or 0.0 for one in seen]),
        np.array([one.sample.below for one in seen]),
        np.array([one.sample.lloq_ng_per_ml or 0.0 for one in seen]),
        drawn.typical,
        drawn.measured,
    )
    above = ~checked.below & (drawn.typical > 0.0)
    errors = distribution_errors(checked, np.array([one.person for one in seen]), np.random.default_rng(seed))
    score = float(np.mean(drawn.log_score))
    return {
        "typical_ng_per_ml": _numbers(drawn.typical),
        "errors": dict(prediction_errors(drawn.typical[above], checked.observed[above])),
        "log_score": score if np.isfinite(score) else None,
        **({} if np.isfinite(score) else {"log_score_unknown_because": NO_DENSITY}),
        "npde": {**npde_summary(errors), "values": _numbers(errors)},
        "vpc": visual_check(checked),
        "pcvpc": corrected_check(checked),
    }


def _numbers(values: Floats) -> list[float | None]:
    return [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in values.tolist()]
