"""The answer of `limen mediation`: what of a benefit goes with dissociation, and what would undo that reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.inference.mediation.analysis import Analysis, analyse, interval, leaves_out_zero, too_few
from limen.inference.mediation.covariates import EXPOSURE_ERROR_CV, design_of
from limen.inference.mediation.design import Design
from limen.inference.mediation.effects import effects_of, numbers_of
from limen.inference.mediation.links import link_meta_analysis
from limen.inference.mediation.outcome import Plan
from limen.inference.mediation.table import (
    HIGHEST_CV,
    SUBSCALES,
    TOTAL,
    MediationTable,
    ScoredVisit,
    read_mediation_table,
)
from limen.inference.mediation.verdict import COMMON_CAUSE, FEW_FREE, cautions, reasons, statement
from limen.quantities import Floats, InputError

Json = dict[str, Any]
SEED: Final = 1
#: Errors of measured exposure under which the indirect effect is shown again (ours).
TRIED_CV: Final = (0.0, 0.15, 0.3)
METHOD: Final = (
    "Improvement is baseline minus score. CADSS: logistic for any, lognormal for how much. Improvement: linear in CADSS"
    " with a slope that may differ by exposure, saturating curves of exposure, baseline, time of the score, infusion"
    " number, clinic, setting and guess of the arm. Exposure has error: each column holds its expectation given"
    " measurement, dose and what was felt (regression calibration). Effects by g-computation; spread by a jackknife"
    " over people and t draws, widened by 1.15."
)


def mediation_answer(path: str | Path, *, seed: int = SEED, exposure_error_cv: float = EXPOSURE_ERROR_CV) -> Json:
    """Give the answer of `limen mediation`.

    Parameters
    ----------
    path : str or Path
        A table, one line a scored visit.
    seed : int
        The same table and seed give the same answer.
    exposure_error_cv : float
        Relative error of measured exposures where the column exposure_cv does not say it.

    Returns
    -------
    dict
        Ready for JSON. Effects are points of improvement of the higher exposure against the lower.

    Raises
    ------
    InputError
        One sentence on what cannot be used.
    """
    _check(seed, exposure_error_cv)
    table = read_mediation_table(path)
    if not table.visits:
        raise InputError(f"{table.file} holds no line with CADSS, baseline and score: give one a scored visit.")
    design = design_of(table.visits, TOTAL, exposure_error_cv)
    lacking = too_few(design)
    if lacking is not None:
        return _too_few(table, lacking)
    found = analyse(design, seed=seed)
    refused = list(reasons(found))
    return {
        **_head(table),
        **_effects(found),
        "slope_per_cadss_point": summary(found.effects.slope),
        "contrast": _contrast(design, found.plan),
        "proportion_indirect": _proportion(found),
        **_undone(found),
        "may_say_mediates": not refused,
        "refused_because": refused,
        "statement": statement(found, refused),
        **_split(found),
        "subscales": _subscales(table.visits, seed, exposure_error_cv),
        "without_exposure": {"pooled": summary(found.plain[:, 0]), "dose_groups": summary(found.plain[:, 1])},
        "exposure": _exposure(found, exposure_error_cv),
        "published_links": link_meta_analysis(),
        "method": METHOD,
        "warnings": [*cautions(found), *table.warnings],
    }


def _check(seed: int, exposure_error_cv: float) -> None:
    if seed < 0:
        raise InputError(f"The seed {seed} is below 0: give a whole number of 0 or more.")
    if not 0.0 <= exposure_error_cv <= HIGHEST_CV:
        raise InputError(
            f"The error of exposure {exposure_error_cv:g} is no relative error from 0 to {HIGHEST_CV:g}: 0.15 is 15 %."
        )


def summary(draws: Floats) -> Json:
    """Give mean, 5 and 95 % of draws of shape ``(draws,)``."""
    low, high = interval(draws)
    return {"mean": float(np.mean(draws)), "p05": low, "p95": high}


def unknown(because: str) -> Json:
    """Give a number that is not known, with the reason."""
    return {"mean": None, "p05": None, "p95": None, "unknown_because": because}


def _head(table: MediationTable) -> Json:
    scale = table.visits[0].scale
    return {
        "file": table.file,
        "n": table.people,
        "visits": len(table.visits),
        "scale": scale,
        "unit": f"points of improvement on {scale}",
    }


def _too_few(table: MediationTable, lacking: str) -> Json:
    because = f"too few: {lacking}"
    return {
        **_head(table),
        **{name: unknown(because) for name in ("total", "direct", "indirect", "slope_per_cadss_point")},
        "rho_at_zero": None,
        "e_value": None,
        "unknown_because": because,
        "may_say_mediates": False,
        "refused_because": [because],
        "statement": f"Nothing was fitted to {table.file}, {because}.",
        "published_links": link_meta_analysis(),
        "warnings": [f"Too few for an answer: {lacking}.", COMMON_CAUSE, *table.warnings],
    }


def _effects(found: Analysis) -> Json:
    if not found.adjusted:
        return {name: unknown(next(reasons(found))) for name in ("total", "direct", "indirect")}
    effects = found.effects
    return {
        "total": summary(effects.total),
        "direct": summary(effects.direct),
        "indirect": summary(effects.indirect),
    }


def _contrast(design: Design, plan: Plan) -> Json:
    low, high = float(design.dose_mg_per_kg.min()), float(design.dose_mg_per_kg.max())
    people = low == high
    return {
        "says": "10th against 90th of 100 people on one dose" if people else "highest against lowest dose",
        "dose_mg_per_kg": [low, high],
        "exposure": [plan.low, plan.high],
    }


def _proportion(found: Analysis) -> Json:
    if not (found.adjusted and leaves_out_zero(found.effects.total)):
        return unknown("the interval of the total effect includes 0, or there is none")
    share = found.effects.indirect / found.effects.total
    low, high = interval(share)
    return {"mean": float(found.effects.indirect.mean() / found.effects.total.mean()), "p05": low, "p95": high}


def _undone(found: Analysis) -> Json:
    if found.sensitivity is None:
        return {"rho_at_zero": None, "e_value": None, "unknown_because": next(reasons(found))}
    unknown_rho = found.sensitivity.rho_at_zero is None
    return ({"unknown_because": FEW_FREE} if unknown_rho else {}) | {
        "rho_at_zero": found.sensitivity.rho_at_zero,
        "e_value": found.sensitivity.e_value,
        "e_value_at_limit": found.sensitivity.e_value_at_limit,
    }


def _split(found: Analysis) -> Json:
    if found.split is None:
        because = "too few people were seen more than once with different CADSS"
        return {"between_persons": unknown(because), "within_persons": unknown(because)}
    return {"between_persons": summary(found.split[:, 0]), "within_persons": summary(found.split[:, 1])}


def _subscales(visits: Sequence[ScoredVisit], seed: int, error_cv: float) -> Json:
    return {name.removeprefix("cadss_"): one for name, one in _each_subscale(visits, seed, error_cv)}


def _each_subscale(visits: Sequence[ScoredVisit], seed: int, error_cv: float) -> Iterator[tuple[str, Json]]:
    """Give each subscale that the table holds, as if it were the only mediator."""
    for name in SUBSCALES:
        held = [visit for visit in visits if name in visit.cadss]
        if not held:
            continue
        design = design_of(held, name, error_cv)
        lacking = too_few(design)
        if lacking is not None:
            yield name, {"indirect": unknown(f"too few: {lacking}")}
            continue
        found = analyse(design, seed=seed)
        yield name, {**_effects(found), "slope_per_point": summary(found.effects.slope), **_undone(found)}


def _exposure(found: Analysis, error_cv: float) -> Json:
    design = found.design
    measured = design.dosed & np.isfinite(design.exposure)
    answer: Json = {
        "measured_visits": int(measured.sum()),
        "visits_with_drug": int(design.dosed.sum()),
        "error_cv": error_cv,
        "people_log_sd": found.people_log_sd,
    }
    if found.plan.measured and found.adjusted:
        answer["indirect_by_error_cv"] = [_with_error(found, cv) for cv in TRIED_CV]
    return answer


def _with_error(found: Analysis, error_cv: float) -> Json:
    error = np.full(len(found.design.cadss), np.sqrt(np.log1p(error_cv**2)))
    numbers = numbers_of(replace(found.design, error_log_sd=error), found.plan)
    effects = effects_of(numbers[None, :])
    return {"error_cv": error_cv, "indirect": float(effects.indirect[0]), "slope": float(effects.slope[0])}
