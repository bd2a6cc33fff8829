"""Where the numbers come from: the commands of evidence and citation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from limen.cli.door import AsJson, answer, app

if TYPE_CHECKING:
    from limen.chain.methods import Given


@app.command()
def evidence(
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A finding, joint, claim, table or source.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the numbers people published, with source and standing."""
    from limen.evidence import evidence_answer
    from limen.report.terminal import evidence_table, one_evidence

    answer(evidence_answer(name), evidence_table if name is None else one_evidence, as_json=as_json)


@app.command()
def cite(
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY|CASE.toml|SPEC.toml]...", help="Keys of references.bib, or a run."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell how to cite Limen and what a run stands on, with a paragraph for a methods section."""
    from limen.evidence import cite_answer
    from limen.report.terminal import citations

    run = keys is not None and len(keys) == 1 and keys[0].endswith(".toml")
    answer(run_methods(Path(keys[0])) if keys and run else cite_answer(keys or None), citations, as_json=as_json)


def run_methods(file: Path) -> dict[str, Any]:
    """Give how to cite the run of a case or of a trial."""
    from limen.chain.methods import methods_answer
    from limen.cli.population import is_trial

    return methods_answer(given_in_trial(file) if is_trial(file) else given_in_case(file))


def given_in_case(file: Path) -> Given:
    """Read what the methods of a case depend on."""
    from limen import __version__
    from limen.chain import Joints, drug_visits
    from limen.chain.methods import Given
    from limen.regimen import read_case

    case = read_case(file)
    drugs = tuple(dict.fromkeys((visit.drug, visit.route) for visit in drug_visits(case.regimen)))
    observed = len(case.scores) + len(case.samples)
    joints = Joints(case.joints)
    return Given("one person's course", drugs, joints, case.seed, case.draws, __version__, observed)


def given_in_trial(file: Path) -> Given:
    """Read what the methods of a trial depend on."""
    from limen import __version__
    from limen.chain import Joints
    from limen.chain.methods import Given
    from limen.regimen import ACTIVE_DRUGS
    from limen.trials import read_spec

    spec = read_spec(file)
    drugs = tuple(dict.fromkeys((arm.drug, arm.route) for arm in spec.arms if arm.drug in ACTIVE_DRUGS))
    return Given("a virtual trial", drugs, Joints(spec.joints), spec.seed, spec.draws, __version__)
