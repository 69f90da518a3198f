"""Render wall time over a plain ffmpeg encode of the very same frames.

Run: ``python -m tests.benchmarks.render [rounds]``. The pictures of a cut of real 1280x720
footage (two sources, a card, a dissolve, a scaled source) are written to disk as raw video once.
Then, turn by turn, the studio renders the cut from its sources (probe, decode, conform, blend,
encode, mix, master, join, probe again) and ffmpeg encodes the raw pictures and the finished sound
with the same x264 options and AAC. The ratio of the shortest times should be at most 1.3.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av

from studio.media.container import ffmpeg_binary
from studio.media.encoder import PictureFormat
from studio.media.picture_conform import planes_of
from studio.media.picture_plan import Segment, plan_picture
from studio.media.picture_render import open_footage, segment_pictures
from studio.media.render import render_timeline
from studio.settings import Settings
from studio.types.timeline import Card, Sound, Timeline
from tests.footage import bikes, bunny
from tests.media.cuts import clip_of, cut_of, dissolve, source_of

LIMIT = 1.3


def cut() -> Timeline:
    """Fifteen seconds: six clips and a card."""
    rabbit, street = source_of(bunny(), "rabbit"), source_of(bikes(), "street")
    rate, heard = rabbit.rate, Sound("ambience")
    items = [
        clip_of("1", rabbit, 10, 75, rate, sound=heard),
        clip_of("2", street, 40, 50, rate),
        clip_of("3", rabbit, 60, 50, rate, sound=heard, transition=dissolve(12)),
        Card("t", "The same frames", 50),
        clip_of("4", street, 150, 50, rate),
        clip_of("5", rabbit, 0, 60, rate, sound=heard),
        clip_of("6", rabbit, 80, 40, rate, sound=heard),
    ]
    return cut_of(items, [rabbit, street], size=(1280, 720))


def write_raw(timeline: Timeline, path: Path) -> None:
    """The pictures of a cut as planes, one after the other."""
    footage = open_footage(timeline, Settings())
    plan = plan_picture(timeline, {name: f.times for name, f in footage.items()})
    with path.open("wb") as file:
        for frame in segment_pictures(plan, Segment(0, timeline.frames), footage, notes=[]):
            for plane in planes_of(frame):
                file.write(plane.tobytes())


def plain_encode(timeline: Timeline, raw: Path, sound: Path, out: Path) -> None:
    """What a person would type."""
    options = PictureFormat(timeline.size_wh, timeline.rate, 1).options
    picture = "-f rawvideo -pix_fmt yuv420p -s {}x{}".format(*timeline.size_wh).split()
    x264 = [text for name, value in options.items() for text in (f"-{name}", value)]
    files = ["-r", str(timeline.rate.fps), "-i", raw, "-i", sound]
    coded = ["-c:v", "libx264", *x264, "-c:a", "aac", "-b:a", "256k", "-movflags", "+faststart"]
    quiet = [ffmpeg_binary(), "-v", "error", "-nostdin", "-y"]
    subprocess.run([*quiet, *picture, *files, *coded, out], check=True)


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Wall seconds and processor seconds (children included) that a call takes."""
    started, before = time.perf_counter(), os.times()
    act()
    after = os.times()
    return time.perf_counter() - started, sum(after[:4]) - sum(before[:4])


def main(rounds: int = 3) -> float:
    """Print each round; gives the ratio of the shortest wall times."""
    timeline, settings = cut(), Settings()
    ours, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        raw, film, wave = work / "raw.yuv", work / "film.mp4", work / "sound.wav"
        write_raw(timeline, raw)
        render_timeline(timeline, film, work / "warm", settings=settings)
        subprocess.run(
            [ffmpeg_binary(), "-v", "error", "-nostdin", "-i", film, "-vn", wave], check=True
        )
        for number in range(rounds):
            ours.append(
                timed(lambda: render_timeline(timeline, film, work / "work", settings=settings))
            )
            plain.append(timed(lambda: plain_encode(timeline, raw, wave, work / "plain.mp4")))
            sizes = [path.stat().st_size / 2**20 for path in (film, work / "plain.mp4")]
            print(
                f"round {number + 1}: render {ours[-1][0]:.2f} s ({ours[-1][1]:.2f} s of "
                f"processor), ffmpeg {plain[-1][0]:.2f} s ({plain[-1][1]:.2f}); "
                f"{sizes[0]:.2f} and {sizes[1]:.2f} MiB"
            )
    ratio = min(t[0] for t in ours) / min(t[0] for t in plain)
    busy = min(t[1] for t in ours) / min(t[1] for t in plain)
    print(
        f"{timeline.frames} frames of {timeline.size_wh}: render / plain encode = {ratio:.2f} "
        f"(limit {LIMIT}), in processor time {busy:.2f}; "
        f"libavcodec {'.'.join(map(str, av.library_versions['libavcodec']))}"
    )
    return ratio


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3) > LIMIT)
