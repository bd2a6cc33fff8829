"""Records: every acknowledged event once, append-only, chained, and the state is what the events make."""

import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from centre.small_centre import fresh
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from limen.centre.centre import open_centre
from limen.centre.migrations import known, newest
from limen.centre.migrations.steps import config
from limen.centre.records.canonical import canonical
from limen.centre.records.database import sqlite_engine
from limen.centre.records.store import Command, fold
from limen.centre.records.tables import APPEND_ONLY, metadata
from limen.centre.records.verify import faults
from limen.centre.refusals import Conflict, NoRoom, Refused
from limen.quantities import InputError

#: `make verify-centre` asks for a thousand.
TAMPERS = int(os.environ.get("LIMEN_TAMPERS", "50"))


def holds(centre, saved=None):
    with centre.database.reading() as connection:
        return list(faults(connection, saved or {}))


def test_the_same_key_is_answered_again_and_recorded_once(either):
    person = either.person()
    first = either.record(person, "note", {"words": "slept well"}, key="one")
    again = either.record(person, "note", {"words": "slept well"}, key="one")
    assert (again.seq, again.hash, again.replayed, first.replayed) == (first.seq, first.hash, True, False)
    assert len(either.state(person)["notes"]) == 1


def test_the_same_key_with_other_words_is_a_conflict(either):
    person = either.person()
    either.record(person, "note", {"words": "slept well"}, key="one")
    with pytest.raises(Conflict, match="one"):
        either.record(person, "note", {"words": "slept badly"}, key="one")


def test_commands_are_kept_all_or_none(either):
    person = either.person()
    good = Command(person, "note", {"words": "a"}, fresh(), "maud")
    bad = Command(person, "score", {"scale": "PHQ-9", "value": 99, "items": None}, fresh(), "maud")
    with pytest.raises(Refused, match="PHQ-9 is 99"):
        either.centre.store.record(good, bad)
    assert "notes" not in either.state(person)
    assert not holds(either.centre)


def test_a_float_is_refused_since_it_has_more_than_one_spelling():
    with pytest.raises(Refused, match=r"0\.1"):
        canonical({"dose": 0.1})


@pytest.mark.parametrize("word", ["update", "delete"])
@pytest.mark.parametrize("table", [table.name for table in APPEND_ONLY])
def test_the_chains_are_append_only_in_the_database_itself(either, table, word):
    either.running()
    statement = f"update {table} set seq = seq + 1" if word == "update" else f"delete from {table}"  # noqa: S608
    with pytest.raises(DBAPIError, match="append-only"), either.centre.database.writing() as connection:
        connection.execute(text(statement))


def test_every_kept_state_is_what_its_events_make(either):
    person, session, nurse = either.running()
    nurse.event(session, "vitals", {"systolic": "150", "diastolic": "90", "heart_rate": "80", "spo2": "97"})
    for record in (person, f"session/{session}", "site/main"):
        assert canonical(fold(record, either.centre.store.events(record))) == canonical(either.state(record))
    assert not holds(either.centre)


def copy_without_triggers(small, tmp_path):
    """A copy that somebody can change who can write the file."""
    copy = tmp_path / "copy.db"
    with small.centre.database.engine.connect() as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(copy),))
    database = sqlite3.connect(copy, isolation_level=None)
    for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        database.execute(f"drop trigger {name}")
    return copy, database


def tamper(database, rng):
    """Change one chain in one of three ways; gives the table and how."""
    table, chain = [("session_event", "session"), ("record_event", "record"), ("audit_event", "'audit'")][
        rng.integers(3)
    ]
    rows = database.execute(f"select rowid, seq, hash, {chain} from {table}").fetchall()  # noqa: S608
    rowid, seq, found, name = rows[rng.integers(len(rows))]
    way = ["flip", "remove", "swap"][rng.integers(3)]
    if way == "flip":
        column = ["hash", "prev_hash", "user"][rng.integers(3)]
        database.execute(f"update {table} set {column} = {column} || 'x' where rowid = ?", (rowid,))  # noqa: S608
    elif way == "remove":
        database.execute(f"delete from {table} where rowid = ?", (rowid,))  # noqa: S608
    else:
        last = database.execute(f"select max(seq) from {table} where {chain} = ?", (name,)).fetchone()[0]  # noqa: S608
        other = seq - 1 if seq > 1 else min(2, last)
        for old, new in ((seq, -1), (other, seq), (-1, other)):
            database.execute(f"update {table} set seq = ? where {chain} = ? and seq = ?", (new, name, old))  # noqa: S608
        if other == seq:
            database.execute(f"delete from {table} where rowid = ?", (rowid,))  # noqa: S608
    return name, seq, found


def test_random_tampers_are_found_and_named(small, tmp_path):
    _, session, _ = small.running()
    for k in range(5):
        small.record(f"session/{session}", "note", {"words": f"all well {k}"})
    base, database = copy_without_triggers(small, tmp_path)
    database.close()
    seed = int(np.random.default_rng().integers(1 << 32))
    rng = np.random.default_rng(seed)
    for _ in range(TAMPERS):
        copy = Path(shutil.copy(base, tmp_path / "tampered.db"))
        with closing(sqlite3.connect(copy, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous=OFF")
            name, seq, _ = tamper(database, rng)
        engine = sqlite_engine(copy)
        with engine.connect() as connection:
            found = {fault.chain: fault.seq for fault in faults(connection, {})}
        engine.dispose()
        assert name in found, (seed, name, seq, found)
        assert found[name] <= seq + 1, (seed, name, seq, found)


def test_a_cut_tail_is_found_by_the_head_that_was_written_down(small, tmp_path):
    person = small.person()
    small.record(person, "note", {"words": "a"})
    saved = small.centre.keep_heads()
    copy, database = copy_without_triggers(small, tmp_path)
    last = database.execute("select max(seq) from record_event where record = ?", (person,)).fetchone()[0]
    database.execute("delete from record_event where record = ? and seq = ?", (person, last))
    database.execute(
        "update chain_head set seq = ?, hash = (select hash from record_event where record = ? and seq = ?)"
        " where chain = ?",
        (last - 1, person, last - 1, person),
    )
    database.close()
    with sqlite_engine(copy).connect() as connection:
        found = {fault.chain: fault for fault in faults(connection, saved)}
    assert found[person].seq == last
    assert "written down" in found[person].because


def test_a_body_that_was_changed_is_named(small, tmp_path):
    person = small.person()
    ack = small.record(person, "note", {"words": "a"})
    copy, database = copy_without_triggers(small, tmp_path)
    database.execute(
        "update record_event set body = replace(body, 'sealed', 'Sealed') where record = ? and seq = ?",
        (person, ack.seq),
    )
    database.close()
    with sqlite_engine(copy).connect() as connection:
        found = {fault.chain: fault for fault in faults(connection, {})}
    assert (found[person].seq, found[person].because) == (ack.seq, "its words are not the ones that were recorded")


def test_a_state_that_no_event_made_and_a_column_that_was_changed_are_named(small, tmp_path):
    person, other = small.person(), small.person(name="Other")
    copy, database = copy_without_triggers(small, tmp_path)
    database.execute("update record_state set clinic = 'south' where record = ?", (person,))
    database.execute(
        "insert into record_state select 'person/none', kind, clinic, person, status, due_at, seq, state"
        " from record_state where record = ?",
        (other,),
    )
    database.close()
    with sqlite_engine(copy).connect() as connection:
        found = {fault.chain: fault.because for fault in faults(connection, {})}
    assert found == {
        person: "the kept state is not what its events make",
        "person/none": "a state is kept and no event makes it",
    }


def test_heads_are_read_although_the_power_went_while_they_were_written(small):
    kept = dict(small.centre.keep_heads())
    file = small.centre.data / "heads.jsonl"
    with file.open("a", encoding="utf-8") as out:
        out.write('{"at": "2026')
    assert small.centre.saved_heads() == kept
    person = small.person()
    small.centre.keep_heads()
    assert person in small.centre.saved_heads()


def test_a_database_that_would_not_sync_is_refused(small, monkeypatch):
    small.centre.close()
    monkeypatch.setattr(
        "limen.centre.records.database.set_pragmas",
        lambda connection, record: connection.execute("PRAGMA synchronous=NORMAL").close(),
    )
    with pytest.raises(InputError, match="synchronous"):
        open_centre(small.centre.data)


def test_a_full_disk_is_said_in_words_and_nothing_is_kept(small):
    person, session, nurse = small.running()
    before = small.state(f"session/{session}")
    with small.centre.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    limit = small.centre.database.engine
    event.listen(limit, "checkout", lambda driver, *_: driver.execute(f"PRAGMA max_page_count={pages}").close())
    refused = nurse.event(session, "note", {"words": "x" * 900_000})
    assert refused.status_code == NoRoom.status, refused.text
    assert "nothing was kept" in refused.json()["error"]
    assert small.state(f"session/{session}") == before
    assert nurse.get(f"/sessions/{session}").status_code in (200, 507)
    assert person


def test_both_databases_have_the_very_schema_of_the_code(either):
    with either.centre.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_two_stations_that_write_at_once_lose_nothing(either):
    person = either.person()
    with ThreadPoolExecutor(8) as pool:
        acks = list(
            pool.map(
                lambda k: either.record(person, "note", {"words": str(k)}, key=f"k{k % 20}-{k // 20 % 2}"), range(40)
            )
        )
    assert len({ack.seq for ack in acks}) == 40
    assert not holds(either.centre)


def test_each_step_of_the_schema_is_in_a_file_that_bears_its_version():
    steps = ScriptDirectory.from_config(config()).walk_revisions()
    assert sorted(step.revision for step in steps) == known()
    assert ScriptDirectory.from_config(config()).get_current_head() == newest()
