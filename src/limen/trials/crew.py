"""Worker processes, each with a pipe of its own.

A pool with one queue for all of them stops for good where a worker is killed while it holds the lock of that queue.
Here nothing is shared: a worker that dies closes its own pipe alone, its parts go back, and another takes its place.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Final

#: Workers that may die before the rest is left to the caller (ours: a machine that kills them will go on doing so).
MOST_DEATHS: Final = 12
#: Parts that a worker is given ahead, so that it never waits while a result is written to the disk (ours).
AHEAD: Final = 2


def serve(pipe: Connection, file: Path) -> None:
    """Run parts as they come, until the pipe closes; what was raised goes back like a result."""
    work = pickle.loads(file.read_bytes())  # noqa: S301 - written by the process that started this one
    while True:
        try:
            part = pipe.recv()
        except EOFError:
            return
        try:
            found = work.run(part)
        except Exception as error:
            found = error
        pipe.send(found)


@dataclass
class Hand:
    """One worker.

    Parameters
    ----------
    process : SpawnProcess
        It.
    pipe : Connection
        To it and back.
    given : deque of int
        Numbers of the parts that it was given and has not answered, in order.
    """

    process: SpawnProcess
    pipe: Connection
    given: deque[int] = field(default_factory=deque)

    @classmethod
    def start(cls, file: Path) -> Hand:
        """Start a worker that takes the work from a file."""
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, file), daemon=True)
        process.start()
        theirs.close()
        return cls(process, ours)

    def stop(self) -> None:
        """End it, whatever it does."""
        self.pipe.close()
        self.process.terminate()
        self.process.join()


class Crew:
    """Some workers on the parts of one piece of work.

    Parameters
    ----------
    file : Path
        Holds the work, pickled; it has a method ``run``.
    parts : Mapping
        What is to be run, by number.
    workers : int
        How many at once.
    """

    def __init__(self, file: Path, parts: Mapping[int, Any], workers: int) -> None:
        self.file, self.parts, self.workers = file, dict(parts), workers
        self.left = deque(self.parts)
        self.hands: list[Hand] = []
        self.deaths = 0

    def results(self) -> Iterator[tuple[int, Any]]:
        """Yield each part's number and result as they come; ends early where too many workers die.

        Yields
        ------
        tuple
            Number and result.
        """
        try:
            self._fill()
            while busy := [hand for hand in self.hands if hand.given]:
                for pipe in wait([hand.pipe for hand in busy]):
                    hand = next(one for one in self.hands if one.pipe is pipe)
                    yield from self._heard(hand)
                self._fill()
        finally:
            for hand in self.hands:
                hand.stop()

    def _heard(self, hand: Hand) -> Iterator[tuple[int, Any]]:
        try:
            found = hand.pipe.recv()
        except (EOFError, OSError):
            self._lost(hand)
            return
        if isinstance(found, Exception):
            raise found
        number = hand.given.popleft()
        self._give(hand)
        yield number, found

    def _fill(self) -> None:
        """Start workers until there are enough for what is left, and give each its parts."""
        while self.left and len(self.hands) < self.workers and self.deaths < MOST_DEATHS:
            self.hands.append(Hand.start(self.file))
            self._give(self.hands[-1])

    def _give(self, hand: Hand) -> None:
        try:
            while self.left and len(hand.given) < AHEAD:
                hand.given.append(self.left.popleft())
                hand.pipe.send(self.parts[hand.given[-1]])
        except OSError:
            self._lost(hand)

    def _lost(self, hand: Hand) -> None:
        self.deaths += 1
        self.left.extendleft(reversed(hand.given))
        hand.given.clear()
        self.hands.remove(hand)
        hand.stop()
