"""Small functions and small files, so that each can be read at a glance."""

import statistics

from house.source import all_functions, python_files, shown

LONGEST_BODY = 50
MEDIAN_BODY = 8
NINETIETH_PERCENTILE_BODY = 25
LONGEST_FILE = 400


def test_no_function_body_is_longer_than_fifty_lines():
    long = [
        f"{function.where}: {function.body_lines}" for function in all_functions() if function.body_lines > LONGEST_BODY
    ]
    assert not long, "\n".join(long)


def test_half_of_all_function_bodies_have_eight_lines_or_fewer():
    assert statistics.median(function.body_lines for function in all_functions()) <= MEDIAN_BODY


def test_nine_function_bodies_in_ten_have_at_most_twenty_five_lines():
    lengths = sorted(function.body_lines for function in all_functions())
    assert lengths[int(0.9 * (len(lengths) - 1))] <= NINETIETH_PERCENTILE_BODY


def test_no_file_has_more_than_four_hundred_lines():
    counted = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    long = [f"{shown(path)}: {lines}" for path, lines in counted.items() if lines > LONGEST_FILE]
    assert not long, "\n".join(long)
