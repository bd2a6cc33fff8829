"""Looking for a stream without holding anything up: found in the background, and found again when it was lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from limen.quantities import Floats, Floats32, InputError
from limen.recording import LiveStream, listen

#: Seconds of one look, and between two (ours).
SEARCH_S: Final = 1.0
BETWEEN_S: Final = 0.2
#: A stream that sends nothing for so long is looked for anew (ours).
SILENT_S: Final = 2.0

Taken = tuple[Floats32, Floats]


class Finder:
    """Keeps one stream by its name.

    Parameters
    ----------
    name : str
        Of the stream.
    now_s : callable
        A clock that never goes back, seconds.
    """

    def __init__(self, name: str, now_s: Callable[[], float]) -> None:
        self.name, self._now_s = name, now_s
        self.stream: LiveStream | None = None
        self.why = ""
        self._found: list[LiveStream] = []
        self._heard_s = 0.0
        self._looking: threading.Thread | None = None
        self._ended = threading.Event()

    def take(self) -> Taken | None:
        """Give what has come; None where there is no stream now."""
        if self.stream is None:
            self._settle()
        if self.stream is None:
            return None
        taken = self.stream.take()
        if taken is not None and len(taken[1]):
            self._heard_s = self._now_s()
        if taken is None or self._now_s() - self._heard_s > SILENT_S:
            self._lose()
        return taken

    def close(self) -> None:
        """Stop looking and listening."""
        self._ended.set()
        if self._looking is not None:
            self._looking.join()
        self._settle_found()
        if self.stream is not None:
            self._lose()

    def _settle_found(self) -> None:
        if self._found:
            self.stream, self._found = self._found[0], []
            self._heard_s, self.why = self._now_s(), ""

    def _settle(self) -> None:
        self._settle_found()
        if self.stream is None and (self._looking is None or not self._looking.is_alive()):
            self._looking = threading.Thread(target=self._look, daemon=True)
            self._looking.start()

    def _look(self) -> None:
        while not self._ended.is_set():
            try:
                self._found = [listen(self.name, search_s=SEARCH_S)]
            except InputError as error:
                self.why = str(error)
                self._ended.wait(BETWEEN_S)
            else:
                return

    def _lose(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None
