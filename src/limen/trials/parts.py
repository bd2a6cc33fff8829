"""One part of a trial as bytes: Parquet where PyArrow is there, else a NumPy archive of the same numbers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from limen.quantities import Floats, InputError
from limen.trials.runs import Part
from limen.trials.spec import TrialSpec
from limen.trials.tally import ArmTally, Counted

PARQUET: Final = "parquet"
NUMPY: Final = "npz"
#: Counts of every arm; a part whose counts are there is whole, so they are written last.
ARMS: Final = "arms"
#: What the design asks of every trial.
JUDGED: Final = "judged"
#: Every person.
PEOPLE: Final = "people"
NAMES: Final = tuple(one.name for one in fields(ArmTally))
#: What the columns are, for the manifest.
COLUMNS: Final = {
    ARMS: {
        "run": "the trial itself is empty; else a scenario, or a side of a joint",
        "trial": "number of the virtual trial",
        "arm": "name",
        "day": "since the first dose",
        "mean_change": "points; score minus own baseline, over who is analysed",
        "sd_change": "points, over people",
        "response": "share of everybody in the arm",
        "remission": "share of everybody in the arm",
        "worsened": "share of everybody in the arm",
        "seen": "people whose score was seen",
        "analysed": "people with a score, seen or filled in",
    },
    JUDGED: {"trial": "number of the virtual trial", "*": "what the design asks, one column a value"},
    PEOPLE: {
        "trial": "number of the virtual trial",
        "arm": "name",
        "person": "number in the arm",
        "baseline": "points",
        "day_*": "recorded score at that day, empty where it was not seen",
    },
}


def parquet_here() -> bool:
    """Say whether PyArrow can be imported."""
    return find_spec("pyarrow") is not None


@dataclass(frozen=True)
class PartFile:
    """How one part of one run is written and read.

    Parameters
    ----------
    kind : str
        `PARQUET` or `NUMPY`.
    name : str
        Of the run.
    spec : TrialSpec
        Of the run.
    part : Part
        Which trials.
    """

    kind: str
    name: str
    spec: TrialSpec
    part: Part

    def content(self, counted: Counted) -> dict[str, bytes]:
        """Give the files of the part by table, the one that makes it whole last."""
        if self.kind == NUMPY:
            return {ARMS: _archive(counted)}
        found = {}
        if counted.people:
            found[PEOPLE] = _parquet(self._people(counted.people))
        if counted.judged:
            found[JUDGED] = _parquet(self._judged(counted.judged))
        return found | {ARMS: _parquet(self._arms(counted))}

    def _arms(self, counted: Counted) -> dict[str, Any]:
        numbers, arms, days = self.part.numbers, [arm.name for arm in self.spec.arms], self.spec.times_days
        shape = (len(numbers), len(arms), len(days))
        found: dict[str, Any] = {
            "run": np.full(np.prod(shape), self.name),
            "trial": np.repeat(np.array(numbers), len(arms) * len(days)),
            "arm": np.tile(np.repeat(arms, len(days)), len(numbers)),
            "day": np.tile(np.array(days), len(numbers) * len(arms)),
        }
        for name in NAMES:
            found[name] = np.stack([getattr(arm, name) for arm in counted.arms], axis=1).reshape(-1)
        return found

    def _judged(self, judged: Mapping[str, Floats]) -> dict[str, Any]:
        found: dict[str, Any] = {"trial": np.array(self.part.numbers)}
        for name, values in judged.items():
            found |= {f"{name}.{k}": values[:, k] for k in range(values.shape[1])}
        return found

    def _people(self, people: Mapping[str, Floats]) -> dict[str, Any]:
        arms = np.array([arm.name for arm in self.spec.arms])
        found: dict[str, Any] = {
            "trial": people["trial"].astype(np.int32),
            "arm": arms[people["arm"].astype(np.int64)],
            "person": people["person"].astype(np.int32),
            "baseline": people["baseline"].astype(np.float32),
        }
        for k, day in enumerate(self.spec.times_days):
            found[f"day_{day:g}"] = people[f"score_{k}"].astype(np.float32)
        return found

    def read(self, files: Mapping[str, bytes], *, people: bool) -> Counted | None:
        """Give a part back; None where a file is missing, cannot be read or is not of these trials."""
        try:
            counted = self._read(files, people=people)
        except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile):
            return None
        whole = len(counted.arms) == len(self.spec.arms)
        return (
            counted if whole and all(len(one.mean_change) == len(self.part.numbers) for one in counted.arms) else None
        )

    def _read(self, files: Mapping[str, bytes], *, people: bool) -> Counted:
        if self.kind == NUMPY:
            return _from_archive(files[ARMS])
        if people:
            _table(files[PEOPLE])
        rows = _table(files[ARMS])
        shape = (len(self.part.numbers), len(self.spec.arms), len(self.spec.times_days))
        arms = tuple(
            ArmTally(**{name: rows[name].reshape(shape)[:, place] for name in NAMES}) for place in range(shape[1])
        )
        return Counted(arms, _joined_columns(_table(files[JUDGED])) if self._judges else {})

    @property
    def _judges(self) -> bool:
        """Whether the design asks anything of each trial, so that the part has a table of it."""
        plan = self.spec.plan
        asks = plan.endpoint is not None or plan.question is not None
        return asks or any(arm.varies for arm in self.spec.arms)


def _joined_columns(table: Mapping[str, Floats]) -> dict[str, Floats]:
    found: dict[str, list[Floats]] = {}
    for column, values in table.items():
        name, dot, _ = column.rpartition(".")
        if dot:
            found.setdefault(name, []).append(values)
    return {name: np.stack(columns, axis=1) for name, columns in found.items()}


def _archive(counted: Counted) -> bytes:
    buffer = io.BytesIO()
    arms = {f"{place:03d}.{name}": getattr(arm, name) for place, arm in enumerate(counted.arms) for name in NAMES}
    columns: dict[str, Any] = arms | {f"judged.{name}": values for name, values in counted.judged.items()}
    np.savez(buffer, **columns)
    return buffer.getvalue()


def _from_archive(content: bytes) -> Counted:
    with np.load(io.BytesIO(content)) as stored:
        judged = {name.removeprefix("judged."): stored[name] for name in stored if name.startswith("judged.")}
        places = sorted({name.split(".", 1)[0] for name in stored if not name.startswith("judged.")})
        arms = tuple(ArmTally(**{name: stored[f"{place}.{name}"] for name in NAMES}) for place in places)
    return Counted(arms, judged)


def _arrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise InputError("This folder holds Parquet, which needs PyArrow: install limen[trials].") from error


def _parquet(columns: Mapping[str, Any]) -> bytes:
    arrow, parquet = _arrow()
    sink = arrow.BufferOutputStream()
    ready = {
        name: arrow.array(values, from_pandas=True).dictionary_encode()
        if values.dtype.kind == "U"
        else arrow.array(values, from_pandas=values.dtype == np.float32)
        for name, values in columns.items()
    }
    parquet.write_table(arrow.table(ready), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _table(content: bytes) -> dict[str, Floats]:
    """Read the numbers of a Parquet file; columns of words are left out."""
    arrow, parquet = _arrow()
    try:
        table = parquet.read_table(arrow.BufferReader(content))
    except arrow.ArrowException as error:
        raise OSError(f"not whole Parquet: {error}") from error
    kept = [
        name
        for name in table.column_names
        if not arrow.types.is_dictionary(table.schema.field(name).type)
        and not arrow.types.is_string(table.schema.field(name).type)
    ]
    return {name: np.asarray(table[name].to_numpy(), dtype=np.float64) for name in kept}


def needed(kind: str, *, people: bool) -> tuple[str, ...]:
    """Give the tables that a part may have, in the order of writing."""
    if kind == NUMPY:
        return (ARMS,)
    return (PEOPLE, JUDGED, ARMS) if people else (JUDGED, ARMS)
