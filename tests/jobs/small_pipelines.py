"""Pipelines that are quick and can be made to fail in every way; run as a worker's command.

``count`` writes the numbers below ``upto``, each a file that appears whole, and goes on from those
that are there: what the real pipelines do with their segments.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from studio.errors import EncodeFailed
from studio.jobs.execution import Pipeline, execute
from studio.media.writer import write_beside

COMMAND = (sys.executable, "-m", "tests.jobs.small_pipelines")


@dataclass(frozen=True)
class Options:
    out: Path
    upto: int = 3
    step_s: float = 0.0
    trouble: str = ""


def run(sources, options, job):
    made = []
    for n in range(options.upto):
        job.report("count", n / options.upto, f"number {n}")
        path = options.out / f"{n}.txt"
        if not path.exists():
            with write_beside(path) as beside:
                beside.write_text(f"{n} by {os.getpid()}")
                time.sleep(options.step_s)
            with (options.out / "journal").open("a") as journal:
                journal.write(f"{n}\n")
        made.append(path)
        if n == 1:
            _trouble(options)
    job.report("close", 1.0)
    return {str(n): path for n, path in enumerate(made)}


def _trouble(options):
    match options.trouble:
        case "deaf":
            time.sleep(600)
        case "dies" if not (options.out / "died").exists():
            (options.out / "died").touch()
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            half = options.out / ".half.0123abcd.txt"
            half.write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
        case "mistake":
            raise ZeroDivisionError("token=verysecretvalue of nobody")
        case "full" if not (options.out / "room").exists():
            try:
                raise OSError(errno.ENOSPC, "No space left on device")
            except OSError as exc:
                raise EncodeFailed("The disk is full.", "Make room.") from exc


def find(name):
    assert name == "count", name
    return Pipeline(
        name,
        Options,
        run,
        lambda made: {"files": {n: str(path) for n, path in made.items()}, "notes": ["counted"]},
        lambda made: f"{len(made)} numbers",
    )


if __name__ == "__main__":
    sys.exit(execute(Path(sys.argv[1]), sys.argv[2], find))
