"""What every consumer of the one decode pass looks like."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self, TypeVar, cast

from studio.models.pool import ModelPool
from studio.models.spec import AnySpec, Closable, M, ModelSpec
from studio.types.frames import FrameBatch, FrameRequest

Value_co = TypeVar("Value_co", covariant=True)

#: Of the usual pictures or sound at a time, where memory is short: below a quarter the fixed
#: costs of a pass show.
LEAST_UNITS = 0.25


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
        specs: the models it leases.
    """

    specs: ClassVar[tuple[AnySpec, ...]]
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


class ModelAnalyser:
    """Holds the models of an analyser while it is entered.

    Args:
        pool: lends them.
    """

    #: Leased together; a pass over the footage is planned by them.
    specs: ClassVar[tuple[AnySpec, ...]] = ()

    def __init__(self, pool: ModelPool) -> None:
        self._pool = pool
        self._leases = ExitStack()
        self._models: dict[str, Closable] = {}

    def __enter__(self) -> Self:
        with ExitStack() as leases:  # if a later lease fails, the earlier ones are given back
            for spec in self.specs:
                lease = self._pool.lease(spec, least_units=LEAST_UNITS)
                self._models[spec.key] = leases.enter_context(lease)
            self._leases = leases.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._models.clear()
        self._leases.close()

    def model(self, spec: ModelSpec[M]) -> M:
        """The model of one of :attr:`specs`.

        Raises:
            ValueError: the analyser is not entered.
        """
        held = self._models.get(spec.key)
        if held is None:
            raise ValueError("pictures are taken inside the with")
        return cast("M", held)
