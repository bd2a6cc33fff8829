"""A centre on SQLite and on a real PostgreSQL."""

import tempfile
import uuid
from pathlib import Path

import pytest
from centre.small_centre import MONDAY, SmallCentre
from centre.throwaway_postgres import Cluster, programs

from limen.centre.centre import make_centre
from limen.centre.clock import SetClock


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
def small(quick_folder):
    """A small centre on SQLite."""
    found = made(quick_folder)
    yield found
    found.centre.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, quick_folder):
    """A small centre on each database in turn."""
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database(f"c{uuid.uuid4().hex[:12]}")
    found = made(quick_folder, url)
    yield found
    found.centre.close()
