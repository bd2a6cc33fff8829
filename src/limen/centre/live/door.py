"""The live socket: from the server to the screen only; who may read the chart may look, and is asked again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import time
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.websockets import WebSocket, WebSocketDisconnect

from limen.centre.accounts.roles import CHART
from limen.centre.care.sitting import SYSTEM
from limen.centre.centre import Centre
from limen.centre.live.hub import Hub, Viewer
from limen.centre.live.numbers import sheet
from limen.centre.live.place import attached, folder_of, is_research
from limen.centre.records.store import Command
from limen.centre.refusals import Conflict, Denied, Refused
from limen.centre.web.app import SignIn, admit, identify
from limen.centre.web.call import Call
from limen.centre.web.doors import Door
from limen.centre.web.pages_live import screen
from limen.centre.web.session_parts import session_of

PATH: Final = re.compile(r"/sessions/([\w-]{1,80})/live")
SOCKET: Final = Door("GET", "/sessions/{id}/live", CHART, screen)
#: Seconds between two states, and between two looks at whether somebody may still look (centre.md section 7: 30 s).
STATE_S: Final = 0.5
AGAIN_S: Final = 10.0
REFUSED: Final = 4403
#: What the recorder notes, the kind of event that it becomes, and the words of it, the first of which tells it apart.
NOTES: Final = {
    "gap": ("gap", ("begin_s", "end_s", "seconds", "begin_sample", "end_sample")),
    "lost": ("signal_lost", ("since_s", "seconds", "priority")),
    "back": ("signal_back", ("since_s", "seconds")),
}
RUNNING: Final = ("checked", "running", "paused", "stopped")
log: Final = logging.getLogger("limen.centre")


class LiveDoor:
    """Answers the live socket of every session.

    Parameters
    ----------
    centre : Centre
        Whose sessions.
    demo : bool
        As the pages.
    """

    def __init__(self, centre: Centre, *, demo: bool = False) -> None:
        self.centre, self.demo = centre, demo
        self.hub = Hub(folder_of(centre), self._heard)
        self._states: dict[str, tuple[float, str]] = {}

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Answer one connection."""
        socket = WebSocket(scope, receive, send)
        found = PATH.fullmatch(scope["path"])
        call = self._call(scope, found.group(1)) if found else None
        if call is None or not await run_in_threadpool(self._may, call):
            await socket.close(REFUSED)
            return
        await socket.accept()
        viewer = self.hub.join()
        try:
            await self._serve(socket, call, viewer)
        finally:
            self.hub.leave(viewer)

    def _call(self, scope: MutableMapping[str, Any], number: str) -> Call:
        plain = {**scope, "type": "http", "method": "GET", "path_params": {"id": number}}
        return Call(self.centre, Request(plain), demo=self.demo)

    def _may(self, call: Call) -> bool:
        try:
            identify(call, seen=False)
            admit(SOCKET, call)
            _, state = session_of(call)
        except (SignIn, Refused, Denied):
            return False
        return is_research(self.centre.site()) and attached(state)

    async def _serve(self, socket: WebSocket, call: Call, viewer: Viewer) -> None:
        record = f"session/{call.path['id']}"
        await socket.send_text(await self._state(record))
        tasks = {
            asyncio.create_task(self._pump(socket, viewer)),
            asyncio.create_task(self._tick(viewer, record)),
            asyncio.create_task(self._ask_again(call)),
            asyncio.create_task(self._until_gone(socket)),
        }
        done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for task in done:
            if not task.cancelled():
                task.exception()
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(REFUSED)

    async def _pump(self, socket: WebSocket, viewer: Viewer) -> None:
        while True:
            one = await viewer.next()
            if isinstance(one, bytes):
                await socket.send_bytes(one)
            else:
                await socket.send_text(one)

    async def _tick(self, viewer: Viewer, record: str) -> None:
        while True:
            await asyncio.sleep(STATE_S)
            viewer.put(await self._state(record))

    async def _state(self, record: str) -> str:
        """Give the state of a session, read no more often than twice in `STATE_S` however many look."""
        at_s, words = self._states.get(record, (0.0, ""))
        if time.monotonic() - at_s < STATE_S / 2:
            return words
        found = json.dumps(await run_in_threadpool(sheet, self.centre, record))
        self._states = {record: (time.monotonic(), found)}
        return found

    async def _ask_again(self, call: Call) -> None:
        while True:
            await asyncio.sleep(AGAIN_S)
            fresh = Call(self.centre, call.request, demo=self.demo)
            if not await run_in_threadpool(self._may, fresh):
                return

    async def _until_gone(self, socket: WebSocket) -> None:
        """Wait until the screen goes; what it sends is not read."""
        while (await socket.receive())["type"] != "websocket.disconnect":
            pass

    def begin(self) -> None:
        """Hear the recorder from now on, so that what it says is recorded even while nobody looks."""
        if folder_of(self.centre).is_dir():
            self.hub.begin()

    async def _heard(self, note: dict[str, Any]) -> None:
        await run_in_threadpool(self.record_note, note)

    def record_note(self, note: Mapping[str, Any]) -> None:
        """Keep a gap, a loss of the signal or its return in the record of every session that it belongs to.

        Parameters
        ----------
        note : mapping
            As the recorder tells it; told twice it is kept once.
        """
        kind, names = NOTES.get(str(note.get("what")), ("", ()))
        if not kind:
            return
        body = {name: str(note[name]) for name in names}
        over_s = float(note["end_s"] if kind == "gap" else note["since_s"] + note["seconds"])
        for record, state in self.centre.states("session", statuses=RUNNING):
            if attached(state) and over_s >= datetime.fromisoformat(state["signals"][0]["at"]).timestamp():
                key = f"{record}/{kind}/{note[names[0]]}/{note.get('priority', '')}"
                self._keep(Command(record, kind, body, key, SYSTEM))

    def _keep(self, command: Command) -> None:
        try:
            self.centre.store.record(command)
        except Conflict:  # it stands there in other words already, and trying again would change nothing
            log.error("A note of the recorder (%s) contradicts one of %s", command.kind, command.record)  # noqa: TRY400 - said without its words
