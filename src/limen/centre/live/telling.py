"""What the recorder tells on its socket: messages of a length, a letter and a body; nobody is waited for."""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from limen.quantities import Floats32

LENGTH: Final = struct.Struct("<I")
#: Signal for the screen: number, samples so far, wall time of the newest in Unix seconds, then int16 by channel.
SIGNAL_HEAD: Final = struct.Struct("<IId")
SIGNAL: Final = b"F"
WORDS: Final = b"J"
SOCKET: Final = "recorder.sock"
#: Microvolts of one count on the screen (centre.md section 2.3); the log keeps what came, not this.
COUNT_UV: Final = 0.1
MOST_COUNTS: Final = 32_767
#: Bytes that may wait for one slow listener before messages to it are dropped (ours).
MOST_WAITING: Final = 1_000_000
BACKLOG: Final = 16
WRAP: Final = 2**32


def message(letter: bytes, body: bytes) -> bytes:
    """Give the bytes of a message."""
    return LENGTH.pack(len(body) + 1) + letter + body


def signal_body(seq: int, samples: int, time_s: float, samples_uv: Floats32) -> bytes:
    """Give a stretch of signal as the screen reads it; what is missing is the lowest count."""
    counts = np.clip(np.rint(samples_uv / COUNT_UV), -MOST_COUNTS, MOST_COUNTS)
    whole = np.where(np.isnan(counts), -MOST_COUNTS - 1, counts).astype("<i2")
    return SIGNAL_HEAD.pack(seq % WRAP, samples % WRAP, time_s) + whole.tobytes()


def cut(buffer: bytearray) -> Iterator[tuple[bytes, bytes]]:
    """Take the whole messages off the front of a buffer; gives letter and body of each."""
    while len(buffer) >= LENGTH.size:
        (length,) = LENGTH.unpack_from(buffer)
        if len(buffer) < LENGTH.size + length:
            return
        body = bytes(buffer[LENGTH.size : LENGTH.size + length])
        del buffer[: LENGTH.size + length]
        yield body[:1], body[1:]


def address_of(folder: Path) -> tuple[str, int]:
    """Give a short address of the socket in a folder, and the open folder that it hangs on.

    The address of a Unix socket has at most 107 bytes and a folder may have more.
    """
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    return f"/proc/self/fd/{held}/{SOCKET}", held


@dataclass(eq=False)
class Listener:
    """Somebody who listens, and what waits to be sent to them."""

    door: socket.socket
    waiting: bytearray = field(default_factory=bytearray)
    dropped: int = 0

    def send(self, data: bytes) -> bool:
        """Send what can be sent now; False where they have gone."""
        if len(self.waiting) + len(data) > MOST_WAITING:
            self.dropped += 1
        else:
            self.waiting += data
        try:
            while self.waiting:
                sent = self.door.send(self.waiting)
                del self.waiting[:sent]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True


class Teller:
    """The recorder's side of the socket.

    Parameters
    ----------
    folder : Path
        Where the socket is made; for its owner alone.
    """

    def __init__(self, folder: Path) -> None:
        self._listeners: list[Listener] = []
        (folder / SOCKET).unlink(missing_ok=True)
        address, held = address_of(folder)
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self._door.bind(address)
        finally:
            os.umask(before)
            os.close(held)
        self._door.listen(BACKLOG)
        self._door.settimeout(0)
        self.hello: dict[str, Any] = {}

    def welcome(self) -> None:
        """Let in whoever has come, and tell them what there is."""
        while True:
            try:
                door, _ = self._door.accept()
            except BlockingIOError:
                return
            door.settimeout(0)
            one = Listener(door)
            if one.send(message(WORDS, json.dumps(self.hello).encode())):
                self._listeners.append(one)
            else:
                door.close()

    def tell(self, words: Mapping[str, Any]) -> None:
        """Tell everybody something in words."""
        self.send(message(WORDS, json.dumps(words).encode()))

    def send(self, data: bytes) -> None:
        """Send to everybody; those who have gone are forgotten."""
        staying = [one for one in self._listeners if one.send(data)]
        for gone in set(self._listeners) - set(staying):
            gone.door.close()
        self._listeners = staying

    def close(self) -> None:
        """Stop telling."""
        for one in self._listeners:
            one.door.close()
        self._door.close()
