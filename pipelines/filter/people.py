"""The faces of a stretch of film: found, kept apart, and their meshes smoothed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.filter.one_euro import OneEuro
from studio.adapters.blazeface import BlazeFace
from studio.adapters.face_mesh import FaceMesh, squares_of_boxes, squares_of_meshes
from studio.adapters.mtcnn import Mtcnn
from studio.adapters.ssd_boxes import overlap
from studio.types.landmarks import FACE_OVAL, Floats

#: New faces are looked for at every so-many-th frame, quickly and thoroughly; between, each is
#: followed by its mesh. On 1280x720 BlazeFace takes 15 ms and MTCNN 140 ms of a core.
LOOK_EVERY, LOOK_WELL_EVERY = 6, 24
#: Frames that let a stretch begin in step: twice as long as the smoothing remembers at rest.
FACE_LEAD_FRAMES = 12
#: Presence of a mesh from which a face is followed, and below which it is lost.
_THERE, _GONE = 0.5, 0.2
#: Overlap of boxes from which a found face is one that is followed already.
_SAME = 0.25
_DOUBLE = 0.55
#: In sides of its square, how far a face gets from its course in one frame.
_LEAP = 0.3
#: Frames for which a lost face is shown along its course, where no other stands there: a blink
#: of the network must not make a hat blink.
_HELD = 3
#: What is left of its speed with every frame that a face is lost.
_TIRING = 0.9
#: Seconds that a face is waited for where it was lost.
_LOST_S = 1.0
#: Smallest face looked for, in shares of the picture's shorter side.
_MIN_FACE = 1 / 14
#: Longer side of the picture that is looked at for it.
_LOOK_PX = 560


@dataclass(frozen=True)
class Face:
    """A face at one frame.

    Attributes:
        track: number of the face within the shot.
        points_px: float32 ``(468, 3)``, smoothed.
        size_px: side of the square about it.
    """

    track: int
    points_px: Floats
    size_px: float


@dataclass
class Known:
    """What is known at one frame; steps may replace what they change.

    Attributes:
        number: of the frame.
        faces: in sight, the largest first.
        matte: gives float32 ``(h, w)``, how much of each pixel is a person; made when asked.
        fresh: whether a shot begins.
    """

    number: int
    faces: tuple[Face, ...]
    matte: Callable[[], NDArray[np.float32]]
    fresh: bool = False


@dataclass
class _Track:
    number: int
    square: Floats
    smooth: OneEuro
    velocity: Floats = field(default_factory=lambda: np.zeros(3, np.float32))
    points: Floats = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    shown: Floats = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    at: Floats = field(default_factory=lambda: np.zeros(4, np.float32))
    lost: int = 0


def _box(square: Floats) -> Floats:
    x, y, side = square[:3]
    half = side / 2.2
    return np.array([x - half, y - half, x + half, y + half], np.float32)


def _boxes(tracks: list[_Track]) -> Floats:
    return np.array([_box(t.square) for t in tracks], np.float32).reshape(-1, 4)


class Faces:
    """Follows the faces of one stretch. For one thread.

    Args:
        near: finds large faces quickly.
        sharp: finds the others.
        mesh: meshes.
        rate_hz: frames a second.
    """

    def __init__(self, near: BlazeFace, sharp: Mtcnn, mesh: FaceMesh, rate_hz: float) -> None:
        self._near, self._sharp, self._mesh, self._rate_hz = near, sharp, mesh, rate_hz
        self._tracks: list[_Track] = []
        self._next = 0
        self._fresh = True

    def reset(self) -> None:
        """Forget: a shot begins."""
        self._tracks, self._next, self._fresh = [], 0, True

    def __call__(self, rgb: NDArray[np.uint8], number: int) -> tuple[Face, ...]:
        """The faces at a frame; frames are given in turn."""
        for track in self._tracks:  # a constant velocity from the frames before
            track.square = track.square.copy()
            track.square[:3] += track.velocity * np.float32(_TIRING**track.lost)
        just_lost = any(0 < track.lost <= 2 for track in self._tracks)
        if self._fresh or just_lost or number % LOOK_EVERY == 0:
            self._look(rgb, self._fresh or number % LOOK_WELL_EVERY == 0)
        self._fresh = False
        self._follow(rgb)
        live = [t for t in self._tracks if not t.lost]
        faces = []
        for track in self._tracks:
            size = float(track.square[2])
            if not track.lost:
                track.shown, track.at = track.smooth(track.points, size), track.square
            elif (
                track.lost > _HELD
                or not len(track.shown)
                or (live and overlap(_box(track.square)[None], _boxes(live)).max() > _SAME)
            ):
                continue
            moved = np.append(track.square[:2] - track.at[:2], 0).astype(np.float32)
            faces.append(Face(track.number, track.shown + moved, size))
        return tuple(sorted(faces, key=lambda f: -f.size_px))

    def _look(self, rgb: NDArray[np.uint8], well: bool) -> None:
        """Begin a track for every face that is not followed."""
        boxes, eyes = self._quickly(rgb)
        if well or not len(boxes):
            boxes, eyes = self._well(rgb)
        for row in range(len(boxes)):
            known = _boxes([t for t in self._tracks if not t.lost])
            if len(known) and overlap(boxes[row : row + 1], known).max() > _SAME:
                continue
            (square,) = squares_of_boxes(boxes[row : row + 1], eyes[row : row + 1])
            found = self._mesh.find(rgb, square[None])  # the second look is that of _follow
            if found.presence[0] < _THERE:
                continue
            (square,) = squares_of_meshes(found.points_px)
            lost = [t for t in self._tracks if t.lost]
            again = overlap(_box(square)[None], _boxes(lost))[0] if lost else np.zeros(0)
            if len(again) and again.max() > _SAME:
                lost[int(again.argmax())].square = square
                continue
            self._tracks.append(_Track(self._next, square, OneEuro(self._rate_hz)))
            self._next += 1

    def _quickly(self, rgb: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Boxes and eyes of faces that are not small: float32 ``(n, 4)``, ``(n, 2, 2)``."""
        found = self._near.detect(rgb, min_score=0.6)
        return found.xyxy_px, found.keypoints_px[:, :2]

    def _well(self, rgb: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """The same of all faces."""
        import cv2

        height, width = rgb.shape[:2]
        scale = min(1.0, _LOOK_PX / max(height, width))
        wh = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(rgb, wh, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
        least = max(14.0, min(small.shape[:2]) * _MIN_FACE)
        found = self._sharp.detect(small[None], min_face_px=least, min_scores=(0.7, 0.7, 0.9))
        size = np.array([width, height], np.float32)
        boxes, eyes = found.xyxy * np.tile(size, 2), found.landmarks[:, :2] * size
        return boxes.astype(np.float32), eyes.astype(np.float32)

    def _follow(self, rgb: NDArray[np.uint8]) -> None:
        """The mesh of each track at this frame.

        Where one face passes before another both meshes lie on the one in front: the track
        that had to leap there is lost, goes on along its course unseen, and comes back when its
        own face does.
        """
        seen = []
        for track in self._tracks:
            found = self._mesh.find(rgb, track.square[None])
            (square,) = squares_of_meshes(found.points_px)
            leap = float(np.linalg.norm(square[:2] - track.square[:2])) / float(track.square[2])
            least = _THERE if track.lost or not len(track.points) else _GONE
            if found.presence[0] >= least and (leap < _LEAP or not len(track.points)):
                seen.append((track.lost > 0, leap, track.number, track, square, found.points_px[0]))
            else:
                track.lost += 1
        taken: list[_Track] = []
        for _lost, _leap, _number, track, square, points in sorted(seen, key=lambda s: s[:3]):
            most = _SAME if track.lost else _DOUBLE
            if taken and overlap(_box(square)[None], _boxes(taken)).max() > most:
                track.lost += 1
                continue
            if track.lost:  # smoothing does not reach over a gap
                track.smooth = OneEuro(self._rate_hz)
            elif len(track.points):
                moved = track.velocity + (square[:3] - track.square[:3])
                track.velocity = (0.5 * track.velocity + 0.5 * moved).astype(np.float32)
            track.square, track.points, track.lost = square, points, 0
            taken.append(track)
        longest = _LOST_S * self._rate_hz
        self._tracks = [t for t in self._tracks if t.lost <= longest]


def outline(face: Face) -> Floats:
    """The oval about a face: float32 ``(36, 2)``."""
    points: Any = face.points_px[list(FACE_OVAL), :2]
    made: Floats = points
    return made
