"""`limen centre ...`: what each command does, as data and in words."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from limen.centre.accounts import users
from limen.centre.backup import note_destroyed, restore_backup, write_backup
from limen.centre.care.site import clinic_of
from limen.centre.centre import ADDRESS, RESERVE, Centre, make_centre, open_centre
from limen.centre.exchange import fhir
from limen.centre.exchange.checking import faults_in
from limen.centre.exchange.people import import_people, imported_records
from limen.centre.exchange.upload import read_upload
from limen.centre.keys import FILE as RING
from limen.centre.keys import FOLDER
from limen.centre.records.database import FILE as DATABASE
from limen.centre.records.tables import CHAINED, audit_event, chain_head
from limen.centre.records.trail import Seen
from limen.centre.records.verify import faults
from limen.quantities import InputError

COMMAND_LINE: Final = "command line"
Json = dict[str, Any]


def init(data: Path, admin: str, password: str | None, *, url: str | None) -> Json:
    """Make a centre with its first administrator.

    Parameters
    ----------
    data : Path
        A folder that holds none.
    admin : str
        The name for signing in.
    password : str or None
        The password; without it a one-time secret is given that sets it.
    url : str or None
        Address of a PostgreSQL database.
    """
    fresh, keys_there = not data.exists(), (data / FOLDER).exists()
    centre = make_centre(data, url=url)
    try:
        secret = first_user(centre, admin, password)
    except Exception:
        centre.close()
        undo(data, whole=fresh, keys_too=not keys_there)
        raise
    centre.keep_heads()
    centre.close()
    return {"data": str(data), "admin": admin, "setup_secret": secret, "password_set": password is not None}


def first_user(centre: Centre, admin: str, password: str | None) -> str | None:
    """Make the first administrator; gives the one-time secret, or None where the password is set."""
    now = centre.clock.now().wall
    grants = [("admin", users.EVERYWHERE), ("medical director", users.EVERYWHERE)]
    with centre.database.writing() as connection:
        _, secret = users.invite(connection, admin, admin, grants, now)
        if password is not None:
            users.set_up(connection, secret, password, now)
    centre.trail.note(Seen(COMMAND_LINE, "admin", "centre made"))
    return secret if password is None else None


def undo(data: Path, *, whole: bool, keys_too: bool) -> None:
    """Take away what a command that failed had begun to make; keys that lay there before stay."""
    if whole:
        shutil.rmtree(data)
        return
    named = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", RESERVE, ADDRESS)
    for made in (*(data / name for name in named), *data.glob(f"{DATABASE}.partial*")):
        made.unlink(missing_ok=True)
    if keys_too:
        shutil.rmtree(data / FOLDER, ignore_errors=True)


def init_words(found: Mapping[str, Any]) -> None:
    """Say what was made."""
    print(f"A centre was made in {found['data']}.")  # noqa: T201 - what the command prints
    if found["setup_secret"]:
        print(f"{found['admin']} sets a password once, within 7 days, at /setup/{found['setup_secret']}")  # noqa: T201
    print(f"Serve it with: limen serve --data {found['data']}")  # noqa: T201


def audit(data: Path, *, url: str | None) -> Json:
    """Verify every chain and every kept state, to the heads that were written down."""
    centre = open_centre(data, url=url)
    try:
        with centre.database.reading() as connection:
            found = list(faults(connection, centre.saved_heads()))
            events = sum(row.seq for row in connection.execute(chain_head.select()))
            tables = [table.name for table in (*CHAINED, audit_event)]
    finally:
        centre.close()
    first = found[0] if found else None
    shown = [{"chain": fault.chain, "seq": fault.seq, "because": fault.because} for fault in found]
    return {"holds": not found, "events": events, "tables": tables, "first": first and shown[0], "faults": shown}


def audit_words(found: Mapping[str, Any]) -> None:
    """Say whether the chains hold."""
    if found["holds"]:
        print(f"Every chain holds: {found['events']} events.")  # noqa: T201
    for fault in found["faults"]:
        print(f"The chain {fault['chain']} does not hold at {fault['seq']}: {fault['because']}.")  # noqa: T201


def backup(data: Path, to: Path, *, with_keys: bool, url: str | None) -> Json:
    """Write a backup, and the keys into a file beside it that is to be kept apart."""
    if not to.parent.is_dir():
        raise InputError(f"--to {to} lies in no folder: make {to.parent} first.")
    centre = open_centre(data, url=url)
    try:
        report = write_backup(centre, to)
        note_destroyed(centre)
    finally:
        centre.close()
    keys = keys_file(to)
    if with_keys:
        write_private(keys, (data / FOLDER / RING).read_text(encoding="utf-8"))
    return {
        "file": str(to),
        "events": report["events"],
        "bytes": to.stat().st_size,
        "keys": str(keys) if with_keys else None,
    }


def keys_file(file: Path) -> Path:
    """Give the name of the keys beside a backup."""
    return file.with_name(f"{file.name}.keys")


def write_private(file: Path, words: str) -> None:
    """Write a file that its owner alone may read."""
    partial = file.with_name(f"{file.name}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(words)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(file)


def backup_words(found: Mapping[str, Any]) -> None:
    """Say what was written."""
    print(f"{found['file']}: {found['events']} events, {found['bytes']} bytes, encrypted.")  # noqa: T201
    if found["keys"]:
        print(f"{found['keys']} opens it: keep it in another place, or whoever finds both reads everything.")  # noqa: T201


def restore(source: Path, data: Path, keys: Path | None, *, url: str | None) -> Json:
    """Restore a backup into an empty folder; nothing is left there where it cannot be restored."""
    if not source.is_file():
        raise InputError(f"--from {source} is no file: name a backup.")
    fresh, keys_there = not data.exists(), (data / FOLDER).exists()
    if data.is_dir() and any(one.name != FOLDER for one in data.iterdir()):
        raise InputError(f"{data} is not empty: restore into an empty folder.")
    bring_keys(source, data, keys)
    try:
        report = restore_backup(source, data, url=url)
    except Exception:
        undo(data, whole=fresh, keys_too=not keys_there)
        raise
    return {"data": str(data), **report, "verified": True}


def bring_keys(source: Path, data: Path, keys: Path | None) -> None:
    """Put the keys into the folder: those named, those there, or those beside the backup."""
    named = keys or (keys_file(source) if not (data / FOLDER).is_dir() else data / FOLDER)
    ring = named / RING if (named / RING).is_file() else named / FOLDER / RING if named.is_dir() else named
    if not ring.is_file():
        raise InputError(f"The keys of {source} are not at {named}: name them with --keys.")
    kept, there = ring.read_text(encoding="utf-8"), data / FOLDER / RING
    if there.is_file() and there.read_text(encoding="utf-8") != kept:
        raise InputError(f"{there} is another key ring than {ring}: move it away, or leave --keys out.")
    destroyed = ring.parent / "destroyed.json"
    (data / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
    data.chmod(0o700)
    write_private(there, kept)
    if destroyed.is_file() and destroyed.parent != data / FOLDER:
        write_private(data / FOLDER / "destroyed.json", destroyed.read_text(encoding="utf-8"))


def restore_words(found: Mapping[str, Any]) -> None:
    """Say what was restored."""
    print(f"Restored into {found['data']}: {found['events']} events, every chain verified.")  # noqa: T201
    if found["destroyed_again"]:
        print(f"{found['destroyed_again']} keys that were destroyed since were destroyed again.")  # noqa: T201


def import_file(data: Path, file: Path, *, clinic: str | None, date_order: str, keep: bool, url: str | None) -> Json:
    """Import people; without `keep` a dry run."""
    if not file.is_file():
        raise InputError(f"{file} is no file: name a CSV list or a FHIR bundle.")
    centre = open_centre(data, url=url)
    try:
        name = clinic or only_clinic(centre)
        clinic_of(centre.site(), name)
        found = read_upload(file.read_bytes(), date_order=date_order)
        report = import_people(centre, found, clinic=name, who=COMMAND_LINE, dry_run=not keep)
        if keep:
            centre.trail.note(Seen(COMMAND_LINE, "admin", "import", f"{report.new} new, {report.known} known"))
    finally:
        centre.close()
    counted = {"new": report.new, "known": report.known, "refused": report.refused}
    return {"dry_run": report.dry_run, **counted, "other_resources": report.kept, "types": dict(report.counts)}


def only_clinic(centre: Centre) -> str:
    """Give the clinic of a centre that has one."""
    clinics = list(centre.site().get("clinics", {}))
    if len(clinics) != 1:
        raise InputError(
            f"--clinic is needed, since the centre has {len(clinics)}: {', '.join(clinics) or 'add one first'}."
        )
    return str(clinics[0])


def import_words(found: Mapping[str, Any]) -> None:
    """Say what was imported, or would be."""
    what = "Dry run, nothing was kept" if found["dry_run"] else "Imported"
    print(f"{what}: {found['new']} new, {found['known']} known already, {len(found['refused'])} refused.")  # noqa: T201
    for one in found["refused"]:
        print(f"  line {one['line']}: {one['because']}")  # noqa: T201
    if found["dry_run"]:
        print("Add --keep to keep what is not refused.")  # noqa: T201


def export(data: Path, to: Path, *, identity: bool, url: str | None) -> Json:
    """Write one FHIR R4 bundle a person."""
    centre = open_centre(data, url=url)
    try:
        to.mkdir(parents=True, exist_ok=True)
        files = [export_one(centre, record, state, to, identity=identity) for record, state in centre.states("person")]
        centre.trail.note(
            Seen(COMMAND_LINE, "admin", "export", f"{len(files)} people", "", "identity" if identity else "pseudonym")
        )
    finally:
        centre.close()
    return {"to": str(to), "people": len(files), "identity": identity}


def export_one(centre: Centre, record: str, state: Json, to: Path, *, identity: bool) -> Path:
    """Write one person's bundle, checked before it goes out."""
    sessions, slots = centre.states("session", person=record), centre.states("slot", person=record)
    who = None
    if identity and state["status"] != "deleted":
        with centre.database.reading() as connection:
            who = centre.vault.unsealed(connection, record, state["identity"])
    wrong = faults_in(fhir.bundle(fhir.Record(record, state, sessions, slots, who)))
    if wrong:
        raise InputError(f"{state['pseudonym']} cannot go out: {wrong[0]}.")
    came = imported_records(centre, record, state) if who is not None else []
    bundle = fhir.bundle(fhir.Record(record, state, sessions, slots, who, came))
    file = to / f"{state['pseudonym']}.json"
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(bundle, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")
    partial.replace(file)
    return file


def export_words(found: Mapping[str, Any]) -> None:
    """Say what was exported."""
    print(f"{found['people']} bundles in {found['to']}{', with names' if found['identity'] else ', under pseudonyms'}.")  # noqa: T201
