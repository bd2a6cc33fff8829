"""A number with a meaning has a name beside its source, and is never a bare default."""

import ast
from collections.abc import Iterator
from types import UnionType

from house.source import all_functions, fields_in, python_files, shown

# Nothing, one, and the last of a sequence say what they are.
PLAIN = {0, 1, -1}


def bare_number(default: ast.expr | None, kinds: type | UnionType = int | float) -> bool:
    """True for a literal number that needs a name: not a bool, and none of the plain ones."""
    if default is None:
        return False
    try:
        value = ast.literal_eval(default)
    except ValueError:
        return False
    return isinstance(value, kinds) and not isinstance(value, bool) and value not in PLAIN


def bare_defaults() -> Iterator[str]:
    for function in all_functions():
        # A whole number inside a room, such as the length of a line, is nobody's measurement.
        kinds = int | float if function.public else float
        for parameter, default in function.parameters:
            if bare_number(default, kinds):
                yield f"{function.where}({parameter.arg}={ast.unparse(default)})"
    for path in python_files():
        for qualified, field in fields_in(path):
            if bare_number(field.value):
                yield f"{shown(path)}:{field.lineno} {qualified} = {ast.unparse(field.value)}"


def test_no_default_is_a_bare_number():
    found = list(bare_defaults())
    assert not found, "Give each a named constant that says its source, or that it is ours and why:\n" + "\n".join(
        found
    )


def test_the_rule_sees_a_literature_number_and_lets_a_named_one_pass():
    assert bare_number(ast.parse("0.53", mode="eval").body)
    assert bare_number(ast.parse("-66", mode="eval").body)
    assert not bare_number(ast.parse("0.0", mode="eval").body)
    assert not bare_number(ast.parse("False", mode="eval").body)
    assert not bare_number(ast.parse("FU_UNBOUND", mode="eval").body)
