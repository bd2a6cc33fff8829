"""From what we believe of one person to options to review, each with benefit, risk, doubt and reasons."""

from limen.options.answer import options_answer
from limen.options.policies import Decision, FixedCourse, Give, Policy, ResponseGuided, Review

__all__ = ["Decision", "FixedCourse", "Give", "Policy", "ResponseGuided", "Review", "options_answer"]
