"""A small safe reader of the arithmetic in model files: numbers, names, + - * / **, max, min, `x if C else y`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Floats, InputError

Value = Floats | float

OPERATORS: Final[Mapping[type[ast.operator], Callable[[Value, Value], Value]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
FUNCTIONS: Final[Mapping[str, Callable[[Value, Value], Value]]] = {"max": np.maximum, "min": np.minimum}


@dataclass(frozen=True)
class Expression:
    """One line of arithmetic from a model file.

    Parameters
    ----------
    text : str
        As written in the file.
    tree : ast.expr
        Holds allowed nodes only; made by `read_expression`.
    names : frozenset of str
        The parameters, derived names, covariates and compartments it uses.
    """

    text: str
    tree: ast.expr
    names: frozenset[str]

    def value(self, known: Mapping[str, Value]) -> Value:
        """Give its value, with every name looked up in `known`; arrays are taken element by element."""
        return _value(self.tree, known)


def read_expression(text: str | float) -> Expression:
    """Read one line of arithmetic without running it.

    Parameters
    ----------
    text : str or float
        A number stands for itself.

    Returns
    -------
    Expression

    Raises
    ------
    InputError
        If it is not arithmetic, or uses more than numbers, names, ``+ - * / **``, ``max``, ``min`` and one
        ``x if C else y``.
    """
    written = str(text)
    try:
        tree = ast.parse(written, mode="eval").body
    except SyntaxError:
        raise InputError(f"The model expression {written!r} is not arithmetic: write it as in CL/V1.") from None
    names: set[str] = set()
    _check(tree, written, names)
    return Expression(written, tree, frozenset(names))


def _check(node: ast.expr, written: str, names: set[str]) -> None:
    """Refuse everything that is not listed, and collect the names."""
    if isinstance(node, ast.Name):
        names.add(node.id)
        return
    for part in _parts(node, written):
        _check(part, written, names)


def _parts(node: ast.expr, written: str) -> tuple[ast.expr, ...]:
    if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
        return ()
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return (node.left, node.right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return (node.operand,)
    if isinstance(node, ast.IfExp):
        return (node.test, node.body, node.orelse)
    if isinstance(node, ast.Call) and _is_known_call(node):
        return tuple(node.args)
    raise InputError(
        f"The model expression {written!r} holds {ast.unparse(node)!r}, which is not allowed:"
        " use numbers, names, + - * / **, max, min and 'x if C else y'."
    )


def _is_known_call(node: ast.Call) -> bool:
    known = isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS
    return known and len(node.args) == 2 and not node.keywords  # noqa: PLR2004


def _value(node: ast.expr, known: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant():
            return float(node.value)  # type: ignore[arg-type]
        case ast.Name():
            return known[node.id]
        case ast.BinOp():
            return OPERATORS[type(node.op)](_value(node.left, known), _value(node.right, known))
        case ast.UnaryOp():
            return -_value(node.operand, known)
        case ast.IfExp():
            return _choice(node, known)
        case ast.Call(func=ast.Name(id=name)):
            return FUNCTIONS[name](_value(node.args[0], known), _value(node.args[1], known))
    raise AssertionError(ast.dump(node))  # pragma: no cover: _check lets nothing else in


def _choice(node: ast.IfExp, known: Mapping[str, Value]) -> Value:
    yes, no = _value(node.body, known), _value(node.orelse, known)
    return np.where(np.asarray(_value(node.test, known)) != 0.0, yes, no)
