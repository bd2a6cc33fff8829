"""From what we believe of one person to options to review, each with benefit, risk, doubt and reasons."""

import sys
from types import ModuleType
from typing import Any

from limen.options.answer import options_answer
from limen.options.policies import Decision, FixedCourse, Give, Policy, ResponseGuided, Review
from limen.regimen import Case

__all__ = ["Decision", "FixedCourse", "Give", "Policy", "ResponseGuided", "Review", "options_answer"]


class _Room(ModuleType):
    """The room itself answers ``limen.options(case)``: importing it puts it where that public function stands."""

    def __call__(self, case: Case) -> dict[str, Any]:
        """Give the options to review of a case, as `options_answer` does."""
        return options_answer(case)


sys.modules[__name__].__class__ = _Room
