"""A wheel holds all that runs, installs alone, and answers from a folder where the source is not."""

import os
import subprocess
import sys
import zipfile

import pytest
from house.source import REPOSITORY, SOURCE

DATA = {".toml", ".csv", ".bib", ".npz", ".html", ".css", ".js", ".json", ".typed", ".txt", ".svg"}


def run(*command, **more):
    """Run a command of ours to its end."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **more)  # noqa: S603
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built without a network."""
    to = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "-qq", "--no-index", "--no-deps")
    run(*pip, "--no-build-isolation", "-w", str(to), str(REPOSITORY))
    (built,) = to.glob("limen-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with nothing but the package."""
    to = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-qq", "--no-index", "--no-deps")
    run(*pip, "--target", str(to), str(wheel))
    return to


def limen(installed, folder, *words):
    """Run the installed package, and no other."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE"))}
    environment["PYTHONPATH"] = str(installed)
    return run(sys.executable, "-m", "limen", *words, cwd=folder, env=environment)


def test_the_wheel_holds_every_file_of_the_package(wheel):
    there = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        f"limen/{path.relative_to(SOURCE).as_posix()}"
        for path in SOURCE.rglob("*")
        if path.is_file() and (path.suffix in DATA | {".py"} or path.name == "py.typed")
    }
    assert ours <= there, sorted(ours - there)
    assert "limen/py.typed" in there
    assert not [name for name in there if name.startswith(("tests", "docs")) or "__pycache__" in name]


def test_the_installed_package_answers_by_itself(installed, tmp_path):
    assert "concentration" in limen(installed, tmp_path, "--help")
    said = limen(installed, tmp_path, "concentration", "0.5 mg/kg over 40 min", "--weight-kg", "70", "--at-min", "40")
    assert "ketamine" in said
    where = run(sys.executable, "-c", "import limen; print(limen.__file__)", env={"PYTHONPATH": str(installed)})
    assert where.startswith(str(installed))
