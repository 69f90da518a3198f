"""One use of a model, as a ``with``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Generic

from studio.errors import DoesNotFit
from studio.models.places import Held, Pin
from studio.models.spec import M
from studio.models.tickets import Waiter

if TYPE_CHECKING:
    from studio.models.pool import ModelPool


class Lease(Generic[M]):
    """One use of a model: enter it to have the model, leave it to give it back.

    Made by :meth:`ModelPool.lease`; can be entered once at a time.
    """

    def __init__(
        self,
        pool: ModelPool,
        wish: Waiter,
        least_units: float,
        until: float | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._pool = pool
        self._wish = wish
        self._least_units = least_units
        self._until = until
        self._cancelled = cancelled
        self._taken: tuple[Held, Pin] | None = None

    def __enter__(self) -> M:
        if self._taken is not None:
            raise ValueError("the lease is in use")
        wish = replace(self._wish, thread=threading.current_thread())
        while self._taken is None:
            try:
                self._taken = self._pool.acquire(wish, self._until, self._cancelled)
            except DoesNotFit:
                if wish.units / 2 < self._least_units:
                    raise
                wish = replace(wish, units=wish.units / 2)
        if wish.units != self._wish.units:
            spec = wish.spec
            text = (
                f"{spec.name} works on {wish.units / self._wish.units:.0%} of the usual at a time "
                f"({spec.working_unit}): memory is short"
            )
            self._pool.note("rung", spec.key, text)
        return self._taken[0].model  # type: ignore[return-value]  # it was made from this spec

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        taken, self._taken = self._taken, None
        if taken is not None:
            self._pool.give_up(*taken)
