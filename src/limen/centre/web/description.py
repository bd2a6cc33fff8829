"""The description of the interface. FastAPI writes it, and is loaded when somebody asks: it is a quarter of a start."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from limen.centre.web.doors import Door

TITLE: Final = "Limen centre"


def described(doors: Sequence[Door]) -> dict[str, Any]:
    """Give the OpenAPI description of some routes."""
    app = import_module("fastapi").FastAPI(title=TITLE)
    for door in doors:
        app.add_api_route(
            door.path,
            answered_elsewhere,
            methods=[door.method],
            name=f"{door.method} {door.path}",
            openapi_extra=door.described(),
            response_model=None,
        )
    return dict(app.openapi())


async def answered_elsewhere() -> None:
    """Stand for what answers a route, which the description does not need."""
