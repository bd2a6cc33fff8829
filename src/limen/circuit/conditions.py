"""What is done to the circuit: blocked receptors, HCN1 that is left, an anaesthetic, pulses of current."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from limen.quantities import InputError
from limen.regimen.doses import MOST_HZ

#: Amplitude of a pulse where none is stated, uA/cm2 (ours: one that H cells follow; nobody knows the current that a
#: clinical electrode's milliamperes put through a membrane).
PULSE_UA_CM2: Final = 5.0
PULSES: Final = re.compile(r"^\s*([\d.]+)\s*Hz\s+([\d.]+)\s*ms\s*$", re.IGNORECASE)
MOST_UA_CM2: Final = 50.0  # ours: ten times what makes H cells fire; the equations say nothing there


@dataclass(frozen=True)
class Pulses:
    """Square pulses of current into the deep cells; the other pyramidal cells get their `stimulated` share of it.

    Parameters
    ----------
    frequency_hz : float
        Pulses a second.
    width_ms : float
        Length of each.
    amplitude_ua_cm2 : float
        Height of each.
    from_ms : float
        When the first may start.

    Raises
    ------
    InputError
        If they cannot be: not above 0, or longer than the time from one to the next.
    """

    frequency_hz: float
    width_ms: float
    amplitude_ua_cm2: float = PULSE_UA_CM2
    from_ms: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.frequency_hz) and 0.0 < self.frequency_hz <= MOST_HZ):
            raise InputError(
                f"Pulses need a frequency above 0 and up to {MOST_HZ:g} Hz, got {self.frequency_hz:g}: 2 Hz is one."
            )
        if not 0.0 < self.width_ms < 1000.0 / self.frequency_hz:
            raise InputError(
                f"A pulse of {self.width_ms:g} ms does not fit {self.frequency_hz:g} Hz: make it longer than 0 and"
                f" shorter than {1000.0 / self.frequency_hz:g} ms."
            )
        if not 0.0 < self.amplitude_ua_cm2 <= MOST_UA_CM2:
            raise InputError(
                f"A pulse needs an amplitude above 0 and up to {MOST_UA_CM2:g} uA/cm2, got {self.amplitude_ua_cm2:g}:"
                f" the usual one is {PULSE_UA_CM2:g}."
            )


def read_pulses(text: str) -> Pulses:
    """Read ``"2 Hz 10 ms"``; raises InputError where it says something else."""
    found = PULSES.match(text)
    try:
        frequency_hz, width_ms = (float(part) for part in found.groups()) if found else (math.nan, math.nan)
    except ValueError:
        frequency_hz = math.nan
    if not math.isfinite(frequency_hz):
        raise InputError(f"Pulses are written as a rate and a width, got {text!r}: for example --pulses '2 Hz 10 ms'.")
    return Pulses(frequency_hz, width_ms)


@dataclass(frozen=True)
class Condition:
    """One state of the circuit.

    Parameters
    ----------
    block : float
        Share of NMDA receptors that hold drug, 0 to 1.
    hcn1 : float
        Share of HCN1 conductance that is left: 1 wild type, 0 knock-out.
    gaba_a : float
        GABA-A charge beside the usual, above 0; an anaesthetic such as propofol makes the currents last longer.
    gabab : float
        Share of GABA-B conductance that is left; 0 with an antagonist.
    relay : float
        Share of the relay's return that is left; 0 where it is silenced.
    rest_mv : float
        Shift of the leak reversal of H.
    drive_ua_cm2 : float
        Constant current into H, to hold its rate.
    pulses : Pulses, optional
        Stimulation.

    Raises
    ------
    InputError
        If a share lies outside 0 to 1.
    """

    block: float = 0.0
    hcn1: float = 1.0
    gaba_a: float = 1.0
    gabab: float = 1.0
    relay: float = 1.0
    rest_mv: float = 0.0
    drive_ua_cm2: float = 0.0
    pulses: Pulses | None = None

    def __post_init__(self) -> None:
        for name, value, way in (
            ("block", self.block, "0.35 is a middle one"),
            ("hcn1", self.hcn1, "1 is the wild type, 0 the knock-out"),
            ("gabab", self.gabab, "1 is untouched, 0 an antagonist"),
            ("relay", self.relay, "1 is untouched, 0 silenced"),
        ):
            if not 0.0 <= value <= 1.0:
                raise InputError(f"The share {name} of the circuit lies from 0 to 1, got {value:g}: {way}.")
        if not (math.isfinite(self.gaba_a) and self.gaba_a > 0.0):
            raise InputError(f"The GABA-A charge must be above 0, got {self.gaba_a:g}: 1 is untouched.")
