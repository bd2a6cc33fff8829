"""The one clock of the centre: wall time beside a boot clock that goes on while the computer sleeps."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

BOOT_ID_FILE: Final = Path("/proc/sys/kernel/random/boot_id")
#: Seconds by which wall and boot clock may drift apart before it is called a jump (centre.md section 5).
JUMP_S: Final = Decimal(1)


@dataclass(frozen=True)
class Moment:
    """When something was written: UTC wall time, seconds of the boot clock as decimal text, and which boot."""

    wall_utc: str
    mono_s: str
    boot_id: str

    @property
    def wall(self) -> datetime:
        """The wall time."""
        return datetime.fromisoformat(self.wall_utc)


@runtime_checkable
class Clock(Protocol):
    """Whatever tells the time; it is handed in."""

    def now(self) -> Moment:
        """Give the present moment."""
        ...


class SystemClock:
    """The machine's clocks; the boot clock is ``CLOCK_BOOTTIME`` where there is one."""

    def __init__(self) -> None:
        self._boot_clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        self._boot_id = BOOT_ID_FILE.read_text().strip() if BOOT_ID_FILE.exists() else "unknown"

    def now(self) -> Moment:
        """Give the present moment."""
        mono = Decimal(time.clock_gettime_ns(self._boot_clock)) / 1_000_000_000
        return Moment(utc_text(datetime.now(UTC)), f"{mono:.3f}", self._boot_id)


class SetClock:
    """A clock that stands until it is moved: for the demo's past, and for tests."""

    def __init__(self, wall: datetime, *, boot_id: str = "set", mono_s: Decimal = Decimal(0)) -> None:
        self.wall, self.boot_id, self.mono_s = wall, boot_id, mono_s

    def now(self) -> Moment:
        """Give the moment it stands at."""
        return Moment(utc_text(self.wall), f"{self.mono_s:.3f}", self.boot_id)

    def go(self, *, seconds: float) -> None:
        """Let time pass on both clocks."""
        self.wall += timedelta(seconds=seconds)
        self.mono_s += Decimal(str(seconds))

    def jump_wall(self, *, seconds: float) -> None:
        """Move the wall clock alone, as somebody who sets it does."""
        self.wall += timedelta(seconds=seconds)


def utc_text(wall: datetime) -> str:
    """Write a time as UTC text to the millisecond, such as ``2026-11-28T10:00:00.000+00:00``."""
    return wall.astimezone(UTC).isoformat(timespec="milliseconds")


def seconds_between(first: Moment, last: Moment) -> Decimal:
    """Give the seconds that passed, by the boot clock within one boot and by wall time across boots."""
    if first.boot_id == last.boot_id:
        return Decimal(last.mono_s) - Decimal(first.mono_s)
    passed = last.wall - first.wall
    return Decimal(passed // timedelta(milliseconds=1)) / 1000


def wall_jump_s(first: Moment, last: Moment) -> Decimal:
    """Give by how many seconds the wall clock moved against the boot clock; 0 across boots, where nobody knows."""
    if first.boot_id != last.boot_id:
        return Decimal(0)
    wall = Decimal((last.wall - first.wall) // timedelta(milliseconds=1)) / 1000
    return wall - seconds_between(first, last)
