"""Work beside the networks: they leave part of a processor idle between their passes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from studio.media.handover import Handover, Stopped
from studio.types.frames import FrameBatch

#: Pictures that may wait.
_ROOM_BYTES = 32 << 20


class Lane:
    """Takes pictures in a thread of its own, in order, while it is entered.

    Leaving it waits for the last picture. What ``take`` raises is raised by the next
    :meth:`put`, or on leaving.

    Args:
        take: given every batch.
        name: of the thread.
    """

    def __init__(self, take: Callable[[FrameBatch], None], name: str) -> None:
        self._take = take
        self._waiting = Handover[FrameBatch](_ROOM_BYTES)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def _work(self) -> None:
        try:
            for batch in self._waiting:
                self._take(batch)
        except BaseException as exc:  # raised again on the giver's thread
            self._failure = exc
            self._waiting.stop()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def put(self, batch: FrameBatch) -> None:
        """Give the next pictures; waits while too many wait."""
        try:
            self._waiting.put(batch, batch.pixels.nbytes)
        except Stopped:
            self._end()

    def _end(self) -> None:
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._waiting.stop()
        self._waiting.finish()
        if error is not None:
            self._thread.join()
        else:
            self._end()
