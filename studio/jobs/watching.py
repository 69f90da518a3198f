"""How much an attempt takes: time, memory, what it writes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from studio.jobs.record import Claim, Limits
from studio.models.records import size_text

#: Memory may grow by gigabytes in a second; folders are walked less often.
_LOOK_AT_MEMORY_S, _LOOK_AT_FILES_S = 1.0, 10.0
_SHARE_OF_MACHINE = 0.85


@dataclass
class Watch:
    """Looks at one attempt, again and again.

    Attributes:
        claim: the attempt.
        limits: how much it may take.
        began: monotonic seconds.
    """

    claim: Claim
    limits: Limits
    began: float = field(default_factory=time.monotonic)
    _memory_at: float = 0.0
    _files_at: float = field(default_factory=time.monotonic)

    def over(self, pid: int) -> str:
        """What was too much, in words; "" where nothing was.

        Args:
            pid: of the process that does it.
        """
        now = time.monotonic()
        if now - self.began > self.limits.attempt_s:
            return f"It took longer than the {self.limits.attempt_s / 3600:.1f} h one try may"
        if now - self._memory_at > _LOOK_AT_MEMORY_S:
            self._memory_at = now
            held, most = held_bytes(pid), memory_limit_bytes(self.limits)
            if held > most:
                return f"It held {size_text(held)} of memory; {size_text(most)} may be held"
        if now - self._files_at > _LOOK_AT_FILES_S:
            self._files_at = now
            return self._over_files()
        return ""

    def _over_files(self) -> str:
        # A second early: file systems round times.
        since = self.claim.begun_at - 1
        files, size = written(_outs(self.claim), since, self.limits.made_files)
        if files > self.limits.made_files:
            return f"It wrote more than the {self.limits.made_files:,} files one job may"
        quota = self.claim.request.most_bytes
        if quota and size > quota:
            return (
                f"It wrote {size_text(size)}, and its owner had {size_text(quota)} left of the "
                "disk's room"
            )
        if size > self.limits.made_bytes:
            return (
                f"It wrote {size_text(size)}; one job may write {size_text(self.limits.made_bytes)}"
            )
        return ""


def held_bytes(pid: int) -> int:
    """Memory that a process and those it started hold, what they share counted once."""
    held = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                found = each.memory_info()
                held += found.rss - (getattr(found, "shared", 0) if each.pid != pid else 0)
    return held


def memory_limit_bytes(limits: Limits) -> int:
    """How much one attempt may hold: as the limits say, else most of the machine."""
    return limits.memory_bytes or int(psutil.virtual_memory().total * _SHARE_OF_MACHINE)


def written(folders: Sequence[Path], since: float, most_files: int) -> tuple[int, int]:
    """Files and bytes written below folders.

    Args:
        folders: links in them are not followed.
        since: only what was changed after, seconds since 1970.
        most_files: the count ends beyond.
    """
    files = size = 0
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                with suppress(OSError):
                    found = os.lstat(os.path.join(place, name))  # noqa: PTH118 - of each of many
                    if found.st_mtime >= since:
                        files, size = files + 1, size + found.st_blocks * 512
            if files > most_files:
                return files, size
    return files, size


def _outs(claim: Claim) -> list[Path]:
    out = claim.request.options.get("out")
    return [claim.request.cwd / out] if isinstance(out, str) and out else []
