"""What every consumer of the one decode pass looks like."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from studio.types.frames import FrameBatch, FrameRequest

Value_co = TypeVar("Value_co", covariant=True)


class PictureAnalyser(Protocol[Value_co]):
    """Takes pictures as they are decoded and makes one part of the analysis.

    Models are leased when it is entered and let go when it is left. Memory may not grow with
    the length of the footage beyond a few numbers a frame.

    Attributes:
        part: its name in :data:`pipelines.analysis.options.PARTS`.
        request: the pictures it wants.
        made_by: model keys, precision and options: what a stored result depends on. Known
            before it is entered.
        notes: what a user should know; filled while it works.
    """

    part: str
    request: FrameRequest
    made_by: dict[str, Any]
    notes: list[str]

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def take(self, batch: FrameBatch) -> None:
        """The next pictures, in order."""

    def finish(self) -> Value_co:
        """The part, once all pictures were taken."""
