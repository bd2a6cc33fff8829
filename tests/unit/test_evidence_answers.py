"""The answers of `limen evidence` and `limen cite`, the joints, the claims and the disclaimer."""

import json

import pytest

from limen.evidence import (
    DISCLAIMER,
    VERDICTS,
    check_joint,
    cite,
    cite_answer,
    claims,
    data_file,
    evidence_answer,
    finding,
    findings,
    joint,
    joints,
    references,
)
from limen.evidence.references import read_bibtex
from limen.quantities import InputError

WORDS = {
    "J1": ("delay", "plasma"),
    "J2": ("in_vivo", "ebert", "salat"),
    "J3": ("dose_curve", "circuit", "cut"),
    "J4": ("occupancy", "glutamate", "exposure", "cut"),
    "J5": ("occupancy", "glutamate", "additive", "cut"),
    "J6": ("exposure", "rhythm", "cut"),
    "J7": ("free", "cut"),
    "J8": ("on", "cut"),
}
FIGURES = {
    "control_types", "joints", "speed", "synapse", "delay", "chain", "inverted_u", "mood_drivers", "rhythm",
    "stimulation", "link", "false_positives", "worth", "none",
}  # fmt: skip


def test_the_joints_have_their_words_with_the_default_first():
    assert {one.id: one.words for one in joints()} == WORDS
    assert joint("J5").default == "occupancy"
    assert joint("J5").rivals == ("glutamate", "additive")
    assert [one.id for one in joints() if not one.can_be_cut] == ["J1", "J2"]


def test_each_side_of_a_joint_says_what_it_stands_for():
    for one in joints():
        assert tuple(one.verdicts) == one.words
        assert one.question.endswith("?")
        assert one.sources


def test_a_word_that_a_joint_does_not_have_is_refused():
    check_joint("J8", "cut")
    with pytest.raises(InputError, match=r"'off'.*on, cut"):
        check_joint("J8", "off")
    with pytest.raises(InputError, match="'J0'"):
        check_joint("J0", "cut")


def test_there_are_fourteen_claims_each_with_a_verdict_a_number_a_source_and_a_figure():
    assert [one.id for one in claims()] == [f"C{number}" for number in range(1, 15)]
    for one in claims():
        assert one.verdict in VERDICTS
        assert one.figure in FIGURES
        assert one.number
        assert len(cite(one.sources)) >= 1
        assert {finding(name).id for name in one.findings} == set(one.findings)
        assert {joint(name).id for name in one.joints} == set(one.joints)


def test_the_test_that_holds_a_claim_is_there(repository):
    for one in claims():
        path, name = one.test.split("::")
        assert f"def {name}(" in (repository / path).read_text(encoding="utf-8"), one.id


def test_all_evidence_can_be_written_as_json():
    answer = json.loads(json.dumps(evidence_answer(), allow_nan=False))
    assert answer["tables"] == {"outcomes": 226, "baselines": 44, "session_and_link": 176}
    assert len(answer["findings"]) == len(findings())
    assert answer["disclaimer"] == DISCLAIMER


@pytest.mark.parametrize(
    ("name", "kind", "holds"),
    [
        ("hcn1_ic50", "finding", "value"),
        ("J3", "joint", "citations"),
        ("C1", "claim", "citations"),
        ("murrough_2013", "reference", "doi"),
        ("outcomes", "table", "rows"),
    ],
)
def test_one_piece_of_evidence_is_given_in_full_by_its_name(name, kind, holds):
    answer = json.loads(json.dumps(evidence_answer(name), allow_nan=False))
    assert answer["kind"] == kind
    assert holds in answer


def test_evidence_that_is_not_there_is_refused_naming_the_nearest():
    with pytest.raises(InputError, match="the nearest is 'murrough_2013'"):
        evidence_answer("murrough_213")


def test_citing_names_limen_and_the_sources_of_a_default_run():
    answer = cite_answer()
    assert "Limen" in answer["limen"]
    assert "10.1097/ALN.0000000000003577" in [source["doi"] for source in answer["sources"]]
    assert cite_answer(["taylor_2006"])["sources"] == [
        {
            "key": "taylor_2006",
            "citation": "Taylor et al. 2006. doi:10.1001/archpsyc.63.11.1217.",
            "doi": "10.1001/archpsyc.63.11.1217",
        }
    ]


def test_an_unknown_source_is_refused_naming_the_nearest():
    with pytest.raises(InputError, match="the nearest is 'taylor_2006'"):
        cite(["taylor_206"])


def test_a_source_that_comes_twice_is_refused():
    entry = "@misc{one,\n  year = {2020},\n}\n"
    with pytest.raises(InputError, match="'one' twice"):
        read_bibtex(entry + entry)


def test_the_reader_finds_every_entry_of_the_file():
    text = data_file("references.bib").read_text(encoding="utf-8")
    assert len(references()) == text.count("@misc{")


def test_the_disclaimer_says_what_this_is_not():
    assert DISCLAIMER == (
        "For research and education. Not a medical device. Not cleared or approved by any authority. Simulated and "
        "estimated values must not be used to diagnose, to choose or change a dose, or to monitor a patient. Alarms "
        "here do not replace a monitor or a clinician."
    )


def test_a_data_file_that_is_not_there_is_refused_by_name():
    with pytest.raises(InputError, match=r"'nothing\.csv'"):
        data_file("nothing.csv")
