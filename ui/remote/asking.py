"""What all acts of ``acts.py`` share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.accounts.role import User
from studio.errors import RequestError
from studio.jobs.confinement import index_of
from studio.jobs.record import Priority
from ui.remote.calls import Calls

if TYPE_CHECKING:
    from ui.web.shelf import Shelf


@dataclass(frozen=True)
class Asking:
    """Acts; every one takes who asks first, and is about what is theirs.

    Attributes:
        calls: put jobs into the queue.
    """

    calls: Calls

    @property
    def _shelf(self) -> Shelf:
        if self.calls.shelf is None:
            raise RequestError("There is no library here.", "Ask where the page is served.")
        return self.calls.shelf

    def _index(self, user: User) -> Path:
        folder = index_of(user.name, self.calls.settings)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _queued(
        self,
        user: User,
        act: str,
        asked: dict[str, Any],
        sources: Sequence[str] = (),
        *,
        reads: Iterable[Path] = (),
        writes: Iterable[Path] = (),
    ) -> dict[str, Any]:
        from pipelines.desk import Options

        return self.calls.queued(
            user, "desk", lambda out: Options(act, out, asked), sources, reads, writes,
            priority=Priority.BATCH if sources else Priority.INTERACTIVE,
        )  # fmt: skip
