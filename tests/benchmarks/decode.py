"""The reader with three consumers against a bare decode of the same file.

    python -m tests.benchmarks.decode

1080p30 H.264 at 5 Mbit/s, GOP 60, two B frames; consumers: 48x27 of every frame, 640x360 twice
a second, 1080p once a second. Rounds are interleaved and the shortest of each is taken.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av

from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, read_frames
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo
from tests.footage import bunny, ffmpeg

LIMIT = 1.15


def make_clip(path: Path, frames: int) -> None:
    """Footage of the kind that is measured."""
    pictures = ("-stream_loop", "-1", "-i", bunny(), "-frames:v", frames, "-an")
    scale = ("-vf", "scale=1920:1080,fps=30")
    encode = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "5M", "-g", "60", "-bf", "2")
    ffmpeg(*pictures, *scale, *encode, path)


def bare_decode(path: Path) -> tuple[float, float]:
    """Wall and processor seconds of a decode that looks at nothing."""
    wall, processor = time.perf_counter(), time.process_time()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for _ in container.decode(stream):
            pass
    return time.perf_counter() - wall, time.process_time() - processor


def three_consumers(info: MediaInfo, times: FrameTimes) -> tuple[float, float]:
    """Wall and processor seconds of a pass that feeds three consumers."""
    requests = (
        FrameRequest((48, 27), batch=100),
        FrameRequest(max_side_px=640, rate=Fraction(2), batch=8),
        FrameRequest(rate=Fraction(1)),
    )
    taken = [0, 0, 0]

    def counter(i: int) -> Subscription:
        def take(batch: FrameBatch) -> None:
            taken[i] += len(batch)

        return Subscription(requests[i], take)

    wall, processor = time.perf_counter(), time.process_time()
    report = read_frames(info, [counter(i) for i in range(3)], times=times)
    took = time.perf_counter() - wall, time.process_time() - processor
    assert report.seen_share == 1 and taken[0] == len(times), (report, taken)
    return took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=900)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "hd.mp4"
        make_clip(clip, options.frames)
        info = probe(clip)
        times = frame_times(info)
        bare, fed = [], []
        for _ in range(options.rounds):
            bare.append(bare_decode(clip))
            fed.append(three_consumers(info, times))
    for name, i in (("wall", 0), ("processor", 1)):
        alone, together = (min(took[i] for took in rounds) for rounds in (bare, fed))
        print(
            f"{name:<10} bare decode {alone:6.2f} s   three consumers {together:6.2f} s   "
            f"ratio {together / alone:5.2f}"
        )
    print(f"aim: wall at most {LIMIT} on an otherwise idle machine")


if __name__ == "__main__":
    main()
