"""Keeping: no name lies readable anywhere, who is deleted is gone, a backup is restored and verified."""

import json
import shutil
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from socket import AF_INET6, create_server, has_ipv6
from subprocess import run
from sys import executable

import pytest
from centre.small_centre import MONDAY, PASSWORD, SmallCentre, fresh
from house.process import run_limen

from limen.centre.accounts import users
from limen.centre.backup import note_destroyed, restore_backup, write_backup
from limen.centre.care import infusion
from limen.centre.care.registry import find_within, people_of, register_within
from limen.centre.centre import make_centre, open_centre
from limen.centre.clock import SetClock
from limen.centre.commands import init, restore
from limen.centre.keys import GONE
from limen.centre.records.verify import faults
from limen.centre.refusals import Refused
from limen.centre.serving import address_of, centre_to_serve, check_port, first_link
from limen.cli import main
from limen.quantities import InputError

SEEDED = 100


def seeded(small):
    """People with names and numbers that can be looked for."""
    names = [f"Zebulon{k:03d} Quartzberg{k:03d}" for k in range(SEEDED)]
    with small.centre.database.writing() as connection:
        people = []
        for k, name in enumerate(names):
            body = {
                "name": name,
                "phone": f"0661{k:06d}",
                "email": f"q{k:03d}@berg.example",
                "clinic": "north",
                "source": "desk",
            }
            person, _ = register_within(small.centre, connection, body, key=fresh(), who="dora")
            people.append(person)
    for person in people[:5]:
        small.record(person, "note", {"words": "Quartzberg spoke of Zebulon"})
    return people


def bytes_of(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_no_name_number_or_free_word_is_in_database_wal_log_or_backup(small, caplog, tmp_path):
    people = seeded(small)
    small.caller("dora").get("/patients?find=Zebulon007")
    small.caller("phil").get(f"/patients/{people[0].partition('/')[2]}")
    write_backup(small.centre, tmp_path / "backup.limen")
    everything = bytes_of(small.centre.data) + (tmp_path / "backup.limen").read_bytes() + caplog.text.encode()
    for word in (b"Quartzberg", b"Zebulon", b"0661000", b"berg.example"):
        assert word not in everything, word
    assert small.caller("dora").data("/patients?find=zebulon007")["people"][0]["name"].startswith("Zebulon007")


def test_a_sealed_word_that_was_moved_to_another_event_does_not_open(small):
    one, other = small.person(name="One"), small.person(name="Other")
    sealed = small.state(one)["identity"]["name"]
    with small.centre.database.reading() as connection:
        assert small.centre.vault.unsealed(connection, one, sealed) == "One"
        with pytest.raises(Refused, match="moved"):
            small.centre.vault.unsealed(connection, other, sealed)
        first, second = (small.record(one, "note", {"words": words}) for words in ("a", "b"))
        assert first.seq != second.seq
    notes = [note["words"] for note in small.state(one)["notes"]]
    swapped = notes[0].rpartition(":")[0] + ":" + notes[1].rpartition(":")[2]
    with small.centre.database.reading() as connection, pytest.raises(Refused, match="moved"):
        small.centre.vault.unsealed(connection, one, swapped)


def test_who_was_registered_last_stands_first_however_much_was_recorded_of_others(small):
    first = small.person(name="First")
    for k in range(5):
        small.record(first, "note", {"words": str(k)})
    small.go(minutes=1)
    last = small.person(name="Last")
    with small.centre.database.reading() as connection:
        assert people_of(connection, ("north",), 5) == [last, first]
        assert people_of(connection, ("north",), 1) == [last]


def test_turning_the_key_ring_keeps_everybody_readable(small):
    people = seeded(small)[:20]
    ada = small.caller("ada")
    for _ in range(2):
        assert "wrapped anew" in ada.done("/admin/keys")["said"]
    again = open_centre(small.centre.data)
    with again.database.reading() as connection:
        names = [again.vault.unsealed(connection, person, small.state(person)["identity"])["name"] for person in people]
    again.close()
    assert all(name.startswith("Zebulon") for name in names)


def test_a_deleted_person_cannot_be_read_from_database_backup_or_restore(small, tmp_path):
    person = small.accepted(name="Zebulon Quartzberg")
    before = tmp_path / "before.limen"
    write_backup(small.centre, before)
    number = person.partition("/")[2]
    phil = small.caller("phil")
    assert phil.post(f"/patients/{number}/delete", {"reason": "asked for it", "sure": "no"}).status_code == 422
    phil.done(f"/patients/{number}/delete", {"reason": "asked for it", "sure": "delete"})
    assert small.centre.vault.ring
    with small.centre.database.reading() as connection:
        assert small.centre.vault.unsealed(connection, person, small.state(person)["identity"])["name"] == GONE
    assert phil.data("/patients?find=Zebulon")["people"] == []
    with pytest.raises(Refused, match="deleted"):
        small.record(person, "note", {"words": "more"})
    note_destroyed(small.centre)
    restored = tmp_path / "restored"
    shutil.copytree(small.centre.data / "keys", restored / "keys")
    assert restore_backup(before, restored)["destroyed_again"] == 1
    again = open_centre(restored)
    with again.database.reading() as connection:
        assert again.vault.unsealed(connection, person, again.store.state(person)["identity"])["name"] == GONE
        assert find_within(again, connection, "Zebulon") == []
    again.close()


def test_a_backup_under_work_is_restored_whole_and_verified(either, tmp_path):
    person = either.person()
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(lambda: [either.record(person, "note", {"words": str(k)}) for k in range(40)])
        report = write_backup(either.centre, tmp_path / "b.limen")
        writing.result()
    restored = tmp_path / "restored"
    found = restore_backup(tmp_path / "b.limen", restored, either.centre.data / "keys")
    assert found["events"] == report["events"]
    again = open_centre(restored)
    assert again.store.state(person)["identity"]
    again.close()


def test_a_backup_that_was_changed_or_has_no_key_is_refused(small, tmp_path):
    file = tmp_path / "b.limen"
    write_backup(small.centre, file)
    raw = bytearray(file.read_bytes())
    raw[-5] ^= 1
    (tmp_path / "bad.limen").write_bytes(raw)
    with pytest.raises(InputError, match="changed"):
        restore_backup(tmp_path / "bad.limen", tmp_path / "x", small.centre.data / "keys")
    with pytest.raises(InputError, match=r"ring\.json"):
        restore_backup(file, tmp_path / "y")
    with pytest.raises(InputError, match="not empty"):
        restore_backup(file, small.centre.data, small.centre.data / "keys")


def test_a_restore_that_fails_takes_away_what_it_began_and_leaves_the_keys(small, tmp_path, here):
    file = tmp_path / "b.limen"
    write_backup(small.centre, file)
    raw = file.read_bytes()
    ring = (small.centre.data / "keys" / "ring.json").read_text(encoding="utf-8")
    for name, bad in (("short", raw[:18]), ("other", raw[:-1] + bytes([raw[-1] ^ 1]))):
        (tmp_path / f"{name}.limen").write_bytes(bad)
        data = tmp_path / name
        shutil.copytree(small.centre.data / "keys", data / "keys")
        code, _, said = here("centre", "restore", "--from", str(tmp_path / f"{name}.limen"), "--data", str(data))
        assert (code, said.count("\n"), "changed or cut short" in said) == (2, 1, True), said
        assert [one.relative_to(data).as_posix() for one in data.rglob("*")] == ["keys", "keys/ring.json"]
        assert (data / "keys" / "ring.json").read_text(encoding="utf-8") == ring


def test_a_restore_that_breaks_in_its_middle_leaves_no_half_database(small, tmp_path, monkeypatch):
    file, data = tmp_path / "b.limen", tmp_path / "data"
    write_backup(small.centre, file)
    shutil.copytree(small.centre.data / "keys", data / "keys")
    monkeypatch.setattr("limen.centre.backup.check_restored", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        restore(file, data, None, url=None)
    assert [one.name for one in data.iterdir()] == ["keys"]


def test_keys_that_are_there_are_never_made_anew_nor_written_over(small, tmp_path, here):
    data = tmp_path / "data"
    shutil.copytree(small.centre.data / "keys", data / "keys")
    ring = (data / "keys" / "ring.json").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="restore its backup"):
        init(data, "ada", None, url=None)
    write_backup(small.centre, tmp_path / "b.limen")
    (tmp_path / "other.keys").write_text(ring.replace("newest", "oldest"), encoding="utf-8")
    words = ["--from", str(tmp_path / "b.limen"), "--data", str(data), "--keys", str(tmp_path / "other.keys")]
    code, _, said = here("centre", "restore", *words)
    assert (code, "another key ring" in said) == (2, True), said
    assert (data / "keys" / "ring.json").read_text(encoding="utf-8") == ring
    assert [one.name for one in data.iterdir()] == ["keys"]


def test_a_database_that_holds_a_centre_is_not_made_into_another(postgres, tmp_path):
    url = postgres.database("occupied")
    with pytest.raises(InputError, match="cannot be used"):
        init(tmp_path / "one", "No Name!", None, url=url)
    init(tmp_path / "one", "ada", None, url=url)
    with pytest.raises(InputError, match="holds a centre already"):
        init(tmp_path / "two", "ada", None, url=url)
    assert not (tmp_path / "two").exists()


@pytest.fixture
def made(tmp_path):
    folder = tmp_path / "c"
    words = [executable, "-m", "limen", "centre", "init", "--data", str(folder), "--admin", "ada", "--json"]
    done = run(words, input=f"{PASSWORD}\n", capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"data": str(folder), "admin": "ada", "setup_secret": None, "password_set": True}
    return folder


def test_the_commands_make_check_back_up_and_restore_a_centre(made, tmp_path, here):
    assert (made / "keys" / "ring.json").stat().st_mode & 0o777 == 0o600
    assert made.stat().st_mode & 0o777 == 0o700
    code, out, _ = here("centre", "audit", "--data", str(made), "--json")
    assert (code, json.loads(out)["holds"]) == (0, True)
    code, _, said = here("centre", "backup", "--data", str(made), "--to", str(tmp_path / "b.limen"), "--json")
    assert code == 0, said
    code, _, said = here("centre", "restore", "--from", str(tmp_path / "b.limen"), "--data", str(made))
    assert (code, said.count("\n")) == (2, 1)
    restored = run_limen(
        "centre", "restore", "--from", str(tmp_path / "b.limen"), "--data", str(tmp_path / "r"), "--json"
    )
    assert restored.returncode == 0, restored.stderr
    assert json.loads(restored.stdout)["verified"] is True
    database = sqlite3.connect(tmp_path / "r" / "centre.db", isolation_level=None)
    database.execute("drop trigger audit_event_no_update")
    database.execute("update audit_event set action = 'nothing' where seq = 1")
    database.close()
    broken = run_limen("centre", "audit", "--data", str(tmp_path / "r"), "--json")
    found = json.loads(broken.stdout)
    assert (broken.returncode, found["first"]["chain"], found["first"]["seq"]) == (3, "audit", 1)


@pytest.fixture
def here(tmp_path, monkeypatch, capfd):
    """Run a command in this process, which has everything loaded; gives its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run_here(*words):
        monkeypatch.setattr(sys, "argv", ["limen", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, said = capfd.readouterr()
        return ended.value.code, out, said

    return run_here


@pytest.mark.parametrize(
    "words",
    [
        ("serve",),
        ("serve", "--data", "x", "--host", "0.0.0.0"),  # noqa: S104
        ("serve", "--demo", "--host", "0.0.0.0"),  # noqa: S104
        ("serve", "--data", "x", "--database", "mysql://a/b"),
        ("serve", "--data", "x", "--database", "nonsense"),
        ("centre", "audit", "--data", "nowhere"),
        ("centre", "backup", "--data", "nowhere", "--to", "b"),
        ("centre", "restore", "--from", "nothing", "--data", "x"),
        ("centre", "import", "nothing.csv", "--data", "nowhere"),
        ("centre", "export", "--data", "nowhere", "--to", "x"),
        ("centre", "init", "--data", "x", "--admin", "No Name!"),
    ],
)
def test_input_that_cannot_be_used_ends_with_one_sentence_and_nothing_half_written(words, tmp_path, here):
    code, _, said = here(*words)
    assert (code, said.count("\n")) == (2, 1), said
    assert "Traceback" not in said
    assert not any(path.suffix in (".db", ".partial") for path in tmp_path.rglob("*"))


def test_an_address_of_six_has_brackets_and_a_port_of_its_kind():
    assert address_of("::1", 80, tls=False) == "http://[::1]:80"
    assert address_of("localhost", 80, tls=True) == "https://localhost:80"
    if has_ipv6:
        with create_server(("::1", 0), family=AF_INET6) as taken, pytest.raises(InputError, match="in use"):
            check_port("::1", taken.getsockname()[1])
        check_port("::1", 0)


def test_a_process_of_its_own_ends_so_too(tmp_path):
    done = run_limen("serve", "--data", "x", "--database", "nonsense", folder=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert not list(tmp_path.rglob("*.db"))


def test_import_is_a_dry_run_first_and_the_same_list_again_changes_nothing(small, tmp_path, here):
    file = tmp_path / "people.csv"
    file.write_text(
        "source_id,name,birth_date,phone\na1,Ann One,31/12/1980,1\na2,,,\na3,Bad Date,1980-13-40,\n"
        "a4,Kim Two,01/02/1990,2\n",
        encoding="utf-8",
    )
    small.centre.close()
    words = [
        "centre",
        "import",
        str(file),
        "--data",
        str(small.centre.data),
        "--clinic",
        "north",
        "--date-order",
        "day first",
        "--json",
    ]
    dry = json.loads(here(*words)[1])
    assert (dry["dry_run"], dry["new"], [one["line"] for one in dry["refused"]]) == (True, 2, [3, 4])
    kept = json.loads(here(*words, "--keep")[1])
    again = json.loads(here(*words, "--keep")[1])
    assert (kept["new"], again["new"], again["known"]) == (2, 0, 2)
    reopened = open_centre(small.centre.data, clock=SetClock(MONDAY))
    assert len(reopened.states("person")) == 2
    reopened.close()


def test_the_first_link_is_made_anew_until_it_was_used(small, quick_folder):
    assert first_link(small.centre, "http://here") == ""
    fresh_one = make_centre(quick_folder / "fresh")
    links = [first_link(fresh_one, "http://here") for _ in range(2)]
    with fresh_one.database.writing() as connection:
        assert users.set_up(connection, links[1].rpartition("/")[2], PASSWORD, MONDAY)["name"] == "admin"
    assert links[0] != links[1]
    assert first_link(fresh_one, "http://here") == ""
    fresh_one.close()


def test_the_demo_centre_is_filled_holds_and_lets_a_role_be_chosen(quick_folder):
    centre = centre_to_serve(quick_folder / "demo", url=None, demo=True)
    assert len(centre.states("person")) == 13
    with centre.database.reading() as connection:
        assert not list(faults(connection, {}))
    ended = [state for _, state in centre.states("session") if state.get("ended")]
    assert ended
    assert {infusion.given_mg(one) - Fraction(one["plan"]["mg"]) for one in ended} == {0}
    assert not [one for one in ended if one.get("clock_jumps")]
    centre.close()
    make_centre(quick_folder / "real").close()
    with pytest.raises(InputError, match="no demo"):
        centre_to_serve(quick_folder / "real", url=None, demo=True)
    assert SmallCentre
