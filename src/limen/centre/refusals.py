"""What the centre refuses, and how: each refusal knows its HTTP status and says the way out."""

from __future__ import annotations

from typing import Any

from limen.quantities import InputError


class Refused(InputError):  # noqa: N818 - it refuses; nothing went wrong
    """A command that cannot be taken: its sentence, the field it is about, and the limit that was passed."""

    status = 422

    def __init__(self, sentence: str, *, field: str = "", limit: str = "") -> None:
        super().__init__(sentence)
        self.field, self.limit = field, limit

    def answer(self) -> dict[str, Any]:
        """Give the refusal as JSON."""
        return {"error": str(self), "field": self.field or None, "limit": self.limit or None}


class Conflict(Refused):
    """Two commands that cannot both hold: the same key with other words, or a newer dose on screen elsewhere."""

    status = 409


class NotFound(Refused):
    """Something that is not there."""

    status = 404


class Denied(Refused):
    """Something that this person may not do."""

    status = 403


class TooMany(Refused):
    """Too many attempts: wait."""

    status = 429


class NoRoom(Refused):
    """The disk is full: nothing was kept."""

    status = 507
