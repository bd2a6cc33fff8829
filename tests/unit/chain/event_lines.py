"""Lines of event tables that the tests share."""

from __future__ import annotations

from pathlib import Path

HEAD = "ID,TIME,EVID,AMT,RATE,DUR,CMT,II,ADDL,SS,DV,DVID,BLQ,LLOQ,sampled,enantiomer,basis,device,WT,ASIAN,JAPANESE"
DEFAULTS = {"ID": "1", "CMT": "central", "sampled": "venous", "enantiomer": "sum", "WT": "70"}


def line(**cells: object) -> str:
    named = DEFAULTS | {name: str(value) for name, value in cells.items()}
    unknown = set(named) - set(HEAD.split(","))
    assert not unknown, unknown
    return ",".join(named.get(name, ".") for name in HEAD.split(","))


def dose(time: object, amount: object = 35.0, **cells: object) -> str:
    return line(TIME=time, EVID=1, AMT=amount, **cells)


def seen(time: object, value: object = 100, **cells: object) -> str:
    return line(TIME=time, EVID=0, DV=value, **{"CMT": ".", "DVID": "ketamine", **cells})


def written(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "data.csv"
    path.write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
    return path
