"""Answers in words: what each command prints when nobody asked for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

Answer = Mapping[str, Any]

#: Width of a table that goes to a file or another program.
WIDTH: Final = 120
#: Digits of a printed number.
DIGITS: Final = 3
#: Drug and metabolite of the table of concentrations: the first that a model gives.
SHOWN: Final = (("ketamine", "S-ketamine"), ("norketamine", "S-norketamine"))


def console() -> Console:
    """Give the terminal that answers go to; where there is none, a width that a table needs."""
    shown = Console(highlight=False, emoji=False, markup=False)
    return shown if shown.is_terminal else Console(highlight=False, emoji=False, markup=False, width=WIDTH)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> Table:
    """Give a table whose first columns are `words` and whose others are numbers."""
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for k, name in enumerate(columns):
        shown.add_column(name, justify="left" if k < words else "right", overflow="fold")
    for row in rows:
        shown.add_row(*row)
    return shown


def number(value: float | None, digits: int = DIGITS) -> str:
    """Write a number in short, or a dash where it is not known."""
    return "-" if value is None else f"{value:.{digits}g}"


def percent(value: float | None) -> str:
    """Write a fraction as a percentage."""
    return "-" if value is None else f"{100.0 * value:.1f} %"


def warnings(found: Answer) -> None:
    """Print what a reader must know beside the numbers."""
    for sentence in found.get("warnings", ()):
        console().print(f"! {sentence}")


def concentration_table(found: Answer) -> None:
    """Print `limen concentration`."""
    (whole_name, whole), (other_name, other) = (first_known(found["analytes"], names) for names in SHOWN)
    rows = [
        [
            f"{minute:g}",
            number(whole["typical"][k]),
            f"{number(whole['p05'][k])} - {number(whole['p95'][k])}",
            fold(whole, k),
            number(other["typical"][k]) if other["typical"] else "-",
        ]
        for k, minute in enumerate(found["time_min"])
    ]
    columns = ("minute", f"{whole_name} ng/mL", "90 of 100 people", "models differ", f"{other_name} ng/mL")
    console().print(table(f"Total drug in {found['sampled']} plasma", columns, rows))
    warnings(found)
    if "file_written" in found:
        console().print(f"The page: {found['file_written']}")


def first_known(analytes: Answer, names: Sequence[str]) -> tuple[str, Answer]:
    """Give the first of some analytes that is known, by its name; the first of all where none is."""
    name = next((one for one in names if analytes[one]["typical"] is not None), names[0])
    return name, analytes[name]


def fold(whole: Answer, k: int) -> str:
    """Write how many times the highest model is the lowest."""
    value = whole["between_models_fold"][k]
    return "-" if value is None else f"{value:.2g} x"


def occupancy_table(found: Answer) -> None:
    """Print `limen occupancy`."""
    block, current = found["occupancy"], found["functional_block"]
    rows = [
        [
            f"{minute:g}",
            percent(block["typical"][k]),
            f"{percent(block['p05'][k])} - {percent(block['p95'][k])}",
            percent(current["typical"][k]),
        ]
        for k, minute in enumerate(found["time_min"])
    ]
    title = f"Share of NMDA receptors that hold drug, assay {found['assay']}, {found['sampled']} plasma"
    console().print(table(title, ("minute", "occupancy", "90 of 100", "current lost"), rows))
    warnings(found)


def prediction_table(found: Answer) -> None:
    """Print `limen predict`."""
    seen = "given what was seen" if found["given_observations"] else "before anything is seen"
    rows = []
    for scale, score in found["scores"].items():
        if score["mean"] is None:
            rows.append([scale, "-", "-", f"not known: {score['unknown_because']}"])
            continue
        for k, hour in enumerate(found["time_h"]):
            flag = " (look-back overlaps)" if score["overlapping_window"][k] else ""
            span = f"{score['p10'][k]:.0f} - {score['p90'][k]:.0f}"
            rows.append([scale if k == 0 else "", f"{hour:g} h", f"{score['p50'][k]:.0f}", f"{span}{flag}"])
    columns = ("score", "at", "middle", "80 of 100 such people")
    console().print(table(f"Scores that would be recorded, {seen}", columns, rows))
    warnings(found)


def mediation_table(found: Answer) -> None:
    """Print `limen mediation`."""
    console().print(f"{found['statement']}\n")
    if found["total"]["mean"] is not None:
        mediation_effects(found)
    warnings(found)


def mediation_effects(found: Answer) -> None:
    """Print the effects, and what unmeasured cause would leave nothing of the indirect one."""
    effects = ("total", "direct", "indirect", "slope_per_cadss_point")
    rows = [[name.replace("_", " "), *(number(found[name][key]) for key in ("mean", "p05", "p95"))] for name in effects]
    console().print(table(f"{found['n']} people, {found['unit']}", ("effect", "mean", "p05", "p95"), rows))
    console().print(f"Errors that correlate by {number(found['rho_at_zero'])} would leave no indirect effect.")
    console().print(f"E-value: {number(found['e_value'])}.")


def options_table(found: Answer) -> None:
    """Print `limen options`."""
    console().print(f"{found['statement']}\n")
    hours = [f"fall by {hour:g} h" for hour in found["horizons_h"]]
    rows = [
        [
            option_text(one),
            *(benefit_text(row) for row in one["benefit"]),
            percent(one["dissociation_above_limit_probability"]),
            percent(one["pressure_above_limit_probability"]),
            number(one["peak_ng_per_ml"]["p50"]),
            number(one["cumulative_mg_per_kg_90d"]),
        ]
        for one in found["options"]
    ]
    columns = ("option", *hours, "CADSS > limit", "pressure > limit", "peak ng/mL", "mg/kg in 90 d")
    console().print(table("Options to review", columns, rows))
    options_notes(found)


def option_text(one: Answer) -> str:
    """Name an option in a line."""
    if one["dose"] is None:
        return str(one["kind"])
    later = f", {one['later_h']:g} h later" if one["later_h"] else ""
    beyond = " *" if one["basis"] != "data" else ""
    return f"{one['drug']} {one['route']} {one['dose']}{later}{beyond}"


def options_notes(found: Answer) -> None:
    """Print what stands below the options: what was so far, what is beyond the data, not offered, or not known."""
    first = found["options"][0]
    console().print(
        f"Infusions so far: {first['infusions_so_far']}; urinary symptoms: {first['urinary_symptoms']}."
        f" Posterior by {found['posterior_by']}, worth {found['effective_draws']:.0f} draws."
    )
    if any(one["dose"] and one["basis"] != "data" for one in found["options"]):
        console().print("* beyond what was fitted: prior only")
    for one in found["not_offered"]:
        console().print(f"? {one['dose']} is not offered: {one['unknown_because']}.")
    for sentence_ in found["unknown"]:
        console().print(f"? {sentence_}")
    console().print(f"? The rhythm: {found['rhythm']['because']}.")
    console().print(f"\n{found['disclaimer']}")


def forecast_table(found: Answer) -> None:
    """Print `limen forecast score`."""
    rows = [
        [
            f"{one['scale']} at {one['at_h']:g} h",
            f"{one['seen']:g}",
            "yes" if one["inside_80"] else "no",
            *(number(one["crps"][who]) for who in ("forecast", "climatology", "guess")),
        ]
        for one in found["forecasts"]
    ]
    title = f"Line {found['number']}, sealed {found['date']} by version {found['version']}; CRPS, lower is better"
    columns = ("forecast", "seen", "in middle 80", "forecast", "climatology", "guess")
    console().print(table(title, columns, rows))
    skill = found["crps"]["skill_over_climatology"]
    console().print(f"Skill over climatology: {number(skill)} (1 is perfect, 0 is no better)")


def benefit_text(row: Answer) -> str:
    """Write a benefit with its middle 80 of 100."""
    return "not known" if row["mean"] is None else f"{row['mean']:.0f} ({row['p10']:.0f} to {row['p90']:.0f})"


def models_table(found: Answer) -> None:
    """Print `limen models`."""
    rows = [[one["id"], one["site"], ", ".join(one["routes"]), ", ".join(one["lacks"])] for one in found["models"]]
    columns = ("id", "sampled", "routes", "lacks, or borrows")
    console().print(table("Kinetic models", columns, rows, words=len(columns)))
    console().print(f"Not shipped: {', '.join(found['blocked'])}. Ask for one with: limen models ID")


def fields(found: Answer) -> None:
    """Print the fields of one thing, one a line."""
    for name, value in found.items():
        if value not in (None, "", [], {}):
            console().print(f"{name.replace('_', ' ')}: {sentence(value)}")


def sentence(value: Any) -> str:
    """Write a JSON value on one line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {sentence(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(sentence(inner) for inner in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def model_text(found: Answer) -> None:
    """Print `limen models ID`."""
    fields({name: value for name, value in found.items() if name != "parameters"})
    rows = [
        [
            name,
            one["unit"],
            one["cell"],
            number(one["value"], 5),
            number(one["between_people_variance"] or None),
            number(one["between_occasions_variance"] or None),
        ]
        for name, one in found["parameters"].items()
    ]
    columns = ("parameter", "unit", "cell", "value", "variance between people", "between occasions")
    console().print(table("", columns, rows, words=3))


def evidence_table(found: Answer) -> None:
    """Print `limen evidence`."""
    rows = [[one["id"], spread(one), one["unit"], one["standing"]] for one in found["findings"]]
    console().print(table("Findings", ("id", "value", "unit", "standing"), rows))
    for kind in ("joints", "claims"):
        text = "arrow" if kind == "joints" else "claim"
        console().print(table(kind.capitalize(), ("id", ""), [[one["id"], one[text]] for one in found[kind]]))
    console().print("Ask for one with: limen evidence ID")


def spread(one: Answer) -> str:
    """Write a value with its interval."""
    interval = "" if one["low"] is None or one["high"] is None else f" ({one['low']:g} to {one['high']:g})"
    return f"{'' if one['value'] is None else format(one['value'], 'g')}{interval}".strip() or "-"


def one_evidence(found: Answer) -> None:
    """Print `limen evidence ID`."""
    fields(found)


def citations(found: Answer) -> None:
    """Print `limen cite`."""
    console().print(found["limen"])
    console().print(f"\n{found['methods']}\n")
    for source in found["sources"]:
        console().print(f"- {source['citation']}")
    console().print(f"\n{found['disclaimer']}")


def written_line(found: Answer) -> None:
    """Say where a page was written."""
    console().print(f"Written: {found['file']}")


def circuit_table(found: Answer) -> None:
    """Print `limen circuit`."""
    columns = (
        "block", "seed", "peak Hz", "height dB", "gamma dB", "glutamate", "H Hz", "N Hz", "PV Hz", "SST Hz", "locking",
    )  # fmt: skip
    rows = [
        [
            f"{one['block']:g}",
            str(one["seed"]),
            *(number(one[name]) for name in ("peak_hz", "peak_db", "gamma_db", "glutamate_fraction")),
            *(number(one["rate_hz"][name]) for name in ("H", "N", "PV", "SST")),
            number(one["phase_locking"]),
        ]
        for one in found["rows"]
    ]
    console().print(table(f"{found['title']}, HCN1 left {found['rows'][0]['hcn1']:g}", columns, rows))
    warnings(found)


def stimulation_table(found: Answer) -> None:
    """Print `limen stimulate`."""
    chance = found["report_probability"]
    said = (
        chance.get("unknown_because")
        or f"{percent(chance['mean'])} ({percent(chance['p05'])} to {percent(chance['p95'])})"
    )
    console().print(f"Reported as dissociation at {found['target_class']}: {said}")
    rows = [
        [one["target_class"], number(one["reports"]), number(one["trials"]), one["of"], one["standing"]]
        for one in found["counts"]
    ]
    console().print(table("Counted", ("target", "reports", "of", "unit", "standing"), rows))
    for reading, one in found["circuit"].items():
        console().print(f"{reading.replace('_', ' ')} ({one['says']}): {one.get('unknown_because', '')}")
        for name in ("hcn1", "rival"):
            if one[name]:
                console().print(f"  {name}: {sentence(one[name])}")
    warnings(found)
