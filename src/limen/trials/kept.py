"""Results on disk, part by part: a run that was stopped goes on where it was, and nothing half-written counts.

A folder holds `manifest.json`, which says of what the parts are, the tables `arms`, `judged` and `people` in parts
(``arms/part-00000.parquet``), and at the end `index.json` with the size and SHA-256 of every file, and `result.json`.
Every file is written beside its place, brought to the disk and renamed, so that a name that is there is a file that is
whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.quantities import InputError
from limen.response.parameters import Population
from limen.trials.parts import COLUMNS, NUMPY, PARQUET, PartFile, needed, parquet_here
from limen.trials.runs import Part, Run
from limen.trials.spec import TrialSpec
from limen.trials.tally import Counted

MANIFEST: Final = "manifest.json"
INDEX: Final = "index.json"
RESULT: Final = "result.json"
#: Grows when the numbers of the same specification change.
FORMAT: Final = 3

#: What is said where a key of the manifest differs, the first of them.
DIFFERS: Final = {
    "version": "made by version {before} of Limen, and this is {now}",
    "name": "of the trial {before!r}, and this is {now!r}",
    "people": "kept with --people = {before}, and now it is {now}",
    "of": "the file of the trial or the posterior has changed since",
}


def fingerprint(spec: TrialSpec, posterior: Population) -> str:
    """Give the SHA-256 of all that decides the numbers: the specification and the draws of the posterior."""
    said = asdict(spec) | {"joints": dict(spec.joints), "format": FORMAT}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for name in sorted(posterior):
        digest.update(np.ascontiguousarray(posterior[name]).tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Folder:
    """The parts of one trial on disk.

    Parameters
    ----------
    path : Path
        The folder.
    kind : str
        How tables are written: `parts.PARQUET` or `parts.NUMPY`.
    people : bool
        Whether every person is kept.
    """

    path: Path
    kind: str = NUMPY
    people: bool = False

    def file(self, table: str, number: int) -> Path:
        """Give the file of a part of a table."""
        return self.path / table / f"part-{number:05d}.{self.kind}"

    def keep(self, number: int, written: PartFile, counted: Counted) -> None:
        """Write one part."""
        for table, content in written.content(counted).items():
            write_whole(self.file(table, number), content)

    def read(self, number: int, written: PartFile) -> Counted | None:
        """Give a part that was kept; None where it is not there, cannot be read or is not of that many trials."""
        tables = needed(self.kind, people=self.people and written.part.run == 0)
        found = {table: self.file(table, number) for table in tables}
        files = {table: file.read_bytes() for table, file in found.items() if file.is_file()}
        return written.read(files, people=self.people and written.part.run == 0)

    def finish(self, answer: Mapping[str, Any]) -> Path:
        """Write the index of every file, then the answer."""
        write_whole(self.path / INDEX, _json({"files": dict(self._index())}))
        file = self.path / RESULT
        write_whole(file, _json(answer))
        return file

    def _index(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for file in sorted(self.path.glob(f"*/part-*.{self.kind}")):
            content = file.read_bytes()
            found = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            yield file.relative_to(self.path).as_posix(), found


def claimed(path: Path, spec: TrialSpec, posterior: Population, parts: int, *, people: bool) -> Folder:
    """Say of what the parts in a folder are.

    Parameters
    ----------
    path : Path
        The folder; made where it is not there.
    spec, posterior : TrialSpec, Population
        What decides the numbers.
    parts : int
        How many there will be.
    people : bool
        Whether every person is kept.

    Returns
    -------
    Folder

    Raises
    ------
    InputError
        Where the folder holds another trial, or people are to be kept without PyArrow.
    """
    if people and not parquet_here():
        raise InputError("To keep every person (--people) needs PyArrow: install limen[trials], or leave --people out.")
    kind = PARQUET if parquet_here() else NUMPY
    manifest: dict[str, Any] = {
        "limen": FORMAT,
        "version": version("limen"),
        "name": spec.name,
        "kind": kind,
        "people": people,
        "parts": parts,
        "of": fingerprint(spec, posterior),
        "columns": COLUMNS,
    }
    file = path / MANIFEST
    if not file.exists():
        _refuse_strangers(path)
        write_whole(file, _json(manifest))
        return Folder(path, kind, people)
    before = _read(file)
    differs = [key for key in manifest if key != "kind" and before.get(key) != manifest[key]]
    if differs or before.get("kind") not in {PARQUET, NUMPY}:
        raise InputError(
            f"{path} holds the parts of another trial or version: {_differs(before, manifest, differs)}; choose another"
            " folder with --to, or empty this one."
        )
    return Folder(path, str(before["kind"]), people)


def _differs(before: Mapping[str, Any], now: Mapping[str, Any], keys: Sequence[str]) -> str:
    """Say in a few words in what a folder differs from what is asked."""
    if not before:
        return f"its {MANIFEST} cannot be read"
    for key, words in DIFFERS.items():
        if key in keys:
            return words.format(before=before.get(key, "nothing"), now=now[key])
    return f"its {MANIFEST} is of another form"


def _refuse_strangers(path: Path) -> None:
    if path.is_file():
        raise InputError(f"{path} is a file: choose a folder with --to.")
    if any(path.glob("*/part-*")):
        raise InputError(f"{path} holds parts without their {MANIFEST}: choose another folder with --to.")


def part_file(folder: Folder, runs: Sequence[Run], part: Part) -> PartFile:
    """Say how a part of some runs is written in a folder."""
    return PartFile(folder.kind, runs[part.run].name, runs[part.run].spec, part)


def _json(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def write_whole(file: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    file : Path
        Where; its folder is made.
    content : bytes
        What.

    Raises
    ------
    InputError
        Where the disk does not take it; nothing is left.
    """
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        aside.replace(file)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise InputError(
            f"{file} could not be written ({(error.strerror or 'unknown reason').lower()}): make room or choose another"
            " folder with --to; what was kept before is whole, and the same command goes on from there."
        ) from error
