"""The way to the recorder's socket from outside of it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from limen.centre.live.telling import address_of


def connect(folder: Path) -> socket.socket:
    """Give a socket that is connected to the recorder of a folder; raises OSError where there is none."""
    address, held = address_of(folder)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        door.connect(address)
    except OSError:
        door.close()
        raise
    finally:
        os.close(held)
    return door
