"""Backup and restore: one file, encrypted, without the key that opens it; restored only whole and verified."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from limen.centre.centre import RESERVE, RESERVE_BYTES, Centre, is_centre, make_centre, open_centre
from limen.centre.keys import FOLDER, KeyRing, open_bytes, seal_bytes
from limen.centre.migrations import make_schema, newest
from limen.centre.records.database import FILE, Database, sqlite_engine
from limen.centre.records.tables import chain_head, metadata, person_index, person_key
from limen.centre.records.verify import faults
from limen.centre.refusals import Refused
from limen.quantities import InputError

MAGIC: Final = b"LIMENBK1"
PLACE: Final = "backup"
MANIFEST: Final = "manifest.json"
ROWS_AT_ONCE: Final = 500
DESTROYED: Final = "destroyed.json"


def write_backup(centre: Centre, file: Path) -> dict[str, Any]:
    """Write a backup, whole or not at all.

    Parameters
    ----------
    centre : Centre
        May go on working meanwhile.
    file : Path
        Where to; written under another name first.

    Returns
    -------
    dict
        How many events it holds, and the heads of the chains.
    """
    with tempfile.TemporaryDirectory(dir=file.parent if file.parent.is_dir() else None) as folder:
        copy = Path(folder) / FILE
        copy_database(centre, copy)
        heads, events = heads_of(copy)
        centre.keep_heads()
        manifest = {"schema": newest(), "heads": heads, "sha256": sha256(copy.read_bytes()).hexdigest()}
        manifest |= {"at": centre.clock.now().wall_utc, "ring": centre.ring.newest}
        sealed = seal_bytes(centre.ring.keys[centre.ring.newest], packed(copy, manifest), PLACE)
    partial = file.with_name(f"{file.name}.partial")
    with partial.open("wb") as out:
        out.write(MAGIC + centre.ring.newest.encode() + sealed)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(file)
    return {"events": events, "heads": heads, "file": str(file)}


def copy_database(centre: Centre, copy: Path) -> None:
    """Copy every row into a new SQLite file, as it stood at one moment."""
    if centre.database.is_sqlite:
        with centre.database.engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(copy),))
        return
    engine = sqlite_engine(copy)
    make_schema(engine)
    once = centre.database.engine.connect().execution_options(isolation_level="REPEATABLE READ")
    with once as source, Database(engine).writing() as target:
        copy_rows(source, target)
    engine.dispose()


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy the rows of every table."""
    for table in metadata.sorted_tables:
        rows = [dict(row) for row in source.execute(select(table)).mappings()]
        for begin in range(0, len(rows), ROWS_AT_ONCE):
            target.execute(insert(table), rows[begin : begin + ROWS_AT_ONCE])


def heads_of(copy: Path) -> tuple[dict[str, tuple[int, str]], int]:
    """Give the ends of the chains of a copy, and how many events they hold together."""
    engine = sqlite_engine(copy)
    with engine.connect() as connection:
        heads = {row.chain: (row.seq, row.hash) for row in connection.execute(select(chain_head))}
    engine.dispose()
    return heads, sum(seq for seq, _ in heads.values())


def packed(copy: Path, manifest: Mapping[str, Any]) -> bytes:
    """Put database and manifest into one archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(copy, FILE)
        text = json.dumps(manifest, sort_keys=True).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return buffer.getvalue()


def read_backup(file: Path, ring: KeyRing) -> tuple[bytes, dict[str, Any]]:
    """Open a backup with the keys of its centre; raises InputError where they do not fit or it was changed."""
    raw = file.read_bytes()
    if not raw.startswith(MAGIC):
        raise InputError(f"{file} is no backup of a centre: name a file that limen centre backup wrote.")
    name = raw[len(MAGIC) : len(MAGIC) + 8].decode("ascii", "replace")
    if name not in ring.keys:
        raise InputError(f"{file} was sealed with the key {name}, which is not in {ring.file}: bring that key ring.")
    try:
        return unpacked(open_bytes(ring.keys[name], raw[len(MAGIC) + 8 :], PLACE))
    except Refused:
        raise InputError(f"{file} was changed or cut short since it was written: use another backup.") from None


def unpacked(whole: bytes) -> tuple[bytes, dict[str, Any]]:
    """Give database and manifest of an archive, checked against one another."""
    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
        parts = {name: archive.extractfile(name) for name in (FILE, MANIFEST)}
        database, manifest = (part.read() if part else b"" for part in parts.values())
    told = json.loads(manifest)
    if sha256(database).hexdigest() != told["sha256"]:
        raise InputError("The database of the backup is not the one its manifest names: use another backup.")
    return database, told


def restore_backup(file: Path, data: Path, keys: Path | None = None, *, url: str | None = None) -> dict[str, Any]:
    """Restore a backup into an empty folder, and verify every chain to the heads of its manifest.

    Parameters
    ----------
    file : Path
        What `write_backup` wrote.
    data : Path
        An empty or missing folder; it may hold the folder ``keys`` of the centre and nothing else.
    keys : Path, optional
        The folder ``keys`` of the centre, where it is not in `data` yet.
    url : str, optional
        Where the records go, if not into the folder.

    Returns
    -------
    dict
        How many events there are, and how many destroyed keys were destroyed again.

    Raises
    ------
    InputError
        If the folder holds anything else, the keys do not fit, or a chain does not hold.
    """
    ring = place_keys(data, keys)
    database, manifest = read_backup(file, ring)
    partial = data / f"{FILE}.partial"
    partial.write_bytes(database)
    destroyed = destroy_again(partial, data)
    check_restored(partial, manifest)
    if url is not None:
        return into_server(data, partial, url, manifest, destroyed)
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(data / FILE)
    (data / RESERVE).write_bytes(bytes(RESERVE_BYTES))
    return {"events": sum(seq for seq, _ in manifest["heads"].values()), "destroyed_again": destroyed}


def place_keys(data: Path, keys: Path | None) -> KeyRing:
    """Bring the keys into an empty folder."""
    strange = [one.name for one in data.iterdir() if one.name not in (FOLDER, DESTROYED)] if data.is_dir() else []
    if strange or is_centre(data):
        raise InputError(f"{data} is not empty, it holds {strange[0]}: restore into an empty folder.")
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.chmod(0o700)
    if keys is not None:
        folder = keys if (keys / "ring.json").exists() else keys / FOLDER
        shutil.copytree(folder, data / FOLDER, dirs_exist_ok=True)
        (data / FOLDER).chmod(0o700)
    return KeyRing.read(data)


def destroyed_keys(centre: Centre) -> list[str]:
    """Give the people whose key was destroyed."""
    with centre.database.reading() as connection:
        asked = select(person_key.c.person).where(person_key.c.wrapped.is_(None))
        return sorted(connection.execute(asked).scalars())


def note_destroyed(centre: Centre) -> None:
    """Write the destroyed keys beside the key ring, so that a restore of an older backup destroys them again."""
    file = centre.data / FOLDER / DESTROYED
    file.write_text(json.dumps(destroyed_keys(centre)), encoding="utf-8")
    file.chmod(0o600)


def destroy_again(database: Path, data: Path) -> int:
    """Destroy in a restored database the keys that were destroyed since the backup."""
    file = data / FOLDER / DESTROYED
    gone = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    engine = sqlite_engine(database)
    with Database(engine).writing() as connection:
        again = (person_key.c.person.in_(gone)) & (person_key.c.wrapped.is_not(None))
        count = connection.execute(
            update(person_key).where(again).values(wrapped=None, destroyed_at="restore")
        ).rowcount
        connection.execute(delete(person_index).where(person_index.c.person.in_(gone)))
    engine.dispose()
    return count


def check_restored(database: Path, manifest: Mapping[str, Any]) -> None:
    """Verify every chain of a restored database to the heads of its manifest."""
    engine = sqlite_engine(database)
    saved = {chain: (seq, found) for chain, (seq, found) in manifest["heads"].items()}
    with engine.connect() as connection:
        found = list(faults(connection, saved))
        connection.rollback()
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    if found:
        raise InputError(f"The backup does not hold: {found[0].sentence()} Use another backup.")


def into_server(data: Path, partial: Path, url: str, manifest: Mapping[str, Any], destroyed: int) -> dict[str, Any]:
    """Copy a restored database into an empty PostgreSQL."""
    centre = make_centre(data, url=url, ring=KeyRing.read(data))
    engine = sqlite_engine(partial)
    with engine.connect() as source, centre.database.writing() as target:
        copy_rows(source, target)
    engine.dispose()
    partial.unlink()
    centre.close()
    return {"events": sum(seq for seq, _ in manifest["heads"].values()), "destroyed_again": destroyed}


def try_restore(file: Path, centre: Centre) -> str:
    """Restore a backup into a folder that is thrown away; gives yes, or why not."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "restored"
        try:
            restore_backup(file, data, centre.data / FOLDER)
            open_centre(data).close()
        except InputError as error:
            return str(error)
    return "yes"
