"""Forecasts are sealed when they are made and scored when results come."""

import json
from pathlib import Path

import numpy as np
import pytest
from house.process import run_limen

from limen.quantities import InputError
from limen.response.parameters import posterior_hash
from limen.trials.ledger import forecasts_in, likely, make_forecast, read_forecast, seal, sealed, write_forecast
from limen.trials.scoring import score_answer

TRIAL = """
limen = 1
[forecast]
id = "own-small"
status = "example design of our own"
[trial]
name = "small"
scale = "MADRS"
baseline_mean = 33.0
baseline_sd = 5.0
seed = 1
draws = 60
times_days = [1, 7]
response_rule = "fall >= 50 %"
remission_rule = "score <= 10"
[[arm]]
name = "ketamine"
drug = "ketamine"
route = "iv"
dose = "0.5 mg/kg over 40 min"
schedule = "once"
comparator = "saline"
n = 10
"""
RESULTS = """
limen = 1
[results]
trial = "own-small"
source = "an invented report"
entered_on = "2027-01-01"
[[arm]]
name = "ketamine"
day = 1
mean_change = {change}
response_fraction = 0.4
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one sealed forecast."""
    spec = tmp_path / "own-small.toml"
    spec.write_text(TRIAL)
    write_forecast(make_forecast(spec, "2026-11-28"), tmp_path / "own-small.limen.json")
    return tmp_path


def enter(folder: Path, change: float = -15.0, **replaced: str) -> None:
    (folder / "results").mkdir(exist_ok=True)
    text = RESULTS.format(change=change)
    for old, new in replaced.items():
        text = text.replace(old, new)
    (folder / "results" / "own-small.toml").write_text(text)


def test_every_forecast_of_the_repository_keeps_its_seal_and_says_what_it_is_of(repository: Path):
    found = list(forecasts_in(repository / "forecasts"))
    assert len(found) >= 3
    for file, forecast in found:
        assert seal(forecast) == forecast["sha256"], file.name
        own = forecast["trial"]["status"] == "example design of our own"
        assert own or forecast["trial"]["registration"], file.name
        assert forecast["trial"]["id"].startswith("own-") == own, file.name


def test_a_forecast_of_a_registered_trial_seals_what_was_read_and_what_was_assumed(repository: Path):
    found = [one for one in forecasts_in(repository / "forecasts") if one[1]["trial"]["registration"]]
    assert len(found) >= 3
    for file, forecast in found:
        trial, design = forecast["trial"], forecast["design"]
        assert trial["id"].startswith(trial["registration"].lower()), file.name
        assert design == (file.parent / f"{trial['id']}.toml").read_text(), file.name
        for said in ("The record was read on", "# The record says", "# Assumed: "):
            assert said in design, file.name


def test_the_same_trial_on_the_same_day_has_the_same_seal(folder: Path):
    first = read_forecast(folder / "own-small.limen.json")
    assert make_forecast(folder / "own-small.toml", "2026-11-28") == first
    assert make_forecast(folder / "own-small.toml", "2026-11-29")["sha256"] != first["sha256"]


@pytest.mark.parametrize("key", ["sealed_on", "model", "arms", "design"])
def test_a_forecast_that_was_changed_afterwards_is_seen(folder: Path, key: str):
    file = folder / "own-small.limen.json"
    changed = {"arms": [], "model": {"name": "better"}}.get(key, "changed")
    file.write_text(json.dumps(read_forecast(file) | {key: changed}))
    enter(folder)
    answer = score_answer(folder)
    assert answer["broken"] == ["own-small.limen.json"]
    assert answer["forecasts"][0]["scores"] == []


def test_a_broken_seal_ends_the_command_with_three(folder: Path):
    file = folder / "own-small.limen.json"
    file.write_text(file.read_text().replace("2026-11-28", "2026-11-01"))
    found = run_limen("trial", "--score", str(folder), "--json")
    assert found.returncode == 3
    assert json.loads(found.stdout)["broken"] == [file.name]
    assert "does not hold" in found.stderr


def test_without_results_nothing_is_scored(folder: Path):
    answer = score_answer(folder)
    assert answer["models"] == []
    assert "no results are entered" in answer["forecasts"][0]["unknown_because"]


def test_a_forecast_that_was_right_beats_one_that_was_not(folder: Path):
    enter(folder, -15.0)
    right = score_answer(folder)
    enter(folder, 20.0)
    wrong = score_answer(folder)
    by_measure = {one["measure"]: one for one in right["models"]}
    assert set(by_measure) == {"mean_change", "response_fraction"}
    assert by_measure["mean_change"]["inside_80"] == 1.0
    assert by_measure["mean_change"]["crps"] < wrong["models"][0]["crps"] / 5.0
    assert by_measure["mean_change"]["skill"] is not None


def test_anybody_adds_a_model_by_one_file(folder: Path):
    enter(folder, -15.0)
    mine = read_forecast(folder / "own-small.limen.json")
    for arm in mine["arms"]:
        for one in arm["forecasts"]:
            one["values"] = [-15.0 if one["measure"] == "mean_change" else 0.4]
    (folder / "own-small.mine.json").write_text(json.dumps(sealed(mine | {"model": {"name": "mine"}})))
    scores = {(one["model"], one["measure"]): one for one in score_answer(folder)["models"]}
    assert scores["mine", "mean_change"]["crps"] == 0.0
    assert scores["mine", "mean_change"]["skill"] == 1.0
    assert scores[f"limen {posterior_hash()}", "mean_change"]["skill"] < 1.0


def test_a_sealed_forecast_is_never_written_over(folder: Path):
    file = folder / "own-small.limen.json"
    before = file.read_bytes()
    with pytest.raises(InputError, match="sealed already"):
        write_forecast(make_forecast(folder / "own-small.toml", "2026-11-29"), file)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("own-small", "other", "not of 'own-small'"),
        ('name = "ketamine"', 'name = "nobody"', "of 'nobody' on day 1"),
        ("day = 1\n", "day = 2\n", "on day 2"),
        ("0.4", "1.4", "response_fraction = 1.4"),
        ("mean_change = -15.0\nresponse_fraction = 0.4", "", "holds no result"),
    ],
)
def test_results_that_do_not_fit_are_refused(folder: Path, old: str, new: str, match: str):
    enter(folder, **{old: new})
    with pytest.raises(InputError, match=match):
        score_answer(folder)


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("--seal", "x.json"), "--sealed-on"),
        (("--seal", "x.json", "--sealed-on", "yesterday"), "got 'yesterday'"),
    ],
)
def test_a_seal_needs_a_file_and_a_day(folder: Path, words: tuple[str, ...], match: str):
    found = run_limen("trial", str(folder / "own-small.toml"), *words, folder=folder)
    assert found.returncode == 2
    assert match in found.stderr
    assert found.stderr.count("\n") == 1
    assert not (folder / "x.json").exists()


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('[forecast]\nid = "own-small"\nstatus = "example design of our own"\n', "", "id is missing"),
        ('id = "own-small"', 'id = "Own Small"', "small letters"),
        ("example design of our own", "registered, not reported", "registration is missing"),
        (
            'status = "example design of our own"',
            'status = "registered, not reported"\nregistration = "soon"',
            "'soon'",
        ),
        ('scale = "MADRS"\nbaseline_mean = 33.0', 'scale = "HAMD-6"\nbaseline_mean = 15.0', "HAMD-6 cannot be"),
    ],
)
def test_a_forecast_says_of_what_it_is(folder: Path, old: str, new: str, match: str):
    spec = folder / "other.toml"
    spec.write_text(TRIAL.replace(old, new))
    with pytest.raises(InputError, match=match):
        make_forecast(spec, "2026-11-28")


def test_what_is_no_forecast_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="holds no forecast"):
        score_answer(tmp_path)
    (tmp_path / "a.json").write_text("[1, 2")
    with pytest.raises(InputError, match="cannot be read as JSON"):
        score_answer(tmp_path)
    (tmp_path / "a.json").write_text('{"limen_forecast": 1}')
    with pytest.raises(InputError, match="lacks trial"):
        score_answer(tmp_path)


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"trial": "own-small"}, "trial is a table"),
        ({"trial": {"id": "own-small"}}, "status is missing"),
        ({"trial": {"id": "../own", "status": "registered, not reported"}}, "got '../own'"),
        ({"model": {}}, "name is missing"),
        ({"values": []}, "values is a list of numbers"),
        ({"values": [float("nan")]}, "cannot be read as JSON"),
        ({"seen_before": None}, "seen_before is a list of numbers"),
        ({"measure": "hope"}, "got 'hope'"),
    ],
)
def test_a_file_that_is_not_of_the_form_is_refused_in_a_sentence(folder: Path, changed: dict, match: str):
    file = folder / "own-small.limen.json"
    found = read_forecast(file)
    one = found["arms"][0]["forecasts"][0]
    of_one = {key: value for key, value in changed.items() if key in one}
    one |= of_one
    file.write_text(json.dumps(found | {key: value for key, value in changed.items() if key not in of_one}))
    with pytest.raises(InputError, match=match):
        score_answer(folder)


def test_a_measure_that_a_model_did_not_forecast_is_not_scored(folder: Path):
    enter(folder)
    mine = read_forecast(folder / "own-small.limen.json") | {"model": {"name": "mine"}}
    for arm in mine["arms"]:
        arm["forecasts"] = [one for one in arm["forecasts"] if one["measure"] == "mean_change"]
    (folder / "own-small.mine.json").write_text(json.dumps(sealed(mine)))
    scored = [(one["model"], one["measure"]) for one in score_answer(folder)["models"]]
    assert ("mine", "mean_change") in scored
    assert ("mine", "response_fraction") not in scored


def test_a_forecast_that_cannot_be_named_or_dated_costs_no_trial(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("limen.trials.ledger.counted_arms", lambda spec: pytest.fail(f"{spec.name} was run"))
    spec = folder / "own-small.toml"
    with pytest.raises(InputError, match="got 'soon'"):
        make_forecast(spec, "soon")
    spec.write_text(TRIAL.replace('id = "own-small"', 'id = "Own Small"'))
    with pytest.raises(InputError, match="small letters"):
        make_forecast(spec, "2026-11-28")


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("own-small.toml", "--score", "."), "leave own-small.toml out"),
        (("--score", ".", "--people"), "leave --people out"),
        (("own-small.toml", "--seal", "x.json", "--sealed-on", "2026-11-28", "--workers", "2"), "got --workers"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(folder: Path, words: tuple[str, ...], match: str):
    found = run_limen("trial", *words, folder=folder)
    assert found.returncode == 2
    assert match in found.stderr
    assert found.stderr.count("\n") == 1


def test_equally_likely_values_have_the_middle_and_the_spread_of_the_draws():
    draws = np.random.default_rng(1).normal(-10.0, 3.0, 20_000)
    values = likely(draws)
    assert values == sorted(values)
    assert np.mean(values) == pytest.approx(-10.0, abs=0.1)
    assert np.std(values) == pytest.approx(3.0, rel=0.05)
