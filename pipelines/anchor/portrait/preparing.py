"""A portrait made ready: its face found, placed on the canvas, parted from what is behind."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.portrait.face_frame import FaceFrame
from pipelines.anchor.portrait.layers import alone, over_own
from pipelines.anchor.portrait.sitter import Sitter, find_sitter
from studio.adapters import matte
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.still import read_still
from studio.media.writer import write_beside

Pictures = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]

#: Of whatever is kept; counts up when anything here gives other numbers.
_VERSION = 4
#: How large a face is shown: its unit (the outer corners of the eyes) of the canvas's height, at
#: most of its width; and where the eyes stand, of its height.
_UNIT_HIGH, _UNIT_WIDE, _EYES_AT = 0.150, 0.22, 0.36
#: Enlarged farther, any picture looks out of focus.
MOST_ENLARGED = 4.0
#: Background that a person takes along, and more of an enlarged picture.
_RIM_PX = 1.5
Background = Literal["own", "none"]


@dataclass(frozen=True)
class Portrait:
    """A portrait on its canvas.

    Attributes:
        name: of the file, without its ending.
        digest: of the file's content, SHA-256.
        background: ``own`` where it is shown with the person, ``none`` where not.
        person: uint8 ``(h, w, 4)`` RGBA, straight colours.
        behind: uint8 ``(h, w, 3)``, what the person covers painted in; black for ``none``.
        cover_xyxy_px: what of the canvas the picture fills.
        points_px: float32 ``(468, 3)``, the face's mesh on the canvas.
        irises_px: float32 ``(2, 5, 2)``.
        enlarged: canvas pixels to one of the file's.
        notes: what is worth knowing.
    """

    name: str
    digest: str
    background: Background
    person: Pictures
    behind: Pictures
    cover_xyxy_px: tuple[int, int, int, int]
    points_px: Floats
    irises_px: Floats
    enlarged: float
    notes: tuple[str, ...]


def prepare_portrait(
    path: Path, size_wh: tuple[int, int], job: Job, background: Background = "own"
) -> Portrait:
    """Make a picture ready to speak; kept in the cache folder by its content.

    Args:
        path: a PNG, JPEG, WebP, BMP or TIFF file.
        size_wh: of the canvas.
        job: whose models and folders are used.
        background: the picture's ``own``, or ``none``.

    Raises:
        MediaError: it is no picture, or over a limit.
        RequestError: nobody on it can be made to speak; see :func:`find_sitter`.
        ModelError: a model cannot be had.
    """
    rgb = read_still(path, job.settings)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    known = hashlib.sha256(f"{_VERSION} {digest} {size_wh} {background}".encode()).hexdigest()[:32]
    kept = job.settings.cache_dir / "portraits" / f"{known}.npz"
    found = _read(kept, path.stem, digest, background)
    if found is None:
        job.report("portrait", 0.0, f"{path.name}: looking for the face")
        found = _made(rgb, path, digest, size_wh, job, background)
        _write(kept, found)
    return found


def _made(
    rgb: Pictures,
    path: Path,
    digest: str,
    size_wh: tuple[int, int],
    job: Job,
    background: Background,
) -> Portrait:
    sitter = find_sitter(rgb, path, job.pool)
    scale, left, top = _placed(sitter, rgb.shape[1::-1], size_wh, path.name)
    notes = list(sitter.notes)
    if scale > 2.5:
        notes.append(
            f"{path.name} is shown at {scale:.1f} times its size: a larger scan is sharper"
        )
    wide, high = size_wh
    move = np.array([[scale, 0, left], [0, scale, top]], np.float64)
    move[:, 2] += 0.5 * (scale - 1)  # middles of pixels onto middles of pixels
    picture = rgb
    if scale < 0.8:
        picture = cv2.GaussianBlur(rgb, (0, 0), 0.45 / scale)
    how = cv2.INTER_LANCZOS4 if scale > 0.8 else cv2.INTER_LINEAR
    canvas = cv2.warpAffine(picture, move, size_wh, flags=how, borderMode=cv2.BORDER_REPLICATE)
    cover = (
        max(0, round(left)),
        max(0, round(top)),
        min(wide, round(left + scale * rgb.shape[1])),
        min(high, round(top + scale * rgb.shape[0])),
    )
    shown = canvas[cover[1] : cover[3], cover[0] : cover[2]]
    job.report("portrait", 0.5, f"{path.name}: parting the person from the background")
    with job.pool.lease(matte.SPEC) as model:
        share = matte.refined(np.ascontiguousarray(shown), model.coarse(shown))
    if share.mean() < 0.05:
        notes.append(f"{path.name}: no person could be told from the background; all of it moves")
        share = np.ones_like(share)
    share = np.clip(1.5 * share - 0.25, 0, 1).astype(np.float32)  # less of a veil
    if background == "own":
        person, behind = over_own(shown, share, _RIM_PX + 0.75 * scale)
    else:
        person, behind = alone(shown, share), np.zeros_like(shown)
        if share[:, 0].max() > 0.5 or share[:, -1].max() > 0.5:
            notes.append(f"{path.name} cuts the body off at its side: the cut shows")
    border = [cover[1], high - cover[3], cover[0], wide - cover[2]]
    points = sitter.points_px.astype(np.float64) * scale
    points[:, :2] += move[:, 2]
    return Portrait(
        path.stem,
        digest,
        background,
        _set_in(person, border),
        _set_in(behind, border),
        cover,
        points.astype(np.float32),
        (sitter.irises_px * scale + move[:, 2]).astype(np.float32),
        float(scale),
        tuple(notes),
    )


def _set_in(layer: Pictures, border: list[int]) -> Pictures:
    top, low, left, right = border
    made = cv2.copyMakeBorder(layer, top, low, left, right, cv2.BORDER_REPLICATE)
    return np.asarray(made)


def _placed(
    sitter: Sitter, picture_wh: tuple[int, ...], size_wh: tuple[int, int], name: str
) -> tuple[float, float, float]:
    """Scale, left and top of the picture on the canvas: it stands on the bottom edge."""
    wide, high = size_wh
    face = FaceFrame.of(sitter.points_px)
    eyes = sitter.irises_px[:, 0].mean(axis=0)
    scale = min(_UNIT_HIGH * high, _UNIT_WIDE * wide) / face.unit_px
    # A picture that ends under the chin is shown larger, so that it still stands on the edge.
    left = wide / 2 - scale * float(sitter.points_px[:, 0].mean())
    top = _EYES_AT * high - scale * float(eyes[1])
    if top + scale * picture_wh[1] < high:
        top = high - scale * picture_wh[1]
    if top > 0 and top + scale * float(sitter.points_px[:, 1].min()) > 0.6 * high:
        raise RequestError(
            f"{name} shows too little below the chin to stand in the picture.",
            "Give a portrait down to the shoulders.",
        )
    if scale > MOST_ENLARGED:
        raise RequestError(
            f"{name} would have to be shown at {scale:.1f} times its size.",
            f"Give a larger scan: at {wide}x{high} the face has to be "
            f"{scale / MOST_ENLARGED:.1f} times as wide.",
        )
    return scale, left, top


def _write(path: Path, portrait: Portrait) -> None:
    told = json.dumps(
        {
            "cover": portrait.cover_xyxy_px,
            "enlarged": portrait.enlarged,
            "notes": portrait.notes,
        }
    )
    with write_beside(path) as beside, beside.open("wb") as file:
        np.savez(
            file,
            person=portrait.person,
            behind=portrait.behind,
            points_px=portrait.points_px,
            irises_px=portrait.irises_px,
            told=np.frombuffer(told.encode(), np.uint8),
        )


def _read(path: Path, name: str, digest: str, background: Background) -> Portrait | None:
    """What was kept; None where there is nothing, or it was damaged and has to be made again."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            told = json.loads(bytes(kept["told"]))
            return Portrait(
                name,
                digest,
                background,
                kept["person"],
                kept["behind"],
                tuple(told["cover"]),
                kept["points_px"],
                kept["irises_px"],
                float(told["enlarged"]),
                tuple(told["notes"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
