"""What the pages are made from, and what a terminal shows, follows from the answers."""

import re

import numpy as np
import pytest

from limen.chain import alternatives
from limen.chain.exposure import concentration_answer, occupancy_answer
from limen.chain.exposure_models import models_answer
from limen.evidence import cite_answer, claims, evidence_answer
from limen.inference.prediction import predict
from limen.quantities import InputError
from limen.regimen import read_case
from limen.report import terminal
from limen.report.case_data import case_data
from limen.report.demo import gone, twelve_lines
from limen.report.story_data import DOSES_MG_PER_KG, MINUTES, cell, draw, published, story_data
from limen.report.story_mood import DEFAULT, visit_without_drug


@pytest.fixture(scope="module")
def participant(repository):
    return read_case(repository / "examples" / "participant.toml")


@pytest.fixture(scope="module")
def story():
    return story_data()


def test_the_story_holds_every_dose_of_its_grid(story):
    assert set(story["cells"]) == {f"{d},{m}" for d in range(len(DOSES_MG_PER_KG)) for m in range(len(MINUTES))}


def test_a_visit_without_drug_meets_no_joint_but_expectancy():
    drawn, time_min = draw(), np.array([0.0, 30.0, 40.0, 24 * 60.0, 168 * 60.0])
    usual = visit_without_drug(drawn, time_min, 40, DEFAULT).madrs
    for joint, word in alternatives():
        found = visit_without_drug(drawn, time_min, 40, DEFAULT.switched(joint, word)).madrs
        assert np.array_equal(found, usual) is (joint != "J8"), (joint, word)


def test_more_drug_gives_more_blood_level_block_and_benefit(story):
    small, large = story["cells"]["0,1"], story["cells"]["7,1"]
    for name in ("concentration",):
        assert max(small[name]["typical"]) < max(large[name]["typical"])
    assert max(small["occupancy"]["in_vivo"]["typical"]) < max(large["occupancy"]["in_vivo"]["typical"])
    assert small["mood"]["default"]["difference"]["mean"][0] < large["mood"]["default"]["difference"]["mean"][0]


def test_every_claim_has_a_live_figure_but_that_of_services_nobody_measured(story, repository):
    script = (repository / "src" / "limen" / "report" / "story" / "figures.js").read_text(encoding="utf-8")
    drawn_by_the_story = re.findall(r"^  (\w+):", script.split("const LIVE = {")[1].split("};")[0], re.MULTILINE)
    drawn = {*story["figures"], *drawn_by_the_story}
    assert [claim.id for claim in claims() if claim.figure not in drawn] == ["C14"]


def test_cutting_both_branches_is_not_offered_but_each_cut_costs_benefit(story):
    moods = story["cells"]["4,1"]["mood"]
    for name in ("J4=cut", "J5=cut"):
        assert moods[name]["difference"]["mean"][0] < moods["default"]["difference"]["mean"][0]


def test_the_twelve_lines_hold_the_numbers_of_the_page(story):
    lines = twelve_lines(story)
    peak = story["cells"]["4,1"]["concentration"]["typical"][story["exposure_time_min"].index(40.0)]
    assert len(lines) == 12
    assert f"{peak:.0f} ng/mL" in lines[1]
    assert f"{story['cells']['4,1']['mood']['default']['difference']['mean'][0]:.1f} points" in lines[7]


def test_the_same_draws_give_the_same_cell():
    drawn = draw()
    (shown, people), (again, same_people) = cell(drawn, 0.5, 40), cell(drawn, 0.5, 40)
    assert shown == again
    np.testing.assert_array_equal(people["default"].score, same_people["default"].score)


def test_published_points_are_those_of_the_evidence():
    found = published()
    assert {row["change"] for row in found["mood"]} == {-16.5, -8.8}
    assert found["concentration"][0]["value"] == 185.0


def test_a_feeling_that_never_goes_is_not_said_to_go():
    assert "not over" in gone({"p50": [0.0, 5.0, 4.0]}, [0.0, 40.0, 240.0])
    assert "60 minutes" in gone({"p50": [0.0, 5.0, 0.2]}, [0.0, 40.0, 60.0])


def test_scores_narrow_the_band_of_the_participant(participant):
    data = case_data(participant)
    widths = [
        [high - low for low, high in zip(data[name]["p10"], data[name]["p90"], strict=True)]
        for name in ("before", "after")
    ]
    assert widths[1][-1] < 0.8 * widths[0][-1]
    assert {score["value"] for score in data["observed"]} == {38, 21, 32, 31, 30}
    assert len(data["taught"]) == 4


def test_every_answer_can_be_printed(participant, capsys):
    dose = {"dose_text": "0.5 mg/kg over 40 min", "weight_kg": 70.0, "at_min": [0.0, 40.0]}
    terminal.concentration_table(concentration_answer(**dose))
    terminal.occupancy_table(occupancy_answer(**dose))
    terminal.prediction_table(predict(participant))
    terminal.models_table(models_answer())
    terminal.model_text(models_answer("otto_fanta"))
    terminal.evidence_table(evidence_answer())
    terminal.one_evidence(evidence_answer("C1"))
    terminal.citations(cite_answer())
    terminal.written_line({"file": "page.html"})
    printed = capsys.readouterr().out
    for word in ("189", "otto_fanta", "C14", "MADRS", "Murrough", "page.html"):
        assert word in printed


def test_a_model_of_s_ketamine_alone_is_printed_under_its_own_name(capsys):
    dose = {"dose_text": "0.5 mg/kg over 40 min", "weight_kg": 70.0, "at_min": [10.0, 40.0], "model": "otto_fanta"}
    terminal.concentration_table(concentration_answer(**dose))
    printed = capsys.readouterr().out
    assert "S-ketamine ng/mL" in printed
    assert "S-norketamine ng/mL" in printed


def test_evidence_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="nearest"):
        evidence_answer("C15")
