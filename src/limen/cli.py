"""The command line: a thin layer over the functions of `import limen`.

Every command answers in words, or with `--json` in one JSON object. Input that cannot be used ends with exit code 2
and one sentence on standard error. Rooms are imported when a command needs them, so that `--help` answers at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.exceptions import TyperException

app = typer.Typer(
    name="limen",
    help="One ketamine infusion, from the pump to the options to review, with how sure each step is.",
    epilog="For research and education. Not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

#: Steps after which all chains of the fit agreed (ours: R-hat below 1.05).
FIT_STEPS: Final = 24_000

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
To = Annotated[Path | None, typer.Option("--to", help="Folder for the files. Default: ./limen-NAME.")]
Weight = Annotated[float, typer.Option("--weight-kg", help="Weight, 2 to 350 kg.")]
Drug = Annotated[str, typer.Option(help="ketamine or esketamine.")]
Route = Annotated[str, typer.Option(help="iv, im, sc, intranasal, oral or sublingual.")]
AtMin = Annotated[str, typer.Option("--at-min", help="Minutes since the start, rising, joined by commas.")]
Model = Annotated[str, typer.Option(help="ensemble, or the id of one model of `limen models`.")]
Sampled = Annotated[str, typer.Option(help="venous or arterial.")]
CasePath = Annotated[Path, typer.Argument(metavar="CASE.toml", help="A case file.")]


def version(asked: bool) -> None:  # noqa: FBT001 - the callback of a flag is given a flag
    """Print the version and end."""
    if asked:
        from limen import __version__

        typer.echo(f"limen {__version__}")
        raise typer.Exit


@app.callback()
def start(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Keep the options that hold for every command."""


@app.command()
def demo(
    to: To = None, *, open_page: Annotated[bool, typer.Option("--open/--no-open", help="Show it.")] = True
) -> None:
    """Tell one infusion in twelve lines, and write the story page."""
    from limen.report.demo import tell

    for line in tell(folder(to, "demo"), show=open_page):
        typer.echo(line)


@app.command()
def concentration(
    dose: Annotated[str, typer.Argument(metavar="DOSE", help='Such as "0.5 mg/kg over 40 min".')],
    *,
    weight_kg: Weight,
    at_min: AtMin = "10,20,40,60,80,120,240",
    drug: Drug = "ketamine",
    route: Route = "iv",
    model: Model = "ensemble",
    sampled: Sampled = "venous",
    to: Annotated[Path | None, typer.Option(help="Folder for a page that draws it; without it no page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give total drug in plasma over time, with its spread over people and models."""
    from limen.chain.exposure import concentration_answer
    from limen.report.terminal import concentration_table

    found = concentration_answer(
        dose, weight_kg=weight_kg, at_min=minutes(at_min), drug=drug, route=route, model=model, sampled=sampled
    )
    if to is not None:
        from limen.report.exposure import page_name, write_exposure_page
        from limen.report.exposure_data import exposure_data

        data = exposure_data(dose, weight_kg=weight_kg, drug=drug, route=route, model=model, sampled=sampled)
        found |= {"file_written": str(write_exposure_page(data, to / page_name(data)))}
    answer(found, concentration_table, as_json=as_json)


@app.command()
def occupancy(
    dose: Annotated[str, typer.Argument(metavar="DOSE", help='Such as "0.5 mg/kg over 40 min".')],
    *,
    weight_kg: Weight,
    at_min: AtMin = "10,20,40,60,80,120,240",
    drug: Drug = "ketamine",
    route: Route = "iv",
    model: Model = "ensemble",
    sampled: Sampled = "venous",
    assay: Annotated[str, typer.Option(help="in_vivo, ebert or salat.")] = "in_vivo",
    fu: Annotated[float | None, typer.Option("--fu", help="Unbound fraction. Default: 0.53, with its range.")] = None,
    voltage_mv: Annotated[float | None, typer.Option(help="Of the functional block, mV. Default: -66.")] = None,
    mg_mm: Annotated[float | None, typer.Option(help="Magnesium for the functional block, mM. Default: 1.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give the share of NMDA receptors that hold the drug over time, by a named assay."""
    from limen.chain.exposure import occupancy_answer
    from limen.receptor import MAGNESIUM_MM, VOLTAGE_MV
    from limen.report.terminal import occupancy_table

    found = occupancy_answer(
        dose,
        weight_kg=weight_kg,
        at_min=minutes(at_min),
        drug=drug,
        route=route,
        model=model,
        sampled=sampled,
        assay=assay,
        fu_unbound=fu,
        voltage_mv=VOLTAGE_MV if voltage_mv is None else voltage_mv,
        mg_mm=MAGNESIUM_MM if mg_mm is None else mg_mm,
    )
    answer(found, occupancy_table, as_json=as_json)


@app.command()
def predict(
    case: CasePath,
    *,
    prior: Annotated[bool, typer.Option("--prior", help="Ignore the scores and samples of the file.")] = False,
    joint: Annotated[list[str] | None, typer.Option(help="Take a side of a joint, such as J7=cut.")] = None,
    as_json: AsJson = False,
) -> None:
    """Predict the scores that would be recorded for the person of a case file."""
    from limen.inference.prediction import predict as predict_case
    from limen.report.terminal import prediction_table

    answer(predict_case(with_joints(case, joint), prior=prior), prediction_table, as_json=as_json)


@app.command()
def options(
    case: CasePath,
    *,
    joint: Annotated[list[str] | None, typer.Option(help="Take a side of a joint, such as J7=cut.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show options to review at the next visit of the person of a case file, for clinicians; nothing is ranked."""
    from limen.options import options_answer
    from limen.report.terminal import options_table

    answer(options_answer(with_joints(case, joint)), options_table, as_json=as_json)


@app.command()
def trial(
    spec: Annotated[Path, typer.Argument(metavar="SPEC.toml", help="A trial specification.")],
    *,
    workers: Annotated[int, typer.Option(min=1, help="Processes; any number gives the same bytes.")] = 1,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, tcp://..., instead.")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder that keeps every part, to go on from.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a virtual trial: what its arms would show, over many trials of the same design."""
    from limen.report.terminal import trial_table
    from limen.trials import read_spec, run_trial

    found = run_trial(read_spec(spec), workers=workers, scheduler=scheduler, to=to)
    answer(found, trial_table, as_json=as_json)


@app.command()
def report(case: CasePath, to: To = None, *, as_json: AsJson = False) -> None:
    """Write one person's page: predicted before and after seeing the scores, and what they taught."""
    from limen.regimen import read_case
    from limen.report.case import write_case_report
    from limen.report.case_data import case_data
    from limen.report.terminal import written_line

    written = write_case_report(case_data(read_case(case)), folder(to, "report") / f"{case.stem}.html")
    answer({"file": str(written)}, written_line, as_json=as_json)


@app.command()
def models(
    model_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One model.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the library of kinetic models: where each comes from and what it lacks."""
    from limen.chain.exposure import models_answer
    from limen.report.terminal import model_text, models_table

    answer(models_answer(model_id), models_table if model_id is None else model_text, as_json=as_json)


@app.command()
def evaluate(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET.csv", help="Doses and samples, NONMEM-style columns.")],
    *,
    model: Annotated[list[str] | None, typer.Option(help="Only this model; may be given more than once.")] = None,
    time_unit: Annotated[str, typer.Option(help="Of TIME, DUR, II and RATE: h, min or d.")] = "h",
    dv_unit: Annotated[str, typer.Option(help="Of DV and LLOQ: ng/mL, ug/mL, mg/L, nmol/mL or umol/L.")] = "ng/mL",
    sampled: Annotated[str | None, typer.Option(help="venous or arterial, for samples that do not say it.")] = None,
    drug: Annotated[str | None, typer.Option(help="ketamine or esketamine, for doses that do not say it.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Simulated copies of the table a model. Default: 500.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the chance.")] = 1,
    blq: Annotated[str, typer.Option(help="Samples below the limit: M3 (censored) or M1 (dropped).")] = "M3",
    row_order: Annotated[bool, typer.Option("--row-order", help="Keep the order of lines at equal times.")] = False,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Compare measured concentrations with every model of the library, and write one page about it."""
    from limen.chain.evaluation import evaluation_answer
    from limen.chain.evaluation.answer import REPLICATES
    from limen.report.evaluation import evaluation_table, write_evaluation_report

    found = evaluation_answer(
        dataset,
        models=model or (),
        time_unit=time_unit,
        dv_unit=dv_unit,
        sampled=sampled,
        drug=drug,
        replicates=REPLICATES if replicates is None else replicates,
        seed=seed,
        blq=blq,
        row_order=row_order,
    )
    written = write_evaluation_report(found, folder(to, "evaluate") / f"{dataset.stem}.html")
    answer({**found, "file_written": str(written)}, evaluation_table, as_json=as_json)


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
def fit(
    *,
    population: Annotated[bool, typer.Option("--population", help="Fit the population's response.")] = False,
    data: Annotated[Path | None, typer.Option(help="Folder of individual scores; without it the tables alone.")] = None,
    steps: Annotated[int, typer.Option(min=100, help="Steps of each Markov chain.")] = FIT_STEPS,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the chance.")] = 1,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Make the population posterior of the response anew; it takes some minutes."""
    from limen.inference.fitting import fit_answer
    from limen.quantities import InputError
    from limen.report.terminal import fields

    if not population:
        raise InputError("limen fit does not know what to fit: add --population.")
    answer(fit_answer(data, seed=seed, steps=steps, to=folder(to, "fit"), tell=progress), fields, as_json=as_json)


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


def progress(step: int, steps: int) -> None:
    """Say on standard error how far a long work is."""
    typer.echo(f"step {step} of {steps}", err=True)


def with_joints(path: Path, joint: list[str] | None) -> Any:
    """Read a case file and set the joints of the command line in it."""
    from dataclasses import replace

    from limen.chain import parse_joint
    from limen.regimen import read_case

    case = read_case(path)
    return replace(case, joints={**case.joints, **dict(parse_joint(text) for text in joint or [])})


def minutes(text: str) -> list[float]:
    """Read minutes joined by commas."""
    from limen.quantities import InputError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(
            f"--at-min needs numbers joined by commas, got {text!r}: write 10,40,80 for example."
        ) from None


def folder(to: Path | None, name: str) -> Path:
    """Give the folder that a command writes to."""
    return to if to is not None else Path(f"limen-{name}")


def answer(found: Mapping[str, Any], words: Any, *, as_json: bool) -> None:
    """Print an answer, in words or as JSON."""
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
    else:
        words(found)


def usage_sentence(message: str, words: list[str]) -> str:
    """Say what was wrong with the words of a command, with the value that was typed."""
    options = [word for word in words[:-1] if word.startswith("--") and f"'{word}'" in message]
    typed = f", got {words[words.index(options[0]) + 1]!r}" if options else ""
    return f"{message.rstrip('.')}{typed}: see limen --help, or limen COMMAND --help."


def refuse(sentence: str) -> None:
    """End with one sentence on standard error and exit code 2."""
    typer.echo(sentence, err=True)
    sys.exit(2)


def main() -> None:
    """Run the command line; input that cannot be used never ends in a traceback."""
    from limen.quantities import InputError

    try:
        code = app(standalone_mode=False)
    except InputError as error:
        refuse(str(error))
    except TyperException as error:
        refuse(usage_sentence(" ".join(error.format_message().split()), sys.argv))
    except typer.Abort:
        refuse("Stopped before it was done; nothing was written.")
    except OSError as error:
        refuse(
            f"{error.filename or 'A file'} cannot be used: {error.strerror}. Check that it is there and may be used."
        )
    else:
        sys.exit(code or 0)
