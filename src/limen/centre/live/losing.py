"""When a signal that was there does not come: said at two seconds, more loudly at five, and again when it is back."""

from __future__ import annotations

from typing import Any, Final

#: Seconds without a sample, and the priority of SIGNAL LOST from then on (centre.md section 11.5).
LOST_S: Final = ((2.0, "low"), (5.0, "medium"))


class Silence:
    """Follows whether samples come; what it says is kept in the log and in the record of the session."""

    def __init__(self) -> None:
        self._newest: tuple[float, float] | None = None
        self._said = 0

    def came(self, now_s: float, wall_s: float) -> dict[str, Any] | None:
        """Tell that samples came.

        Parameters
        ----------
        now_s : float
            Now, on a clock that never goes back, seconds.
        wall_s : float
            Wall time of the newest sample, Unix seconds.

        Returns
        -------
        dict or None
            What is to be said: that a signal which was lost is back.
        """
        before, said = self._newest, self._said
        self._newest, self._said = (now_s, wall_s), 0
        if before is None or not said:
            return None
        return {"what": "back", "since_s": round(before[1], 3), "seconds": round(now_s - before[0], 3)}

    def look(self, now_s: float) -> dict[str, Any] | None:
        """Give what is to be said of a signal that has not come for too long; each priority is said once."""
        if self._newest is None or self._said == len(LOST_S):
            return None
        late_s, priority = LOST_S[self._said]
        if now_s - self._newest[0] < late_s:
            return None
        self._said += 1
        return {"what": "lost", "since_s": round(self._newest[1], 3), "priority": priority, "seconds": late_s}
