from dataclasses import replace

import pytest
from trial_specs import KETAMINE, SALINE, trial

from limen.quantities import InputError
from limen.trials import read_spec

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


def test_every_example_can_be_read(repository):
    files = sorted((repository / "examples" / "trials").glob("*.toml"))
    assert len(files) == 6
    assert all(read_spec(file).arms for file in files)
