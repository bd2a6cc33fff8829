"""The drug library: every version of every regimen, and the form that signs a new one."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from limen.centre.accounts.roles import SITE
from limen.centre.care import library
from limen.centre.care import site as settings
from limen.centre.web.call import Call
from limen.centre.web.doors import Doors
from limen.centre.web.pages_site import identifier

doors: Final = Doors()
WORDS: Final = ("name", "drug", *library.NUMBERS, "effective_from", "reason")


@doors.get("/site/library", may=SITE)
def show(call: Call) -> Response:
    """Show the library."""
    now = library.in_force(call.site, call.today)
    rows = [
        {**one, "mark": mark_of(one, now.get(name))}
        for name, versions in sorted(call.site.get("regimens", {}).items())
        for one in reversed(versions)
    ]
    return call.page(
        "library.html.j2",
        rows=rows,
        drugs=library.DRUGS,
        highest=str(library.highest_rate()),
        today=call.today,
    )


def mark_of(one: dict[str, Any], now: dict[str, Any] | None) -> str:
    """Say whether a version is in force, is to come, or was replaced."""
    if now is not None and one["version"] == now["version"]:
        return "in force"
    later = now is None or (one["effective_from"], one["version"]) > (now["effective_from"], now["version"])
    return "to come" if later else "replaced"


@doors.post("/site/library", may=SITE, fields=("id", *WORDS, "presets", "idem_key"))
def sign(call: Call) -> Response:
    """Sign a version; a session that runs keeps the one that it began with."""
    body = {"id": identifier(call), **{name: call.text(name) for name in WORDS}}
    call.record(settings.SITE_RECORD, "regimen", body | {"presets": library.read_presets(call.text("presets"))})
    return call.go("/site/library")
