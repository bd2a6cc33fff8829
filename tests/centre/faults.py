"""Faults as they happen: a server of its own that is killed, and a client that tries again with the same key."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn
from centre.small_centre import MONDAY, SmallCentre

from limen.centre.accounts import sessions, users
from limen.centre.centre import make_centre, open_centre
from limen.centre.clock import SetClock, SystemClock
from limen.centre.records.verify import faults

START_S = 120


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Nursery:
    """The process that makes copies of a loaded server; one for each run of tests, ended with it."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "centre.nursery"]
        path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(  # noqa: S603
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )
        self.process.stdout.readline()

    def copy(self, served: "Served") -> "Copy":
        self.process.stdin.write(f"{served.folder}\t{served.port}\t{served.url or ''}\n")
        self.process.stdin.flush()
        return Copy(int(self.process.stdout.readline()))

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()


class Copy:
    """A server that the nursery made."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def poll(self) -> int | None:
        return None if Path(f"/proc/{self.pid}").exists() else 0

    def wait(self, timeout: float = 20) -> None:
        until = time.monotonic() + timeout
        while self.poll() is None and time.monotonic() < until:
            time.sleep(0.005)


@contextmanager
def answering(app):
    """A server in a thread; gives its address."""
    port = free_port()

    async def plain(scope, receive, send):
        # A function, since annotations that are checked hide from uvicorn what the object is.
        await app(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(plain, port=port, log_level="warning", lifespan="off", interface="asgi3"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@dataclass
class Served:
    """`limen serve` as a child of the test, on a centre with a running infusion."""

    folder: Path
    url: str | None = None
    port: int = field(default_factory=free_port)
    child: subprocess.Popen | Copy | None = None
    before: tuple[str, ...] = ()
    nursery: Nursery | None = None

    def make(self, infusions: int = 1) -> None:
        """Make the centre, running infusions and a session of the nurse."""
        small = SmallCentre(make_centre(self.folder, url=self.url, clock=SetClock(MONDAY)), SetClock(MONDAY))
        small.clock = small.centre.clock
        self.infusions = [small.running()[1] for _ in range(infusions)]
        self.session = self.infusions[0]
        with small.centre.database.writing() as connection:
            row = users.find(connection, name="nina")
            now = SystemClock().now().wall
            self.secret = sessions.begin(connection, row["id"], "nurse", sessions.IN, now)
        self.csrf = sessions.Session(sessions.digest_of(self.secret), "", "", "").csrf(small.centre.ring.signing)
        small.centre.close()

    def start(self) -> float:
        """Start it; gives the seconds until the first page."""
        words = [
            *self.before,
            sys.executable,
            "-m",
            "limen",
            "serve",
            "--data",
            str(self.folder),
            "--port",
            str(self.port),
        ]
        words += ["--database", self.url] if self.url else []
        began = time.monotonic()
        if self.nursery is not None:
            self.child = self.nursery.copy(self)
            return self._answers(began)
        self.child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        return self._answers(began)

    def _answers(self, began: float) -> float:
        while time.monotonic() - began < START_S:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).status_code == 200:
                    return time.monotonic() - began
            except httpx.TransportError:
                time.sleep(0.02)
        raise TimeoutError("limen serve did not answer.")

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def end(self) -> None:
        if self.child and self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()

    def send(self, key: str, words: str) -> int:
        """Send one note with a key; gives the sequence number that was acknowledged."""
        headers = {"cookie": f"__Host-limen={self.secret}", "x-csrf-token": self.csrf, "accept": "application/json"}
        body = {"idem_key": key, "kind": "note", "body": {"words": words}}
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/sessions/{self.session}/events", json=body, headers=headers, timeout=10
        )
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["seq"]

    def send_until_killed(self, kill_after_s: float, kill) -> tuple[dict[str, int], str | None]:
        """Send notes until somebody kills something; gives what was acknowledged, and the key that was under way."""
        acked: dict[str, int] = {}
        timer = threading.Timer(kill_after_s, kill)
        timer.start()
        key = None
        try:
            while True:
                key = str(uuid.uuid4())
                acked[key] = self.send(key, "note")
        except (httpx.TransportError, AssertionError):
            return acked, key
        finally:
            timer.join()

    def kept(self) -> tuple[Counter, list]:
        """Give how often each key that was sent is in the record, where it follows its user, and what does not hold."""
        centre = open_centre(self.folder, url=self.url)
        counted = Counter(event.key.rpartition("/")[2] for event in centre.store.events(f"session/{self.session}"))
        with centre.database.reading() as connection:
            wrong = list(faults(connection, {}))
        centre.close()
        return counted, wrong


@dataclass
class Toll:
    """What many kills cost."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    committed_unacknowledged: int = 0
    broken: int = 0
    slowest_start_s: float = 0.0


def one_kill(served: Served, toll: Toll, kill_after_s: float, kill, revive) -> None:
    """Kill once, start again, send what was under way once more with the same key, and count."""
    acked, under_way = served.send_until_killed(kill_after_s, kill)
    toll.slowest_start_s = max(toll.slowest_start_s, revive())
    before, _ = served.kept()
    toll.committed_unacknowledged += bool(under_way and before[under_way])
    if under_way:
        acked[under_way] = served.send(under_way, "note")
    counted, wrong = served.kept()
    toll.kills += 1
    toll.acknowledged += len(acked)
    toll.lost += sum(counted[key] == 0 for key in acked)
    toll.twice += sum(counted[key] > 1 for key in acked)
    toll.broken += len(wrong)


def may_trace() -> bool:
    """Whether strace may be used here."""
    try:
        return subprocess.run(["strace", "-e", "trace=none", "true"], capture_output=True, check=False).returncode == 0  # noqa: S607
    except FileNotFoundError:
        return False
