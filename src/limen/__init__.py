"""Limen: the ketamine story as a chain of joints that you can run, cut and test.

For research and education. Not a medical device.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from limen.chain.evaluation import evaluation_answer as evaluate
    from limen.chain.exposure import concentration_answer as concentration
    from limen.chain.exposure import occupancy_answer as occupancy
    from limen.chain.inverse_answer import dose_answer as dose_for
    from limen.chain.inverse_answer import infusion_answer as infusion_for
    from limen.evidence import cite_answer as cite
    from limen.inference.mediation import mediation_answer as mediation
    from limen.inference.prediction import predict
    from limen.options import options_answer as options
    from limen.regimen import Patient, Regimen, read_case
    from limen.rhythm import find_rhythm
    from limen.trials import run_trial

__version__: Final = "0.1.0"

__all__ = [
    "Patient",
    "Regimen",
    "__version__",
    "cite",
    "concentration",
    "dose_for",
    "evaluate",
    "find_rhythm",
    "infusion_for",
    "mediation",
    "occupancy",
    "options",
    "predict",
    "read_case",
    "run_trial",
]

#: Where each public name lives; it is loaded when it is first asked for, so that `limen --help` answers at once.
_HOMES: Final = {
    "Patient": ("limen.regimen", "Patient"),
    "Regimen": ("limen.regimen", "Regimen"),
    "evaluate": ("limen.chain.evaluation", "evaluation_answer"),
    "cite": ("limen.evidence", "cite_answer"),
    "dose_for": ("limen.chain.inverse_answer", "dose_answer"),
    "infusion_for": ("limen.chain.inverse_answer", "infusion_answer"),
    "concentration": ("limen.chain.exposure", "concentration_answer"),
    "find_rhythm": ("limen.rhythm", "find_rhythm"),
    "mediation": ("limen.inference.mediation", "mediation_answer"),
    "options": ("limen.options", "options_answer"),
    "occupancy": ("limen.chain.exposure", "occupancy_answer"),
    "predict": ("limen.inference.prediction", "predict"),
    "run_trial": ("limen.trials", "run_trial"),
    "read_case": ("limen.regimen", "read_case"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"limen has no {name!r}: it has {', '.join(sorted(_HOMES))}.")
    home, inside = _HOMES[name]
    return getattr(import_module(home), inside)
