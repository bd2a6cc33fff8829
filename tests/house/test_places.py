"""The repository works anywhere: no path of one machine, no address of a registry, nothing too heavy."""

import re

from house.source import kept_files, kept_texts, shown

# The parts are joined here so that this file does not match itself.
MACHINE_PATHS = re.compile(
    r"(?<![\w.:/-])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "fa" + "rm", "home/" + r"\w+", "Us" + "ers")) + r")/\w"
)
REGISTRIES = re.compile(
    "|".join(
        (
            "--(?:extra-)?index" + "-url",
            "pypi" + r"\.org",
            "python" + "hosted",
            "registry" + r"\.npm",
            r"https?://\S*/sim" + "ple/",
        )
    )
)
LARGEST_FILE_BYTES = 2_000_000


def matches(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{shown(path)}:{number} {line.strip()[:100]}"
        for path, text in kept_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_path_of_one_machine():
    assert not matches(MACHINE_PATHS)


def test_no_file_names_the_address_of_a_registry():
    assert not matches(REGISTRIES)


def test_no_file_is_too_heavy_for_a_quick_clone():
    heavy = [
        f"{shown(path)}: {path.stat().st_size} bytes"
        for path in kept_files()
        if path.stat().st_size > LARGEST_FILE_BYTES
    ]
    assert not heavy, "\n".join(heavy)


def test_the_rules_see_what_they_are_for():
    assert MACHINE_PATHS.search("open('/" + "home/ada/scores.csv')")
    assert not MACHINE_PATHS.search("docs/wo" + "rk/notes, https://example.com/ro" + "ot/x")
    assert REGISTRIES.search("--index" + "-url something")
