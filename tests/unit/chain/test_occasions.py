"""Occasions of an event table: what a model lets vary between them is drawn anew, the person stays the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from unit.chain.event_lines import HEAD, dose, seen, written

from limen.chain.evaluation import EventTable, read_event_table
from limen.chain.evaluation.answering import answering_model, seen_samples
from limen.chain.evaluation.replicates import replicates
from limen.quantities import Floats

LATER_MIN = 30 * 1440.0
EARLY = {"sampled": "arterial", "DVID": "norketamine"}


def table(folder: Path, *, told: bool) -> EventTable:
    """Two visits a month apart, norketamine 20 min after each start; OCC says that they are two, or nothing does."""
    lines = [
        dose(0, DUR=40), seen(20, 20, **EARLY), dose(LATER_MIN, DUR=40), seen(LATER_MIN + 20, 20, **EARLY),
    ]  # fmt: skip
    numbered = [f"{one},{occasion}" for one, occasion in zip(lines, "1122", strict=True)]
    rows = numbered if told else [f"{one},." for one in lines]
    return read_event_table(written(folder, *rows, head=f"{HEAD},OCC"), time_unit="min")


def people(folder: Path, *, told: bool) -> Floats:
    counted = seen_samples(table(folder, told=told), drop_below=False)
    member = answering_model("racemate_composite", counted[0].stratum, by_name=True)
    return np.log(replicates(member, tuple(counted), 300, seed=1).people)


def test_the_occasions_of_a_file_are_told_apart(tmp_path: Path) -> None:
    """Norketamine of the arterial construction comes late or early by occasion."""
    apart, together = (np.corrcoef(people(tmp_path, told=told).T)[0, 1] for told in (True, False))
    assert apart < 0.3
    assert together > 0.99


def test_the_typical_person_does_not_know_of_occasions(tmp_path: Path) -> None:
    both = []
    for told in (True, False):
        counted = tuple(seen_samples(table(tmp_path, told=told), drop_below=False))
        member = answering_model("racemate_composite", counted[0].stratum, by_name=True)
        both.append(replicates(member, counted, 100, seed=1).typical)
    np.testing.assert_allclose(both[0], both[1], rtol=1e-9)
