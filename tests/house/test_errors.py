"""An error says what came, where, and the way out."""

import ast
from collections.abc import Iterator

from house.source import parsed, python_files, shown

SHARE_THAT_NAMES_THE_VALUE = 0.8


def messages_in(tree: ast.Module) -> Iterator[tuple[int, bool]]:
    """For each raise with a message written in place: its line, and whether it names a value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            message = node.exc.args[0]
            if isinstance(message, ast.JoinedStr):
                yield node.lineno, any(isinstance(part, ast.FormattedValue) for part in message.values)
            elif isinstance(message, ast.Constant) and isinstance(message.value, str):
                yield node.lineno, False


def test_at_least_four_error_messages_in_five_name_the_value():
    found = [(f"{shown(path)}:{line}", named) for path in python_files() for line, named in messages_in(parsed(path))]
    silent = [where for where, named in found if not named]
    assert found, "no error message was found, so this rule looked at nothing"
    assert len(silent) <= (1 - SHARE_THAT_NAMES_THE_VALUE) * len(found), "\n".join(silent)


def test_the_rule_tells_a_message_with_the_value_from_one_without():
    tree = ast.parse("raise ValueError('invalid dose')\nraise ValueError(f'got {dose_mg:g} mg')\nraise fault")
    assert [named for _, named in messages_in(tree)] == [False, True]


def test_a_sentence_for_the_user_is_an_input_error_not_a_bare_exception():
    bare = [
        f"{shown(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
        and node.exc.func.id in {"Exception", "ValueError", "RuntimeError"}
    ]
    assert not bare, "Raise limen.quantities.InputError, or an error type that says more:\n" + "\n".join(bare)
