"""The scores of `rhythm_quality.py` as the table of the claims page."""

# ruff: noqa: E501 -- rows of a table
from __future__ import annotations

import json
import sys
from pathlib import Path

HEAD = """# The rhythm detector on unseen recordings

Made by `make verify-rhythm` on {date}: 20 recordings of 600 s a cell, seeds {first} to {last} of the generator, on which nothing
was chosen; every tool at the threshold that holds its own null recordings to the stated on-time. SNR is the burst's mean square
over the background's between 1 and 4 Hz. Partial AUC is the mean share of the burst time that is found over null on-times up to
2 %. Asked for 1 % by its own calibration, Limen called {gave:.2f} % of the clean null time a rhythm.

| artefacts | null on-time | SNR, dB | F1 Limen | F1 strict BOSC | partial AUC Limen | strict BOSC | frequency error Limen, Hz | BOSC |
|---|---|---|---|---|---|---|---|---|
"""


def number(value, digits=3):
    return "-" if value is None else f"{value:.{digits}f}"


def main():
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    pairs = {}
    for row in told["rows"]:
        pairs.setdefault((row["artefacts"], row["null_on_time"], row["snr_db"]), {})[row["tool"]] = row
    lines = []
    for (artefacts, share, snr), tools in pairs.items():
        ours, theirs = tools["Limen"], tools["strict BOSC"]
        cells = (
            "blinks, movement" if artefacts else "none", f"{100 * share:g} %", f"{snr:+d}", number(ours["f1"]),
            number(theirs["f1"]), number(ours["partial_auc"]), number(theirs["partial_auc"]),
            number(ours["frequency_error_hz"]), number(theirs["frequency_error_hz"]),
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    gave = 100 * told["asked_1_percent_gave"]
    head = HEAD.format(date=told["date"], first=told["seeds"][0], last=told["seeds"][1], gave=gave)
    Path(sys.argv[2]).write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
