"""What every test stands on: checked annotations, the folder of real data, and Hypothesis without a stopwatch."""

import os
from pathlib import Path

import pytest
from beartype import BeartypeConf
from beartype.claw import beartype_package
from hypothesis import settings

# Every annotation of the package is checked at every call while the tests run. An int may stand for a float, as Python
# itself allows. This has to happen before anything imports the package.
beartype_package("limen", conf=BeartypeConf(is_pep484_tower=True))

# Two busy cores make no promise about milliseconds.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return REPOSITORY


@pytest.fixture(scope="session")
def limen_data() -> Path:
    """The folder of real recordings and scores; a test that asks for it skips, saying so, where there is none."""
    named = os.environ.get("LIMEN_DATA", "")
    if not named:
        pytest.skip("LIMEN_DATA names no folder of real recordings and scores")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(
            f"LIMEN_DATA names {named}, which is not a folder: name the folder that holds SOURCE.md, or unset it."
        )
    return folder
