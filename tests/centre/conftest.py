"""A centre on SQLite and on a real PostgreSQL."""

import shutil
import tempfile
import uuid
from pathlib import Path

import pytest
from centre.small_centre import MONDAY, SmallCentre
from centre.throwaway_postgres import Cluster, programs
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from limen.centre.accounts import passwords
from limen.centre.centre import make_centre, open_centre
from limen.centre.clock import SetClock

QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
QUICK_NOBODY = QUICK.hash("nobody has this password")


@pytest.fixture
def real_hashes():
    """Hash passwords as a centre does."""


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch, request):
    """Hash passwords with little work, since that work is meant to be slow; the real parameters have their own test."""
    if "real_hashes" not in request.fixturenames:
        monkeypatch.setattr(passwords, "_hasher", QUICK)
        monkeypatch.setattr(passwords, "_NOBODY", QUICK_NOBODY)


@pytest.fixture(scope="session")
def postgres():
    """A throw-away PostgreSQL; a test that needs one fails with the command that gets it."""
    found = programs()
    if found is None:
        pytest.fail("The tests of the centre need PostgreSQL. Run: sudo apt-get install postgresql")
    cluster = Cluster(found)
    try:
        cluster.make()
        cluster.start()
        yield cluster
    finally:
        cluster.end()


def made(folder, url=None):
    clock = SetClock(MONDAY)
    return SmallCentre(make_centre(folder / "centre", url=url, clock=clock), clock)


def copied(pattern, folder, url=None):
    """A copy of a centre that was made once: each test has its own, and none pays for making it."""
    shutil.copytree(pattern, folder / "centre")
    clock = SetClock(MONDAY)
    return SmallCentre(open_centre(folder / "centre", url=url, clock=clock), clock, fresh=False)


@pytest.fixture(scope="session")
def pattern(tmp_path_factory):
    """A small centre on SQLite that is only copied."""
    folder = tmp_path_factory.mktemp("pattern")
    made(folder).centre.close()
    return folder / "centre"


@pytest.fixture(scope="session")
def pattern_of_postgres(postgres, tmp_path_factory):
    """The folder of a small centre on PostgreSQL that is only copied, as is its database."""
    folder = tmp_path_factory.mktemp("pattern")
    made(folder, postgres.database("pattern")).centre.close()
    return folder / "centre"


@pytest.fixture
def quick_folder(tmp_path):
    """A folder in memory where there is one, since a sync on a busy disk is slow."""
    memory = Path("/dev/shm")  # noqa: S108
    if not memory.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="limen-", dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def small(quick_folder, pattern):
    """A small centre on SQLite."""
    found = copied(pattern, quick_folder)
    yield found
    found.centre.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, quick_folder):
    """A small centre on each database in turn."""
    if request.param == "postgresql":
        folder = request.getfixturevalue("pattern_of_postgres")
        cluster = request.getfixturevalue("postgres")
        found = copied(folder, quick_folder, cluster.database(f"c{uuid.uuid4().hex[:12]}", like="pattern"))
    else:
        found = copied(request.getfixturevalue("pattern"), quick_folder)
    yield found
    found.centre.close()


@pytest.fixture
def elsewhere(tmp_path, pattern):
    """A second small centre, with nobody in it."""
    found = copied(pattern, tmp_path / "elsewhere")
    yield found
    found.centre.close()
