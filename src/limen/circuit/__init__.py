"""The posteromedial circuit and its rhythm: two rival mechanisms and their stimulation; a hypothesis."""

from limen.circuit.answer import Sweep, circuit_answer, read_blocks
from limen.circuit.conditions import Condition, Pulses, read_pulses
from limen.circuit.mechanisms import MECHANISMS, mechanism
from limen.circuit.running import Activity, Run, simulate, simulate_all, windows
from limen.circuit.stimulation import TARGETS, stimulate_answer, target_named
from limen.circuit.surface import Cortex, cortex_of, surface, typical_cortex

__all__ = [
    "MECHANISMS",
    "TARGETS",
    "Activity",
    "Condition",
    "Cortex",
    "Pulses",
    "Run",
    "Sweep",
    "circuit_answer",
    "cortex_of",
    "mechanism",
    "read_blocks",
    "read_pulses",
    "simulate",
    "simulate_all",
    "stimulate_answer",
    "surface",
    "target_named",
    "typical_cortex",
    "windows",
]
