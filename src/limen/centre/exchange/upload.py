"""Handing what somebody sent to a child process that may fail alone."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Final

from limen.centre.exchange.reading import ORDERS
from limen.centre.refusals import Refused

LIMIT_S: Final = 30
READER: Final = "limen.centre.exchange.reading"


def read_upload(raw: bytes, *, date_order: str) -> dict[str, Any]:
    """Read a CSV list or a FHIR bundle in a child process with limits.

    Raises
    ------
    Refused
        If the file is none of both, too large to be read within the limits, or not what it says.
    """
    if date_order not in ORDERS:
        raise Refused(f"date_order is {date_order!r}: use one of {', '.join(ORDERS)}.", field="date_order")
    try:
        done = subprocess.run(  # noqa: S603 - the words are ours
            [sys.executable, "-m", READER, date_order], input=raw, capture_output=True, check=False, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"The file was not read within {LIMIT_S} s: send it in parts.", field="file") from None
    if done.returncode:
        raise Refused(
            "The file could not be read within its limits of memory and time: send it in parts.", field="file"
        )
    found = json.loads(done.stdout)
    if "error" in found:
        raise Refused(found["error"], field="file")
    return dict(found)
