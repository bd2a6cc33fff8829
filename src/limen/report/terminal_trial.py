"""What `limen trial` prints when nobody asked for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from limen.report.terminal import console, number, percent, table, warnings

Answer = Mapping[str, Any]


def trial_table(found: Answer) -> None:
    """Print `limen trial`."""
    arms_table(found)
    for sentence in design_lines(found):
        console().print(sentence)
    for title, columns, rows in design_tables(found):
        console().print()
        console().print(table(title, columns, rows))
    warnings(found)


def arms_table(found: Answer) -> None:
    """Print the arms."""
    rows = []
    for arm in found["arms"]:
        for k, hour in enumerate(arm["times_h"]):
            known = arm["mean_change"] is not None and arm["mean_change"][k] is not None
            change = f"{arm['mean_change'][k]:.1f}" if known else "-"
            span = f"{arm['mean_change_p05'][k]:.1f} to {arm['mean_change_p95'][k]:.1f}" if known else "not known"
            response = "-" if arm["response_fraction"] is None else percent(arm["response_fraction"][k])
            rows.append([arm["name"] if k == 0 else "", f"day {hour / 24.0:g}", change, span, response])
    columns = ("arm", "at", "mean change", "90 of 100 trials", "response")
    console().print(table("Virtual trials", columns, rows))


def share(row: Answer, name: str) -> str:
    """Write a share of trials with twice its Monte Carlo error."""
    if row.get(name) is None:
        return "-"
    return f"{100.0 * row[name]:.1f} % (\u00b1 {200.0 * row[f'{name}_mc_error']:.1f})"


def design_lines(found: Answer) -> Iterator[str]:
    """Yield what the design came to, in sentences."""
    endpoint = found.get("endpoint")
    if endpoint is not None:
        judged = f"{endpoint['measure']} on day {endpoint['at_day']:g}, {' beside '.join(endpoint['arms'])}"
        if endpoint["power"] is None:
            yield f"\nJudged by {judged}: not known, {endpoint['unknown_because']}."
        else:
            found_in = f"found in {share(endpoint, 'power')} of trials"
            yield f"\nJudged by {judged}: {number(endpoint['estimate']['mean'])} {endpoint['unit']}, {found_in}."
    size = found.get("sample_size")
    if size is not None:
        yield size_line(size)


def size_line(size: Answer) -> str:
    """Write the size that was looked for."""
    wanted = f"{100.0 * size['wanted_power']:.0f} % power"
    if size["n"] is None:
        return f"No size that was tried gives {wanted}: {size['unknown_because']}."
    high = size["n_high"] if size["n_high"] is not None else f"more than {size['curve'][-1]['n']}"
    return f"{size['n']} people in the larger arm give {wanted} (Monte Carlo: {size['n_low']} to {high})."


def design_tables(found: Answer) -> Iterator[tuple[str, tuple[str, ...], list[list[str]]]]:
    """Yield title, columns and rows of what the design came to."""
    rows = found.get("operating_characteristics", ())
    if rows:
        truths = ("truth", "found", "in favour", "mean estimate", "people")
        yield "Operating characteristics", truths, [_characteristics(row) for row in rows]
    if "stopping" in found:
        stops = ("people", "boundary z", "stops for effect", "stops for futility")
        yield "Looks", stops, [_look(look) for look in found["stopping"]["looks"]]
    for row in found.get("doses_given", ()):
        visits = ("visit", *row["doses"], "nothing")
        yield f"Doses given, {row['arm']}", visits, [_visit(row["doses"], visit) for visit in row["visits"]]
    if "question" in found:
        question = found["question"]
        title = f"Telling {question['joint']} from {question['against']}"
        yield title, ("control", "people an arm", "told apart", "area"), list(_told(question))
    if "adaptive" in found and "arms" in found["adaptive"]:
        arms = found["adaptive"]["arms"]
        yield "Arms dropped", ("arm", "kept", "found"), [[a["arm"], share(a, "kept"), share(a, "found")] for a in arms]


def _characteristics(row: Answer) -> list[str]:
    shares = [share(row, name) for name in ("found_fraction", "in_favour_fraction")]
    return [row["scenario"], *shares, number(row["mean_estimate"]), f"{row['mean_people']:.0f}"]


def _look(look: Answer) -> list[str]:
    stops = [share(look, f"stopped_for_{why}") for why in ("effect", "futility")]
    return [str(look["people"]), f"{look['boundary_z']:.3f}", *stops]


def _visit(doses: list[str], visit: Answer) -> list[str]:
    return [f"day {visit['day']:g}", *(percent(visit["share"][dose]) for dose in doses), percent(visit["nothing"])]


def _told(question: Answer) -> Iterator[list[str]]:
    for control in question["controls"]:
        for row in control["sizes"]:
            yield [control["control"], str(row["n"]), share(row, "power"), number(row["area"], 2)]


def score_table(found: Answer) -> None:
    """Print `limen trial --score`."""
    rows = [
        [one["trial"], one["model"], one["sealed_on"], "holds" if one["seal_holds"] else "BROKEN", _waits(one)]
        for one in found["forecasts"]
    ]
    console().print(table("Sealed forecasts", ("trial", "model", "sealed on", "seal", "results"), rows))
    for one in found["models"]:
        beside = f"skill {one['skill']:.2f} beside climatology" if one["skill"] is not None else one["unknown_because"]
        said = f"CRPS {one['crps']:g}, {100.0 * one['inside_80']:.0f} % inside the middle 80"
        console().print(
            f"{one['model']}, {one['measure'].replace('_', ' ')}: {one['scored']} scored, {said}, {beside}."
        )


def _waits(one: Answer) -> str:
    return f"{len(one['scores'])} scored" if one["scores"] else "waits"
