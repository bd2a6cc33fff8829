"""What the README promises holds; that its commands and its ten lines run is held by `test_snippets.py`."""

import re
import tomllib

import pytest
from house.source import REPOSITORY
from house.test_commands import group, leaves

from limen.chain.exposure_models import models_answer
from limen.evidence import DISCLAIMER, findings, joints
from limen.kinetics.ensemble import WEIGHTS

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
#: Each promise of the README in a few words, and the test that holds it; those of this file are not named.
HELD = {
    "twelve lines": "tests/browser/test_demo_page.py::test_twelve_lines_tell_the_infusion_each_with_what_it_rests_on",
    "scores that would be recorded": "tests/spec/test_command_line.py",
    "one real participant": "tests/unit/test_report_data.py",
    "unranked, always with three that hold no drug": "tests/spec/test_options_contract.py",
    "looks for a slow rhythm in a recording": "tests/unit/rhythm/test_answers.py",
    "two rival mechanisms": "tests/reference/test_circuit_facts.py",
    "runs virtual trials": "tests/reference/test_trial_facts.py",
    "an infusion centre's records": "tests/centre/test_records.py",
    "`null` with the reason": "tests/unit/chain/test_exposure.py",
    "were not used in fitting": "tests/unit/inference/test_fitting.py::test_nothing_held_out_is_fitted",
    "`not detectable here`": "tests/unit/rhythm/test_answers.py",
}


@pytest.mark.parametrize("promise", HELD)
def test_each_promise_is_in_the_readme_and_its_test_is_there(promise):
    assert promise in " ".join(README.split())
    file, _, test = HELD[promise].partition("::")
    assert f"def {test}" in (REPOSITORY / file).read_text(encoding="utf-8")


def test_the_disclaimer_stands_word_for_word():
    assert f"> {DISCLAIMER}\n" in README


def test_every_file_that_it_leads_to_is_there():
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link]
    named = re.findall(r"examples/\w+\.toml", README)
    assert len(links) > 4
    assert not [link for link in (*links, *named) if not (REPOSITORY / link).exists()]


def test_every_command_that_it_names_is_one():
    known = {name for name, _ in leaves(group())}
    named = set(re.findall(r"`limen ([a-z-]+)", README)) | set(re.findall(r"^\$ limen ([a-z-]+)", README, re.MULTILINE))
    assert named <= known, named - known


def test_of_eight_joints_each_has_a_default_and_something_beside_it():
    assert len(joints()) == 8
    assert all(len(one.words) > 1 for one in joints())


def test_every_published_number_has_a_source_and_a_standing():
    assert all(one.standing for one in findings())
    assert all(one.doi or one.standing in {"measured", "ours"} or one.found_in for one in findings())


def test_norketamine_of_the_racemate_rests_on_one_study():
    told = {row["id"]: row for row in models_answer()["models"]}
    racemic = [name for key, weights in WEIGHTS.items() if key[0] == "ketamine" for name in weights]
    giving = {name for name in racemic if "norketamine" not in told[name]["lacks"]}
    assert giving == {"racemate_composite", "racemate_composite_venous"}


def test_the_python_and_the_licence_are_those_of_the_package():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"Python {project['requires-python'].removeprefix('>=')} or newer" in README
    assert README.rstrip().endswith(f"{project['license']}.")
