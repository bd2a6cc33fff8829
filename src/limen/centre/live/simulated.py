"""A simulated patient who sends, as an amplifier would: a deep contact that shows the rhythm, a scalp that does not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

import numpy as np

from limen.chain.exposure import occupancy_answer
from limen.chain.simulated_patient import CHANNELS, KINDS, SAMPLE_RATE_HZ, Plan, SimulatedPatient
from limen.quantities import Packet
from limen.recording import Described, send_as_stream

#: Seconds of one packet (ours: amplifiers send pieces of this order).
PACKET_S: Final = 0.04
EVERY_MIN: Final = 5
LAST_MIN: Final = 600
#: The rival assay of joint J2. Under the in-vivo one this dose holds about a fifth of the receptors, and the circuit of
#: this package shows no rhythm there; the demo is of a person who has one.
ASSAY: Final = "ebert"
MINUTE_S: Final = 60.0


def packets(dose: str, weight_kg: float, since_start_min: float) -> Iterator[Packet]:
    """Yield packets of a person who got a dose so many minutes ago, without end.

    Parameters
    ----------
    dose : str
        Such as ``0.5 mg/kg over 40 min``.
    weight_kg : float
        Of the person.
    since_start_min : float
        Minutes from the start of the dose to the first sample.
    """
    minutes = list(range(0, LAST_MIN + 1, EVERY_MIN))
    found = occupancy_answer(dose, weight_kg=weight_kg, at_min=[float(one) for one in minutes[1:]], assay=ASSAY)
    share = [0.0, *found["occupancy"]["typical"]]

    def block_at(seconds: float) -> float:
        return float(np.interp(since_start_min + seconds / MINUTE_S, minutes, share))

    yield from SimulatedPatient(Plan(block_at)).packets(PACKET_S)


def main(words: list[str]) -> None:
    """Send until ended: stream, dose, weight in kg, minutes since the start."""
    name, dose, weight_kg, since_min = words
    described = Described(CHANNELS, KINDS, float(SAMPLE_RATE_HZ))
    send_as_stream(packets(dose, float(weight_kg), float(since_min)), described, name)


if __name__ == "__main__":
    main(sys.argv[1:])
