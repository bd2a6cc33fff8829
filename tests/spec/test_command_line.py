"""The command line keeps the contract: keys, exit codes, one sentence for what cannot be used."""

import json
import math

import pytest
from house.process import run_limen

from limen.cli import main

CASE = """limen = 1
[patient]
weight_kg = 70.0
diagnosis = "MDD"
baseline = { MADRS = 30 }
[predict]
times_h = [0.5, 24.0, 72.0]
draws = 400
[[dose]]
drug = "ketamine"
route = "iv"
dose = "0.5 mg/kg over 40 min"
"""
QUANTILES = ("p05", "p10", "p25", "p50", "p75", "p90", "p95")
PARTS = ("between_people_cv", "parameter_cv", "between_models_fold")
DOSE = ("10 mg over 30 min", "--weight-kg", "70", "--at-min", "5,60")
ANALYTES = {"ketamine", "S-ketamine", "R-ketamine", "norketamine", "S-norketamine", "R-norketamine"}


def answer(*words, folder):
    asked = run_limen(*words, "--json", folder=folder)
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.fixture
def case(tmp_path):
    file = tmp_path / "case.toml"
    file.write_text(CASE, encoding="utf-8")
    return file


def test_concentration_has_every_key_of_the_contract(tmp_path):
    found = answer("concentration", "10 mg over 30 min", "--weight-kg", "70", "--at-min", "5,10,60", folder=tmp_path)
    assert set(found["analytes"]) == ANALYTES
    assert found["time_min"] == [5.0, 10.0, 60.0]
    ketamine = found["analytes"]["ketamine"]
    for name in (
        "typical",
        "p05",
        "p25",
        "p50",
        "p75",
        "p95",
        "between_people_cv",
        "parameter_cv",
        "between_models_fold",
    ):
        assert len(ketamine[name]) == 3
    for member in ketamine["models"].values():
        assert {"weight", "site", "typical"} <= set(member)


def test_occupancy_has_every_key_of_the_contract(tmp_path):
    found = answer(
        "occupancy", "10 mg over 30 min", "--weight-kg", "70", "--at-min", "5,60", "--assay", "ebert", folder=tmp_path
    )
    assert found["assay"] == found["functional_assay"] == "ebert"
    for name in ("occupancy", "functional_block", "hcn1_block"):
        assert len(found[name]["typical"]) == 2
        assert all(0.0 <= value < 1.0 for value in found[name]["p95"])


def test_predict_has_every_key_of_the_contract(case):
    found = answer("predict", str(case), folder=case.parent)
    assert {"MADRS", "CADSS"} <= set(found["scores"])
    for score in found["scores"].values():
        assert {"unit", "basis", "mean", "overlapping_window", *QUANTILES} <= set(score)
        assert score["basis"] in {"data", "prior only"}
        if score["mean"] is None:
            assert score["unknown_because"]
            continue
        rows = [score[name] for name in QUANTILES]
        assert all(math.isfinite(value) for row in rows for value in row)
        assert all(sorted(column) == list(column) for column in zip(*rows, strict=True))
    assert found["scores"]["PHQ-9"]["overlapping_window"] == [True, True, True]


def test_the_same_case_gives_the_same_bytes(case):
    first, second = (run_limen("predict", str(case), "--json", folder=case.parent).stdout for _ in range(2))
    assert first == second


def test_a_joint_of_the_command_line_is_taken(case):
    plain = answer("predict", str(case), folder=case.parent)
    cut = answer("predict", str(case), "--joint", "J5=cut", "--joint", "J4=cut", folder=case.parent)
    assert cut["scores"]["MADRS"]["mean"][1] > plain["scores"]["MADRS"]["mean"][1]


def test_five_milligrams_a_kilogram_are_answered_with_a_warning(tmp_path):
    found = answer("concentration", "5 mg/kg over 40 min", "--weight-kg", "70", "--at-min", "40", folder=tmp_path)
    assert any("1 mg/kg" in sentence for sentence in found["warnings"])


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("concentration", "5 over 40 min", "--weight-kg", "70"), "5"),
        (("concentration", "16 mg/kg over 40 min", "--weight-kg", "70"), "16"),
        (("concentration", "0.5 mg/kg over 40 min", "--weight-kg", "700"), "700"),
        (("concentration", "0.5 mg/kg over -40 min", "--weight-kg", "70"), "-40"),
        (("concentration", "0.5 mg/kg over 40 min", "--weight-kg", "70", "--at-min", "40,x"), "40,x"),
        (("concentration", "0.5 mg/kg over 40 min", "--weight-kg", "70", "--at-min", "40,20"), "20"),
        (("concentration", "0.5 mg/kg over 40 min", "--weight-kg", "70", "--drug", "aspirin"), "aspirin"),
        (("concentration", "0.5 mg/kg over 40 min", "--weight-kg", "70", "--model", "hornik_2018"), "hornik_2018"),
        (("concentration", "0.5 mg/kg over 40 min", "--weight-kg", "heavy"), "heavy"),
        (("concentration", "0.5 mg/kg over 40 min"), "weight-kg"),
        (("occupancy", "0.5 mg/kg over 40 min", "--weight-kg", "70", "--assay", "pet"), "pet"),
        (("predict", "not-there.toml"), "not-there.toml"),
        (("models", "nobody_1900"), "nobody_1900"),
        (("evidence", "nothing"), "nothing"),
        (("cite", "nobody_1900"), "nobody_1900"),
        (("dose",), "dose"),
        (("fit",), "--population"),
    ],
)
def test_what_cannot_be_used_is_named_in_one_sentence(words, named, tmp_path):
    refused(run_limen(*words, folder=tmp_path), named)
    assert list(tmp_path.iterdir()) == []


def refused(asked, named):
    assert asked.returncode == 2, asked.stderr
    assert asked.stdout == ""
    assert named in asked.stderr
    assert len(asked.stderr.strip().splitlines()) == 1
    assert "Traceback" not in asked.stderr


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('diagnosis = "MDD"', 'diagnosis = "sadness"', "sadness"),
        ("weight_kg = 70.0", "weight_kg = 700.0", "700"),
        ("weight_kg = 70.0", f"weight_kg = 1{400 * '0'}", "weight_kg"),
        ("weight_kg = 70.0", "wieght_kg = 70.0", "weight_kg"),
        ("baseline = { MADRS = 30 }", "baseline = { MADRS = 61 }", "61"),
        ("baseline = { MADRS = 30 }", "baseline = { MARDS = 30 }", "MADRS"),
        ("draws = 400", "draws = many", "line"),
        ("draws = 400", 'draws = 400\n[[score]]\nscale = "PHQ-10"\nat_h = 24.0\nvalue = 3', "PHQ-10"),
        ("draws = 400", 'draws = 400\n[[score]]\nscale = "PHQ-9"\nat_h = 24.0\nvalue = 28', "28"),
        ("draws = 400", 'draws = 400\n[joints]\nJ6 = "rythm"', "rythm"),
        ("draws = 400", 'draws = 400\n[joints]\nJ9 = "cut"', "J9"),
        ("over 40 min", "over -40 min", "-40"),
        ("limen = 1", "limen = 2", "2"),
    ],
)
@pytest.mark.parametrize("command", ["predict", "report"])
def test_a_mistake_in_a_case_file_is_named_in_one_sentence(command, old, new, named, case):
    case.write_text(CASE.replace(old, new), encoding="utf-8")
    refused(run_limen(command, str(case), folder=case.parent), named)
    assert [path.name for path in case.parent.iterdir()] == ["case.toml"]


def test_a_page_is_not_written_over_another_file(case):
    folder = case.parent / "limen-report"
    folder.mkdir()
    (folder / "case.html").write_text("mine", encoding="utf-8")
    refused(run_limen("report", str(case), folder=case.parent), "case.html")
    assert (folder / "case.html").read_text(encoding="utf-8") == "mine"


LIMITS = ("--weight-kg", "70", "--most-mg-per-min", "5", "--most-mg", "60")


def test_infusion_for_answers_with_a_dose_that_holds_the_level_and_its_spread(tmp_path):
    found = answer("infusion-for", "0.2", "--of", "occupancy", *LIMITS, folder=tmp_path)
    assert found["meets_goal"]
    assert found["limited_by"] == []
    assert found["lowest_held"] == pytest.approx(0.2, rel=0.02)
    expected = found["expected"]
    assert {len(expected[name]) for name in ("time_min", "typical", "p05", "p50", "p95")} == {len(expected["time_min"])}
    assert expected["typical"][-1] == pytest.approx(0.2, rel=0.02)
    assert sum((step["end_min"] - step["start_min"]) * step["mg_per_min"] for step in found["steps"]) == pytest.approx(
        found["total_mg"]
    )
    assert "options to review" in found["statement"]
    assert "Not a medical device" in found["disclaimer"]


def test_dose_for_answers_with_the_share_that_reaches_the_peak(tmp_path):
    words = ("--weight-kg", "70", "--probability", "0.9", "--most-mg", "60", "--route", "im")
    found = answer("dose-for", "100", *words, folder=tmp_path)
    assert found["probability"] >= 0.9
    assert found["meets_goal"]
    assert found["basis"] == "prior only"
    assert found["peak_ng_per_ml"]["p05"] < 100.0 < found["peak_ng_per_ml"]["p50"] < found["peak_ng_per_ml"]["p95"]


def test_a_page_of_a_held_level_is_written_under_a_name_that_a_disk_takes(tmp_path):
    found = answer("infusion-for", "150", *LIMITS, "--to", "pages", folder=tmp_path)
    (page,) = (tmp_path / "pages").iterdir()
    assert page.name in found["file_written"]
    assert found["dose"].split(", then ")[0] in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("infusion-for", "1.5", "--of", "occupancy", *LIMITS), "below 1, got 1.5"),
        (("infusion-for", "nan", *LIMITS), "got nan"),
        (("infusion-for", "150", "--of", "caffeine", *LIMITS), "'caffeine'"),
        (("infusion-for", "150", "--of", "R-ketamine", "--drug", "esketamine", *LIMITS), "no R-ketamine"),
        (("infusion-for", "150", "--drug", "midazolam", *LIMITS), "'midazolam'"),
        (("infusion-for", "150", *LIMITS[:-2], "--most-mg", "-1"), "-1 mg in all"),
        (("infusion-for", "150", *LIMITS[:2]), "--most-mg-per-min"),
        (("infusion-for", "150", *LIMITS, "--step-min", "0"), "Steps of 0 min"),
        (("infusion-for", "150", *LIMITS, "--hold-min", "3000"), "within 2880 min"),
        (("dose-for", "150", "--weight-kg", "70", "--probability", "90", "--most-mg", "70"), "got 90"),
        (("dose-for", "150", "--weight-kg", "70", "--probability", "0.9", "--most-mg", "70"), "first instant"),
        (
            ("dose-for", "150", "--weight-kg", "70", "--probability", "0.9", "--most-mg", "70", "--route", "rectal"),
            "'rectal'",
        ),
        (
            ("dose-for", "9", "--weight-kg", "70", "--probability", "0.9", "--most-mg", "70", "--over-min", "1e9"),
            "2880 min",
        ),
        (
            ("dose-for", "9", "--weight-kg", "70", "--probability", "0.9", "--most-mg", "70", "--seed", "-1"),
            "greater than or equal to 0",
        ),
    ],
)
def test_an_inverse_question_that_cannot_be_answered_is_refused_in_one_sentence(words, says, tmp_path):
    asked = run_limen(*words, folder=tmp_path)
    assert asked.returncode == 2
    assert says in asked.stderr
    assert "Traceback" not in asked.stderr
    assert not any(tmp_path.iterdir())


def test_work_that_is_stopped_says_what_was_kept(monkeypatch, capsys):
    for words, says in ((["limen", "trial", "a.toml"], "has kept so far is whole"), (["limen", "serve"], "")):
        monkeypatch.setattr("sys.argv", words)
        monkeypatch.setattr("limen.cli.app", lambda **_: 130)
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 130
        error = capsys.readouterr().err
        assert says in error
        assert error.count("\n") == (says != "")
