"""The posteromedial circuit and its rhythm: two rival mechanisms, their stimulation, their field; a hypothesis of ours."""

from limen.circuit.answer import Sweep, circuit_answer, read_blocks
from limen.circuit.conditions import Condition, Pulses, read_pulses
from limen.circuit.mechanisms import MECHANISMS, mechanism
from limen.circuit.running import Activity, Run, simulate, simulate_all, windows

__all__ = [
    "MECHANISMS",
    "Activity",
    "Condition",
    "Pulses",
    "Run",
    "Sweep",
    "circuit_answer",
    "mechanism",
    "read_blocks",
    "read_pulses",
    "simulate",
    "simulate_all",
    "windows",
]
