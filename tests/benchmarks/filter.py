"""A stack of filters at 720p (mesh, matte, one overlay) beside the bare parts it is made of.

Bare are the decoder, the encoder and the networks through their adapters, each alone on
pictures in memory: a mesh and a matte a frame, the detectors as often as the stack asks. The
rest of the stack is refining, drawing, laying before another background, conversion of colour.
Wall and processor time are given; on a machine that others use too, the second is to be read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipelines.filter import preparing
from pipelines.filter.hand_before import HANDS_EVERY
from pipelines.filter.people import LOOK_EVERY, LOOK_WELL_EVERY
from pipelines.filter.specs import parse_specs
from pipelines.mattes import far_people
from studio.adapters import blazeface, face_mesh, hands, matte, mtcnn, people_masks
from studio.jobs.job import Job
from studio.media.film_render import render_film
from studio.media.kept_memory import memory_kept
from studio.settings import Settings
from tests.benchmarks.render import timed
from tests.benchmarks.stylize import best, decoded, encoded
from tests.footage import ffmpeg, shared_media

APPLY = ("background:green", "glasses:round")
LIMIT = 0.85
Times = dict[str, list[tuple[float, float]]]


def film(path: Path, frames: int) -> Path:
    """The speaker in the middle of 1280x720."""
    size = "scale=720:720,pad=1280:720:280:0:color=0x808488"
    source = shared_media("speaker_en.mp4")
    ffmpeg("-i", source, "-an", "-frames:v", frames, "-vf", size, "-crf", "14", path)
    return path


def main(rounds: int = 8, frames: int = 48) -> None:
    """Print the stack's frames a second beside those of its parts."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        job = Job(Settings(cache_dir=work / "cache"))
        source = film(work / "film.mp4", frames)
        inputs = preparing.read_inputs(parse_specs(APPLY), job)
        footage, _ = preparing.read_footage(source, inputs, job)
        cores = job.settings.cores
        times: Times = {}

        def note(name: str, act: Callable[[], object]) -> None:
            times.setdefault(name, []).append(timed(act))

        lease = job.pool.lease
        with (
            preparing.stack_of(inputs, footage, {}, cores, job) as stack,
            lease(blazeface.SPEC_NEAR) as near,
            lease(mtcnn.SPEC) as sharp,
            lease(face_mesh.SPEC) as mesh,
            lease(hands.SPEC) as grip,
            lease(matte.SPEC) as person,
            lease(people_masks.SPEC) as people,
            memory_kept(),  # the bare parts as the render: that is no work of ours
        ):
            made = preparing.film_of(stack, inputs, footage)
            pictures = [f.to_ndarray(format="rgb24") for f in decoded(source)]
            squares = face_mesh.squares_of_faces(near.detect(pictures[0]))[:1]

            def networks() -> None:
                for number, picture in enumerate(pictures):
                    if number % LOOK_EVERY == 0:
                        near.detect(picture)
                    if number % LOOK_WELL_EVERY == 0:
                        small = np.ascontiguousarray(picture[::2, ::2])
                        sharp.detect(small[None], min_face_px=25.0, min_scores=(0.7, 0.7, 0.9))
                    if number % HANDS_EVERY == 0:
                        grip.detect(picture)
                    if number % far_people.LOOK_EVERY == 0:
                        people.find(picture)
                    mesh.find(picture, squares)
                    matte.refined(picture, person.coarse(picture))

            def render() -> None:
                render_film(
                    footage.info, made, work / "made.mp4", work / "segments", settings=job.settings
                )

            def stacked() -> None:
                function = made.rgb_pass(0, len(pictures))
                for number, picture in enumerate(pictures):
                    function(picture, number)

            render()
            coded = decoded(work / "made.mp4")
            for _ in range(rounds):
                note("render", render)
                note("stack", stacked)
                note("networks", networks)
                note("decode", lambda: decoded(source))
                note("encode", lambda: encoded(coded, work / "bare.mp4", cores))
    parts = ("decode", "networks", "encode")
    for name in ("render", "stack", *parts):
        wall, cpu = best(times, name)
        print(f"{name:>10}: {frames / wall:6.1f} frames/s, {1000 * cpu / frames:6.1f} ms a frame")
    for kind, at in (("wall", 0), ("processor", 1)):
        bare = sum(best(times, name)[at] for name in parts)
        share = bare / best(times, "render")[at]
        inner = best(times, "networks")[at] / best(times, "stack")[at]
        print(
            f"{kind}: render at {share:.2f} of the rate of its bare parts (to reach {LIMIT}); "
            f"stack at {inner:.2f} of the rate of its networks"
        )


if __name__ == "__main__":
    main()
