"""How much disk a user takes up, and whether there is room for more of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio.accounts.book import Accounts
from studio.errors import NoRoom

_GB = 10**9


@dataclass(frozen=True)
class Quotas:
    """Looks whether a user may write more.

    Attributes:
        accounts: know how much each may; nobody has a limit where None.
        of: folders and files of a user: uploads, results, footage that was sent.
    """

    accounts: Accounts | None
    of: Callable[[str], Sequence[Path]]

    def left_bytes(self, owner: str) -> int | None:
        """How much more a user may write; below 0 where it is too much already. None for no
        limit."""
        most = self.accounts.quota_bytes(owner) if self.accounts is not None else 0
        return most - taken_bytes(self.of(owner)) if most else None

    def check(self, owner: str, more_bytes: int = 0) -> int:
        """Refuse to write more than a user may.

        Args:
            owner: who writes.
            more_bytes: how much, where it is known.

        Returns:
            How much may be written; 0 for no limit.

        Raises:
            NoRoom: more than that, or nothing may be.
        """
        left = self.left_bytes(owner)
        if left is None:
            return 0
        if left - more_bytes < 0 or left <= 0:
            most = self.accounts.quota_bytes(owner) if self.accounts is not None else 0
            more = f", and this takes {more_bytes / _GB:.2f} GB more" if more_bytes else ""
            raise NoRoom(
                f"Your uploads and results take up {(most - left) / _GB:.2f} GB of the "
                f"{most / _GB:.2f} GB you have{more}.",
                "Delete what you need no more, or ask an admin: studio users quota NAME SIZE",
            )
        return left


def taken_bytes(places: Iterable[Path]) -> int:
    """Bytes of files and of all below folders; a file with several names counts once, links count
    nothing."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for top in places:
        for path in (str(top), *_below(top)):
            with suppress(OSError):
                found = os.lstat(path)
                if stat.S_ISREG(found.st_mode) and (found.st_dev, found.st_ino) not in seen:
                    seen.add((found.st_dev, found.st_ino))
                    total += found.st_blocks * 512
    return total


def _below(top: Path) -> Iterable[str]:
    for folder, _, names in os.walk(top):
        for name in names:
            yield os.path.join(folder, name)  # noqa: PTH118 - of each of many
