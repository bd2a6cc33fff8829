"""The page of a trial says what it is made from, and refuses what does not fit."""

import json

import pytest
from house.process import run_limen
from trial_specs import KETAMINE, SALINE, trial

from limen.quantities import InputError
from limen.report.trial import write_trial_report
from limen.trials import run_trial
from limen.trials.report_data import drawn_days, tones, trial_report_data


@pytest.fixture(scope="module")
def data():
    spec = trial(KETAMINE, SALINE, draws=20)
    return trial_report_data(spec, run_trial(spec))


def test_every_side_of_every_joint_is_shown_beside_the_trial_as_written(data):
    rows = data["under_joints"]
    assert (rows[0]["joint"], rows[0]["side"]) == ("", "as written")
    assert {"J1", "J2", "J3", "J4", "J5", "J6", "J7", "J8"} == {row["joint"] for row in rows[1:]}
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)


def test_the_page_holds_the_disclaimer_and_the_numbers_of_the_answer(data, tmp_path):
    text = write_trial_report(data, tmp_path / "trial.html").read_text(encoding="utf-8")
    assert data["disclaimer"] in text
    assert f"{data['found']['arms'][0]['mean_change'][0]:.1f}".replace("-", "\u2212") in text
    assert "your dose" not in text.lower()


def test_a_curve_of_another_length_and_missing_data_are_refused_and_nothing_is_written(data, tmp_path):
    short = {**data["curves"], "time_h": data["curves"]["time_h"][:-1]}
    with pytest.raises(InputError, match=r"curves\.arms\[0\]\.change"):
        write_trial_report({**data, "curves": short}, tmp_path / "trial.html")
    with pytest.raises(InputError, match="lack plan"):
        write_trial_report({name: value for name, value in data.items() if name != "plan"}, tmp_path / "trial.html")
    assert not list(tmp_path.iterdir())


def test_another_file_is_not_written_over(data, tmp_path):
    (tmp_path / "trial.html").write_text("mine")
    with pytest.raises(InputError, match="is not a trial page"):
        write_trial_report(data, tmp_path / "trial.html")


def test_arms_without_ketamine_have_the_colour_of_a_control():
    assert tones(trial(SALINE, KETAMINE)) == ["control", "drug"]


def test_every_day_that_is_scored_is_drawn():
    days = drawn_days(trial(times_days=(0.3, 90.0)))
    assert days[0] == 0.0
    assert {0.3, 90.0} <= set(days)
    assert list(days) == sorted(set(days))


def test_a_scale_that_nothing_leads_to_has_a_page_that_says_so(tmp_path):
    spec = trial(scale="HAMD-6", baseline_mean=14.0, baseline_sd=2.0)
    page = write_trial_report(trial_report_data(spec, run_trial(spec)), tmp_path / "trial.html")
    assert "no published crosswalk" in page.read_text(encoding="utf-8")


def test_the_command_writes_the_page_of_a_trial(tmp_path, repository):
    text = (repository / "examples" / "trials" / "clinic_phq9.toml").read_text(encoding="utf-8")
    (tmp_path / "clinic.toml").write_text(text.replace("draws = 500", "draws = 3"), encoding="utf-8")
    done = run_limen("report", "clinic.toml", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / json.loads(done.stdout)["file"]).exists()
