"""The page of an evaluation: what stands in it, what is refused, and that it replaces only its own kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from limen.chain.evaluation import evaluation_answer
from limen.quantities import InputError
from limen.report.evaluation import evaluation_table, write_evaluation_report

NETWORK_CALLS = ("fetch(", "XMLHttpRequest", "WebSocket", "import(", "sendBeacon", "@import", "<iframe", "<img")


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    examples = Path(__file__).resolve().parents[2] / "examples"
    return evaluation_answer(examples / "concentrations.csv", replicates=100)


def test_the_page_names_every_model_its_refusals_and_the_remark_of_the_file(
    answer: dict[str, Any], tmp_path: Path
) -> None:
    text = write_evaluation_report(answer, tmp_path / "page.html").read_text(encoding="utf-8")
    stratum = answer["strata"][0]
    assert all(name in text for name in (*stratum["models"], *stratum["refused"]))
    assert "SYNTHETIC" in text
    assert not [call for call in NETWORK_CALLS if call in text]


def test_the_same_answer_gives_the_same_bytes(answer: dict[str, Any], tmp_path: Path) -> None:
    first, second = (write_evaluation_report(answer, tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second


def test_the_ensemble_stands_first_and_models_follow_by_log_score(answer: dict[str, Any], tmp_path: Path) -> None:
    text = write_evaluation_report(answer, tmp_path / "page.html").read_text(encoding="utf-8")
    places = [text.index(f'scope="row">{name}<') for name in ("ensemble", "racemate_composite_venous", "hijazi_2003")]
    assert places == sorted(places)


def test_data_without_a_part_are_refused(answer: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lack replicates"):
        write_evaluation_report({key: part for key, part in answer.items() if key != "replicates"}, tmp_path / "p.html")


def test_another_file_is_not_replaced(answer: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("mine")
    with pytest.raises(InputError, match="is not a evaluation page"):
        write_evaluation_report(answer, path)
    assert path.read_text() == "mine"


def test_in_words_there_is_a_row_for_each_model(answer: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    evaluation_table({**answer, "file_written": "page.html"})
    printed = capsys.readouterr().out
    assert all(name in printed for name in (*answer["strata"][0]["models"], "page.html", "--model otto_fanta"))
