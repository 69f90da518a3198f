"""The whole analysis of the sample clip against the separate tools, in one run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

from pipelines.trailer.sample import sample_footage
from tests.benchmarks._peers import TOOLS


def _run(arguments: list[str], environment: dict[str, str]) -> tuple[float, str]:
    started = time.perf_counter()
    said = subprocess.run(
        [sys.executable, "-m", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    return time.perf_counter() - started, said.stdout


def main() -> None:
    """Ours three times (the first converts models), theirs once."""
    clip = str(sample_footage())
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"STUDIO_CACHE_DIR": cache}
        analyse = ["ui", "analyze", clip, "--json", "--no-cache"]
        first, _ = _run(analyse, environment)
        print(f"analysis, first run on a machine (converts models): {first:.1f} s", flush=True)
        walls = []
        for _ in range(2):
            wall, said = _run(analyse, environment)
            walls.append(wall)
        for part, seconds in json.loads(said)["seconds"].items():
            print(f"  {part}: {seconds:.1f} s")
        print(f"analysis, process start to end: {min(walls):.1f} s (limit 25)", flush=True)
        again, _ = _run(["ui", "analyze", clip, "--json"], environment)
        print(f"analysis again, stored: {again:.1f} s", flush=True)
        total = 0.0
        for name in TOOLS:
            seconds, _ = _run(["tests.benchmarks._peers", name, clip], environment)
            print(f"  {name}: {seconds:.1f} s", flush=True)
            total += seconds
        print(f"the separate tools one after the other: {total:.1f} s")
        print(f"theirs over ours: {total / min(walls):.2f}")


if __name__ == "__main__":
    main()
