"""The facts of circuit.md on both mechanisms: the committed table is of what ships, and a screen finds the same."""

import re
from dataclasses import replace

import numpy as np
import pytest
from house.source import REPOSITORY

from limen.circuit.conditions import Condition
from limen.circuit.facts import GRID, Bench, Fact, t4, t9, t13, within
from limen.circuit.knock_out import RestResult, t8
from limen.circuit.ledger import Ledger, name_of
from limen.circuit.mechanisms import MECHANISMS, fingerprint, mechanism
from limen.circuit.objective import Look, score, screen, terms
from limen.circuit.readings import Reading
from limen.circuit.running import Run
from limen.circuit.verification import BEGIN, END, fact_table, rest_table, spaced, word, write

PAGE = (REPOSITORY / "docs" / "claims" / "circuit.md").read_text(encoding="utf-8")
TABLE = PAGE.partition(BEGIN)[2].partition(END)[0]
ASKED = ("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "T13", "T14", "T15", "T16", "step")


def rows():
    """Fact id to (word of A, word of B)."""
    cells = [[cell.strip() for cell in line.split("|")] for line in TABLE.splitlines() if line.startswith("| ")]
    return {cell[1]: (cell[4], cell[6]) for cell in cells if cell[1] in ASKED}


@pytest.fixture(scope="module")
def screens():
    return {name: screen(mechanism(name).network, 1) for name in MECHANISMS}


def test_the_table_is_of_the_mechanisms_that_ship():
    for name in MECHANISMS:
        assert f"{name} `{fingerprint(name)[:12]}`" in TABLE


def test_every_fact_is_in_the_table_for_both_and_none_without_a_verdict():
    assert tuple(rows()) == ASKED
    assert {one for pair in rows().values() for one in pair} <= {"holds", "**failed**", "shown"}


def test_the_count_below_the_table_is_that_of_the_table():
    for k, letter in enumerate("AB"):
        verdicts = [pair[k] for pair in rows().values() if pair[k] != "shown"]
        said = re.search(rf"\b{letter} (?:meets )?(\d+) of (\d+)", TABLE)
        assert (int(said[1]), int(said[2])) == (verdicts.count("holds"), len(verdicts))


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_screen_shows_a_rhythm_of_the_right_rate_in_the_window_and_none_beside_it(name, screens):
    seen = screens[name]
    assert seen[0.3].reading.deep_db > 6.0
    assert seen[0.45].reading.deep_db > 6.0
    assert within(seen[0.3].reading.deep_hz, (2.0, 3.6))
    assert seen[0.0].reading.peak_db < 6.0
    assert not seen[0.7].reading.peak_db > 6.0


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_screen_shows_interneurons_that_fall_and_gamma_and_glutamate_that_rise(name, screens):
    free, drug = screens[name][0.0].reading, screens[name][0.3].reading
    for population in ("PV", "SST"):
        assert drug.rate_hz(population) < free.rate_hz(population)
    assert drug.gamma > free.gamma
    assert 1.0 < drug.glutamate / free.glutamate < 3.0
    assert drug.modulation_deep > 3.0 * drug.modulation_other


@pytest.mark.parametrize("name", MECHANISMS)
def test_pyramidal_cells_keep_rates_that_such_cells_have(name, screens):
    for seen in screens[name].values():
        assert max(seen.reading.rate_hz("H"), seen.reading.rate_hz("N")) < 18.0


@pytest.mark.parametrize("name", MECHANISMS)
def test_the_objective_of_what_ships_is_far_below_that_of_a_start_by_hand(name, screens):
    assert score(screens[name]) < 12.0
    assert set(terms(screens[name])) == {"T1", "T2 T3", "T4", "T7", "T12", "T13", "T14", "T15", "rates"}


def quiet(**changed):
    numbers = dict.fromkeys(Reading.__dataclass_fields__, 0.0) | {"rates_hz": (5.0, 1.0, 10.0, 5.0, 1.0)} | changed
    return Reading(**numbers)


def test_a_rest_passes_only_if_both_power_and_height_are_low():
    common = {"rest_mv": 0.0, "free_hz": 5.0, "at_block": 0.3, "live": 5}
    assert RestResult(power_share=0.04, height_db=5.9, **common).passes
    assert not RestResult(power_share=0.06, height_db=5.9, **common).passes
    assert not RestResult(power_share=0.04, height_db=6.1, **common).passes


def test_a_knock_out_that_is_silent_everywhere_is_not_tested_and_one_that_beats_fails():
    silent = RestResult(0.0, 0.0, 0.0, 0.0, 0.0, 0)
    alive = RestResult(4.0, 5.0, 0.01, 3.0, 0.1, 4)
    beating = RestResult(8.0, 12.0, 0.2, 14.0, 0.4, 6)
    assert t8([silent]).holds is None
    assert t8([silent, alive]).holds is True
    assert t8([silent, alive, beating]).holds is False
    assert "+8 mV" in t8([silent, alive, beating]).found


def test_the_grid_of_the_knock_out_steps_over_nothing_wider_than_a_twentieth():
    np.testing.assert_allclose(np.diff(GRID), 0.05, atol=1e-9)
    assert (GRID[0], GRID[-1]) == (0.0, 1.0)


def test_a_ledger_keeps_windows_and_a_changed_run_is_another(tmp_path):
    network = mechanism("hcn1").network
    run = Run(network, Condition(block=0.3), 3.0, 1)
    first = Ledger(tmp_path / "kept.jsonl").reading(run)
    again = Ledger(tmp_path / "kept.jsonl")
    assert again.reading(run) == first
    assert len((tmp_path / "kept.jsonl").read_text().splitlines()) == 1
    names = {
        name_of(run),
        name_of(Run(network, Condition(block=0.31), 3.0, 1)),
        name_of(Run(network, Condition(block=0.3), 3.0, 2)),
    }
    assert len(names) == 3


def test_a_bench_finds_its_window_and_its_best_block(tmp_path):
    bench = Bench(mechanism("hcn1").network, Ledger(tmp_path / "none.jsonl"), grid=(0.0, 0.3, 0.6))
    heights = {0.0: 1.0, 0.3: 15.0, 0.6: 7.0}
    told = {block: quiet(peak_db=height, deep_db=20.0) for block, height in heights.items()}
    bench.ledger.look = lambda run: Look(told[run.condition.block], np.zeros(1))
    assert bench.window == [0.3, 0.6]
    assert bench.best == 0.3


def test_tables_are_written_between_their_marks_and_nothing_else_is_touched(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    fact = Fact("T1", "asks", "found", holds=False)
    write(page, spaced(["### Facts", *fact_table({"hcn1": [fact], "rival": [fact]}), "Words.", *rest_table([])]))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "| T1 | asks | found | **failed** | found | **failed** |" in text
    assert "old" not in text
    assert [word(one) for one in (True, False, None)] == ["holds", "**failed**", "shown"]


def test_a_fact_of_every_seed_fails_where_one_seed_gives_no_number(tmp_path):
    bench = Bench(mechanism("hcn1").network, Ledger(tmp_path / "none.jsonl"), seeds=(1, 2, 3), grid=(0.0, 0.3))
    for silent in ((), (2,)):
        bench.ledger.look = lambda run, silent=silent: Look(
            quiet(
                modulation_deep=5.0,
                modulation_other=np.nan if run.seed in silent else 1.0,
                peak_db=np.nan if run.seed in silent else 9.0,
                deep_db=9.0,
                rates_hz=(5.0, 1.0, np.nan if run.seed in silent else 10.0 - 20.0 * run.condition.block, 5.0, 1.0),
            ),
            np.zeros(1),
        )
        assert t4(bench).holds is not bool(silent)
        assert t9(bench).holds is not bool(silent)
    bench.ledger.look = lambda run: Look(
        quiet(rates_hz=(5.0, 1.0, *((2.0, 2.0) if run.condition.block else (5.0, np.nan)), 1.0)), np.zeros(1)
    )
    assert t13(replace(bench, grid=(0.0, 0.15, 0.3))).holds is False
