"""Shapes as docstrings declare them, and the cases that hold them against real arrays.

A docstring declares a shape as a tuple in double backquotes, such as ``(people, times)``. Each name is one axis; the
same name is the same length all through one call; a number is that length; ``...`` in front is any number of axes, also
none; ``()`` is a single number. In the entry of a parameter the shape is the parameter's, under Returns or in a
docstring without sections it is the result's. A class declares the shapes of its attributes in its Parameters.

A room adds cases in ``tests/house/shapes/ROOM.py``, as a tuple named ``CASES``.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped, jaxtyped

RESULT = "the result"
SHAPE = re.compile(r"``\(((?:\.\.\.|\w+)?(?:, ?(?:\.\.\.|\w+))*),?\)``")
SECTION = re.compile(r"^(\w[\w ]*)\n-+\n", re.MULTILINE)


@dataclass(frozen=True)
class ShapeCase:
    """One call whose arrays must have the declared shapes: a function, a bound method or a class, and its arguments."""

    declares: Callable[..., object]
    given: Mapping[str, object]

    def __str__(self) -> str:
        return self.declares.__qualname__


def first_shape(text: str) -> str | None:
    """The first declared shape of a text in jaxtyping's words (``people times``), None where there is none."""
    found = SHAPE.search(text)
    return None if found is None else " ".join(re.split(r", ?", found.group(1)))


def declared_shapes(docstring: str) -> dict[str, str]:
    """Every shape that a docstring declares, by parameter name or RESULT."""
    head, *rest = SECTION.split(inspect.cleandoc(docstring))
    sections = dict(zip(rest[::2], rest[1::2], strict=True))
    entries = re.split(r"^(\w[^\n]*)\n", sections.get("Parameters", ""), flags=re.MULTILINE)[1:]
    found = {
        name.strip(): first_shape(text)
        for names, text in zip(entries[::2], entries[1::2], strict=True)
        for name in names.split(" : ")[0].split(",")
    }
    found[RESULT] = first_shape(sections.get("Returns", "" if sections else head))
    return {name: shape for name, shape in found.items() if shape is not None}


def disagreements(case: ShapeCase) -> list[str]:
    """Where the arrays of one call differ from what the docstring says; every axis name is bound once for the call."""
    shapes = declared_shapes(case.declares.__doc__ or "")
    result = case.declares(**case.given)
    arrays = {name: case.given.get(name) for name in shapes}
    if inspect.isclass(case.declares):
        arrays = {name: getattr(result, name) for name in shapes}
    if RESULT in shapes:
        arrays[RESULT] = result
    with jaxtyped("context"):
        return [
            f"{case}: {name} is declared ({shape}) and came as {np.shape(arrays[name])}"  # type: ignore[arg-type]
            for name, shape in shapes.items()
            if arrays[name] is not None and not isinstance(np.asarray(arrays[name]), Shaped[np.ndarray, shape])
        ]
