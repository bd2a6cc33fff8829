"""Amounts: what is written is read back, no zero at the end and none missing; rates turn into each other exactly."""

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.centre import amounts
from limen.centre.refusals import Refused

VALUES = 100_000
#: As people write amounts: thousands with commas, and neither a point without a digit nor a zero that says nothing.
WRITTEN = re.compile(r"\d{1,3}(,\d{3})*(\.\d*[1-9])?")


def test_a_hundred_thousand_values_are_written_well_and_read_back():
    rng = np.random.default_rng(8)
    for digits, places in zip(rng.integers(0, 10**7, VALUES), rng.integers(0, 6, VALUES), strict=True):
        value = Decimal(int(digits)).scaleb(-int(places))
        said = amounts.shown(value)
        assert WRITTEN.fullmatch(said), (value, said)
        assert amounts.read_amount(said.replace(",", ""), "x") == value
        assert amounts.read_amount(amounts.recorded(value), "x") == value


rates = st.fractions(Fraction(1, 1000), 500, max_denominator=1000)


@given(rates, rates, rates)
def test_rates_turn_into_each_other_and_back_exactly(rate, weight, strength):
    per_kg = amounts.mg_per_kg_h(rate, weight)
    assert amounts.mg_per_h(per_kg, weight) == rate
    assert amounts.ml_per_h(rate, strength) * strength == rate


@pytest.mark.parametrize(
    "words", ["1,5", ".5", "5.", "1..2", "1e3", "-1", "+1", "NaN", "", " ", "1 000", "0x1", "1234567890.123"]
)
def test_what_is_no_plain_number_is_refused_with_its_field(words):
    with pytest.raises(Refused) as refused:
        amounts.read_amount(words, "mg")
    assert refused.value.field == "mg"
