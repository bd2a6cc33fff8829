"""Staffed hours: when somebody reads what was sent, and what an hour of work is from now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from limen.centre.clock import utc_text

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOOK_AHEAD_DAYS: Final = 14  # ours: a centre that is shut for longer says so itself
#: Ours: minutes within which somebody acts on a positive suicide item, until a site signs its own.
ACT_MIN: Final = 60
#: Ours: hours of work within which somebody is called back.
CALL_BACK_H: Final = 8


def opening(clinic: Mapping[str, Any], day: datetime) -> tuple[datetime, datetime] | None:
    """Give when a clinic is staffed on one day; None where it is not."""
    hours = clinic.get("hours", {}).get(DAYS[day.weekday()])
    if not hours:
        return None
    begins, ends = (datetime.combine(day.date(), time.fromisoformat(words), day.tzinfo) for words in hours)
    return begins, ends


def local(clinic: Mapping[str, Any], now: datetime) -> datetime:
    """Give a time in the clinic's zone."""
    return now.astimezone(ZoneInfo(clinic.get("zone", "UTC")))


def is_staffed(clinic: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether the clinic is staffed now."""
    here = local(clinic, now)
    found = opening(clinic, here)
    return found is not None and found[0] <= here < found[1]


def next_staffed(clinic: Mapping[str, Any], now: datetime) -> datetime:
    """Give the first staffed time from now on; now itself where no hours are set."""
    here = local(clinic, now)
    for ahead in range(LOOK_AHEAD_DAYS):
        found = opening(clinic, here + timedelta(days=ahead))
        if found and found[1] > here:
            return max(found[0], here)
    return here


def due_in_hours(clinic: Mapping[str, Any], now: datetime, minutes: int) -> str:
    """Give when something is due that takes so many staffed minutes."""
    left, at = timedelta(minutes=minutes), now
    for _ in range(LOOK_AHEAD_DAYS):
        begins = next_staffed(clinic, at)
        found = opening(clinic, begins)
        if found is None or begins + left <= found[1]:
            return utc_text(begins + left)
        left, at = left - (found[1] - begins), found[1]
    return utc_text(at + left)


def in_words(clinic: Mapping[str, Any]) -> str:
    """Say the staffed hours, such as ``mon to fri 09:00-17:00``."""
    hours = clinic.get("hours", {})
    runs: list[tuple[str, str, str]] = []
    for day in DAYS:
        said = "-".join(hours[day]) if hours.get(day) else ""
        if runs and runs[-1][2] == said:
            runs[-1] = (runs[-1][0], day, said)
        else:
            runs.append((day, day, said))
    days = [(first if first == last else f"{first} to {last}", said) for first, last, said in runs if said]
    return ", ".join(f"{name} {said}" for name, said in days) or "no staffed hours are set"
