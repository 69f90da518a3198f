"""What each analyser costs: processor seconds for each minute of 720p footage, in one table.

``python -m tests.benchmarks costs [SECONDS]``. The footage is that many seconds (20 unless told
otherwise) of the music video, brought to 1280x720 at 25 frames a second, with its sound: faces,
cuts and singing. Each part alone decodes the film once; all together decode it once for all, so
the parts less their decoding, and one decoding, are what the whole should cost. Models are loaded
before. Rounds are interleaved and the cheapest counts; processor time is told, since the wall
depends on what else runs. What was measured so far goes to the standard error at once.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines import analysis
from pipelines.analysis.options import PARTS
from studio.jobs.job import Job
from studio.settings import Settings
from tests.benchmarks.whole_pass import bare_decode
from tests.footage import ffmpeg, music_video

SECONDS, START_S, ROUNDS = 20, 60, 2


def footage(folder: Path, seconds: float) -> Path:
    """The film that is measured on."""
    path = folder / "720p.mp4"
    ffmpeg(
        "-ss", START_S, "-t", seconds, "-i", music_video(), "-vf", "scale=1280:720:flags=lanczos",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", 20, "-c:a", "copy", path,
    )  # fmt: skip
    return path


def worked_s(work: Callable[[], Any]) -> float:
    """Processor seconds of this process and those it waited for."""
    before = os.times()
    work()
    after = os.times()
    return sum(after[:4]) - sum(before[:4])


def main() -> None:
    """The table, dearest first."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    minutes = seconds / 60
    with tempfile.TemporaryDirectory() as folder:
        film = footage(Path(folder), seconds)
        job = Job(Settings(device="cpu"))
        every = analysis.Options(only=PARTS, cache=False)
        analysis.run(film, every, job)  # loads and compiles
        costs: dict[str, list[float]] = defaultdict(list)
        for _ in range(ROUNDS):
            costs["decode"].append(worked_s(lambda: bare_decode(film)))
            for part in PARTS:
                alone = analysis.Options(only=(part,), cache=False)
                costs[part].append(worked_s(lambda alone=alone: analysis.run(film, alone, job)))
                so_far = f"{part} {costs[part][-1] / minutes:.1f} with its decoding"
                print(so_far, file=sys.stderr, flush=True)
            costs["all"].append(worked_s(lambda: analysis.run(film, every, job)))
    best = {name: min(values) / minutes for name, values in costs.items()}
    decode, together = best.pop("decode"), best.pop("all")
    # Who speaks needs what is said, which is made with it.
    if "speakers" in best and "speech" in best:
        best["speakers"] -= best["speech"]
    # Tracks stand on bodies and cuts, whose one decoding stays to be taken off below.
    best["body_tracks"] -= best["bodies"] + best["shots"] - 2 * decode
    print(f"processor seconds for a minute of 720p footage, of which decoding is {decode:.1f}")
    sound = {"speech", "sound", "speakers", "sound_events"}
    alone_s = 0.0
    for part, cost in sorted(best.items(), key=lambda item: -item[1]):
        own = max(0.0, cost if part in sound else cost - decode)
        alone_s += own
        print(f"  {part:<14}{own:8.1f}")
    print(f"  {'decoding once':<14}{decode:8.1f}")
    print(f"  {'sum':<14}{alone_s + decode:8.1f}")
    print(f"  {'in one run':<14}{together:8.1f}  ({together / (alone_s + decode):.2f} of the sum)")


if __name__ == "__main__":
    main()
