"""What `limen circuit`, `limen circuit-search` and `limen stimulate` answer."""

import json
from dataclasses import replace

import numpy as np
import pytest

from limen.circuit import MECHANISMS, Pulses, Sweep, circuit_answer, mechanism, read_blocks, stimulate_answer
from limen.circuit import answer as answer_room
from limen.circuit import search as search_room
from limen.circuit.conditions import Condition
from limen.circuit.mechanisms import by_hand, fingerprint, read_mechanism, written
from limen.circuit.readings import read
from limen.circuit.running import Run, simulate
from limen.circuit.search import evolve, moved, read_tried, search_answer
from limen.circuit.stimulation import TARGETS, report_probability
from limen.circuit.surface import BLOCKS, COLUMNS, shipped, surface
from limen.quantities import InputError

ROW = {
    "block", "hcn1", "seed", "peak_hz", "peak_db", "gamma_db", "glutamate_fraction", "rate_hz", "phase_locking",
}  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return circuit_answer(Sweep((0.0, 0.35), seeds=2, seconds=6.0))


def test_every_row_has_the_keys_of_the_contract(found):
    assert [(row["block"], row["seed"]) for row in found["rows"]] == [(0.0, 1), (0.35, 1), (0.0, 2), (0.35, 2)]
    for row in found["rows"]:
        assert set(row) - {"unknown_because"} == ROW
        assert {"H", "N", "PV", "SST"} <= set(row["rate_hz"])
        missing = {name for name in ROW if row[name] is None}
        assert missing == set(row.get("unknown_because", {}))


def test_block_0_is_its_own_measure(found):
    for row in found["rows"][::2]:
        assert (row["gamma_db"], row["glutamate_fraction"]) == (0.0, 1.0)


def test_block_0_need_not_be_asked_for(found):
    alone = circuit_answer(Sweep((0.35,), seeds=1, seconds=6.0))
    assert alone["rows"] == found["rows"][1:2]


def test_threads_change_nothing(found):
    assert circuit_answer(Sweep((0.0, 0.35), seeds=2, seconds=6.0), threads=4) == found


def test_progress_is_told():
    told = []
    circuit_answer(Sweep((0.1,), seeds=1, seconds=3.0), tell=lambda step, steps: told.append((step, steps)))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: read_blocks("0:1.5:0.5"), "from 0 to 1"),
        (lambda: read_blocks("low"), "numbers"),
        (lambda: read_blocks("0:1:0"), "step above 0"),
        (lambda: read_blocks("0:1:0.00001"), "longer step"),
        (lambda: read_blocks("nan"), "from 0 to 1"),
        (lambda: read_blocks("0:inf:0.1"), "from 0 to 1"),
        (lambda: read_blocks("0:1:inf"), "from 0 to 1"),
        (lambda: read_blocks("0:1:1e-320"), "longer step"),
        (lambda: Sweep((0.0,), seeds=0), "seeds"),
        (lambda: Sweep((0.0,), seconds=1.0), "3 to 3600"),
        (lambda: mechanism("hcn2"), "hcn1, rival"),
        (lambda: Pulses(2.0, 600.0), "shorter"),
        (lambda: stimulate_answer("precuneus", 6.0, 50.0), "anterior precuneus"),
        (lambda: stimulate_answer("sham", 60.0, 50.0), "20 mA"),
        (lambda: stimulate_answer("sham", 6.0, 0.0), "above 0"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(make, match):
    with pytest.raises(InputError, match=match) as caught:
        make()
    assert str(caught.value).count(". ") == 0


def test_without_numba_a_long_sweep_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setattr("limen.circuit.answer.compiled_there", lambda: False)
    with pytest.raises(InputError, match=r"limen\[fast\]"):
        circuit_answer(Sweep(read_blocks("0:1:0.05")))


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_mechanism_is_written_and_read_back(name):
    for one in (mechanism(name), by_hand(name)):
        again = read_mechanism(written(one))
        assert written(again) == written(one)
        np.testing.assert_allclose(one.at(one.units).cells["H"].row(), one.network.cells["H"].row(), rtol=1e-9)


def test_the_rival_has_no_ih_and_the_other_no_gabab():
    a, b = (mechanism(name).network.cells["H"] for name in MECHANISMS)
    assert a.ih_ms_cm2 > 0.0 == b.ih_ms_cm2
    assert b.gabab_ms_cm2 > 0.0


def test_a_search_goes_on_where_it_stopped(tmp_path, monkeypatch):
    def paraboloid(one, units, seeds, best):
        return search_room.Tried(tuple(units.tolist()), float(np.sum((units - 0.4) ** 2)), {"T": 0.0})

    monkeypatch.setattr(search_room, "try_point", paraboloid)
    one, nothing = mechanism("hcn1"), lambda _step, _steps: None
    whole = evolve(one, tmp_path / "whole", seed=3, budget=60, seeds=1, tell=nothing)
    evolve(one, tmp_path / "cut", seed=3, budget=25, seeds=1, tell=nothing)
    with (tmp_path / "cut" / "tried.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"units": [0.1')
    cut = evolve(one, tmp_path / "cut", seed=3, budget=60, seeds=1, tell=nothing)
    assert cut == whole
    assert read_tried(tmp_path / "cut" / "tried.jsonl") == read_tried(tmp_path / "whole" / "tried.jsonl")
    assert whole.score < read_tried(tmp_path / "whole" / "tried.jsonl")[0].score


def test_a_step_of_the_search_moves_one_to_four_values_within_their_ranges():
    for seed in range(50):
        point = moved(np.full(30, 0.5), 0.3, np.random.default_rng(seed))
        assert 1 <= np.sum(point != 0.5) <= 4
        assert (point >= 0.0).all()
        assert (point <= 1.0).all()


def test_a_search_needs_a_budget_and_its_own_folder(tmp_path):
    with pytest.raises(InputError, match="at least 1"):
        search_answer("hcn1", tmp_path, seed=1, budget=0)
    (tmp_path / "tried.jsonl").write_text(json.dumps({"units": [0.1], "score": 1.0, "terms": {}}) + "\n")
    with pytest.raises(InputError, match="another mechanism"):
        search_answer("hcn1", tmp_path, seed=1, budget=1)


@pytest.mark.parametrize(
    ("asked", "words"),
    [({"seed": 2}, "seed 1, and 2"), ({"seeds": 3}, "seeds of the network 1, and 3"), ({"hand": True}, "start")],
)
def test_a_folder_of_another_search_is_refused(asked, words, tmp_path, monkeypatch):
    monkeypatch.setattr(
        search_room, "try_point", lambda one, units, seeds, best: search_room.Tried(tuple(units.tolist()), 1.0, {})
    )
    search_answer("hcn1", tmp_path, seed=1, seeds=1, budget=2)
    with pytest.raises(InputError, match=words):
        search_answer("hcn1", tmp_path, **{"seed": 1, "seeds": 1, "budget": 3, **asked})
    assert len(read_tried(tmp_path / "tried.jsonl")) == 2


def test_the_shipped_surface_is_of_the_shipped_mechanisms():
    made = surface().made
    assert made["made_from"] == {name: fingerprint(name) for name in MECHANISMS}
    assert shipped("surface.csv").splitlines()[0].split(",") == list(COLUMNS)


def test_the_surface_begins_where_nothing_is_blocked():
    at = BLOCKS.index(0.0)
    np.testing.assert_allclose(surface().curves("glutamate_fraction")[:, at], 1.0, atol=1e-3)
    np.testing.assert_allclose(surface().curves("gamma_db")[:, at], 0.0, atol=0.01)


def test_the_surface_refuses_what_it_does_not_hold():
    with pytest.raises(InputError, match="deep_db"):
        surface().curves("colour")


@pytest.mark.parametrize(
    ("target", "low", "high"), [("anterior precuneus", 0.7, 1.0), ("oscillating contact", 0.45, 0.97),
                                ("posteromedial elsewhere", 0.0, 0.2), ("sham", 0.0, 0.25)],
)  # fmt: skip
def test_a_probability_of_report_lies_where_the_counts_are_and_is_wide(target, low, high):
    one = next(each for each in TARGETS if each.name == target)
    found = report_probability(one)
    assert low <= found["p05"] < found["p50"] < found["p95"] <= high


def test_the_counts_of_every_target_are_within_its_own_prediction():
    rng = np.random.default_rng(1)
    for one in TARGETS:
        trials = int(one.trials) if np.isfinite(one.trials) else 29
        reports = one.reports if np.isfinite(one.reports) else round(0.069 * 29)
        drawn = rng.binomial(trials, rng.beta(*one.beta, size=20_000))
        assert np.mean(drawn <= reports) > 0.05
        assert np.mean(drawn >= reports) > 0.05


def test_stimulation_has_the_keys_of_the_contract():
    found = stimulate_answer("anterior precuneus", 6.0, 50.0)
    assert {"target_class", "report_probability", "counts", "circuit", "sources"} <= set(found)
    assert set(found["report_probability"]) == {"mean", "p05", "p50", "p95"}
    assert found["report_probability"]["mean"] == pytest.approx(10.0 / 11.0, abs=1e-3)
    assert set(found["circuit"]) == {"rhythm_entrained", "output_disrupted"}


def test_a_50_hz_train_entrains_no_rhythm_and_drives_the_deep_cells():
    circuit = stimulate_answer("oscillating contact", 6.0, 50.0)["circuit"]
    for name in MECHANISMS:
        assert not circuit["rhythm_entrained"][name]["yes"]
        deep = circuit["output_disrupted"][name]
        assert deep["deep_rate_hz"] > deep["deep_rate_without_hz"]


def test_output_is_not_called_disrupted_where_the_other_cells_were_quiet_before():
    for frequency_hz, name, yes in ((50.0, "hcn1", None), (50.0, "rival", False), (10.0, "rival", None)):
        found = stimulate_answer("oscillating contact", 6.0, frequency_hz)["circuit"]["output_disrupted"][name]
        assert found["other_rate_without_hz"] < 0.5
        assert found["yes"] is yes
        assert "0.5 Hz" in found["unknown_because"]


def test_what_is_not_known_of_a_train_or_a_window_says_why():
    sham = stimulate_answer("sham", 0.0, 50.0)["circuit"]["rhythm_entrained"]["hcn1"]
    assert sham["phase_locking"] is None
    assert "no pulses" in sham["unknown_because"]
    own = read(simulate(Run(mechanism("hcn1").network, Condition(), 3.0, 1)), None)
    found = answer_room.row(0.0, Sweep((0.0,)), 1, own, replace(own, glutamate=0.0))
    assert found["glutamate_fraction"] is None
    assert "no glutamate" in found["unknown_because"]["glutamate_fraction"]


def test_what_was_never_done_in_people_has_no_probability():
    for found in (stimulate_answer("oscillating contact", 6.0, 2.0), stimulate_answer("anterior precuneus", 3.0, 50.0)):
        assert found["report_probability"]["mean"] is None
        assert found["report_probability"]["unknown_because"]


def test_sham_leaves_the_circuit_alone():
    found = stimulate_answer("sham", 0.0, 50.0)["circuit"]["output_disrupted"]["hcn1"]
    assert found["deep_rate_hz"] == found["deep_rate_without_hz"]
