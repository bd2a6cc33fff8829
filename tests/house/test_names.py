"""Names are the field's words, and a name that measures something says its unit."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from house.source import SOURCE, all_functions, fields_in, python_files, shown

BANNED_ROOMS = {"utils", "util", "core", "common", "helpers", "helper", "base", "models", "services", "misc", "lib"}

# A name whose last word is one of these measures something, and another unit is easily meant.
MEASURED = {
    "age", "amount", "amplitude", "clearance", "concentration", "conc", "current", "delay", "dose", "duration",
    "frequency", "height", "interval", "lag", "mass", "onset", "period", "power", "pressure",
    "rate", "speed", "start", "stop", "temperature", "time", "times", "voltage", "volume", "weight",
}  # fmt: skip
NUMBER = re.compile(r"\b(float|Floats|NDArray)\b")

# Names that look measured and are not, each with its reason. Keys are `function.parameter` or `Class.field`.
NOT_MEASURED = {
    "Adaptive.power": "the share of trials that find a difference, which has no unit",
    "SampleSize.power": "the share of trials that find a difference, which has no unit",
    "Question.power": "the share of trials that tell two sides apart, which has no unit",
    "Told.power": "the share of trials that tell two sides apart, which has no unit",
    "sample.start": "a point in the space of all parameters, which have many units",
    "same_length.times": "one of several axes; the caller's name says min, h or d",
    "MemberDraws.weight": "the member's share of the ensemble, which has no unit",
    "Member.weight": "the member's share of the ensemble, which has no unit",
    "find_rhythm.false_on_time": "a share of the time, under the name that the contract gives its option",
    "described.false_on_time": "a share of the time, under the name that the contract gives its option",
    "calibrate.false_on_time": "a share of the time, under the name that the contract gives its option",
    "from_surrogates.false_on_time": "a share of the time, under the name that the contract gives its option",
    "pool.false_on_time": "a share of the time, under the name that the contract gives its option",
    "search.false_on_time": "a share of the time, under the name that the contract gives its option",
    "report_data.false_on_time": "a share of the time, under the name that the contract gives its option",
    "Calibration.false_on_time": "a share of the time, under the name that the contract gives its option",
    "summed_up.log_weight": "the logarithm of a probability",
    "Belief.weight": "a probability, which has no unit",
    "Kept.weight": "a probability, which has no unit",
    "Detectability.found_at.power": "a ratio to the flat noise of a step",
    "Detectability.snr_db.power": "a ratio to the flat noise of a step",
    "Rival.power": "a ratio to the flat noise of a step",
    "States.power": "a ratio to the flat noise of a step",
}


def unit_is_missing(name: str, annotation: ast.expr | None) -> bool:
    """True for a bare number whose name ends in a measured quantity instead of a unit."""
    if annotation is None or not NUMBER.search(ast.unparse(annotation)):
        return False
    return name.lower().split("_")[-1] in MEASURED


def numbers_that_cross() -> Iterator[tuple[str, str, Path]]:
    """Public parameters and fields without a unit: qualified name, name, file."""
    for function in all_functions():
        if function.public:
            for parameter, _ in function.parameters:
                if unit_is_missing(parameter.arg, parameter.annotation):
                    yield f"{function.qualified}.{parameter.arg}", parameter.arg, function.path
    for path in python_files():
        for qualified, field in fields_in(path):
            name = qualified.rpartition(".")[2]
            if "_" not in (qualified[0], name[0]) and unit_is_missing(name, field.annotation):
                yield qualified, name, path


def test_a_number_that_crosses_a_door_says_its_unit():
    bare = [
        f"{shown(path)} {qualified}" for qualified, _, path in numbers_that_cross() if qualified not in NOT_MEASURED
    ]
    assert not bare, "Say the unit in the name (dose_mg, time_min), or give the reason in NOT_MEASURED:\n" + "\n".join(
        bare
    )


def test_the_rule_about_units_sees_a_bare_dose_and_lets_a_dose_in_mg_pass():
    number = ast.parse("float", mode="eval").body
    assert unit_is_missing("dose", number)
    assert unit_is_missing("start_time", number)
    assert not unit_is_missing("dose_mg", number)
    assert not unit_is_missing("dose", ast.parse("Bolus", mode="eval").body)


def test_rooms_bear_the_words_of_the_field():
    banned = [shown(path) for path in SOURCE.rglob("*") if path.stem.strip("_") in BANNED_ROOMS]
    assert not banned, "\n".join(banned)
