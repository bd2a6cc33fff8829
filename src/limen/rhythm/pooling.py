"""Contacts that share a rhythm."""

from __future__ import annotations

from typing import Any


def pooled_answer(found: Any) -> dict[str, Any]:
    """Give the pooled part of an answer."""
    return {"channels": [], "episodes": []}
