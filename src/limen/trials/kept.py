"""Results on disk, part by part: a run that was stopped goes on where it was, and nothing half-written counts.

A folder holds `manifest.json`, which says of what the parts are, and `part-00000.npz` and so on. Every file is written
beside its place, brought to the disk and renamed, so a name that is there is a file that is whole.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.quantities import InputError
from limen.response.parameters import Population
from limen.trials.spec import TrialSpec
from limen.trials.tally import ArmTally, Tallies

MANIFEST: Final = "manifest.json"
RESULT: Final = "result.json"
#: Grows when the numbers of the same specification change.
FORMAT: Final = 1


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
    """

    path: Path

    def part(self, number: int) -> Path:
        """Give the file of a part."""
        return self.path / f"part-{number:05d}.npz"

    def claim(self, spec: TrialSpec, posterior: Population, parts: int) -> None:
        """Say of what the parts are, or raise InputError where the folder holds another trial."""
        manifest = {"limen": FORMAT, "name": spec.name, "parts": parts, "of": fingerprint(spec, posterior)}
        file = self.path / MANIFEST
        if file.exists():
            if _read(file) != manifest:
                raise InputError(
                    f"{self.path} holds the parts of another trial or version: choose another folder with --to, or"
                    " empty this one."
                )
            return
        if self.path.exists() and any(self.path.glob("part-*.npz")):
            raise InputError(f"{self.path} holds parts without their {MANIFEST}: choose another folder with --to.")
        write_whole(file, _json(manifest))

    def keep(self, number: int, tallies: Tallies) -> None:
        """Write one part."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            **{
                f"{arm:03d}_{one.name}": getattr(tally, one.name)
                for arm, tally in enumerate(tallies)
                for one in fields(ArmTally)
            },
        )
        write_whole(self.part(number), buffer.getvalue())

    def read(self, number: int, trials: int) -> Tallies | None:
        """Give a part that was kept; None where it is not there, cannot be read or is not of that many trials."""
        try:
            with np.load(io.BytesIO(self.part(number).read_bytes())) as stored:
                tallies = _tallies(stored)
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return None
        return tallies if tallies and all(len(one.mean_change) == trials for one in tallies) else None

    def finish(self, answer: Mapping[str, Any]) -> Path:
        """Write the answer beside the parts."""
        file = self.path / RESULT
        write_whole(file, _json(answer))
        return file


def _tallies(stored: Mapping[str, Any]) -> Tallies:
    arms = sorted({name.split("_", 1)[0] for name in stored})
    return tuple(ArmTally(**{one.name: stored[f"{arm}_{one.name}"] for one in fields(ArmTally)}) for arm in arms)


def _json(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return None


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
