"""Event tables that cannot be used: one sentence with the line, the column, the value and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.chain.event_lines import dose, line, seen, written

from limen.chain.evaluation import evaluation_answer
from limen.quantities import InputError

BAD = {
    "RATE and DUR": ([dose(0, RATE=10, DUR=40), seen(60)], ("Line 2", "DUR", "only one")),
    "modelled rate": ([dose(0, RATE=-1), seen(60)], ("Line 2", "RATE", "'-1'", "give RATE or DUR")),
    "modelled duration into a vein": ([dose(0, RATE=-2), seen(60)], ("Line 2", "RATE", "modelled")),
    "other negative rate": ([dose(0, RATE=-5), seen(60)], ("Line 2", "RATE", "above 0")),
    "infusion into the nose": ([dose(0, DUR=10, CMT="nasal"), seen(60)], ("Line 2", "DUR", "no infusion")),
    "compartment by number": ([dose(0, CMT=1), seen(60)], ("Line 2", "CMT", "'1'", "name")),
    "output by number": ([dose(0), seen(60, CMT=2)], ("Line 3", "CMT", "name")),
    "unknown compartment": ([dose(0, CMT="knee"), seen(60)], ("Line 2", "CMT", "'knee'", "use")),
    "no route": ([dose(0, CMT="."), seen(60)], ("Line 2", "ROUTE", "CMT = central")),
    "event code": ([line(TIME=0, EVID=5), seen(60)], ("Line 2", "EVID", "'5'", "use 0")),
    "dose without amount": ([line(TIME=0, EVID=1), seen(60)], ("Line 2", "AMT", "amount")),
    "amount on a sample": ([dose(0), seen(60, AMT=10)], ("Line 3", "AMT", "no dose")),
    "negative amount": ([dose(0, -35), seen(60)], ("Line 2", "AMT", "0 or more")),
    "too much": ([dose(0, 3500), seen(60)], ("Line 2", "AMT", "50 mg/kg", "check")),
    "ADDL without II": ([dose(0, ADDL=3), seen(60)], ("Line 2", "II", "above 0")),
    "SS without II": ([dose(0, SS=1), seen(60)], ("Line 2", "II", "SS = 1")),
    "SS 2": ([dose(0, SS=2, II=60), seen(60)], ("Line 2", "SS", "use 0 or 1")),
    "half a dose more": ([dose(0, II=60, ADDL=1.5), seen(60)], ("Line 2", "ADDL", "whole")),
    "SS every second": ([dose(0, II=0.01, SS=1), seen(60)], ("Line 2", "infusion")),
    "time goes back": ([dose(0), seen(60), seen(30)], ("Line 4", "TIME", "'30'", "sort")),
    "clock": ([dose(0), seen("08:30")], ("Line 3", "TIME", "'08:30'", "number")),
    "no time": ([dose(0), seen(".")], ("Line 3", "TIME", "give the time")),
    "person comes back": (
        [dose(0), dose(0, ID=2), seen(60)],
        ("Line 4", "ID", "together"),
    ),
    "nobody": ([dose(0, ID="."), seen(60)], ("Line 2", "ID", "whose")),
    "hydrochloride": ([dose(0, basis="hydrochloride"), seen(60)], ("Line 2", "BASIS", "not confirmed", "base")),
    "R alone": ([dose(0, enantiomer="R"), seen(60)], ("Line 2", "ENANTIOMER", "use sum")),
    "device into a vein": ([dose(0, device=1), seen(60)], ("Line 2", "DEVICE", "intranasal")),
    "not a number": ([dose(0), seen(60, "high")], ("Line 3", "DV", "'high'", "plain number")),
    "nan": ([dose(0), seen(60, "nan")], ("Line 3", "DV", "plain number")),
    "infinite": ([dose(0), seen(60, "1e999")], ("Line 3", "DV", "plain number")),
    "negative concentration": ([dose(0), seen(60, -1)], ("Line 3", "DV", "BLQ = 1")),
    "zero after a dose": ([dose(0), seen(60, 0)], ("Line 3", "DV", "BLQ = 1")),
    "below without limit": ([dose(0), seen(60, ".", BLQ=1)], ("Line 3", "LLOQ", "limit")),
    "limit of zero": ([dose(0), seen(60, 5, LLOQ=0)], ("Line 3", "LLOQ", "above 0")),
    "unflagged below": ([dose(0), seen(60, 2, LLOQ=5)], ("Line 3", "DV", "BLQ = 1")),
    "analyte by number": ([dose(0), seen(60, DVID=2)], ("Line 3", "DVID", "name")),
    "unknown analyte": ([dose(0), seen(60, DVID="caffeine")], ("Line 3", "DVID", "'caffeine'", "ketamine")),
    "two enantiomers": ([dose(0), seen(60, DVID="S-ketamine", enantiomer="R")], ("Line 3", "ENANTIOMER", "S-ketamine")),
    "site": ([dose(0), seen(60, sampled="toe")], ("Line 3", "SAMPLED", "'toe'", "arterial")),
    "weight": ([dose(0, WT=700), seen(60)], ("Line 2", "WT", "'700'", "350 kg")),
    "Japanese and not Asian": ([dose(0, ASIAN=0, JAPANESE=1), seen(60)], ("Line 2", "JAPANESE", "both 1")),
    "Asian 2": ([dose(0, ASIAN=2), seen(60)], ("Line 2", "ASIAN", "use 0 or 1")),
    "no sample": ([dose(0)], ("no measured sample", "EVID 0")),
    "only before the dose": ([seen(-5, 0), dose(0)], ("no measured sample",)),
}


@pytest.mark.parametrize("case", BAD)
def test_a_table_that_cannot_be_used_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    lines, words = BAD[case]
    with pytest.raises(InputError) as refused:
        evaluation_answer(written(tmp_path, *lines), time_unit="min", replicates=100)
    says = str(refused.value)
    assert all(word in says for word in words), says
    assert says.endswith(".")
    assert "\n" not in says
    assert ". " not in says.replace("write . where", "").replace("or . where", ""), says


FILES = {
    "empty": ("", "holds no line"),
    "names only": ("ID,TIME,DV\n", "nothing below"),
    "semicolons": ("ID;TIME;DV\n1;0;5\n", "commas"),
    "no DV": ("ID,TIME,AMT\n1,0,35\n", "no column DV"),
    "a column twice": ("ID,TIME,DV,dv\n1,0,5,5\n", "'DV' stands twice"),
    "ragged": ("ID,TIME,DV\n1,0\n", "Line 2 of data.csv has 2 cells"),
    "binary": (b"\xff\xfe\x00I", "not UTF-8"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    content, words = FILES[case]
    path = tmp_path / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=words):
        evaluation_answer(path)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"time_unit": "kg"}, "'kg'.*--time-unit h, min or d"),
        ({"dv_unit": "mg"}, "--dv-unit"),
        ({"sampled": "capillary"}, "--sampled"),
        ({"drug": "midazolam"}, "--drug"),
        ({"models": ["kamp"]}, "kamp_meta_2020"),
        ({"models": ["hornik_2018"]}, "blocked"),
        ({"replicates": 5}, "--replicates"),
        ({"seed": -1}, "--seed"),
        ({"blq": "M2"}, "--blq M3"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_in_one_sentence(
    how: dict[str, object], words: str, tmp_path: Path
) -> None:
    path = written(tmp_path, dose(0), seen(60))
    with pytest.raises(InputError, match=words):
        evaluation_answer(path, **{"replicates": 100, **how})  # type: ignore[arg-type]


def test_a_route_that_a_model_lacks_is_that_models_refusal_and_not_the_end(tmp_path: Path) -> None:
    path = written(tmp_path, dose(0, 84, CMT="nasal", enantiomer="S"), seen(60, enantiomer="S"))
    stratum = evaluation_answer(path, time_unit="min", replicates=100)["strata"][0]
    assert set(stratum["models"]) == {"perez_ruixo_2021", "ensemble"}
    assert "no intranasal route" in stratum["refused"]["otto_fanta"]
    assert "racemic ketamine and not esketamine" in stratum["refused"]["kamp_meta_2020"]


def test_two_drugs_in_one_course_have_no_model(tmp_path: Path) -> None:
    path = written(tmp_path, dose(0), dose(10, enantiomer="S"), seen(60))
    stratum = evaluation_answer(path, time_unit="min", replicates=100)["strata"][0]
    assert stratum["models"] == {}
    assert "evaluate them apart" in stratum["refused"]["ensemble"]


def test_a_model_of_s_alone_answers_for_a_racemate_only_when_it_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, dose(0), seen(60, enantiomer="S"))
    asked = evaluation_answer(path, time_unit="min", replicates=100)["strata"][0]
    assert "--model otto_fanta" in asked["refused"]["otto_fanta"]
    named = evaluation_answer(path, time_unit="min", replicates=100, models=["otto_fanta"])["strata"][0]
    assert set(named["models"]) == {"otto_fanta"}
    assert "ensemble" not in named["refused"]
