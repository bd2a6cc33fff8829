"""Annotations are checked at every call while the tests run."""

import numpy as np
import pytest
from beartype.roar import BeartypeCallHintViolation

from limen.quantities import TimeCourse, unit_factor


def test_a_call_that_breaks_its_annotation_is_seen():
    with pytest.raises(BeartypeCallHintViolation):
        unit_factor(3, "h")  # type: ignore[arg-type]


def test_an_array_of_whole_numbers_is_no_array_of_floats():
    with pytest.raises(BeartypeCallHintViolation):
        TimeCourse(np.array([1, 2]), "ng/mL", np.array([0.0, 1.0]))  # type: ignore[arg-type]
