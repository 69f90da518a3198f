"""A queue between two threads, bounded in bytes, that never leaves either side waiting."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The taking side has ended; the giving side should too."""


class Handover(Generic[T]):
    """Things that one thread gives and another takes, in order.

    Args:
        limit_bytes: what may wait; a single thing may wait whatever its size.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._waiting: deque[tuple[T, int]] = deque()
        self._held_bytes = 0
        self._finished = False
        self._stopped = False
        self._changed = threading.Condition()

    def put(self, thing: T, size_bytes: int) -> None:
        """Give; waits while there is no room.

        Raises:
            Stopped: nobody takes any more.
        """
        with self._changed:
            while (
                self._waiting
                and self._held_bytes + size_bytes > self._limit_bytes
                and not self._stopped
            ):
                self._changed.wait()
            if self._stopped:
                raise Stopped
            self._waiting.append((thing, size_bytes))
            self._held_bytes += size_bytes
            self._changed.notify_all()

    def finish(self) -> None:
        """Nothing more will be given."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Nothing more will be taken."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        """What was given, until the giver has finished."""
        while True:
            with self._changed:
                while not self._waiting and not self._finished:
                    self._changed.wait()
                if not self._waiting:
                    return
                thing, size_bytes = self._waiting.popleft()
                self._held_bytes -= size_bytes
                self._changed.notify_all()
            yield thing
