"""What the benches of the rhythm wrote, as the tables of the claims pages.

``rhythm_tables.py FOLDER CLAIMS_FOLDER``: `quality-*.json` become rhythm-quality.md, `facts-*.json` rhythm-facts.md and
`hybrid.json` rhythm-hybrid.md; a page whose results are not there is left as it is.
"""

# ruff: noqa: E501 -- rows of a table
from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

QUALITY = """# The rhythm detector and its peers on unseen recordings

Made by `make verify-rhythm` on {date} with Limen {version}: recordings of 600 s, one channel, from seed 130 of the generator on, on which
nothing was chosen but the one rule that [the claims](rhythm.md) name. Every tool has the setting that holds its own null recordings to the same on-time. SNR is the burst's mean
square over the background's between 1 and 4 Hz. Partial AUC is the mean share of the burst time that is found over null on-times
up to 2 %. F1 of Limen counts episodes of kind `rhythm` only. BOSC is our re-implementation (6-cycle wavelets, 5 cycles); the
others are swept by one number, named in `benchmarks/rhythm_peers.py`. A dash: not run.

Tools: {tools}.
"""
FACTS = """# Acceptance facts of the rhythm detector

Made by `make verify-rhythm` with Limen {version} on seeds that nothing was chosen on; the numbers are those of `evidence/detection.md`,
section 12. **Missed** is what was wanted and is not reached.

| fact | what | wanted | measured | verdict | seeds, date |
|---|---|---|---|---|---|
"""
HYBRID = """# Predicted and found: known bursts in real awake recordings

Made by `make verify-rhythm` on {date} with Limen {version}: bursts of 6 s, 1.5 to 3.5 Hz, put into real EEG. The prediction comes from the
recording's own noise, tried in stretches of it; 5 points of difference were wanted. Frontal electrodes, which blink, stand apart, and
places where the recording itself shows an episode are left out. A difference of `bursts` bursts bears an error of at least
50 / sqrt(bursts) points, and channels of one recording share their noise.

| recording | channels | bursts | SNR, dB | predicted | found | difference, points | verdict |
|---|---|---|---|---|---|---|---|
"""


#: Ours: how far what is found may lie from what was predicted.
WITHIN_POINTS = 5.0


def number(value, digits=3):
    return "-" if value is None else f"{value:.{digits}f}"


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def quality(each):
    """One table for each condition, a column a tool, and one of what only looks like a rhythm."""
    tools = {name: told for one in each for name, told in one["tools"].items()}
    names = [name for name in ("Limen", *tools) if name in tools]
    names = list(dict.fromkeys(names))
    keys = list(
        dict.fromkeys((r["artefacts"], r["null_on_time"], r["snr_db"]) for told in tools.values() for r in told["rows"])
    )
    found = {(name, r["artefacts"], r["null_on_time"], r["snr_db"]): r for name in names for r in tools[name]["rows"]}
    words = "; ".join(f"{name} {tools[name]['version']}, {tools[name]['seeds']} recordings a cell" for name in names)
    text = QUALITY.format(
        date=max(one["date"] for one in each),
        version=version("limen"),
        tools=words,
    )
    for field, title, shown in (
        ("f1", "F1 by time", keys),
        ("partial_auc", "Partial AUC up to 2 % null on-time", None),
        ("frequency_error_hz", "Median error of the frequency, Hz", None),
    ):
        chosen = shown or [key for key in keys if key[1] in {0.01, 0.04}]
        text += (
            f"\n## {title}\n\n"
            + row("artefacts", "null on-time", "SNR, dB", *names)
            + "\n"
            + "|---" * (3 + len(names))
            + "|\n"
        )
        for artefacts, share, snr in sorted(chosen, key=lambda key: (key[0], key[1], -key[2])):
            cells = [number(found.get((name, artefacts, share, snr), {}).get(field)) for name in names]
            text += row("blinks, movement" if artefacts else "none", f"{100 * share:g} %", f"{snr:+d}", *cells) + "\n"
    kinds = list(dict.fromkeys(kind for name in names for kind in tools[name]["look_alikes"]))
    text += (
        "\n## What is no rhythm: share of its time called one, at 1 % null on-time, %\n\n"
        + row("what", *names)
        + "\n"
        + "|---" * (1 + len(names))
        + "|\n"
    )
    for kind in kinds:
        cells = [tools[name]["look_alikes"].get(kind) for name in names]
        text += row(kind, *("-" if one is None else f"{100 * one:.1f}" for one in cells)) + "\n"
    return text


def facts(each):
    lines = [(one["facts"][name], one["seeds"], one["date"]) for one in each for name in one["facts"]]
    rows = [(line, seeds, date) for lines_, seeds, date in lines for line in lines_]
    rows.sort(key=lambda one: int(one[0]["fact"]))
    text = FACTS.format(version=version("limen"))
    for line, seeds, date in rows:
        verdict = "met" if line["held"] else "**missed**"
        text += (
            row(
                line["fact"],
                line["what"],
                line["wanted"],
                line["measured"],
                verdict,
                f"{seeds[0]} to {seeds[1]}, {date}",
            )
            + "\n"
        )
    return text


def hybrid(each):
    text = HYBRID.format(date=each[0]["date"], version=version("limen"))
    for one in each[0]["rows"]:
        apart = 100 * (one["found"] - one["predicted"])
        text += (
            row(
                one["file"],
                f"{one['count']} {one['channels']}",
                str(one["bursts"]),
                f"{one['snr_db']:+g}",
                f"{100 * one['predicted']:.1f} %",
                f"{100 * one['found']:.1f} %",
                f"{apart:+.1f}",
                "met" if abs(apart) <= WITHIN_POINTS else "missed",
            )
            + "\n"
        )
    return text


PAGES = {
    "rhythm-quality.md": ("quality-*.json", quality),
    "rhythm-facts.md": ("facts-*.json", facts),
    "rhythm-hybrid.md": ("hybrid.json", hybrid),
}


def main():
    folder, claims = Path(sys.argv[1]), Path(sys.argv[2])
    for name, (pattern, made_of) in PAGES.items():
        each = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(pattern))]
        if each:
            (claims / name).write_text(made_of(each), encoding="utf-8")


if __name__ == "__main__":
    main()
