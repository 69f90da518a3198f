"""Peak memory of a whole analysis at 10 and at 60 minutes of footage."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pipelines.trailer.sample import sample_footage
from studio.media.probe import probe
from tests.footage import ffmpeg


def loop_footage(source: Path, minutes: float, target: Path) -> None:
    """Repeat a clip, its packets copied, until it is ``minutes`` long."""
    span = float(probe(source).duration)
    turns = max(0, round(minutes * 60 / span) - 1)
    ffmpeg("-stream_loop", turns, "-i", source, "-c", "copy", target)


def peak_mib(command: list[str], environment: dict[str, str]) -> float:
    """Highest resident memory of a child process in MiB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss / 1024


def main() -> None:
    """Both lengths, and the ratio; models are converted first, which takes memory of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"STUDIO_CACHE_DIR": f"{folder}/cache"}
        analyse = [sys.executable, "-m", "ui", "analyze", "--no-cache", "--json"]
        first = peak_mib([*analyse, str(sample_footage())], environment)
        print(f"peak memory, first run on a machine: {first:.0f} MiB", flush=True)
        peaks = []
        for minutes in map(float, sys.argv[1:] or ("10", "60")):
            clip = Path(folder) / f"{minutes:g}.mp4"
            loop_footage(sample_footage(), minutes, clip)
            peaks.append(peak_mib([*analyse, str(clip)], environment))
            print(f"peak memory, analysis of {minutes:g} min: {peaks[-1]:.0f} MiB", flush=True)
        print(f"longest over shortest: {peaks[-1] / peaks[0]:.3f} (limit 1.10)")


if __name__ == "__main__":
    main()
