"""What one run stands on: a paragraph for a methods section, and the sources of the models and sides that it took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from limen.chain.joints import Joints
from limen.evidence import cite_answer, joint, joints, reference_for_doi, references
from limen.kinetics import Model, members
from limen.response.parameters import posterior_hash

Json = dict[str, Any]

#: What the session and mood are calibrated to, whatever is given.
RESPONSE: Final = ("murrough_2013", "singh_2016", "daly_2018", "su_2017", "van_schalkwyk_2018")


@dataclass(frozen=True)
class Given:
    """What a run was about, as far as its methods depend on it.

    Parameters
    ----------
    kind : str
        ``"one person's course"`` or ``"a virtual trial"``.
    drugs : tuple of (drug, route)
        Active drugs, each with its route.
    joints : Joints
        Sides taken.
    seed, draws : int
        Of the run.
    version : str
        Of Limen.
    observed : int
        Scores and samples that were taken in.
    """

    kind: str
    drugs: tuple[tuple[str, str], ...]
    joints: Joints
    seed: int
    draws: int
    version: str
    observed: int = 0


def methods_answer(given: Given) -> Json:
    """Give how to cite one run.

    Parameters
    ----------
    given : Given
        The run.

    Returns
    -------
    dict
        As `limen.evidence.cite_answer`, with the methods and the sources of this run.
    """
    keys = dict.fromkeys([*sources_of_models(given), *sources_of_sides(given), *RESPONSE])
    return cite_answer(tuple(keys)) | {"methods": " ".join(sentences(given))}


def models_of(drug: str, route: str) -> tuple[tuple[Model, float], ...]:
    """Give the models that answer for a drug and route in venous plasma, with their weights."""
    return tuple((member.model, member.weight) for member in members(drug, route, "venous"))


def sources_of_models(given: Given) -> Iterator[str]:
    """Yield the keys of the papers behind the models of the run."""
    for drug, route in given.drugs:
        for model, _ in models_of(drug, route):
            yield from (reference_for_doi(doi).key for doi in model.about.sources)
            if not model.about.sources and model.id in references():
                yield model.id


def sources_of_sides(given: Given) -> Iterator[str]:
    """Yield the keys behind the assay, and behind every joint that was not left at its default."""
    for one in joints():
        if one.id == "J2" or given.joints[one.id] != one.default:
            yield from one.sources


def sentences(given: Given) -> Iterator[str]:
    """Yield the paragraph, a sentence at a time."""
    yield (
        f"Limen {given.version} simulated {given.kind} (seed {given.seed}, {given.draws} draws, population posterior"
        f" {posterior_hash()})."
    )
    for drug, route in given.drugs:
        named = ", ".join(f"{model.id} ({weight:.2g})" for model, weight in models_of(drug, route))
        yield f"Venous plasma of {route} {drug} is an ensemble of published models with these weights: {named}."
    if not given.drugs:
        yield "No drug that acts was given."
    yield f"NMDA receptor occupancy is competitive, by {joint('J2').verdicts[given.joints['J2']]}."
    yield (
        "Mood follows a control term and a drug term with a fast and a slow branch, fitted to group outcomes of"
        " published trials; results of trials that were held out on purpose were not used in fitting."
    )
    if given.observed:
        yield f"{given.observed} observations of the person were taken in."
    switched = [one for one in joints() if given.joints[one.id] != one.default]
    yield (
        "Every open joint was left at its default."
        if not switched
        else "Of the open joints, these were switched: "
        + "; ".join(f"{one.id} to {given.joints[one.id]} ({one.verdicts[given.joints[one.id]]})" for one in switched)
        + "."
    )
