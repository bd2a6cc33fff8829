"""A plain process with the server loaded, which makes copies of itself that serve: a start in a tenth of the work.

Run as ``python -m centre.nursery``; each line on standard input is ``folder port url``, and its number is printed.
"""

import os
import signal
import sys
from pathlib import Path

from limen.centre.serving import serve


def copy(folder: str, port: str, url: str) -> int:
    """Make one copy that serves a folder; gives its number."""
    number = os.fork()
    if number == 0:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(Path(folder), host="127.0.0.1", port=int(port), url=url or None, tell=str)
        finally:
            os._exit(0)
    return number


def say(words: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> None:
    # Whoever is killed is buried at once, so that its number vanishes.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    say("ready")
    for line in sys.stdin:
        say(str(copy(*line.rstrip("\n").split("\t"))))


if __name__ == "__main__":
    main()
