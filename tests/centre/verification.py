"""`make verify-centre`: many kills and a day's load; what they cost is written into docs/claims/centre.md."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
from centre.faults import Nursery, Served, Toll, one_kill
from centre.throwaway_postgres import Cluster, programs

from limen import __version__

SEED = 20261128
#: From here on the page is written by people and kept.
BY_HAND = "## Line by line"
FORM_USERS = 20
READERS = 50
THINK_S = 1.0
SLOWEST_START_S = 5
SLOWEST_P99_MS = 250
#: One start in so many is a process of its own; the others are copies of one that has everything loaded.
WHOLE_START = 20


def kills_of_sqlite(count: int, folder: Path) -> Toll:
    rng, toll, nursery = np.random.default_rng(SEED), Toll(), Nursery()
    served = Served(folder / "centre", nursery=nursery)
    served.make()
    served.start()
    for k in range(count):
        served.nursery = None if k % WHOLE_START == 0 else nursery
        one_kill(served, toll, float(rng.uniform(0.02, 0.6)), served.kill, served.start)
        print(f"SQLite: kill {k + 1} of {count}", file=sys.stderr)
    served.end()
    nursery.end()
    return toll


def kills_of_postgres(count: int, folder: Path) -> Toll:
    rng, toll = np.random.default_rng(SEED), Toll()
    cluster = Cluster(programs(), syncs=True)
    cluster.make()
    cluster.start()
    served = Served(folder / "centre", url=cluster.database("kills"))
    served.make()
    served.start()

    def revive() -> float:
        began = time.monotonic()
        cluster.start()
        return time.monotonic() - began

    for k in range(count):
        one_kill(served, toll, float(rng.uniform(0.05, 0.6)), cluster.kill, revive)
        print(f"PostgreSQL: kill {k + 1} of {count}", file=sys.stderr)
    served.end()
    cluster.end()
    return toll


async def status_of(asked) -> int:
    """The status of an answer; 0 where none came."""
    try:
        return (await asked).status_code
    except httpx.TransportError:
        return 0


async def reader(
    client: httpx.AsyncClient, served: Served, until: float, took: list[float], rng: np.random.Generator
) -> int:
    """Somebody who looks at pages, with a second of thought between them."""
    wrong = 0
    while time.monotonic() < until:
        await asyncio.sleep(float(rng.exponential(THINK_S)))
        sheet = f"/sessions/{served.infusions[rng.integers(len(served.infusions))]}"
        paths = (*PUBLIC_PATHS, *STAFF_PATHS, sheet)
        began = time.monotonic()
        wrong += await status_of(client.get(paths[rng.integers(len(paths))])) != 200
        took.append(time.monotonic() - began)
    return wrong


async def form_user(
    client: httpx.AsyncClient, session: str, until: float, took: list[float], rng: np.random.Generator
) -> int:
    """Somebody who records notes in an infusion, with a second of thought between them."""
    wrong, k = 0, 0
    while time.monotonic() < until:
        await asyncio.sleep(float(rng.exponential(THINK_S)))
        k += 1
        body = {"idem_key": f"load-{id(rng)}-{k}", "kind": "note", "body": {"words": "seen"}}
        began = time.monotonic()
        wrong += await status_of(client.post(f"/sessions/{session}/events", json=body)) != 201
        took.append(time.monotonic() - began)
    return wrong


PUBLIC_PATHS = ("/", "/consult", "/article")
STAFF_PATHS = ("/today", "/tasks", "/patients")


async def crowd(served: Served, seconds: float) -> tuple[list[float], int]:
    took: list[float] = []
    headers = {"cookie": f"__Host-limen={served.secret}", "x-csrf-token": served.csrf}
    seeds = np.random.SeedSequence(SEED).spawn(READERS + FORM_USERS)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", headers=headers, timeout=30) as client:
        # A page that nobody has opened since the start compiles its template first; a day has a thousand others.
        for path in (*PUBLIC_PATHS, *STAFF_PATHS, f"/sessions/{served.session}"):
            await status_of(client.get(path))
        until = time.monotonic() + seconds
        people = [reader(client, served, until, took, np.random.default_rng(seed)) for seed in seeds[:READERS]]
        for k, seed in enumerate(seeds[READERS:]):
            session = served.infusions[k % len(served.infusions)]
            people.append(form_user(client, session, until, took, np.random.default_rng(seed)))
        wrong = await asyncio.gather(*people)
    return took, sum(wrong)


def load(seconds: float, folder: Path, infusions: int) -> dict[str, float]:
    """Twenty who write in so many infusions and fifty who read, on one core."""
    served = Served(folder / "centre", before=("taskset", "-c", "0"))
    served.make(infusions)
    served.start()
    before, began = cpu_s(served.child.pid), time.monotonic()
    took, wrong = asyncio.run(crowd(served, seconds))
    used, passed = cpu_s(served.child.pid) - before, time.monotonic() - began
    served.end()
    p50, p99 = (1000 * float(value) for value in np.percentile(took, (50, 99)))
    found = {"requests": len(took), "errors": wrong, "p50": p50, "p99": p99, "seconds": passed}
    return found | {"cores": used / passed, "cpu_ms": 1000 * used / len(took), "load": os.getloadavg()[0]}


def cpu_s(pid: int) -> float:
    """The processor seconds of a process and of its children."""
    stats = [stat_of(file) for file in Path("/proc").glob("[0-9]*/stat")]
    parents = {int(words[0]): int(words[2]) for words in stats if words}
    family = {pid} | {child for child, parent in parents.items() if parent == pid}
    ticks = sum(int(words[12]) + int(words[13]) for words in stats if words and int(words[0]) in family)
    return ticks / os.sysconf("SC_CLK_TCK")


def stat_of(file: Path) -> list[str]:
    """The words of a process's line, its number first and its name left out; none where it has ended meanwhile."""
    try:
        number, _, rest = file.read_text().partition(" (")
    except OSError:
        return []
    return [number, *rest.rpartition(")")[2].split()]


def row(name: str, toll: Toll, limit: str) -> str:
    held = "met" if not (toll.lost or toll.twice or toll.broken) else "missed"
    if limit and toll.slowest_start_s > SLOWEST_START_S:
        held = "missed: the start" + (", records met" if held == "met" else " and records")
    return (
        f"| {name} | {toll.kills} | {toll.acknowledged} | {toll.lost} | {toll.twice} | {toll.committed_unacknowledged} |"
        f" {toll.broken} | {toll.slowest_start_s:.1f} {limit} | {held} |"
    )


def load_row(name: str, crowd_: dict[str, float]) -> str:
    met = "met" if crowd_["p99"] <= SLOWEST_P99_MS else "missed"
    return (
        f"| {name} | {crowd_['requests']:.0f} | {crowd_['seconds']:.0f} | {crowd_['errors']:.0f} | {crowd_['p50']:.0f} |"
        f" {crowd_['p99']:.0f} | {crowd_['cores']:.2f} | {crowd_['cpu_ms']:.1f} | {crowd_['load']:.1f} | {met} |"
    )


def page(sqlite: Toll, postgres: Toll, apart: dict[str, float], together: dict[str, float]) -> str:
    date, load_1 = datetime.now(UTC).date().isoformat(), os.getloadavg()[0]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return f"""# The centre under faults and load

Written by `make verify-centre`; Limen {__version__}, commit {commit}, {date}, seed {SEED}; {os.cpu_count()} cores, load average {load_1:.1f}
at the end (other work on the machine counts in). `make test` holds a short form of each.

## kill -9

One start in {WHOLE_START} is a process of its own, the others are copies of one that has everything loaded. A client records notes in a running infusion, one after the other. The server (or the postmaster) is killed with signal 9 at
a random moment and started again; the client sends what was under way once more with the same key. Target: nothing
acknowledged is lost, nothing is there twice, every chain verifies.

| what is killed | kills | acknowledged events | lost | twice | committed, not acknowledged | faults of chains | slowest start, s | verdict |
|---|---|---|---|---|---|---|---|---|
{row("web, SQLite", sqlite, "(target 5)")}
{row("postmaster, PostgreSQL", postgres, "")}

## Twenty who write and fifty who read

Each waits one second on average between two requests. The server is bound to one core; a reading of a chart is a write
too, since it goes into the audit trail before anything is shown. In the first row each of the twenty keeps an infusion of
their own. In the second all twenty write into one infusion, which then holds a thousand events after a minute:
its sheet and its state grow with them, and so does the time.

| who writes where | requests | in s | errors | p50, ms | p99, ms | cores used | processor ms a request | load of the machine | verdict: p99 at most {SLOWEST_P99_MS} ms |
|---|---|---|---|---|---|---|---|---|---|
{load_row("twenty infusions", apart)}
{load_row("one infusion", together)}
"""


def main() -> None:
    sqlite_kills, postgres_kills, seconds = (int(word) for word in sys.argv[2:5])
    with tempfile.TemporaryDirectory() as folder:
        apart = load(seconds, Path(folder) / "apart", FORM_USERS)
        together = load(seconds, Path(folder) / "together", 1)
        sqlite = kills_of_sqlite(sqlite_kills, Path(folder) / "sqlite")
        postgres = kills_of_postgres(postgres_kills, Path(folder) / "postgres")
    file = Path(sys.argv[1])
    _, mark, rest = file.read_text(encoding="utf-8").partition(BY_HAND)
    file.write_text(f"{page(sqlite, postgres, apart, together)}\n{mark}{rest}", encoding="utf-8")


if __name__ == "__main__":
    main()
