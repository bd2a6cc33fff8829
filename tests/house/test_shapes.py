"""The shapes in docstrings are the shapes of the arrays."""

import ast
import importlib
import re
from pathlib import Path

import numpy as np
import pytest
from house.shape_cases import RESULT, SHAPE, ShapeCase, declared_shapes, disagreements
from house.source import SOURCE, all_functions, functions_in, parsed, python_files

ROOMS = sorted(path.stem for path in (Path(__file__).parent / "shapes").glob("*.py"))
CASES = [case for room in ROOMS for case in importlib.import_module(f"house.shapes.{room}").CASES]
ARRAY = re.compile(r"\b(Floats|Integers|Booleans|NDArray)\b")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_arrays_have_the_shapes_that_the_docstring_declares(case):
    assert declared_shapes(case.declares.__doc__ or ""), f"{case} declares no shape, so this case looks at nothing"
    assert not disagreements(case)


def test_a_wrong_declaration_is_seen():
    def double(values, time_min):
        """Double.

        Parameters
        ----------
        values : Floats
            Shape ``(people, times)``; a number.
        time_min : Floats
            Shape ``(times,)``; minutes.

        Returns
        -------
        Floats
            Shape ``(people, people)``.
        """
        del time_min
        return 2 * values

    assert declared_shapes(double.__doc__) == {"values": "people times", "time_min": "times", RESULT: "people people"}
    assert len(disagreements(ShapeCase(double, {"values": np.ones((2, 3)), "time_min": np.ones(3)}))) == 1
    assert len(disagreements(ShapeCase(double, {"values": np.ones((2, 2)), "time_min": np.ones(3)}))) == 1
    assert not disagreements(ShapeCase(double, {"values": np.ones((2, 2)), "time_min": np.ones(2)}))


def handed_out() -> set[str]:
    """Every name that a room offers at its door."""
    doors = [path for path in python_files() if path.name == "__init__.py" or path.parent == SOURCE]
    imported = {
        alias.asname or alias.name
        for door in doors
        for node in parsed(door).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    own = {function.qualified for door in doors for function in functions_in(door)}
    return imported | {name.split(".")[0] for name in own}


def test_every_function_that_hands_an_array_through_a_door_declares_its_shape():
    offered = handed_out()
    silent = [
        function.where
        for function in all_functions()
        if function.public
        and function.qualified.split(".")[0] in offered
        and function.node.returns is not None
        and ARRAY.search(ast.unparse(function.node.returns))
        and not SHAPE.search(ast.get_docstring(function.node) or "")
    ]
    assert not silent, "Say the shape in the docstring, as in ``(people, times)``:\n" + "\n".join(silent)
