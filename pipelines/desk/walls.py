"""Cards to choose from, and one picture before and after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.desk.pipeline import write_json
from studio.codec import from_json
from studio.jobs.job import Job

Picture = NDArray[np.uint8]
Made = tuple[dict[str, Path], dict[str, Any], Sequence[str]]

#: Longest sides: of a card, twice what is shown, and of the picture that is compared.
_CARD_PX, _COMPARE_PX = 320, 1280
_PORTRAIT_WH = (320, 240)
_FACE_PX, _LARGE_FACE_PX = 256, 512


def looks_wall(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Every look over the film's middle picture."""
    from pipelines.stylize.wall import middle_picture, swatches

    rgb = middle_picture(sources[0], job, _CARD_PX)
    return _cards(
        ((s.name, "painted" if s.painted else "graded", s.rgb) for s in swatches(rgb, job)), out
    )


def looks_compare(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """The film's middle picture without and with looks; ``options`` are those of ``stylize``."""
    from pipelines import stylize
    from pipelines.stylize.wall import middle_picture, over

    options = from_json(stylize.Options, asked["options"])
    rgb = middle_picture(sources[0], job, _COMPARE_PX)
    return _sides(rgb, over(rgb, options, job), out, job)


def filters_wall(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Every filter over the film's middle picture."""
    from pipelines.filter.wall import swatches

    found = swatches(sources[0], job, _CARD_PX)
    return _cards(((name, group, rgb) for group, name, rgb in found), out)


def filters_compare(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """The film's middle picture without and with ``filters``, as ``--apply`` takes them."""
    from pipelines.filter.wall import over

    before, after = over(sources[0], tuple(asked["filters"]), job)
    return _sides(before, after, out, job)


def avatar_wall(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Every character."""
    from pipelines.avatar.characters import CAST
    from pipelines.avatar.sheet import POSES, portrait

    def drawn() -> Iterable[tuple[str, str, Picture]]:
        for number, who in enumerate(CAST):
            job.report("wall", number / len(CAST))
            yield who.name, "cast", portrait(who, POSES["smiling"], *_PORTRAIT_WH)

    return _cards(drawn(), out)


def faces_wall(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """So many faces of a generator (``count``), from ``seed`` on."""
    import cv2

    from studio.adapters import gan_faces

    seed, count = int(asked["seed"]), int(asked["count"])
    with job.pool.lease(gan_faces.SPEC) as generator:
        job.report("wall", 0.5)
        faces = generator.draw(gan_faces.latents_of(seed, count, generator.latent))
    large = (
        np.asarray(cv2.resize(f, (_FACE_PX, _FACE_PX), interpolation=cv2.INTER_CUBIC), np.uint8)
        for f in faces
    )
    return _cards(((str(seed + n), "faces", rgb) for n, rgb in enumerate(large)), out)


def face_compare(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """The face in the middle of all, and where the ``sliders`` stand."""
    import cv2

    from pipelines.generate import slider_picture

    values = [float(value) for value in asked["sliders"]]
    size = (_LARGE_FACE_PX, _LARGE_FACE_PX)
    before, after = (
        np.asarray(
            cv2.resize(slider_picture(v, job), size, interpolation=cv2.INTER_CUBIC), np.uint8
        )
        for v in ([0.0] * len(values), values)
    )
    return _sides(before, after, out, job)


def _cards(found: Iterable[tuple[str, str, Picture]], out: Path) -> Made:
    """Write each picture as it comes, and at the end what they are: ``name, group, file``."""
    from studio.media.image_io import jpeg_bytes

    rows = []
    for number, (name, group, rgb) in enumerate(found):
        path = out / f"{number:03}.jpg"
        path.write_bytes(jpeg_bytes(rgb))
        rows.append([name, group, path.name])
    return {"cards": write_json(out / "cards.json", rows)}, {}, ()


def _sides(before: Picture, after: Picture, out: Path, job: Job) -> Made:
    from studio.media.image_io import jpeg_bytes

    job.check()
    files = {"before": out / "before.jpg", "after": out / "after.jpg"}
    for path, rgb in zip(files.values(), (before, after), strict=True):
        path.write_bytes(jpeg_bytes(rgb))
    return files, {}, ()
