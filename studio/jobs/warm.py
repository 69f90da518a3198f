"""A process that stays, for what people wait for: it does one interactive attempt after the other.

What is imported once stays imported and a model that is loaded stays loaded, so that a preview
begins in a tenth of a second and not after the second or more that a fresh process takes (measured
on 2 cores: 0.9 s of processor time for the imports of a look, 4.6 s more where torch is needed).

The worker keeps one end of three pipes. It writes ``JOB TOKEN`` for each attempt and reads
``TOKEN CODE`` when it has ended. When the worker is gone its end closes and the process ends, with
all it started. When the process dies only its attempt does; the next one starts another.
"""

from __future__ import annotations

import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from studio.jobs import alive
from studio.jobs.record import Claim

#: The process makes way for a fresh one where it holds more than this between two attempts.
_MOST_BYTES = 4 << 30
_TAIL_BYTES = 4000
#: After the page, before the long renders.
_NICE = 5


@dataclass
class WarmAttempt:
    """One attempt in such a process; answers like the process of an attempt of its own."""

    process: subprocess.Popen[bytes]
    token: str
    code: int | None = None
    stdin: None = None
    stderr: None = None
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self.process.pid

    def poll(self) -> int | None:
        """How it ended, or None."""
        if not self.ended.is_set():
            return None
        return self.code if self.code is not None else self.process.wait()

    def terminate(self) -> None:
        """Ask the attempt to stop at its next step."""
        if not self.ended.is_set():
            self.process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """Until it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not.
        """
        if not self.ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.process.args, timeout or 0.0)
        return self.poll() or 0

    def end(self) -> None:
        """Kill it with all it started, unless it has ended; then the process stays."""
        if not self.ended.is_set():
            _kill(self.process)


class WarmProcess:
    """The worker's side.

    Args:
        command: starts the process, given the database.
        database: path.
    """

    def __init__(self, command: Sequence[str], database: Path) -> None:
        self._command = (*command, str(database))
        self._process: subprocess.Popen[bytes] | None = None
        self._now: WarmAttempt | None = None
        self.tail = bytearray()  # what the process said last on its standard error

    def start(self) -> None:
        """Begin to warm up, unless it runs.

        Raises:
            OSError: no process can be started.
        """
        if self._process is not None and self._process.poll() is None:
            return
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {alive.MARK: f"warm-{secrets.token_hex(8)}"},
            start_new_session=True,
        )
        give_way(self._process.pid, _NICE)
        for target in (self._hear, self._keep_tail):
            threading.Thread(target=target, args=(self._process,), daemon=True).start()

    def begin(self, claim: Claim) -> WarmAttempt:
        """Have it do an attempt; it has none now.

        Raises:
            OSError: no process can be started.
        """
        for last in (False, True):
            self.start()
            process = self._process
            assert process is not None and process.stdin is not None
            attempt = self._now = WarmAttempt(process, claim.token)
            try:
                process.stdin.write(f"{claim.job_id} {claim.token}\n".encode())
                process.stdin.flush()
            except OSError:  # it ended just now, to make way for a fresh one
                process.wait()
                if last:
                    raise
                continue
            if process.poll() is not None:
                attempt.ended.set()
            return attempt
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            _kill(self._process)
            self._process.wait()

    def _hear(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                token, _, code = line.decode("ascii", "replace").strip().partition(" ")
                attempt = self._now
                if attempt is not None and attempt.token == token:
                    attempt.code = int(code)
                    attempt.ended.set()
        process.wait()
        if self._now is not None and self._now.process is process:
            self._now.ended.set()

    def _keep_tail(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with process.stderr as stream, suppress(OSError, ValueError):
            while chunk := stream.read1(1 << 16):  # type: ignore[attr-defined]
                self.tail += chunk
                del self.tail[:-_TAIL_BYTES]


def serve(attempt: Callable[[str, str], int], end_group: Callable[[], None]) -> None:
    """The process's side: do what comes until the worker is gone.

    Args:
        attempt: does the job of an id with a token; how it ended.
        end_group: ends this process and all it started.
    """
    # What a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    asked: queue.Queue[str] = queue.Queue()

    def hear() -> None:
        with suppress(OSError, ValueError):
            for line in sys.stdin:
                asked.put(line)
        end_group()

    threading.Thread(target=hear, name="worker gone", daemon=True).start()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # between two attempts nothing is to be stopped
    home = Path.cwd()
    while True:
        job_id, token = asked.get().split()
        os.environ[alive.MARK] = token  # what the attempt starts is known as its own
        code = attempt(job_id, token)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.chdir(home)
        full = psutil.Process().memory_info().rss > _MOST_BYTES
        answers.write(f"{token} {code}\n")
        answers.flush()
        if full:
            time.sleep(0.05)
            end_group()


def give_way(pid: int, nice: int) -> None:
    """Let a process that was just started, and all it starts, work when others do not.

    Beside its priority it is told to be one that reckons, where the system knows that (Linux): it
    does not push others off a core when it wakes.
    """
    with suppress(psutil.Error, OSError):
        psutil.Process(pid).nice(nice)
        if hasattr(os, "sched_setscheduler"):
            os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
