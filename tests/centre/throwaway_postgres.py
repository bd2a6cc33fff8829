"""A PostgreSQL of our own, in a folder that is thrown away, as a child of this process and never as root."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

NOT_ROOT = "postgres"
START_S = 60
REPOSITORY = Path(__file__).resolve().parents[2]


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, found without installing anything."""
    named = os.environ.get("LIMEN_POSTGRES")
    places = [Path(named)] if named else [*Path("/usr/lib/postgresql").glob("*/bin"), Path("/usr/local/pgsql/bin")]
    found = [place for place in places if (place / "initdb").exists()]
    return found[-1] if found else None


def as_another() -> dict[str, str]:
    """Root may not run PostgreSQL: it runs as the user of Debian's package."""
    return {"user": NOT_ROOT, "group": NOT_ROOT} if os.geteuid() == 0 else {}


@dataclass
class Cluster:
    """One throw-away cluster."""

    bin: Path
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="limen-pg-", dir="/tmp")))
    port: int = 0
    syncs: bool = False
    child: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        if os.geteuid() == 0:
            shutil.chown(self.folder, NOT_ROOT, NOT_ROOT)
        words = [self.bin / "initdb", "-D", self.data, "-U", "limen", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(words, check=True, capture_output=True, cwd="/", **as_another())  # noqa: S603

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        """Start it as a child; after a kill -9 old backends may hold the lock for a moment, so it is tried again."""
        words = [
            self.bin / "postgres",
            "-D",
            self.data,
            "-c",
            f"fsync={'on' if self.syncs else 'off'}",
            "-p",
            str(self.port),
            "-h",
            "127.0.0.1",
            "-k",
            self.folder,
        ]
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            self.child = subprocess.Popen(  # noqa: S603
                words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **as_another()
            )
            if self._answers(until):
                return
        raise TimeoutError("PostgreSQL did not start.")

    def _answers(self, until: float) -> bool:
        while time.monotonic() < until and self.child.poll() is None:
            try:
                with psycopg.connect(self.address("postgres"), connect_timeout=2):
                    return True
            except psycopg.OperationalError:
                time.sleep(0.05)
        return False

    def address(self, name: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=limen dbname={name}"

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://limen@127.0.0.1:{self.port}/{name}"

    def database(self, name: str, like: str = "template1") -> str:
        """Make an empty database, or a copy of another one; gives the address that the centre takes."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'create database "{name}" template "{like}"')
        return self.url(name)

    def kill(self) -> None:
        """Kill -9 the postmaster, as a fault does."""
        self.child.kill()
        self.child.wait()

    def end(self) -> None:
        if self.child and self.child.poll() is None:
            self.child.terminate()
            self.child.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)
