"""An infusion on the machine's own clocks, while somebody moves the wall clock; run under faketime by a test.

Prints one line of JSON: what flowed in, what should have, and the jumps that were recorded.
"""

import json
import os
import select
import sys
from datetime import UTC, datetime
from pathlib import Path

from centre.small_centre import SmallCentre

from limen.centre.care import infusion
from limen.centre.centre import make_centre
from limen.centre.clock import SystemClock

RATE_MG_PER_H = 52.5
JUMPS = ("+3600", "-3600", "+0")
STEP_S = 0.6
HOUR_S = 3600


class Now(SystemClock):
    """The machine's clock, with the wall that the helpers of the tests ask for."""

    @property
    def wall(self) -> datetime:
        return datetime.now(UTC)


def main(folder: Path, shift: Path) -> None:
    clock = Now()
    small = SmallCentre(make_centre(folder, clock=clock), clock)
    small.go = lambda **_: None
    _, session, _ = small.running()
    for k, jump in enumerate(JUMPS):
        # Under faketime the sleep of Python is refused (EINVAL); waiting on nothing is not.
        select.select([], [], [], STEP_S)
        shift.write_text(jump)
        # An hour of the wall is longer than an idle session lasts: signed in anew, as somebody would.
        nurse = small.caller("nina")
        assert nurse.event(session, "note", {"words": f"moved {k}"}).status_code == 201
    state = small.state(f"session/{session}")
    now = clock.now()
    flowed = infusion.delivered_mg(state, now)
    passed = float(now.mono_s) - float(state["started"]["moment"][1])
    found = {
        "mg": float(flowed),
        "expected_mg": RATE_MG_PER_H * passed / HOUR_S,
        # A thousandth, and one tick of the millisecond clock.
        "slack_mg": RATE_MG_PER_H * (passed / 1000 + 0.001) / HOUR_S,
        "jumps": [one["seconds"] for one in state.get("clock_jumps", [])],
        "faked": bool(os.environ.get("LD_PRELOAD")),
    }
    sys.stdout.write(json.dumps(found) + "\n")
    small.centre.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
