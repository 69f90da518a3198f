"""Every frame of a film looked at for faces by two detectors of different kinds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.filter.lines import SeenFaces, one_each
from pipelines.stylize.chain import to_bytes
from studio.adapters import blazeface, mtcnn
from studio.jobs.job import Job
from studio.media.reader import decode_range
from studio.media.rgb_film import RgbConverter
from studio.types.landmarks import Floats
from studio.types.media import FrameTimes, MediaInfo

#: Raised whenever other faces would be found on the same pictures.
FINDING_VERSION = 1
#: Longer side that MTCNN looks at, and the smallest face in it.
_SIDE_PX, _LEAST_PX = 960, 14.0
_SMALLER_SHARE = 1 / 48
#: Of MTCNN's three networks and of the two BlazeFaces: lower than for finding faces to name,
#: for a cover too many does less harm than one too few.
_SHARP_SCORES, _BLAZE_SCORES = (0.6, 0.7, 0.85), (0.7, 0.7)
_BATCH = 8


class Finder:
    """Both detectors, leased. For one thread.

    Args:
        job: lends them.
        stack: that gives them back.
    """

    def __init__(self, job: Job, stack: ExitStack) -> None:
        self._sharp = stack.enter_context(job.pool.lease(mtcnn.SPEC))
        self._near = stack.enter_context(job.pool.lease(blazeface.SPEC_NEAR))
        self._far = stack.enter_context(job.pool.lease(blazeface.SPEC_FAR))

    def find(self, pictures: list[NDArray[np.uint8]]) -> list[tuple[Floats, Floats]]:
        """Boxes ``(n, 4)`` and landmarks ``(n, 5, 2)`` of the faces of pictures of one size, in
        their pixels."""
        import cv2

        height, width = pictures[0].shape[:2]
        scale = min(1.0, _SIDE_PX / max(height, width))
        wh = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = [cv2.resize(p, wh, interpolation=cv2.INTER_AREA) for p in pictures]
        least = max(_LEAST_PX, max(wh) * _SMALLER_SHARE)
        found = self._sharp.detect(np.stack(small), min_face_px=least, min_scores=_SHARP_SCORES)
        size = np.array([width, height], np.float32)
        made = []
        for number, picture in enumerate(pictures):
            rows = found.pictures == number
            boxes = [found.xyxy[rows] * np.tile(size, 2)]
            points = [found.landmarks[rows] * size]
            for net, score in zip((self._near, self._far), _BLAZE_SCORES, strict=True):
                close = net.detect(picture, min_score=score)
                boxes.append(_as_tall(close.xyxy_px))
                points.append(np.full((len(close), 5, 2), np.nan, np.float32))
            made.append(one_each(np.concatenate(boxes), np.concatenate(points)))
        return made


def _as_tall(boxes: Floats) -> Floats:
    """BlazeFace's boxes, from the brows to the chin, as tall as MTCNN's."""
    made = boxes.copy()
    made[:, 1] -= 0.3 * (boxes[:, 3] - boxes[:, 1])
    side = 0.06 * (boxes[:, 2] - boxes[:, 0])
    made[:, 0] += side
    made[:, 2] -= side
    return made


def find_faces(
    info: MediaInfo,
    times: FrameTimes,
    job: Job,
    span: tuple[int, int],
    stage: str,
    look: Callable[[int, NDArray[np.uint8]], None] | None = None,
) -> SeenFaces:
    """The faces on every frame of a stretch.

    Args:
        info, times: of the film.
        job: lends the detectors, hears of the progress; keeps what was found of a film, so
            that a job that was killed does not look again.
        span: frames, half-open.
        stage: what the progress is called.
        look: shown each picture too; then nothing is taken from what was kept.
    """
    kept = _kept_path(info, span, job)
    if look is None and kept.is_file():
        with np.load(kept, allow_pickle=False) as arrays:
            return SeenFaces(arrays["frames"], arrays["boxes"], arrays["points"])
    assert info.video is not None
    convert = RgbConverter(info.video)
    frames: list[int] = []
    parts: list[tuple[Floats, Floats]] = []
    with ExitStack() as stack:
        finder = Finder(job, stack)
        for batch in _batches(decode_range(info, times, *span), _BATCH):
            pictures = [to_bytes(convert(frame)) for _, frame in batch]
            found = finder.find(pictures)
            for (number, _), picture, (boxes, points) in zip(batch, pictures, found, strict=True):
                frames += [number] * len(boxes)
                parts.append((boxes, points))
                if look is not None:
                    look(number, picture)
            done = (batch[-1][0] + 1 - span[0]) / (span[1] - span[0])
            job.report(stage, done, f"frame {batch[-1][0] + 1}")
    empty = (np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32))
    made = SeenFaces(
        np.array(frames, np.int64),
        np.concatenate([b for b, _ in (*parts, empty)]),
        np.concatenate([p for _, p in (*parts, empty)]),
    )
    if look is None:
        _keep(kept, made)
    return made


def _batches(pictures: Iterable[Any], count: int) -> Iterable[list[Any]]:
    batch: list[Any] = []
    for picture in pictures:
        batch.append(picture)
        if len(batch) == count:
            yield batch
            batch = []
    if batch:
        yield batch


def _kept_path(info: MediaInfo, span: tuple[int, int], job: Job) -> Path:
    made_by = [info.content_hash, span, FINDING_VERSION, _SHARP_SCORES, _BLAZE_SCORES]
    made_by += [mtcnn.SPEC.key, blazeface.SPEC_NEAR.key, blazeface.SPEC_FAR.key]
    name = hashlib.sha256(repr(made_by).encode()).hexdigest()[:32]
    return job.settings.cache_dir / "faces" / f"{name}.npz"


def _keep(path: Path, seen: SeenFaces) -> None:
    from studio.media.writer import write_beside

    with write_beside(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, frames=seen.frames, boxes=seen.xyxy_px, points=seen.landmarks_px)
