"""What we believe of one person: the commands of a case file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from limen.cli.door import AsJson, CasePath, Joint, To, answer, app, folder, progress


@app.command()
def predict(
    case: CasePath,
    *,
    prior: Annotated[bool, typer.Option("--prior", help="Ignore the scores and samples of the file.")] = False,
    joint: Joint = None,
    as_json: AsJson = False,
) -> None:
    """Predict the scores that would be recorded for the person of a case file."""
    from limen.inference.prediction import predict as predict_case
    from limen.report.terminal import prediction_table

    found = predict_case(with_joints(case, joint), prior=prior, tell=progress)
    answer(found, prediction_table, as_json=as_json)


@app.command()
def options(
    case: CasePath,
    *,
    joint: Joint = None,
    as_json: AsJson = False,
) -> None:
    """Show options to review at the next visit of the person of a case file, for clinicians; nothing is ranked."""
    from limen.options import options_answer
    from limen.report.terminal import options_table

    answer(options_answer(with_joints(case, joint), tell=progress), options_table, as_json=as_json)


@app.command()
def report(case: CasePath, to: To = None, *, as_json: AsJson = False) -> None:
    """Write the page of a case, a trial or a recording: what was to be expected, what was seen, what it rests on."""
    from limen.cli.population import is_trial, trial_report

    if case.suffix != ".toml":
        recording_page(case, to, as_json=as_json)
        return
    if is_trial(case):
        trial_report(case, to, as_json=as_json)
        return
    from limen.regimen import read_case
    from limen.report.case import write_case_report
    from limen.report.case_data import case_data
    from limen.report.terminal import written_line

    written = write_case_report(case_data(read_case(case)), folder(to, "report") / f"{case.stem}.html")
    answer({"file": str(written)}, written_line, as_json=as_json)


def recording_page(file: Path, to: Path | None, *, as_json: bool) -> None:
    """Write the page of a recording."""
    from limen.recording import open_recording
    from limen.report.recording import write_recording_report
    from limen.report.terminal import written_line

    written = write_recording_report(open_recording(file), folder(to, "report") / f"{file.stem}.html")
    answer({"file": str(written)}, written_line, as_json=as_json)


def with_joints(path: Path, joint: list[str] | None) -> Any:
    """Read a case file and set the joints of the command line in it."""
    from dataclasses import replace

    from limen.chain import parse_joint
    from limen.regimen import read_case

    case = read_case(path)
    return replace(case, joints={**case.joints, **dict(parse_joint(text) for text in joint or [])})
