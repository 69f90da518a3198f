"""Which frames of footage a finished edit shows: the two laid side by side, frame by frame."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.errors import RequestError
from studio.settings import Settings
from studio.types.frames import FrameBatch, FrameRequest

#: Pictures are compared this small; grading, scaling and compression then change little.
_SIZE_WH = (32, 18)
#: Correlation from which on a frame of the edit is believed to be one of the footage.
_SURE = 0.85
_CANDIDATES = 8
#: What it costs the alignment to leave the running shot.
_JUMP = 0.06
_AT_ONCE = 256
_FOOTAGE = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mxf")


@dataclass(frozen=True)
class Alignment:
    """An edit against its footage.

    Attributes:
        frames: int64 ``(m,)``: for each frame of the edit that of the footage, or -1.
        used: bool ``(n,)``: the frames of the footage that the edit shows.
    """

    frames: NDArray[np.int64]
    used: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Of the edit's frames, those that were found in the footage."""
        return float((self.frames >= 0).mean()) if len(self.frames) else 0.0


def signatures(path: Path, settings: Settings) -> NDArray[np.float32]:
    """float32 ``(n, 576)``: every frame small, without its brightness and contrast.

    Raises:
        MediaError: the file cannot be read.
        RequestError: it has no picture.
    """
    from studio.media.probe import frame_times, probe
    from studio.media.reader import Subscription, read_frames

    info = probe(path, settings)
    if info.video is None:
        raise RequestError(f"{path.name} has no picture.", "Give films.")
    found: list[NDArray[np.float32]] = []

    def take(batch: FrameBatch) -> None:
        grey = batch.pixels.astype(np.float32).mean(axis=3).reshape(len(batch.pixels), -1)
        found.append(grey)

    request = FrameRequest(size_wh=_SIZE_WH, batch=64)
    read_frames(info, [Subscription(request, take)], times=frame_times(info, settings))
    pictures = np.concatenate(found) if found else np.zeros((0, 1), np.float32)
    pictures -= pictures.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(pictures, axis=1, keepdims=True)
    # A black or plain frame is like every other such frame: it says nothing of where it is from.
    return np.where(lengths > 8, pictures / np.maximum(lengths, 1e-6), 0).astype(np.float32)


def align(footage: NDArray[np.float32], edit: NDArray[np.float32]) -> Alignment:
    """Find each frame of an edit in its footage.

    Each frame of the edit has its likest frames of the footage as candidates; dynamic
    programming (Viterbi) takes the sequence that is likest and jumps least, as an edit runs on
    within a shot. The edit may run at another rate or speed, as long as it runs forward.

    Args:
        footage: float32 ``(n, d)``, of unit length, or zero.
        edit: float32 ``(m, d)``.
    """
    count = len(edit)
    most = min(_CANDIDATES, len(footage))
    places = np.zeros((count, most), np.int64)
    alike = np.zeros((count, most), np.float32)
    for start in range(0, count, _AT_ONCE):
        piece = slice(start, start + _AT_ONCE)
        cosines = edit[piece] @ footage.T
        best = np.argpartition(cosines, -most, axis=1)[:, -most:]
        places[piece] = best
        alike[piece] = np.take_along_axis(cosines, best, axis=1)
    gain = alike[0].copy() if count else np.zeros(0, np.float32)
    back = np.zeros((count, most), np.int64)
    for row in range(1, count):
        moved = places[row][None, :] - places[row - 1][:, None]
        cost = np.where((moved >= 0) & (moved <= 3), 0.005 * np.abs(moved - 1), _JUMP)
        reached = gain[:, None] - cost
        back[row] = reached.argmax(axis=0)
        gain = reached.max(axis=0) + alike[row]
    frames = np.full(count, -1, np.int64)
    if count:
        at = int(gain.argmax())
        for row in range(count - 1, -1, -1):
            if alike[row, at] >= _SURE:
                frames[row] = places[row, at]
            at = int(back[row, at])
    used = np.zeros(len(footage), np.bool_)
    used[frames[frames >= 0]] = True
    _bridge(used, frames)
    return Alignment(frames, used)


def _bridge(used: NDArray[np.bool_], frames: NDArray[np.int64]) -> None:
    """An edit at a lower rate leaves frames out that were shown all the same."""
    for before, after in itertools.pairwise(frames):
        if before >= 0 and 1 < after - before <= 3:
            used[before:after] = True


def pairs_in(folder: Path) -> list[tuple[Path, list[Path]]]:
    """Footage and the edits made of it.

    ``DIR/footage/NAME.mp4`` belongs with ``DIR/edits/NAME.mp4`` and ``DIR/edits/NAME-….mp4``.

    Raises:
        RequestError: the folder is laid out in another way, or an edit has no footage.
    """
    footage, edits = folder / "footage", folder / "edits"
    if not footage.is_dir() or not edits.is_dir():
        raise RequestError(
            f"{folder} holds no folders footage and edits.",
            "Lay it out so: footage/NAME.mp4, edits/NAME.mp4 or edits/NAME-anything.mp4; or give "
            "a folder laid out as TVSum or SumMe, or an .h5 file.",
        )
    films = sorted(p for p in footage.iterdir() if p.suffix.lower() in _FOOTAGE)
    found: dict[Path, list[Path]] = {film: [] for film in films}
    for edit in sorted(p for p in edits.iterdir() if p.suffix.lower() in _FOOTAGE):
        fits = [f for f in films if edit.stem == f.stem or edit.stem.startswith(f.stem + "-")]
        if not fits:
            raise RequestError(
                f"{edit.name} belongs to no film in {footage}.",
                "An edit is named after its footage: NAME.mp4 or NAME-anything.mp4",
            )
        found[max(fits, key=lambda f: len(f.stem))].append(edit)
    pairs = [(film, own) for film, own in found.items() if own]
    if not pairs:
        raise RequestError(f"{folder} holds no film with an edit.", "Add some.")
    return pairs
