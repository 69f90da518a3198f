"""Pipelines that take too much, or reach for what is not theirs; run as a worker's command."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from studio.jobs.execution import Pipeline, execute

COMMAND = (sys.executable, "-m", "tests.jobs.greedy_pipelines")


@dataclass(frozen=True)
class Options:
    out: Path
    kind: str = "reach"
    secret: str = ""
    port: int = 0
    others: tuple[str, ...] = ()


def run(sources, options, job):
    options.out.mkdir(parents=True, exist_ok=True)
    if options.kind == "memory":
        held = []
        for _ in range(100):
            held.append(bytearray(b"x") * (8 << 20))
            time.sleep(0.02)
    elif options.kind == "files":
        for n in range(100_000):
            (options.out / f"{n}.txt").write_text("x")
            time.sleep(0.001)
    elif options.kind == "slow":
        time.sleep(60)
    return {name: _told(act) for name, act in _reaches(sources, options).items()}


def _reaches(sources, options):
    """Ways to what is not ours, and to what is."""
    secret = Path(options.secret)

    def elsewhere():
        # A thread of its own and a program are no way out.
        said = []
        thread = threading.Thread(target=lambda: said.append(_told(secret.read_text)))
        thread.start()
        thread.join()
        if said[0] != "had":
            raise PermissionError(said[0])

    others = {f"read {name}": Path(name).read_bytes for name in options.others}
    others |= {f"spoil {name}": partial(Path(name).write_bytes, b"x") for name in options.others}
    others |= {f"list {name}": partial(os.listdir, Path(name).parent) for name in options.others}
    return others | {
        "source": sources[0].read_text,
        "result": lambda: (options.out / "made.txt").write_text("made"),
        "secret": secret.read_text,
        "secret by thread": elsewhere,
        "secret by program": lambda: subprocess.run(
            ["cat", str(secret)], check=True, capture_output=True
        ),
        "secret by link": lambda: (
            (options.out / "link").symlink_to(secret),
            (options.out / "link").read_text(),
        ),
        "spoil": lambda: secret.write_text("spoilt"),
        "spoil source": lambda: sources[0].write_text("spoilt"),
        "passwd": Path("/etc/passwd").read_text,
        "tcp": lambda: socket.create_connection(("127.0.0.1", options.port), 2),
        "udp": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
        "tcp by program": lambda: subprocess.run(
            [sys.executable, "-c", f"import socket; socket.create_connection(('127.0.0.1',"
             f" {options.port}), 2)"], check=True, capture_output=True),
    }  # fmt: skip


def _told(act):
    try:
        act()
    except Exception as exc:
        return f"refused: {type(exc).__name__}"
    return "had"


def find(name):
    assert name == "greedy", name
    return Pipeline(
        name, Options, run, lambda made: {"notes": [f"{k}: {v}" for k, v in made.items()]}, str
    )


if __name__ == "__main__":
    sys.exit(execute(Path(sys.argv[1]), sys.argv[2], find))
