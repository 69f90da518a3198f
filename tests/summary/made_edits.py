"""Footage and finished edits made of it by a rule that is known: the brightest segments."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from tests.footage import ffmpeg

SIZE_WH = (160, 90)
RATE = 25
#: Edits of each film, as shares of it.
SHARES = (0.15, 0.3, 0.5)
_SEGMENT = 25


def read(path: Path, start_s: float, seconds: float) -> np.ndarray:
    """uint8 ``(n, 90, 160, 3)`` RGB."""
    film = cv2.VideoCapture(str(path))
    film.set(cv2.CAP_PROP_POS_MSEC, start_s * 1000)
    found = []
    while len(found) < seconds * RATE:
        ok, frame = film.read()
        if not ok:
            break
        found.append(cv2.cvtColor(cv2.resize(frame, SIZE_WH), cv2.COLOR_BGR2RGB))
    film.release()
    return np.stack(found)


def write(path: Path, frames: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE_WH[0]}x{SIZE_WH[1]}")
    encode = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "22", "-pix_fmt", "yuv420p")
    ffmpeg(*raw, "-r", RATE, "-i", "pipe:0", *encode, path, stdin=frames.tobytes())
    return path


def brightness(frames: np.ndarray) -> np.ndarray:
    """The rule: float64 ``(n,)``, the mean brightness of the second a frame lies in."""
    means = frames.mean(axis=(1, 2, 3))
    count = -(-len(means) // _SEGMENT)
    per = [means[n * _SEGMENT : (n + 1) * _SEGMENT].mean() for n in range(count)]
    return np.repeat(per, _SEGMENT)[: len(means)]


def edit_of(frames: np.ndarray, share: float) -> np.ndarray:
    """The frames of the brightest seconds, in order."""
    worth = brightness(frames)
    segments = [worth[n] for n in range(0, len(worth), _SEGMENT)]
    count = max(1, round(share * len(segments)))
    chosen = sorted(np.argsort(segments)[::-1][:count])
    return np.concatenate(
        [np.arange(n * _SEGMENT, min((n + 1) * _SEGMENT, len(worth))) for n in chosen]
    )


def made_edits(folder: Path, films: dict[str, np.ndarray]) -> Path:
    """Write footage and edits as ``studio train summary --edits`` wants them."""
    for name, frames in films.items():
        write(folder / "footage" / f"{name}.mp4", frames)
        for share in SHARES:
            chosen = edit_of(frames, share)
            write(folder / "edits" / f"{name}-{round(100 * share)}.mp4", frames[chosen])
    return folder
