"""A photograph to a reference of the gallery, or the reason why not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.people.quality import PROFILE, sharpness, turn
from studio.adapters import face_embedding, mtcnn
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.still import read_still
from studio.types.people import FaceReference

#: The smallest face looked for, in shares of the shorter side, and never under 20 px.
_LEAST_SHARE, _LEAST_SOUGHT_PX = 1 / 15, 20.0
_MIN_SCORES = (0.6, 0.7, 0.95)
#: A reference's face is at least so tall, of 11 portraits the smallest that matched was 42 px.
_LEAST_PX = 64.0
#: Sharpness of portraits is 0.16 to 0.67; Gaussian blur of a twentieth of the face brings it
#: below this.
_LEAST_SHARPNESS = 0.05
#: Mean and deviation of an aligned face's luma, 0 to 255, within which there is something to see.
_DARKEST, _BRIGHTEST, _FLATTEST = 25.0, 235.0, 10.0
#: Another face this much of the first one's height makes it unclear who is meant.
_SECOND = 0.45

_HINT = "Use a sharp picture of one person who looks to the camera, the face 150 pixels or taller."


def read_reference(
    path: Path, job: Job, model: face_embedding.FaceEmbedder, finder: mtcnn.Mtcnn
) -> FaceReference:
    """The face of a photograph.

    Raises:
        MediaError: it is no picture.
        RequestError: it shows no face, several, or one that is too small, blurred, dark or
            turned away.
    """
    pixels = read_still(path, job.settings)
    height, width = pixels.shape[:2]
    found = finder.detect(
        pixels[None],
        min_face_px=max(_LEAST_SOUGHT_PX, min(height, width) * _LEAST_SHARE),
        min_scores=_MIN_SCORES,
    )
    wh = np.array([width, height], np.float32)
    xyxy = found.xyxy * np.tile(wh, 2)
    landmarks = found.landmarks * wh
    tall = xyxy[:, 3] - xyxy[:, 1]
    if not len(tall):
        raise RequestError(f"{path.name} shows no face.", _HINT)
    best = int(tall.argmax())
    near = int((tall >= _SECOND * tall[best]).sum())
    if near > 1:
        raise RequestError(
            f"{path.name} shows {near} faces, and it is not clear whose name is meant.",
            "Cut the picture so that it shows one of them.",
        )
    points = landmarks[best : best + 1]
    chip = face_embedding.align(pixels, points)
    why = _reason(chip, points, float(tall[best]))
    if why:
        raise RequestError(f"The face in {path.name} {why}.", _HINT)
    vector = model.embed_aligned(chip)[0]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return FaceReference(vector, chip[0], path.name, digest)


def _reason(chip: NDArray[np.uint8], points: NDArray[np.float32], height_px: float) -> str:
    """Why a face is no reference; empty where it is one."""
    luma = chip[0].astype(np.float32).mean(axis=2)[30:140, 30:120]
    aside = float(turn(points)[0])
    sharp = float(sharpness(chip)[0])
    if height_px < _LEAST_PX:
        return f"is {height_px:.0f} pixels tall, and it takes {_LEAST_PX:.0f}"
    if not _DARKEST <= luma.mean() <= _BRIGHTEST or luma.std() < _FLATTEST:
        return "is too dark, too bright or without contrast"
    if aside >= PROFILE:
        return "is seen from the side"
    if sharp < _LEAST_SHARPNESS:
        return f"is blurred (sharpness {sharp:.3f}, and it takes {_LEAST_SHARPNESS})"
    return ""
