"""From a person and a course to concentrations by every model that may answer."""

from __future__ import annotations

import numpy as np
import pytest

from limen.kinetics import (
    PEOPLE,
    ConcentrationDraws,
    draw_concentrations,
    draw_each_visit,
    members,
    typical_concentrations,
)
from limen.quantities import InputError
from limen.regimen import Patient, Regimen, read_visit

ADULT = Patient(weight_kg=70.0)
TIMES = np.array([-10.0, 0.0, 5.0, 40.0, 80.0, 230.0])


def course(*visits: tuple[str, str, str, float]) -> Regimen:
    return Regimen(
        tuple(read_visit(text, drug=drug, route=route, patient=ADULT, start_min=at) for text, drug, route, at in visits)
    )


DRIP = ("0.5 mg/kg over 40 min", "ketamine", "iv", 0.0)
SPRAY = ("56 mg", "esketamine", "intranasal", 60.0)


def drawn(regimen: Regimen, draws: int = 50, **other: str) -> ConcentrationDraws:
    return draw_concentrations(ADULT, regimen, TIMES, draws=draws, rng=np.random.default_rng(2), **other)


def test_rows_are_split_by_weight_and_add_up() -> None:
    found = drawn(course(DRIP), draws=97)
    assert sum(member.draws for member in found.members) == 97
    assert found.analyte("ketamine").shape == (97, 6)
    for member in found.members:
        assert member.draws == pytest.approx(97 * member.weight, abs=3.0)


def test_before_the_dose_there_is_nothing() -> None:
    assert not drawn(course(DRIP)).analyte("ketamine")[:, :2].any()


def test_sums_are_the_sum_of_the_enantiomers() -> None:
    member = drawn(course(DRIP)).members[0].analytes
    np.testing.assert_allclose(member["ketamine"], member["S-ketamine"] + member["R-ketamine"])


def test_a_racemic_member_gives_no_norketamine_and_no_enantiomers() -> None:
    found = {member.id: member for member in drawn(course(DRIP)).members}
    assert set(found["kamp_meta_2020"].analytes) == {"ketamine"}


def test_an_arterial_member_is_linked_into_a_venous_answer_and_named() -> None:
    found = drawn(course(DRIP))
    assert [member.id for member in found.members if member.linked] == ["kamp_meta_2020"]
    assert any("arterial-venous delay" in text and "kamp_meta_2020" in text for text in found.warnings)
    assert not any(member.linked for member in drawn(course(DRIP), sampled="arterial").members)


def test_an_inert_course_leaves_nothing_in_the_blood() -> None:
    found = drawn(course(("0 mg", "placebo", "intranasal", 0.0)))
    assert not found.analyte("norketamine").any()
    assert found.analyte("ketamine").shape == (50, 6)


def test_two_drugs_by_two_routes_add_up() -> None:
    both, first, second = (
        typical_concentrations(ADULT, course(*visits), TIMES) for visits in ((DRIP, SPRAY), (DRIP,), (SPRAY,))
    )
    name = "racemate_composite_venous + perez_ruixo_2021"
    mixed = next(member for member in both.members if member.id == name)
    for analyte in ("ketamine", "S-ketamine", "R-ketamine", "norketamine"):
        alone = first.members[0].analytes[analyte] + second.members[0].analytes[analyte]
        np.testing.assert_allclose(mixed.analytes[analyte], alone, rtol=1e-9)


def test_a_second_visit_weeks_later_adds_to_the_rest_of_the_first() -> None:
    later = course(DRIP, (DRIP[0], "ketamine", "iv", 30240.0))
    found = typical_concentrations(ADULT, later, np.array([40.0, 30280.0])).analyte("ketamine")
    np.testing.assert_allclose(found[:, 0], found[:, 1], rtol=1e-3)


def test_each_visit_is_an_occasion_of_its_own_and_people_stay_themselves() -> None:
    """Norketamine of the arterial construction comes late or early by occasion; its drug does not."""
    visits = course(DRIP, (DRIP[0], "ketamine", "iv", 30240.0))
    early = np.array([20.0, 30260.0])
    found = draw_concentrations(
        ADULT, visits, early, draws=200, model="racemate_composite", sampled="arterial", spread=PEOPLE,
        rng=np.random.default_rng(2),
    )  # fmt: skip
    drug, metabolite = (np.log(found.analyte(name)) for name in ("ketamine", "norketamine"))
    assert np.corrcoef(drug.T)[0, 1] > 0.99
    assert np.corrcoef(metabolite.T)[0, 1] < 0.3


def test_the_typical_person_is_the_same_on_every_occasion() -> None:
    visits = course(DRIP, (DRIP[0], "ketamine", "iv", 60.0))
    asked = {"sampled": "arterial", "model": "racemate_composite"}
    both, once = (typical_concentrations(ADULT, one, TIMES, **asked) for one in (visits, course(DRIP)))
    later = typical_concentrations(ADULT, course(DRIP), TIMES[3:] - 60.0, **asked)
    for name in ("ketamine", "S-norketamine", "R-norketamine"):
        sum_of_both = once.analyte(name)[:, 3:] + later.analyte(name)
        np.testing.assert_allclose(both.analyte(name)[:, 3:], sum_of_both, rtol=1e-10)


def test_a_way_in_without_a_fit_is_prior_only_and_says_so() -> None:
    found = drawn(course(("30 mg", "ketamine", "intranasal", 0.0)))
    assert found.prior_only
    assert "No model on file was fitted to intranasal ketamine" in found.warnings[0]
    with pytest.raises(InputError, match="norketamine"):
        found.analyte("norketamine")


def test_norketamine_is_remarked_on_only_where_the_way_in_gives_it() -> None:
    notes = [
        " ".join(drawn(course((text, "ketamine", route, 0.0)), draws=20, model="simons_2022").warnings)
        for text, route in (("35 mg over 40 min", "iv"), ("35 mg", "oral"))
    ]
    assert ["Norketamine of simons_2022" in text for text in notes] == [True, False]


def test_s_only_models_see_half_of_a_racemate_when_named() -> None:
    found = drawn(course(DRIP), model="otto_fanta")
    assert set(found.members[0].analytes) == {"S-ketamine", "S-norketamine"}
    assert any("S half" in text for text in found.warnings)


def test_the_s_half_of_a_racemate_is_half_of_as_much_esketamine() -> None:
    racemate, alone = (
        typical_concentrations(ADULT, course(("35 mg", drug, "iv", 0.0)), TIMES, model="otto_fanta").analyte(
            "S-ketamine"
        )
        for drug in ("ketamine", "esketamine")
    )
    np.testing.assert_allclose(2.0 * racemate, alone, rtol=1e-12)


@pytest.mark.parametrize(
    ("visit", "options", "says"),
    [
        (DRIP, {"sampled": "capillary"}, "capillary"),
        (DRIP, {"model": "otto_fanta", "sampled": "arterial"}, "ask for --sampled venous"),
        (("35 mg", "esketamine", "iv", 0.0), {"model": "kamp_meta_2020"}, "racemic ketamine and not esketamine"),
        (("56 mg", "esketamine", "oral", 0.0), {"sampled": "arterial"}, "oral esketamine"),
        (("56 mg", "esketamine", "oral", 0.0), {"model": "otto_fanta"}, "no oral route"),
        (DRIP, {"model": "hornik_2018"}, "blocked"),
    ],
)
def test_what_no_model_can_answer_is_refused_in_one_sentence(
    visit: tuple[str, str, str, float], options: dict[str, str], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        drawn(course(visit), **options)


def test_too_few_draws_for_the_ensemble_are_refused() -> None:
    with pytest.raises(InputError, match="3 draws are too few for 4 models"):
        drawn(course(DRIP), draws=3)


def test_the_model_of_children_answers_by_its_own_path_and_is_named_as_one() -> None:
    found = drawn(course(("35 mg over 40 min", "esketamine", "iv", 0.0)), draws=3, model="flint_2017")
    assert found.analyte("ketamine").shape == (3, 6)
    assert any("flint_2017 describes children" in text for text in found.warnings)


@pytest.mark.parametrize("way", [("ketamine", "iv"), ("ketamine", "intranasal"), ("esketamine", "intranasal")])
def test_visits_drawn_together_are_those_drawn_one_by_one(way):
    """What visits of the same people share is worked out once, and changes nothing."""
    texts = {"iv": ("0.5 mg/kg over 40 min", "0.4 mg/kg/h for 60 min, then 0.1 mg/kg over 10 min")}
    patient, times = Patient(weight_kg=70.0), (np.array([0.0, 7.0, 40.0, 300.0]), np.array([0.0, 61.0, 5000.0]))
    visits = [
        read_visit(text, drug=way[0], route=way[1], patient=patient) for text in texts.get(way[1], ("28 mg", "56 mg"))
    ]
    for member in members(*way, "venous"):
        asked = {"draws": 7, "model": member.model.id}
        together = draw_each_visit(
            patient, tuple(zip(visits, times, strict=True)), rng=np.random.default_rng(1), **asked
        )
        for visit, time_min, found in zip(visits, times, together, strict=True):
            alone = draw_concentrations(patient, Regimen((visit,)), time_min, rng=np.random.default_rng(1), **asked)
            assert found.analytes.keys() == alone.members[0].analytes.keys()
            for name, values in found.analytes.items():
                np.testing.assert_allclose(values, alone.members[0].analytes[name], rtol=1e-10)
