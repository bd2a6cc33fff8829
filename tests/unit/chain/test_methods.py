"""The methods paragraph of a run says what that run took, and cites it."""

from dataclasses import replace

import pytest

from limen.chain import Joints
from limen.chain.methods import Given, methods_answer, models_of
from limen.evidence import joint
from limen.response.parameters import posterior_hash

INFUSION = Given("one person's course", (("ketamine", "iv"),), Joints({}), 7, 500, "0.1.0")


def keys_of(given):
    return {source["key"] for source in methods_answer(given)["sources"]}


def test_the_models_of_the_run_are_named_with_their_weights_and_cited():
    said = methods_answer(INFUSION)["methods"]
    assert all(model.id in said for model, _ in models_of("ketamine", "iv"))
    assert "seed 7, 500 draws" in said
    assert posterior_hash() in said
    assert {"kamp_meta_2020", "clements_1981", "domino", "otto_2021"} <= keys_of(INFUSION)


@pytest.mark.parametrize(
    ("drug", "route"), [("esketamine", "intranasal"), ("ketamine", "im"), ("ketamine", "sublingual")]
)
def test_another_drug_or_route_cites_its_own_models(drug, route):
    given = replace(INFUSION, drugs=((drug, route),))
    assert keys_of(given) != keys_of(INFUSION)
    assert f"{route} {drug}" in methods_answer(given)["methods"]


def test_a_side_that_was_switched_is_said_and_cited():
    switched = replace(INFUSION, joints=Joints({"J3": "circuit", "J2": "salat"}))
    said = methods_answer(switched)["methods"]
    assert joint("J3").verdicts["circuit"] in said
    assert joint("J2").verdicts["salat"] in said
    assert set(joint("J3").sources) <= keys_of(switched)
    assert "default" in methods_answer(INFUSION)["methods"]


def test_a_run_without_a_drug_says_so():
    assert "No drug that acts" in methods_answer(replace(INFUSION, drugs=()))["methods"]
