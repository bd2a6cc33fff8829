"""Case files: what is read, and what is refused in one sentence with its place."""

import pytest

from limen.quantities import InputError
from limen.regimen import read_case

WHOLE = """
limen = 1
[patient]
weight_kg = 70.0
age_y = 40
sex = "F"
height_cm = 168
diagnosis = "MDD"
baseline = { MADRS = 30 }
assumed = ["weight_kg"]
[predict]
times_h = [0.5, 72.0, 24.0]
setting = "open"
background = "none"
design = "parallel"
seed = 1
draws = 2000
[[dose]]
start_h = 0.0
drug = "ketamine"
route = "iv"
dose = "0.5 mg/kg over 40 min"
[[score]]
scale = "MADRS"
at_h = 24.0
value = 17
[[sample]]
analyte = "ketamine"
at_min = 40
value_ng_per_ml = 120.0
sampled = "venous"
[recording]
file = "recording.edf"
starts_min = -10.0
recorded = "scalp"
simulated = false
[options]
drugs = ["ketamine"]
dissociation_limit_cadss = 30
systolic_limit_mmhg = 180
horizons_h = [24, 168, 504]
next_visit_h = 168.0
urinary_symptoms = "unknown"
[joints]
J6 = "rhythm"
"""
SMALL = "limen = 1\n[patient]\nweight_kg = 70\n"


@pytest.fixture
def read(tmp_path):
    def _read(text):
        file = tmp_path / "case.toml"
        file.write_text(text, encoding="utf-8")
        return read_case(file)

    return _read


def test_the_case_of_the_contract_is_read_whole(read, tmp_path):
    case = read(WHOLE)
    assert case.patient.baseline == {"MADRS": 30.0}
    assert case.patient.assumed == ("weight_kg",)
    assert case.times_h == (0.5, 72.0, 24.0), "times keep the order asked for"
    assert case.regimen.visits[0].dose_mg == pytest.approx(35.0)
    assert (case.scores[0].value, case.samples[0].value_ng_per_ml) == (17.0, 120.0)
    assert case.recording.file == tmp_path / "recording.edf"
    assert case.options.horizons_h == (24.0, 168.0, 504.0)
    assert case.joints == {"J6": "rhythm"}
    assert case.warnings == ()


def test_what_is_left_out_is_not_known_or_the_stated_default(read):
    case = read(SMALL)
    assert case.patient.age_y is None
    assert case.options.dissociation_limit_cadss is None
    assert (case.setting, case.background, case.design, case.draws) == ("open", "none", "parallel", 2000)
    assert case.regimen.visits == ()


def test_a_score_may_stand_before_the_first_dose(read):
    case = read(SMALL + '[[score]]\nscale = "MADRS"\nat_h = -48\nvalue = 38\n')
    assert case.scores[0].at_h == -48.0


def test_a_high_dose_in_a_file_is_read_with_a_warning(read):
    case = read(SMALL + '[[dose]]\ndrug = "ketamine"\nroute = "iv"\ndose = "5 mg/kg over 40 min"\n')
    assert "5 mg/kg" in case.warnings[0]


def test_doses_that_come_together_are_warned_of_together(read):
    one = '[[dose]]\nstart_h = {}\ndrug = "ketamine"\nroute = "iv"\ndose = "0.8 mg/kg over 40 min"\n'
    close, apart = (read(SMALL + one.format(0.0) + one.format(later)) for later in (0.1, 24.0))
    assert any("course of doses gives 1.48 mg/kg within 40 min" in text for text in close.warnings)
    assert apart.warnings == ()


def test_a_file_with_a_mark_of_its_byte_order_is_read(tmp_path):
    file = tmp_path / "case.toml"
    file.write_text(SMALL, encoding="utf-8-sig")
    assert read_case(file).patient.weight_kg == 70.0


STIMULATION = '[[stimulation]]\nstart_h = 0.5\nduration_s = 5.0\ntarget = "sham"\ncurrent_ma = 6\nfrequency_hz = 50\n'


def changed(old, new):
    assert old in WHOLE
    return WHOLE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (changed("weight_kg = 70.0", "weigth_kg = 70.0"), ["[patient]", "'weigth_kg'", "'weight_kg'"]),
        (changed('diagnosis = "MDD"', 'diagnosis = "flu"'), ["[patient]", "'flu'", "bipolar"]),
        (changed("weight_kg = 70.0", "weight_kg = 700"), ["[patient]", "700 kg"]),
        (changed("weight_kg = 70.0", 'weight_kg = "70"'), ["[patient]", "weight_kg", "'70'"]),
        (changed("weight_kg = 70.0\n", ""), ["[patient]", "weight_kg is missing"]),
        (changed("limen = 1", "limen = 2"), ["got 2", "limen = 1"]),
        (changed("limen = 1\n", ""), ["got nothing", "limen = 1"]),
        (changed("[patient]", "[patient"), ["line 3"]),
        (changed("[joints]", "[joint]"), ["'joint'", "'joints'"]),
        (changed('J6 = "rhythm"', 'J6 = "wave"'), ["[joints]", "'wave'", "exposure"]),
        (changed('J6 = "rhythm"', 'J9 = "cut"'), ["[joints]", "'J9'"]),
        (changed("0.5 mg/kg over 40 min", "0.5 over 40 min"), ["[[dose]] number 1", "no unit"]),
        (changed('drug = "ketamine"', 'drug = "ketmine"'), ["[[dose]] number 1", "'ketmine'", "'ketamine'"]),
        (changed("start_h = 0.0", "start_h = 24.0"), ["24 h", "start_h = 0.0"]),
        (changed('scale = "MADRS"', 'scale = "MADSR"'), ["[[score]] number 1", "'MADSR'", "'MADRS'"]),
        (changed("value = 17", "value = 61"), ["[[score]] number 1", "61", "0 to 60"]),
        (changed("value = 17\n", ""), ["[[score]] number 1", "value is missing"]),
        (changed("MADRS = 30", "MADRS = 99"), ["[patient]", "99"]),
        (changed("MADRS = 30", "MDRS = 30"), ["[baseline]", "'MDRS'", "'MADRS'"]),
        (changed("[0.5, 72.0, 24.0]", "[]"), ["[predict]", "times_h"]),
        (changed("[0.5, 72.0, 24.0]", "[0.5, nan]"), ["[predict]", "times_h"]),
        (changed("[0.5, 72.0, 24.0]", "[-1.0]"), ["[predict]", "times_h", "-1"]),
        (changed('setting = "open"', 'setting = "blind"'), ["[predict]", "'blind'", "saline"]),
        (changed("draws = 2000", "draws = 0"), ["[predict]", "draws", "0"]),
        (changed("value_ng_per_ml = 120.0\n", ""), ["[[sample]] number 1", "below_ng_per_ml"]),
        (changed("simulated = false", 'simulated = "no"'), ["[recording]", "'no'"]),
        (changed('drugs = ["ketamine"]', 'drugs = ["aspirin"]'), ["[options]", "'aspirin'"]),
        (changed("[[score]]", "[score]"), ["score", "[[score]]"]),
        (changed("[options]", "[[options]]"), ["options", "[options]"]),
        (changed('assumed = ["weight_kg"]', 'assumed = ["weight"]'), ["[patient]", "'weight'"]),
        (changed("[[score]]", '[[dose]]\ndose = "84 mg"\n[[score]]'), ["[[dose]] number 2", "start_h is missing"]),
        (changed("seed = 1", f"seed = {'9' * 5000}"), ["thousands of figures"]),
        (changed("seed = 1", f"seed = 0x{'f' * 5000}"), ["[predict]", "seed", "thousands of figures"]),
        (changed('J6 = "rhythm"', f"J6 = 0x{'f' * 5000}"), ["[joints]", "J6", "thousands of figures"]),
        (changed("limen = 1", f"limen = 0x{'f' * 5000}"), ["thousands of figures", "limen = 1"]),
        (WHOLE + STIMULATION.replace("= 6", "= 6000"), ["[[stimulation]] number 1", "6000 mA", "20 mA"]),
        (WHOLE + STIMULATION.replace("= 50", "= 5000"), ["[[stimulation]] number 1", "5000 Hz", "500 Hz"]),
        (WHOLE + STIMULATION.replace("= 5.0", "= 0.0"), ["[[stimulation]] number 1", "0 s"]),
    ],
)
def test_a_case_that_cannot_be_used_is_refused_in_one_sentence_with_its_place(read, text, words):
    with pytest.raises(InputError) as refused:
        read(text)
    sentence = str(refused.value)
    for word in ("case.toml", *words):
        assert word in sentence
    assert sentence.count("case.toml") == 1
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"nobody\.toml cannot be read"):
        read_case(tmp_path / "nobody.toml")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    file = tmp_path / "case.toml"
    file.write_bytes(b"limen = 1\n\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_case(file)


@pytest.mark.parametrize("name", ["participant.toml", "typical_adult.toml"])
def test_the_examples_run_as_they_are(repository, name):
    case = read_case(repository / "examples" / name)
    assert case.regimen.active
    assert case.patient.assumed


def test_the_participant_is_the_one_of_the_data_set(repository, limen_data):
    rows = [line.split("\t") for line in (limen_data / "ds005917" / "phenotype.tsv").read_text().splitlines()]
    madrs = {row[1].removeprefix("ses-"): float(row[2]) for row in rows if row[0] == "sub-MOA107"}
    scores = read_case(repository / "examples" / "participant.toml").scores
    assert [score.value for score in scores] == [madrs[name] for name in ("b0", "d2", "d10", "p2", "p10")]
