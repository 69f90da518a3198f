"""What a user may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Each may do what those before it may."""

    VIEWER = "viewer"  # sees own projects, jobs and results
    EDITOR = "editor"  # starts jobs, uploads, edits
    APPROVER = "approver"  # approves what is aired
    ADMIN = "admin"  # reads the metrics; sees no more of others than anybody

    def may(self, wanted: Role) -> bool:
        """Whether it reaches to ``wanted``."""
        order = list(Role)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True)
class User:
    """Who asks.

    Attributes:
        name: as it is written in the book; "" on a machine without accounts.
        role: what may be done.
    """

    name: str
    role: Role


#: The one user of a machine without accounts.
ONLY_USER = User("", Role.ADMIN)
