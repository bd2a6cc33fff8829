"""The data files that the package carries."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable

from limen.quantities import InputError


def data_file(name: str) -> Traversable:
    """Give a data file of the package, ready to be read.

    Parameters
    ----------
    name : str
        Its name, such as ``"outcomes.csv"``, or a path of names joined by ``/``.

    Returns
    -------
    Traversable

    Raises
    ------
    InputError
        If the package holds no such file.
    """
    file = files("limen.evidence").joinpath("data").joinpath(*name.split("/"))
    if not file.is_file():
        raise InputError(f"The package holds no data file {name!r}: check the name, or install the package again.")
    return file


def read_data_toml(name: str) -> dict[str, object]:
    """Read a TOML data file of the package; raises InputError where there is none."""
    return tomllib.loads(data_file(name).read_text(encoding="utf-8"))
