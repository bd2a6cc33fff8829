"""The reader of model arithmetic computes what is written and refuses everything else."""

from __future__ import annotations

import numpy as np
import pytest

from limen.kinetics.arithmetic import read_expression
from limen.quantities import InputError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2+3*4", 14.0),
        ("-CL/V1", -2.0),
        ("CL*(WT/70)**0.75", 6.0),
        ("max(0, WT-60)", 10.0),
        ("min(1, CL)", 1.0),
        ("CL if ASIAN else V1", 3.0),
        ("1000", 1000.0),
    ],
)
def test_arithmetic_is_computed_as_written(text: str, value: float) -> None:
    assert read_expression(text).value({"CL": 6.0, "V1": 3.0, "WT": 70.0, "ASIAN": 0.0}) == pytest.approx(value)


def test_arrays_are_taken_element_by_element() -> None:
    found = read_expression("a if c else max(a, 2)").value({"a": np.array([1.0, 3.0]), "c": np.array([1.0, 0.0])})
    np.testing.assert_array_equal(found, [1.0, 3.0])


def test_the_names_of_an_expression_are_known() -> None:
    assert read_expression("CL_i/V1_i*max(0, AGE)").names == {"CL_i", "V1_i", "AGE"}


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "a.b",
        "a[0]",
        "'x'",
        "lambda: 1",
        "a and b",
        "a < b",
        "max(1)",
        "max(a, b, key=c)",
        "True",
        "f(1, 2)",
        "a //",
    ],
)
def test_everything_else_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(InputError, match="The model expression"):
        read_expression(text)
