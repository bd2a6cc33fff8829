"""Templates: escaped always, no inline style, no inline script."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from limen.centre.accounts.roles import GRANTS
from limen.centre.amounts import shown
from limen.centre.web import figures
from limen.centre.web.article_figures import article_figures
from limen.evidence import DISCLAIMER

#: Ours: where a site has not said its zone.
ZONE: Final = "UTC"


@cache
def environment() -> Environment:
    """Give the environment of all templates."""
    made = Environment(
        loader=PackageLoader("limen.centre.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        {
            "amount": amount,
            "clock": clock_text,
            "day": day_text,
            "when": when_text,
            "groupby_day": by_day,
            "contact_lines": contact_lines,
        }
    )
    made.globals.update(
        {
            "article_figures": article_figures,
            "disclaimer": DISCLAIMER,
            "figures": figures,
            "fresh_key": lambda: str(uuid.uuid4()),
            "grants": GRANTS,
        }
    )
    return made


def render(template: str, call: Any, data: Mapping[str, Any]) -> str:
    """Give a page."""
    return environment().get_template(template).render(call=call, **data)


def amount(value: Any) -> str:
    """Write an amount as the whole product does; nothing where it is not known."""
    return "not known" if value in (None, "") else shown(value)


def local(words: str, zone: str = ZONE) -> datetime:
    """Give a recorded time in the site's zone; a day without a time is that day there."""
    read, there = datetime.fromisoformat(words), ZoneInfo(zone)
    return read.replace(tzinfo=there) if read.tzinfo is None else read.astimezone(there)


def clock_text(words: str, zone: str = ZONE) -> str:
    """Say the time of day."""
    return f"{local(words, zone):%H:%M}"


def day_text(words: str, zone: str = ZONE) -> str:
    """Say the day."""
    return f"{local(words, zone):%a %-d %b %Y}"


def when_text(words: str, zone: str = ZONE) -> str:
    """Say the day and the time with its zone."""
    return f"{local(words, zone):%a %-d %b %Y, %H:%M %Z}"


def by_day(times: list[dict[str, Any]], zone: str = ZONE) -> list[dict[str, Any]]:
    """Give times in groups, one for each day."""
    days: dict[str, list[dict[str, Any]]] = {}
    for one in times:
        days.setdefault(day_text(one["start"], zone), []).append(one)
    return [{"day": day, "times": those} for day, those in days.items()]


def contact_lines(contacts: list[dict[str, str]]) -> str:
    """Write contacts as they are entered, one on each line."""
    return "\n".join(" | ".join(part for part in (one["name"], one["phone"], one["words"]) if part) for one in contacts)
