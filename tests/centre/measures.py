"""`make measure-centre`: what is measured once and not asserted; each line is printed as it comes.

Times are of the processor where nothing else is said, since other work on the machine counts in the others.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import numpy as np
from centre.faults import answering
from centre.small_centre import MONDAY, PASSWORD, SmallCentre, fresh
from sqlalchemy import update

from limen.centre.accounts import passwords, users
from limen.centre.backup import restore_backup, write_backup
from limen.centre.centre import make_centre, open_centre
from limen.centre.clock import SetClock
from limen.centre.records.tables import app_user
from limen.centre.records.verify import faults
from limen.centre.refusals import NoRoom

PEOPLE = 10_000
LOGINS = 20
NOTE_LETTERS = 20_000
NOTES = 2_500
NOTED = 50
GIGABYTE = 1e9
SMALL_DISK = "16m"


def say(name: str, words: str) -> None:
    sys.stdout.write(f"| {name} | {words} |\n")
    sys.stdout.flush()


def made(folder: Path, **more) -> SmallCentre:
    clock = SetClock(MONDAY)
    return SmallCentre(make_centre(folder, clock=clock, **more), clock)


@contextmanager
def timed():
    """Give a list that holds processor and wall seconds at the end."""
    found, cpu, wall = [], time.process_time(), time.perf_counter()
    yield found
    found += [time.process_time() - cpu, time.perf_counter() - wall]


def logins(folder: Path) -> None:
    """Twenty people sign in at once, each with a password that is hashed as a centre hashes it."""
    small = made(folder)
    with small.centre.database.writing() as connection:
        for k in range(LOGINS):
            row, _ = users.invite(connection, f"u{k}", f"U{k}", [("nurse", "north")], small.clock.wall)
            kept = {"state": users.ACTIVE, "password": passwords.hashed(PASSWORD)}
            connection.execute(update(app_user).where(app_user.c.id == row).values(kept))

    # One browser for all of them: making its security context takes longer than signing in.
    browser = httpx.Client(timeout=60, limits=httpx.Limits(max_connections=LOGINS))

    def one(address: str, k: int) -> float:
        words, began = {"name": f"u{k}", "password": PASSWORD, "idem_key": fresh()}, time.perf_counter()
        answer = browser.post(f"{address}/login", data=words, headers={"origin": address})
        assert answer.status_code == 303, answer.text
        return time.perf_counter() - began

    with answering(small.app) as address, ThreadPoolExecutor(LOGINS) as pool:
        one(address, 0)
        with timed() as took:
            waits = list(pool.map(partial(one, address), range(LOGINS)))
    say(
        "18: 20 logins at once",
        f"p95 {np.percentile(waits, 95):.2f} s by the wall at load {os.getloadavg()[0]:.0f}; "
        f"{1000 * took[0] / LOGINS:.0f} ms of processor each, hashing in it",
    )
    small.centre.close()


def rotation(folder: Path) -> None:
    """Turn the key ring under 10,000 people, and read a word of each."""
    small = made(folder)
    vault, ring = small.centre.vault, small.centre.ring
    names = [f"person/p{k}" for k in range(PEOPLE)]
    with small.centre.database.writing() as connection:
        for name in names:
            vault.open_person(connection, name)
        words = {name: vault.seal(connection, name, "1", "name", f"Name of {name}") for name in names}
    old = ring.newest
    ring.turn()
    with timed() as took, small.centre.database.writing() as connection:
        wrapped = vault.rewrap_all(connection)
    del ring.keys[old]
    with small.centre.database.reading() as connection:
        right = sum(vault.unsealed(connection, name, words[name]) == f"Name of {name}" for name in names)
    say("19: keys turned", f"{wrapped} rewrapped in {took[0]:.1f} s, {right} of {PEOPLE} read without the old key")
    assert right == PEOPLE
    small.centre.close()


def backup(folder: Path) -> None:
    """Back up a centre with many long notes, restore it and verify."""
    small = made(folder)
    people, rng = [small.person() for _ in range(NOTED)], np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz "))
    for k in range(NOTES):
        small.record(people[k % NOTED], "note", {"words": "".join(rng.choice(letters, NOTE_LETTERS))}, key=f"n{k}")
    with timed() as took:
        write_backup(small.centre, folder.parent / "b")
    size = (folder / "centre.db").stat().st_size + (folder / "centre.db-wal").stat().st_size
    with timed() as back:
        shutil.copytree(folder / "keys", folder.parent / "again" / "keys")
        restore_backup(folder.parent / "b", folder.parent / "again")
        again = open_centre(folder.parent / "again")
        with again.database.reading() as connection:
            wrong = list(faults(connection, again.saved_heads()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    say(
        "21: backup",
        f"{size / 1e6:.0f} MB: {took[0] / size * GIGABYTE:.0f} s of processor a GB ({took[1] / size * GIGABYTE:.0f} by "
        f"the wall), restore and verification {back[0] / size * GIGABYTE:.0f}; {len(wrong)} faults; "
        f"{peak:.2f} GB of memory at most",
    )
    again.close()
    small.centre.close()


def small_disk(folder: Path) -> None:
    """Fill a disk of its own, see the refusal, free it, and go on without a restart."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(folder)], check=True)  # noqa: S603, S607
    try:
        small = made(folder / "centre")
        _, session, nurse = small.running()
        kept = []
        for k in range(2000):
            answer = nurse.event(session, "note", {"words": "x" * 50_000}, key=f"k{k}")
            if answer.status_code != 201:
                break
            kept.append(f"k{k}")
        refused, looked = answer, nurse.get(f"/sessions/{session}").status_code
        (folder / "centre" / "reserve").unlink()
        after = nurse.event(session, "stop").status_code
        there = [one.key.rpartition("/")[2] for one in small.centre.store.events(f"session/{session}")]
        lost = sum(there.count(key) != 1 for key in kept)
        say(
            "10: a full disk of its own",
            f"{len(kept)} notes kept, then {refused.status_code} ({NoRoom.status} wanted): {refused.json()['error']} "
            f"Lost or twice {lost}; the sheet answers {looked}; after the reserve is freed a stop answers {after}",
        )
        small.centre.close()
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607


MEASURES = {"logins": logins, "rotation": rotation, "backup": backup, "small_disk": small_disk}


def main() -> None:
    for name in sys.argv[1:] or MEASURES:
        with tempfile.TemporaryDirectory() as folder:
            MEASURES[name](Path(folder) / "centre")


if __name__ == "__main__":
    main()
