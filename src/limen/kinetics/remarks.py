"""What a reader must know beside the numbers of an answer, one sentence each."""

from __future__ import annotations

from typing import Final

from limen.kinetics.added_parts import LINK_SAYS
from limen.kinetics.ensemble import Member
from limen.kinetics.model_files import BORROWED_FROM

STUDIED_WEIGHT_KG: Final = (39.0, 170.0)  # of the largest population (10.1007/s40262-020-00953-4)
CHILD_MODELS: Final = ("flint_2017", "herd_anderson_2007")


def remarks(members: tuple[Member, ...], weight_kg: float, parents: tuple[str, ...]) -> tuple[str, ...]:
    """Gather the remarks on the members of an answer.

    Parameters
    ----------
    members : tuple of Member
        The models that answer.
    weight_kg : float
        Of the person.
    parents : tuple of str
        Analytes asked for.

    Returns
    -------
    tuple of str
        Without repetition.
    """
    found = (
        *_ways_in(members),
        *_sites(members),
        *_variability(members),
        *_metabolites(members, parents),
        *_populations(members, weight_kg),
    )
    return tuple(dict.fromkeys(found))


def _ids(members: tuple[Member, ...]) -> str:
    return ", ".join(dict.fromkeys(member.model.id for member in members))


def _ways_in(members: tuple[Member, ...]) -> tuple[str, ...]:
    with_prior = [
        f"No model on file was fitted to {member.route} {member.drug}; it is computed with a prior:"
        f" {member.prior.says}."
        for member in members
        if member.prior is not None
    ]
    halves = [
        f"{member.model.id} describes S-ketamine alone: of racemic ketamine it sees the S half and gives no sum."
        for member in members
        if member.drug == "ketamine" and member.model.is_s_only
    ]
    swallowed = [
        f"{member.model.id} lets 17.8 % of oral esketamine reach the blood up to an age of 60 years, and less"
        " above; another study found 8 % (abstract of 10.1007/s00228-015-1826-y), so concentrations may be half"
        " of these."
        for member in members
        if (member.drug, member.route) == ("esketamine", "oral")
    ]
    return (*with_prior, *halves, *swallowed)


def _sites(members: tuple[Member, ...]) -> tuple[str, ...]:
    linked = tuple(member for member in members if member.linked)
    unknown = tuple(member for member in members if member.model.site == "unknown")
    found = []
    if linked:
        found.append(f"Sampled in an artery, entering a venous answer through {LINK_SAYS}: {_ids(linked)}.")
    if unknown:
        found.append(f"The sampling site is unknown, and taken as the one asked for: {_ids(unknown)}.")
    return tuple(found)


def _variability(members: tuple[Member, ...]) -> tuple[str, ...]:
    borrowed = tuple(member for member in members if member.model.borrowed)
    if not borrowed:
        return ()
    return (
        f"Without published between-person variability, that of {BORROWED_FROM} for central volume and clearance is"
        f" borrowed (ours): {_ids(borrowed)}.",
    )


def _metabolites(members: tuple[Member, ...], parents: tuple[str, ...]) -> tuple[str, ...]:
    if "norketamine" not in parents:
        return ()
    giving = tuple(member for member in members if member.gives_norketamine)
    found = []
    if any(len(member.model.copies) > 1 for member in giving):
        found.append(
            "Norketamine of the racemate is calibrated to digitised arterial means of one study of 20 people"
            " (10.1016/j.bja.2020.06.067): no person and no vein was seen, so its spread is ours."
        )
    if any(member.model.id == "simons_2022" for member in giving):
        found.append(
            "Norketamine of simons_2022 is 0.75 of digitised arterial means of another study of the same group"
            " (10.1016/j.bja.2020.06.067)."
        )
    if any(member.model.id == "perez_ruixo_2021" for member in giving):
        found.append(
            "The table of perez_ruixo_2021 gives a norketamine area 1.4 to 1.5 times the one its paper prints, while"
            " the peak agrees."
        )
    return tuple(found)


def _populations(members: tuple[Member, ...], weight_kg: float) -> tuple[str, ...]:
    low, high = STUDIED_WEIGHT_KG
    found = [
        f"{member.model.id} describes children ({member.model.about.population})."
        for member in members
        if member.model.id in CHILD_MODELS
    ]
    if not low <= weight_kg <= high:
        found.append(
            f"{weight_kg:g} kg lies outside the {low:g} to {high:g} kg of the largest study: this is extrapolation."
        )
    return tuple(found)
