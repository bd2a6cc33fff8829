"""Words that the house keeps to."""

import re

from house.source import kept_texts, shown

# Limen gives options to review and says nothing about a reader's own treatment. A rule may quote the words it forbids.
NEVER_SAID = re.compile(r"(?<![\"'`])\byour dose\b", re.IGNORECASE)


def test_nothing_speaks_of_a_readers_own_dose():
    said = [
        f"{shown(path)}:{number}"
        for path, text in kept_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if NEVER_SAID.search(line)
    ]
    assert not said, "Say 'options to review':\n" + "\n".join(said)


def test_the_rule_tells_saying_from_quoting():
    assert NEVER_SAID.search("We suggest that " + "your" + " dose is lowered.")
    assert not NEVER_SAID.search("never '" + "your" + " dose'")
