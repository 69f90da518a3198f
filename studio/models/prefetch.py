"""The next model, loaded beside the work."""

from __future__ import annotations

import threading

from studio.models.admission import Books
from studio.models.loading import load_model, put_away
from studio.models.spec import PLAIN, AnySpec
from studio.models.tickets import Ticket
from studio.settings import Settings


class Prefetcher:
    """One thread at a time, which ends when there is nothing more to load.

    Args:
        settings: what loads are made with.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker: threading.Thread | None = None

    def start(self, books: Books) -> None:
        """Load what the calling thread said it will need next, if it fits."""
        me = threading.current_thread()
        with books.lock:
            running = self._worker is not None and self._worker.is_alive()
            if me not in books.expected or running:
                return
            found = books.ticket_for_prefetch(me)
            if found is None:
                return
            spec, ticket = found
            worker = threading.Thread(
                target=self._work, args=(books, me, spec, ticket), name=f"prefetch {spec.name}"
            )
            worker.start()  # before it is entered into the books, where the living are sought
            self._worker = worker
            books.begin(ticket, worker)

    def _work(self, books: Books, owner: threading.Thread, spec: AnySpec, ticket: Ticket) -> None:
        with books.lock:
            pass  # until it stands in the books
        found: tuple[AnySpec, Ticket] | None = (spec, ticket)
        while found is not None:
            spec, ticket = found
            try:
                put_away(books, ticket.victims)
                held = load_model(books, self._settings, spec, PLAIN, ticket)
            except BaseException as exc:
                with books.lock:
                    books.done(ticket, None)
                    # The lease that comes for it meets the same error, and raises it.
                    books.record("failed", spec.key, f"{spec.key} was not loaded ahead: {exc}")
                    books.admit()
                return
            with books.lock:
                books.done(ticket, held)
                books.record("prefetched", held.key, f"prefetched {held.key}")
                books.admit()
                found = books.ticket_for_prefetch(owner) if owner in books.expected else None
                if found is not None:
                    books.begin(found[1], threading.current_thread())

    def join(self) -> None:
        """Wait until it has ended."""
        worker = self._worker
        if worker is not None and worker is not threading.current_thread():
            worker.join()
            self._worker = None
