"""Where the numbers come from: the commands of evidence and citation."""

from __future__ import annotations

from typing import Annotated

import typer

from limen.cli.door import AsJson, answer, app


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
    keys: Annotated[list[str] | None, typer.Argument(metavar="[KEY]...", help="Keys of references.bib.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell how to cite Limen and what a default run stands on, with a paragraph for a methods section."""
    from limen.evidence import cite_answer
    from limen.report.terminal import citations

    answer(cite_answer(keys or None), citations, as_json=as_json)
