"""A table that cannot be used is refused in one sentence that names line and column."""

import csv
from pathlib import Path

import pytest

from limen.inference.mediation import mediation_answer
from limen.inference.mediation.table import NEEDED, read_mediation_table
from limen.quantities import InputError

LINE = {
    "id": "A",
    "occasion": "1",
    "dose_mg_per_kg": "0.5",
    "exposure": "95",
    "cadss_total": "12",
    "baseline": "32",
    "score": "20",
    "scale": "MADRS",
    "at_h": "24",
    "setting": "open",
    "clinic": "north",
}


def written(folder: Path, *lines: dict[str, str], without: str = "") -> Path:
    """A table of these lines."""
    path = folder / "data.csv"
    columns = [name for name in dict.fromkeys(name for line in lines for name in line) if name != without]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as refused:
        mediation_answer(path)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize("column", [*NEEDED, "cadss_total"])
def test_a_column_that_is_missing_is_named(tmp_path, column):
    assert column in refusal(written(tmp_path, LINE, without=column))


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("cadss_total", "93"),
        ("cadss_total", "-1"),
        ("cadss_total", "much"),
        ("score", "61"),
        ("baseline", "-3"),
        ("score", "inf"),
        ("scale", "madness"),
        ("scale", "CADSS"),
        ("scale", ""),
        ("id", ""),
        ("occasion", "1.5"),
        ("occasion", "0"),
        ("dose_mg_per_kg", "40"),
        ("dose_mg_per_kg", ""),
        ("exposure", "-2"),
        ("exposure", "0"),
        ("exposure", "1e400"),
        ("at_h", "0"),
        ("at_h", "-24"),
        ("at_h", "one day"),
    ],
)
def test_an_impossible_cell_is_refused_with_its_line_and_column(tmp_path, column, cell):
    sentence = refusal(written(tmp_path, LINE, {**LINE, "id": "B", column: cell}))
    assert f"Line 3 of data.csv, column {column}," in sentence
    if cell:
        assert repr(cell) in sentence


def test_exposure_without_a_dose_is_refused(tmp_path):
    assert "column exposure" in refusal(written(tmp_path, {**LINE, "dose_mg_per_kg": "0"}))


def test_the_same_visit_twice_is_refused_with_both_lines(tmp_path):
    sentence = refusal(written(tmp_path, LINE, {**LINE, "id": "B"}, {**LINE, "score": "11"}))
    assert "Line 4" in sentence
    assert "line 2" in sentence


def test_the_same_infusion_may_be_scored_at_two_times(tmp_path):
    assert len(read_mediation_table(written(tmp_path, LINE, {**LINE, "at_h": "72"})).visits) == 2


def test_two_scales_in_one_file_are_refused(tmp_path):
    sentence = refusal(written(tmp_path, LINE, {**LINE, "id": "B", "scale": "HAMD-17"}))
    assert "'HAMD-17'" in sentence
    assert "'MADRS'" in sentence


def test_subscales_stand_for_the_total_and_are_summed(tmp_path):
    parts = {"cadss_depersonalisation": "3", "cadss_derealisation": "8", "cadss_amnesia": "1"}
    line = {name: cell for name, cell in LINE.items() if name != "cadss_total"} | parts
    visit = read_mediation_table(written(tmp_path, line)).visits[0]
    assert visit.cadss["cadss_total"] == 12.0
    assert visit.cadss["cadss_derealisation"] == 8.0


def test_subscales_that_exceed_their_total_are_refused(tmp_path):
    assert "column cadss_total" in refusal(written(tmp_path, {**LINE, "cadss_amnesia": "13"}))
    parts = {"cadss_depersonalisation": "40", "cadss_derealisation": "40", "cadss_amnesia": "40"}
    line = {name: cell for name, cell in LINE.items() if name != "cadss_total"} | parts
    assert "120" in refusal(written(tmp_path, line))


@pytest.mark.parametrize("blank", ["", "NA", "n/a", ".", "NaN"])
def test_a_line_without_a_score_is_left_out_and_said(tmp_path, blank):
    table = read_mediation_table(written(tmp_path, LINE, {**LINE, "id": "B", "score": blank}))
    assert [visit.id for visit in table.visits] == ["A"]
    assert any("1 of 2 lines" in warning for warning in table.warnings)


def test_a_line_that_is_left_out_is_checked_all_the_same(tmp_path):
    assert "column at_h" in refusal(written(tmp_path, {**LINE, "score": "", "at_h": "soon"}))


def test_a_line_with_too_few_cells_is_refused(tmp_path):
    path = written(tmp_path, LINE)
    path.write_text(path.read_text(encoding="utf-8") + "B,1,0.5\n", encoding="utf-8")
    assert "Line 3 of data.csv has 3 cells" in refusal(path)


@pytest.mark.parametrize(
    "text", ["", "# only a remark\n", "id;occasion;score\n1;2;3\n", "id,id\n1,1\n", "\x00\x01,\x02\n"]
)
def test_what_is_no_table_is_refused(tmp_path, text):
    path = tmp_path / "data.csv"
    path.write_bytes(text.encode())
    assert "data.csv" in refusal(path)


def test_a_table_with_no_scored_visit_is_refused(tmp_path):
    assert "data.csv" in refusal(written(tmp_path, {**LINE, "score": ""}))


def test_a_score_that_looks_back_before_the_dose_is_flagged(tmp_path):
    warned = read_mediation_table(
        written(tmp_path, {**LINE, "scale": "PHQ-9", "score": "9", "baseline": "20"})
    ).warnings
    assert any("overlapping_window" in warning for warning in warned)


def test_a_column_that_nothing_reads_is_named(tmp_path):
    assert any("weight" in one for one in read_mediation_table(written(tmp_path, {**LINE, "weight": "70"})).warnings)


def test_the_adolescents_are_too_few(limen_data):
    sentence = refusal(limen_data / "esketamine-adolescents" / "Dataset.csv")
    assert "too few" in sentence
    assert "cadss_total" in sentence
