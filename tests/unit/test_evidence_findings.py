"""Findings: each has a source and a standing, and what is unconfirmed cannot be one."""

from dataclasses import replace

import pytest

from limen.evidence import STANDINGS, finding, findings
from limen.quantities import InputError


def test_an_unconfirmed_number_cannot_be_a_finding():
    with pytest.raises(InputError, match=r"hcn1_ic50.*'unconfirmed'"):
        replace(finding("hcn1_ic50"), standing="unconfirmed")


def test_names_are_given_once_and_every_standing_is_one_of_the_four():
    ids = [one.id for one in findings()]
    assert len(ids) == len(set(ids))
    assert {one.standing for one in findings()} == set(STANDINGS)


def test_a_value_lies_within_its_interval():
    for one in findings():
        if one.value is not None and one.low is not None and one.high is not None:
            assert one.low <= one.value <= one.high, one.id


def test_every_finding_says_where_it_was_found_and_what_it_says():
    for one in findings():
        assert one.found_in, one.id
        assert one.says.endswith("."), one.id


def test_what_is_ours_claims_no_source():
    assert all(not one.doi for one in findings() if one.standing == "ours")


def test_an_unknown_finding_is_refused_naming_the_nearest():
    with pytest.raises(InputError, match="the nearest is 'hcn1_ic50'"):
        finding("hcn1_ic5")


def test_a_direction_has_no_number_to_give():
    with pytest.raises(InputError, match="no single value"):
        finding("glutamate_rat_low_dose").number()
    with pytest.raises(InputError, match="no interval"):
        finding("hcn1_ic50").interval()


def test_the_racemate_of_two_enantiomers_has_their_harmonic_mean():
    for parent in ("ketamine", "norketamine"):
        s, r = (finding(f"{letter}_{parent}_ki_ebert").number() for letter in "sr")
        assert 2 / (1 / s + 1 / r) == pytest.approx(finding(f"{parent}_ki_ebert").number(), rel=2e-3)
        s, r = (finding(f"{letter}_{parent}_ic50_in_vivo").number() for letter in "sr")
        assert 2e3 / (1 / s + 1 / r) == pytest.approx(finding(f"{parent}_ic50_in_vivo").number(), rel=2e-3)


def test_a_bolus_interval_is_one_geometric_sd_either_way():
    for name, gsd in (("bolus_10_mg_at_2_min", 1.71), ("bolus_10_mg_norketamine_at_2_min", 1.86)):
        one = finding(name)
        assert one.interval() == (
            pytest.approx(one.number() / gsd, rel=5e-3),
            pytest.approx(one.number() * gsd, rel=5e-3),
        )
