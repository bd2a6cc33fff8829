"""The answer of the command models: where each kinetic model comes from, what it lacks, and where it is used."""

from __future__ import annotations

from limen.chain.evaluation.residual import residual_of
from limen.chain.exposure_summary import Json
from limen.kinetics import Model, blocked_ids, load_model, model_ids
from limen.kinetics.courses import named
from limen.kinetics.ensemble import FILE_ROUTES, WEIGHTS
from limen.kinetics.model_files import BORROWED_FROM
from limen.regimen.doses import ROUTES


def models_answer(model_id: str | None = None) -> Json:
    """Give the answer of `limen models [ID]`.

    Parameters
    ----------
    model_id : str or None
        One model, or all.

    Returns
    -------
    dict
        Ready for JSON.

    Raises
    ------
    InputError
        If there is no such model, or it is blocked.
    """
    if model_id is None:
        return {"models": [_row(name) for name in model_ids()], "blocked": list(blocked_ids())}
    model = load_model(model_id)
    return {
        **_row(model_id),
        "population": model.about.population,
        "site_note": model.about.site_note,
        "compartments": list(model.compartments),
        "analytes": [named(one.analyte, copy) for copy in model.copies for one in model.outputs],
        "covariates": dict(model.about.covariates),
        "residual": dict(model.about.residual),
        "errata": list(model.about.errata),
        "copies": _copies(model),
        "parameters": _numbers(model),
    }


def _row(name: str) -> Json:
    model = load_model(name)
    return {
        "id": name,
        "name": model.about.display_name,
        "citation": model.about.citation,
        "doi": model.about.doi or None,
        "standing": model.about.standing,
        "standing_note": model.about.standing_note,
        "completeness": model.about.completeness,
        "lacks": _lacks(model),
        "site": model.site,
        "routes": list(model.routes),
        "describes": model.enantiomer,
        "between_people": f"ours: borrowed from {BORROWED_FROM} (V1 and CL)" if model.borrowed else "published",
        "ensemble_weights": {" ".join(key): weights[name] for key, weights in WEIGHTS.items() if name in weights},
    }


def _lacks(model: Model) -> list[str]:
    """Say what this model cannot answer by itself, or answers with something borrowed."""
    analytes = {one.analyte for one in model.outputs}
    absent = [route for route in ROUTES if FILE_ROUTES.get(route, route) not in model.routes]
    found = {
        f"routes {', '.join(absent)}": bool(absent),
        "norketamine": not analytes & {"norketamine", "S-norketamine"},
        "enantiomers": not model.gives_enantiomers,
        "R-ketamine": model.is_s_only,
        "between-people variability": model.borrowed,
        "residual error": residual_of(model.id, "ketamine").borrowed,
        "sampling site": model.site == "unknown",
    }
    return [name for name, missing in found.items() if missing]


def _copies(model: Model) -> list[Json]:
    return [
        {"enantiomer": one.enantiomer, "dose_fraction": one.dose_fraction, "factors": dict(one.factors)}
        for one in model.copies
        if one.enantiomer
    ]


def _numbers(model: Model) -> Json:
    return {
        name: {
            "value": one.value,
            "unit": one.unit,
            "cell": one.cell,
            "between_people_variance": one.people_variance,
            "between_occasions_variance": one.occasion_variance,
            "variance_of": "logit" if one.on_logit else "logarithm",
        }
        for name, one in model.parameters.items()
    }
