"""Who wants a model, and the leave to go on."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from studio.errors import DoesNotFit
from studio.models.accounts import Needs
from studio.models.places import Held, Pin, Place, key_of
from studio.models.spec import AnySpec, Form


@dataclass(eq=False)
class Ticket:
    """Leave to go on.

    Attributes:
        place: where.
        held: the model, where it is in memory already.
        pin: the lease, counted from now on; None for a prefetch.
        needs: what a load is counted at.
        need_bytes: promised to it.
        victims: have to go first.
        light: nothing is to be done but to use it.
    """

    place: Place
    held: Held | None
    pin: Pin | None
    needs: Needs
    need_bytes: int
    victims: list[Held]

    @property
    def light(self) -> bool:
        """Whether the model can be used at once."""
        return self.held is not None and not self.victims and not self.held.parked


@dataclass(eq=False)
class Waiter:
    """One who wants a model; the thread sleeps on ``wake`` until there is a ticket or an error."""

    spec: AnySpec
    form: Form
    units: float
    batch: bool
    thread: threading.Thread
    since: float
    number: int = 0
    overtaken: int = 0
    wake: threading.Condition | None = None
    ticket: Ticket | None = None
    error: DoesNotFit | None = None

    @property
    def key(self) -> str:
        """Of the model."""
        return key_of(self.spec, self.form)


@dataclass(frozen=True)
class Coming:
    """A model that a thread said it will need, and whether it may be loaded ahead."""

    spec: AnySpec
    prefetch: bool
