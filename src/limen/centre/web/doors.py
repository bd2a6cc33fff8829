"""Routes: each says who may use it; one that does not is never opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import PERMISSIONS
from limen.quantities import InputError

SAFE: Final = ("GET", "HEAD")
PART: Final = re.compile(r"{(\w+)(?::\w+)?}")
#: Largest body of a form, and of an upload, in bytes (ours).
FORM_BYTES: Final = 1_000_000
UPLOAD_BYTES: Final = 20_000_000

Handler = Callable[[Any], Response]
Declare = Callable[[Handler], Handler]


@dataclass(frozen=True)
class Door:
    """One route: method, path, who may use it, what answers, and the fields of its form."""

    method: str
    path: str
    may: str
    handler: Handler
    fields: tuple[str, ...] = ()
    upload: bool = False
    schema: Mapping[str, Any] = field(default_factory=dict)

    @property
    def safe(self) -> bool:
        """Whether it changes nothing."""
        return self.method in SAFE

    @property
    def largest(self) -> int:
        """The largest body that it reads, in bytes."""
        return UPLOAD_BYTES if self.upload else FORM_BYTES

    def described(self) -> dict[str, Any]:
        """Give what the interface description says of it beside method and path."""
        string = {"type": "string"}
        parts = [{"name": name, "in": "path", "required": True, "schema": string} for name in PART.findall(self.path)]
        found: dict[str, Any] = {"parameters": parts} if parts else {}
        if self.fields and self.safe:
            asked = [{"name": name, "in": "query", "required": False, "schema": string} for name in self.fields]
            return {"parameters": [*parts, *asked]}
        if not self.safe:
            words = {name: self.schema.get(name, string) for name in self.fields}
            kind = "application/json" if self.schema else "application/x-www-form-urlencoded"
            found["requestBody"] = {"content": {kind: {"schema": {"type": "object", "properties": words}}}}
        return found


@dataclass
class Doors:
    """The routes of one file of pages."""

    doors: list[Door] = field(default_factory=list)

    def get(self, path: str, *, may: str, fields: tuple[str, ...] = ()) -> Callable[[Handler], Handler]:
        """Declare a page."""
        return self._declare("GET", path, may, fields, upload=False, schema={})

    def post(
        self,
        path: str,
        *,
        may: str,
        fields: tuple[str, ...] = (),
        upload: bool = False,
        schema: Mapping[str, Any] | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declare a form; one with a schema takes JSON from a machine."""
        return self._declare("POST", path, may, fields, upload=upload, schema=schema or {})

    def _declare(
        self, method: str, path: str, may: str, fields: tuple[str, ...], *, upload: bool, schema: Mapping[str, Any]
    ) -> Declare:
        if may not in PERMISSIONS:
            raise InputError(f"{method} {path} asks for {may!r}: it is one of {', '.join(sorted(PERMISSIONS))}.")

        def keep(handler: Handler) -> Handler:
            self.doors.append(Door(method, path, may, handler, fields, upload, schema))
            return handler

        return keep
