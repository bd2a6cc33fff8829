"""`limen circuit` and `limen stimulate` keep the contract: keys, exit codes, one sentence for what cannot be used."""

import json

import pytest
from house.process import run_limen


def answer(*words, folder):
    asked = run_limen(*words, "--json", folder=folder)
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_circuit_gives_one_row_a_block_and_seed(tmp_path):
    words = (
        "circuit",
        "--block",
        "0:0.4:0.4",
        "--pulses",
        "2 Hz 10 ms",
        "--seeds",
        "2",
        "--seconds",
        "3",
        "--hcn1",
        "0.5",
    )
    rows = answer(*words, folder=tmp_path)["rows"]
    assert [(row["block"], row["seed"], row["hcn1"]) for row in rows] == [
        (0.0, 1, 0.5), (0.4, 1, 0.5), (0.0, 2, 0.5), (0.4, 2, 0.5),
    ]  # fmt: skip
    for row in rows:
        assert {"peak_hz", "peak_db", "gamma_db", "glutamate_fraction", "rate_hz", "phase_locking"} <= set(row)
        assert {"H", "N", "PV", "SST"} <= set(row["rate_hz"])
    assert not list(tmp_path.iterdir())


def test_stimulate_gives_probability_counts_and_both_readings(tmp_path):
    words = ("stimulate", "--target", "anterior precuneus", "--current-ma", "6", "--frequency-hz", "50")
    found = answer(*words, folder=tmp_path)
    assert {"target_class", "report_probability", "counts", "circuit", "sources"} <= set(found)
    assert set(found["report_probability"]) >= {"mean", "p05", "p50", "p95"}
    assert {"rhythm_entrained", "output_disrupted"} == set(found["circuit"])


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("circuit", "--block", "1.2"), "1.2"),
        (("circuit", "--block", "0.3", "--pulses", "2 Hz 0.05 ms"), "0.05 ms"),
        (("circuit", "--block", "0.3", "--pulses", "fast"), "fast"),
        (("circuit", "--block", "0.3", "--mechanism", "third"), "third"),
        (("circuit", "--block", "0.3", "--hcn1", "-1"), "-1"),
        (("stimulate", "--target", "cortex", "--current-ma", "6", "--frequency-hz", "50"), "cortex"),
        (("circuit-search", "--mechanism", "third"), "third"),
    ],
)
def test_what_cannot_be_used_ends_with_one_sentence_and_writes_nothing(words, named, tmp_path):
    asked = run_limen(*words, folder=tmp_path)
    assert asked.returncode == 2
    assert asked.stdout == ""
    assert named in asked.stderr
    assert len(asked.stderr.strip().splitlines()) == 1
    assert "Traceback" not in asked.stderr
    assert not list(tmp_path.iterdir())
