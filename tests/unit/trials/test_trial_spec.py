import json
from dataclasses import replace
from pathlib import Path

import pytest
from trial_specs import KETAMINE, SALINE, trial

from limen.quantities import InputError
from limen.trials import read_spec, run_trial
from limen.trials.designs import Design, Endpoint, Missing, Question, Scenario, Stopping
from limen.trials.observed import prepared
from limen.trials.runs import runs_of

WHOLE = """limen = 1
[trial]
name = "example"
scale = "MADRS"
baseline_mean = 32.0
baseline_sd = 5.0
seed = 1
draws = 500
times_days = [1, 3, 7, 14]
care = "trial"
response_rule = "fall >= 50 %"
remission_rule = "score <= 10"
[population]
weight_kg_mean = 80
weight_kg_sd = 17
[[arm]]
name = "ketamine"
drug = "ketamine"
route = "iv"
dose = "0.5 mg/kg over 40 min"
schedule = "3 per week for 2 weeks"
comparator = "midazolam"
n = 40
"""


def read(tmp_path, text):
    file = tmp_path / "trial.toml"
    file.write_text(text, encoding="utf-8")
    return read_spec(file)


def test_the_example_of_the_contract_is_read(tmp_path):
    spec = read(tmp_path, WHOLE)
    assert spec.arms[0].days == (0, 2, 4, 7, 9, 11)
    assert (spec.setting, spec.draws, spec.times_days) == ("midazolam", 500, (1.0, 3.0, 7.0, 14.0))
    assert str(spec.remission_rule) == "score <= 10"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('remission_rule = "score <= 10"\n', "", "remission_rule is missing: add it"),
        ('dose = "0.5 mg/kg over 40 min"\n', "", "dose is missing: add it"),
        ("n = 40", "n = -4", "n is a whole number from 1"),
        ("n = 40", "n = 4.5", "n is a whole number from 1"),
        ("n = 40\n", "", "n is missing"),
        ("baseline_mean = 32.0", "baseline_mean = 61.0", "must lie within 0 and 60"),
        ("baseline_sd = 5.0", "baseline_sd = -1.0", "must lie within"),
        ("times_days = [1, 3, 7, 14]", "times_days = []", "list of numbers"),
        ("times_days = [1, 3, 7, 14]", "times_days = [-1]", "must lie within"),
        ("weight_kg_sd = 17", "weight_sd = 17", "the nearest known one is 'weight_kg_sd'"),
        ('scale = "MADRS"', 'scale = "PHQ9"', "the nearest is 'PHQ-9'"),
        ('scale = "MADRS"', 'scale = "CADSS"', "there is no scale 'CADSS'"),
        ('comparator = "midazolam"', 'comparator = "active"', "comparator is one of open, saline"),
        ('care = "trial"', 'care = "ward"', "care is one of trial, clinic"),
        ('"fall >= 50 %"', '"half"', "response_rule: the rule 'half' could not be read"),
        ("3 per week", "5 per week", "the schedule '5 per week for 2 weeks' could not be read"),
        ("0.5 mg/kg over 40 min", "0.5 over 40 min", "has no unit"),
        ('drug = "ketamine"', 'drug = "ketamin"', "the nearest is 'ketamine'"),
        ("[population]", "[joints]\nJ9 = 'cut'\n[population]", "J9"),
        ("limen = 1\n", "", "begin the file with limen = 1"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence_with_its_place(tmp_path, old, new, says):
    assert old in WHOLE
    with pytest.raises(InputError) as refused:
        read(tmp_path, WHOLE.replace(old, new, 1))
    sentence = str(refused.value)
    assert says in sentence
    assert sentence.startswith("trial.toml")
    assert "\n" not in sentence


TWO = (
    WHOLE
    + """[[arm]]
name = "midazolam"
drug = "midazolam"
route = "iv"
dose = "0.045 mg/kg over 40 min"
schedule = "once"
comparator = "midazolam"
n = 40
"""
)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("[endpoint]\nat_day = 2", "at_day = 2 is none of times_days"),
        ("[endpoint]\nmeasure = 'score'", "measure is one of change, response"),
        ("[endpoint]\narms = ['ketamine', 'nobody']", "'nobody', which is none of"),
        ("[endpoint]\narms = ['ketamine']", "name two of the arms"),
        ("[endpoint]\nlevel = 0", "must lie within"),
        ("[endpoint]\nlevels = 0.05", "the nearest known one is 'level'"),
        ("[crossover]", "washout_days is missing"),
        ("[crossover]\nwashout_days = -1", "must lie within"),
        ("[crossover]\nwashout_days = 14\n[missing]\ndropout_per_week = 0.1\nhandled = 'last'", "complete pairs"),
        ("[crossover]\nwashout_days = 14\n[endpoint]\nmeasure = 'mediation'", "goes with neither"),
        ("[missing]", "dropout_per_week is missing"),
        ("[missing]\ndropout_per_week = 0.1\nhandled = 'mmrm'", "handled is one of observed, last"),
        ("[missing]\ndropout_per_week = -0.1", "must lie within"),
        ("[missing]\ndropout_per_week = 0.1\nhandled = 'multiple imputation'\n[sample_size]", "would let a look see"),
        (
            "[missing]\ndropout_per_week = 0\nhandled = 'multiple imputation'\n"
            "[question]\njoint = 'J7'\nagainst = 'cut'",
            "and [question] looks",
        ),
        ("[stopping]", "looks is missing"),
        ("[stopping]\nlooks = [0.5]", "that rise to 1"),
        ("[stopping]\nlooks = [0.7, 0.5, 1.0]", "that rise to 1"),
        ("[stopping]\nlooks = [1.0]\nspending = 'haybittle'", "spending is one of obrien-fleming"),
        ("[stopping]\nlooks = [1.0]\n[sample_size]\npower = 0.8", "ask them in two files"),
        ("[adaptive]", "kind is missing"),
        ("[adaptive]\nkind = 'drop arms'", "three arms or more, got 2"),
        ("[adaptive]\nkind = 'sample size'", "most_n is missing"),
        ("[adaptive]\nkind = 'blinded sample size'\nmost_n = 80", "difference is missing"),
        ("[sample_size]\npower = 1.2", "must lie within"),
        ("[sample_size]\nmost_in_arm = 1", "whole number from 4"),
        ("[[scenario]]\ninert = true", "name is missing"),
        ("[[scenario]]\nname = 'x'\njoints = { J8 = 'off' }", "J8"),
        ("[question]\njoint = 'J9'\nagainst = 'cut'", "J9"),
        ("[question]\njoint = 'J7'\nagainst = 'cut'\ncontrols = ['nothing']", "'nothing', which is none of"),
    ],
)
def test_a_design_that_cannot_be_is_refused_in_one_sentence_with_its_place(tmp_path, table, says):
    with pytest.raises(InputError) as refused:
        read(tmp_path, TWO + table)
    sentence = str(refused.value)
    assert says in sentence
    assert sentence.startswith("trial.toml")
    assert "\n" not in sentence


def test_a_scenario_of_one_arm_has_nothing_to_be_compared_with(tmp_path):
    with pytest.raises(InputError, match=r"\[\[scenario\]\] compares two arms, got 1"):
        read(tmp_path, WHOLE + "[[scenario]]\nname = 'x'\ninert = true")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("n = 40\n", "n = 40\nescalate_to = '1 mg/kg over 40 min'\n", "escalate_to is a list of doses"),
        ("n = 40\n", "n = 40\nescalate_to = ['1 mg/kg over 40 min']\n", "escalate_until is missing"),
        ("n = 40\n", "n = 40\nescalate_to = ['lots']\nescalate_until = 'fall >= 50 %'\n", "'lots'"),
        ("n = 40\n", "n = 40\nstop_when = 'rise > 1 %'\n", "stop_when: the rule 'rise > 1 %' could not be read"),
        ("n = 40\n", "n = 40\nstop_when = 'score <= 6'\n[crossover]\nwashout_days = 21\n", "would carry over"),
        ("n = 40\n", "n = 41\n[crossover]\nwashout_days = 21\n", "write the same n"),
    ],
)
def test_an_arm_that_cannot_be_guided_or_crossed_over_is_refused(tmp_path, old, new, says):
    crossed = "crossover" in new
    text = TWO.replace(old, new.split("[")[0] if crossed else new, 1)
    with pytest.raises(InputError) as refused:
        read(tmp_path, text + (new[new.index("[") :] if crossed else ""))
    assert says in str(refused.value)
    assert str(refused.value).startswith("trial.toml")


def test_a_response_cannot_be_judged_while_the_scale_looks_back(tmp_path):
    text = (
        TWO.replace('"MADRS"', '"PHQ-9"').replace("= 32.0", "= 18.0") + "[endpoint]\nmeasure = 'response'\nat_day = 7"
    )
    with pytest.raises(InputError, match="PHQ-9 still looks back"):
        read(tmp_path, text)


def test_a_joint_cannot_be_told_from_itself(tmp_path):
    text = TWO + "[joints]\nJ7 = 'cut'\n[question]\njoint = 'J7'\nagainst = 'cut'"
    with pytest.raises(InputError, match="the trial itself takes J7 = 'cut'"):
        runs_of(read(tmp_path, text))


def test_a_second_period_that_begins_too_early_is_refused(tmp_path):
    with pytest.raises(InputError, match="second period would begin on day 14"):
        prepared(read(tmp_path, TWO + "[crossover]\nwashout_days = 3"))


def test_every_table_of_a_design_is_read(tmp_path):
    text = TWO.replace(
        "n = 40\n", "n = 40\nescalate_to = ['1 mg/kg over 40 min']\nescalate_until = 'fall >= 50 %'\n", 1
    )
    spec = read(
        tmp_path,
        text
        + """[endpoint]
measure = "remission"
at_day = 7
analysis = "ancova"
level = 0.01
[missing]
dropout_per_week = 0.1
per_point_seen = 0.02
per_point_unseen = 0.03
missed_visit_fraction = 0.04
handled = "baseline"
[stopping]
looks = [0.5, 1.0]
spending = "pocock"
futility_z = 0.5
[[scenario]]
name = "none"
inert = true
joints = { J8 = "cut" }
[question]
joint = "J7"
against = "cut"
controls = ["saline"]
people = [80, 20]
power = 0.9
""",
    )
    assert spec.arms[0].doses == ("0.5 mg/kg over 40 min", "1 mg/kg over 40 min")
    assert spec.plan == Design(
        endpoint=Endpoint("remission", 7.0, ("ketamine", "midazolam"), "ancova", 0.01),
        missing=Missing(0.1, 0.02, 0.03, 0.04, "baseline"),
        stopping=Stopping((0.5, 1.0), "pocock", 0.5),
        scenarios=(Scenario("none", {"J8": "cut"}, inert=True),),
        question=Question("J7", "cut", ("saline",), (20, 80), 0.9),
    )


def test_arms_of_one_name_or_of_two_settings_are_refused():
    with pytest.raises(InputError, match="Two arms are called 'ketamine'"):
        trial(KETAMINE, KETAMINE)
    with pytest.raises(InputError, match="the same one in every arm"):
        trial(KETAMINE, replace(SALINE, comparator="midazolam"))


def test_a_trial_without_arms_is_refused():
    with pytest.raises(InputError, match="at least one arm"):
        replace(trial(), arms=())


def test_more_people_than_can_be_is_refused_before_anything_runs():
    with pytest.raises(InputError, match="ask for fewer draws"):
        trial(replace(KETAMINE, n=200_000), draws=100_000)


def test_the_clinic_goes_on_with_an_antidepressant_unless_the_file_says_otherwise(tmp_path):
    clinic = WHOLE.replace('care = "trial"', 'care = "clinic"')
    assert read(tmp_path, clinic).background == "continued antidepressant"
    assert read(tmp_path, clinic.replace("seed = 1", 'background = "none"')).background == "none"


EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "trials").glob("*.toml"))


def test_there_are_at_least_six_examples():
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_runs_as_it_is(file):
    """With fewer draws: what they come to is not the point here."""
    spec = read_spec(file)
    asked = {"endpoint", "sample_size", "adaptive", "stopping", "question"} & set(
        file.read_text().replace("[", "]").split("]")
    )
    answer = run_trial(replace(spec, draws=12))
    assert [arm["name"] for arm in answer["arms"]] == [arm.name for arm in spec.arms]
    assert asked <= set(answer)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
