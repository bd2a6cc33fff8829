"""From the recorder to the screens: one reader of its socket, and a short queue for each viewer; the newest wins."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from limen.centre.live.telling import SIGNAL, cut
from limen.centre.live.wire import connect

#: Frames that may wait for one viewer (centre.md section 2.3).
MOST_FRAMES: Final = 8
AGAIN_S: Final = 0.25
READ_BYTES: Final = 1 << 18

#: What makes a note of the recorder another one, and how many are remembered (ours).
TELLS_APART: Final = ("what", "since_s", "begin_s", "priority")
MOST_TOLD: Final = 200

log: Final = logging.getLogger("limen.centre")
Heard = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(eq=False)
class Viewer:
    """One screen: what waits for it, and how many frames it missed because it was slow."""

    waiting: deque[bytes | str] = field(default_factory=deque)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    dropped: int = 0

    def put(self, data: bytes | str) -> None:
        """Let something wait; of too many signals the oldest goes."""
        if isinstance(data, bytes) and sum(isinstance(one, bytes) for one in self.waiting) >= MOST_FRAMES:
            oldest = next(place for place, one in enumerate(self.waiting) if isinstance(one, bytes))
            del self.waiting[oldest]
            self.dropped += 1
        self.waiting.append(data)
        self.ready.set()

    async def next(self) -> bytes | str:
        """Wait for the next thing."""
        while not self.waiting:
            self.ready.clear()
            await self.ready.wait()
        return self.waiting.popleft()


class Hub:
    """Hands on what the recorder of a folder tells.

    Parameters
    ----------
    folder : Path
        Of the recorder.
    heard : callable
        Told of every gap and loss, to be recorded.
    """

    def __init__(self, folder: Path, heard: Heard) -> None:
        self.folder, self._heard = folder, heard
        self.viewers: set[Viewer] = set()
        self.hello: dict[str, Any] = {}
        self.signal: dict[str, Any] = {}
        self.connected = False
        self._task: asyncio.Task[None] | None = None
        self._told: deque[tuple[Any, ...]] = deque(maxlen=MOST_TOLD)
        #: Notes that could not be kept when they came: said once in the log of the server.
        self._unkept: deque[tuple[Any, ...]] = deque(maxlen=MOST_TOLD)

    def begin(self) -> None:
        """Read what the recorder tells, whether or not somebody looks."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def join(self) -> Viewer:
        """Give a new viewer."""
        self.begin()
        found = Viewer()
        self.viewers.add(found)
        if self.hello:
            found.put(json.dumps(self.hello))
        return found

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        self.viewers.discard(viewer)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                door = connect(self.folder)
                door.setblocking(False)  # noqa: FBT003 - the name of the method says it
                await self._read(door)
            self.connected = False
            await asyncio.sleep(AGAIN_S)

    async def _read(self, door: Any) -> None:
        buffer, loop = bytearray(), asyncio.get_running_loop()
        self.connected = True
        with contextlib.closing(door):
            while data := await loop.sock_recv(door, READ_BYTES):
                buffer += data
                for letter, body in cut(buffer):
                    await self._hand_on(letter, body)

    async def _hand_on(self, letter: bytes, body: bytes) -> None:
        if letter == SIGNAL:
            self._put(body)
            return
        words = json.loads(body)
        if words.get("type") == "hello":
            self.hello = words
        elif words.get("type") == "signal":
            self.signal = words
            for note in words.get("notes", []):
                await self._hear(note)
        elif words.get("type") == "note":
            await self._hear(words)
        self._put(body.decode())

    async def _hear(self, note: Mapping[str, Any]) -> None:
        """Hand a note on once; one that came while nobody listened, or that was not kept, stands in the next states."""
        told = tuple(note.get(name) for name in TELLS_APART)
        if told in self._told:
            return
        try:
            await self._heard(dict(note))
        except Exception as error:  # whatever it is, the screens go on, and the note is tried again
            if told not in self._unkept:
                self._unkept.append(told)
                log.error("%s while keeping the note %s of the recorder", type(error).__name__, note.get("what"))  # noqa: TRY400 - its words stand in the note
            return
        self._told.append(told)

    def _put(self, data: bytes | str) -> None:
        for viewer in self.viewers:
            viewer.put(data)
