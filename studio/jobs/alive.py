"""Which process is meant, and whether it still runs; a clock that jumps changes nothing."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

import psutil

#: Environment variable that marks the processes of an attempt, with its token.
MARK = "STUDIO_JOB_TOKEN"


def machine() -> str:
    """This machine since it was started, and the container on it: where process ids mean
    something."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    space = Path("/proc/self/ns/pid")
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(boot.read_text(encoding="ascii").strip())
    with suppress(OSError):
        parts.append(str(space.readlink()))
    return "/".join(parts)


def born(pid: int) -> str | None:
    """When a process was started, in a form that tells it from a later one of the same id.

    On Linux clock ticks since boot: ``psutil`` adds the wall clock's idea of the boot, which
    moves when the clock is set.

    Returns:
        None where there is no such process, or only what is left of one.
    """
    if Path("/proc/self/stat").exists():
        try:
            # The name in brackets may hold anything, so read on behind its end.
            rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        fields = rest.rpartition(")")[2].split()
        return None if fields[0] in ("Z", "X") else fields[19]
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None


def marked(token: str) -> list[int]:
    """Ids of running processes that belong to an attempt, by their environment."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == token and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def end_marked(token: str, tries: int = 20) -> int:
    """Kill every process of an attempt; how many there were."""
    ended: set[int] = set()
    for _ in range(tries):
        pids = marked(token)
        if not pids:
            break
        ended.update(pids)
        processes = []
        for pid in pids:
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                process.kill()
                processes.append(process)
        psutil.wait_procs(processes, timeout=1.0)
    return len(ended)
