"""The page of `limen circuit`: still figures in one file that needs no network."""

import re
from dataclasses import replace

import numpy as np
import pytest

from limen.circuit import Condition, Pulses, Run, Sweep, circuit_answer, mechanism, simulate
from limen.quantities import InputError
from limen.report import circuit_figures
from limen.report.circuit import write_circuit_page
from limen.report.drawing import Figure, steps


@pytest.fixture(scope="module")
def found():
    return circuit_answer(Sweep((0.0, 0.4), mechanism="rival", seeds=1, seconds=3.0))


def test_the_page_stands_alone_and_is_labelled(found, tmp_path):
    text = write_circuit_page(found, tmp_path).read_text(encoding="utf-8")
    assert text.count('class="still"') == 13
    assert "hypothesis" in text
    assert "Not a medical device" in text
    assert not re.search(r'(?:src|href)="https?://', text)
    assert "nan" not in re.sub(r"<[^>]*aria[^>]*>", "", " ".join(re.findall(r'(?:points|d|cx|cy|x|y)="[^"]*"', text)))


def test_the_same_answer_gives_the_same_bytes(found, tmp_path):
    one, other = (write_circuit_page(found, tmp_path / name).read_bytes() for name in "ab")
    assert one == other


def test_spikes_and_field_are_those_under_the_pulses_by_the_engine_that_was_asked(found, tmp_path, monkeypatch):
    ran = []

    def noted(run, engine):
        ran.append((run.condition.pulses, engine))
        return simulate(run, "auto")

    monkeypatch.setattr(circuit_figures, "simulate", noted)
    pulses = Pulses(2.0, 10.0)
    page = write_circuit_page(found, tmp_path, pulses=pulses, engine="numpy").read_text(encoding="utf-8")
    assert ran == [(pulses, "numpy")] * 2
    assert "pulses of 2 Hz" in page
    assert "spikes in" not in page


def test_a_raster_is_cut_before_it_is_thinned_and_says_when_it_is(monkeypatch):
    seen = simulate(Run(mechanism("rival").network, Condition(), 3.0))
    window = replace(seen, raster=np.column_stack([np.arange(12000), np.zeros(12000, np.int64)]))
    assert "one spike in 2 is drawn" in circuit_figures.raster_panel(window, "no drug").says
    monkeypatch.setattr(circuit_figures, "MOST_TICKS", 3000)
    assert circuit_figures.raster_panel(window, "no drug").says == "One row a cell."


def test_another_file_is_not_written_over(found, tmp_path):
    (tmp_path / "circuit.html").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="not a circuit page"):
        write_circuit_page(found, tmp_path)


@pytest.mark.parametrize(
    ("ends", "log", "expected"),
    [((0.0, 1.0), False, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]), ((-5.0, 30.0), False, [0.0, 10.0, 20.0, 30.0]),
     ((0.7, 80.0), True, [1.0, 10.0])],
)  # fmt: skip
def test_axes_bear_round_numbers(ends, log, expected):
    assert steps(ends, log=log) == expected
    assert "-0" not in [f"{at:g}" for at in steps(ends, log=log)]


def test_a_line_breaks_where_a_value_is_missing():
    figure = Figure("broken", (0.0, 4.0), (0.0, 1.0), "x", "y")
    figure.line(np.arange(5.0), np.array([0.1, 0.2, np.nan, 0.4, 0.5]), "drug")
    assert figure.svg().count("<polyline") == 2
