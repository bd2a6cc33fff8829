"""From what we believe of one person to options to review, each with benefit, risk, doubt and reasons."""

from limen.options.answer import options_answer

__all__ = ["options_answer"]
