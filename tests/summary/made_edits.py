"""Footage and finished edits made of it by a rule that is known: the seconds worth most by some
measure."""

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


def read(path: Path, start_s: float, seconds: float, *, every_frame: bool = True) -> np.ndarray:
    """uint8 ``(n, 90, 160, 3)`` RGB.

    Args:
        path: of the film.
        start_s, seconds: from where and how much.
        every_frame: as they come; else those shown at 25 times a second, whatever its rate.
    """
    film = cv2.VideoCapture(str(path))
    film.set(cv2.CAP_PROP_POS_MSEC, start_s * 1000)
    step = 1.0 if every_frame else film.get(cv2.CAP_PROP_FPS) / RATE
    found: list[np.ndarray] = []
    number = 0
    while len(found) < seconds * RATE:
        ok, frame = film.read()
        if not ok:
            break
        small = cv2.cvtColor(cv2.resize(frame, SIZE_WH), cv2.COLOR_BGR2RGB)
        while int(len(found) * step + 1e-6) == number:  # the one shown then, perhaps twice
            found.append(small)
        number += 1
    film.release()
    return np.stack(found)


def write(path: Path, frames: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE_WH[0]}x{SIZE_WH[1]}")
    encode = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "22", "-pix_fmt", "yuv420p")
    ffmpeg(*raw, "-r", RATE, "-i", "pipe:0", *encode, path, stdin=frames.tobytes())
    return path


def edit_of(worth: np.ndarray, share: float) -> np.ndarray:
    """The frames of the seconds worth most, in order."""
    segments = [worth[n] for n in range(0, len(worth), _SEGMENT)]
    count = max(1, round(share * len(segments)))
    chosen = sorted(np.argsort(segments)[::-1][:count])
    return np.concatenate(
        [np.arange(n * _SEGMENT, min((n + 1) * _SEGMENT, len(worth))) for n in chosen]
    )


def made_edits(folder: Path, films: dict[str, np.ndarray], worth: dict[str, np.ndarray]) -> Path:
    """Write footage and edits as ``studio train summary --edits`` wants them.

    Args:
        folder: to write into.
        films: frames by name.
        worth: of each frame, by name; the same for all of a second.
    """
    for name, frames in films.items():
        write(folder / "footage" / f"{name}.mp4", frames)
        for share in SHARES:
            chosen = edit_of(worth[name], share)
            write(folder / "edits" / f"{name}-{round(100 * share)}.mp4", frames[chosen])
    return folder
