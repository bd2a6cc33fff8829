"""The web process as the supervisor starts it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from limen.centre.live.supervising import end_with_parent
from limen.centre.serving import serve


def main(words: list[str]) -> None:
    """Serve as the words, in JSON, say."""
    asked = json.loads(words[0])
    end_with_parent(os.getppid())
    serve(
        Path(asked["data"]),
        host=asked["host"],
        port=asked["port"],
        url=asked["url"],
        demo=asked["demo"],
        certificate=path(asked["certificate"]),
        key=path(asked["key"]),
        insecure=asked["insecure"],
        names=tuple(asked["names"]),
    )


def path(words: str | None) -> Path | None:
    """Give a path where there is one."""
    return Path(words) if words else None


if __name__ == "__main__":
    main(sys.argv[1:])
