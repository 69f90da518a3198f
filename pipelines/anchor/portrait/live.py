"""A portrait that speaks by LivePortrait: its face drawn by a network, everything about it ours.

The picture is placed, and its face found, as for our own warp; so consent, label and all that is
refused are the same. Which way the network counts a turn of the head it is asked itself: it is
shown the portrait, and the portrait turned by our own warp.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.portrait.preparing import Background
from pipelines.anchor.portrait.presenter import PortraitPresenter
from studio.adapters.live_portrait import DRAWN_PX, POINTS, SEEN_PX, LivePortrait, spec_of
from studio.jobs.job import Job
from studio.types.performance import Performance

Pictures = NDArray[np.uint8]

#: Sides of the square about the face, of the face's own height; and how far it stands higher.
_ROOM, _HIGHER = 1.75, 0.10
#: Height to width of lips as wide as speech opens them.
_OPEN_LIPS = 0.38
#: Share of the square's side over which what was drawn fades into the picture.
_FADE = 0.10
_LIPS, _CORNERS = (13, 14), (61, 291)
_EYES = (((386, 374), (362, 263)), ((159, 145), (33, 133)))  # left, right: lids, corners
_TURN_DEG, _SURE_DEG = 10.0, 1.0
_RATE = Fraction(25)  # of pictures that are drawn for themselves


class LivePresenter:
    """See :class:`pipelines.anchor.presenters.Presenter`.

    Args:
        base: the portrait, made ready.
        folder: with the graphs; they are lent for each picture.
        job: lends them.
    """

    people = True

    def __init__(self, base: PortraitPresenter, folder: Path, job: Job) -> None:
        self._job, self._spec = job, spec_of(folder)
        self.name, self.size_wh = base.name, base.size_wh
        points = base.portrait.points_px[:, :2]
        low, high = points.min(axis=0), points.max(axis=0)
        self._side = float((high - low).max()) * _ROOM
        middle = (low + high) / 2 - np.array([0.0, _HIGHER * self._side / _ROOM])
        self._corner = middle - self._side / 2
        self._fade = _faded()
        rest = Performance.still(_RATE, 1)
        turned = Performance.still(_RATE, 2)
        turned.head_deg[0, 0], turned.head_deg[1, 1] = _TURN_DEG, _TURN_DEG
        with job.pool.lease(self._spec) as nets:
            self._rest = base.draw(rest, 0)
            seen = self._seen(self._rest)
            self._look, self._held = nets.look(seen), nets.held(seen)
            more = [nets.held(self._seen(base.draw(turned, n))).head_deg for n in range(2)]
        said = f"The portrait is moved by LivePortrait ({self._spec.licence}), from {folder.name}."
        self.notes = (*base.notes, said)
        yaw, pitch = more[0][1] - self._held.head_deg[1], more[1][0] - self._held.head_deg[0]
        if min(abs(yaw), abs(pitch)) < _SURE_DEG:
            self.notes = (*self.notes, "The network does not see the head turn; it is not turned.")
            self._turns = np.zeros(2, np.float32)
        else:
            self._turns = np.sign(np.array([pitch, yaw], np.float32))
        self._lips_now = _ratio(points, _LIPS, _CORNERS)
        self._eyes_now = [_ratio(points, lids, corners) for lids, corners in _EYES]

    @classmethod
    def of(
        cls, path: Path, size_wh: tuple[int, int], job: Job, background: Background, folder: Path
    ) -> LivePresenter:
        """From a picture file.

        Raises:
            WeightsMissing, WeightsCorrupt: a graph is not in the folder, or not the published one.
            RequestError: the portrait cannot be made to speak.
        """
        return cls(PortraitPresenter.of(path, size_wh, job, background), folder, job)

    def draw(self, performance: Performance, frame: int) -> Pictures:
        """One picture: uint8 ``(h, w, 4)``, see the protocol."""
        if not 0 <= frame < len(performance):
            raise IndexError(f"frame {frame} of {len(performance)}")
        made = self._rest.copy()
        with self._job.pool.lease(self._spec) as nets:
            face = nets.draw(self._look, self._held.points(), self._moved(nets, performance, frame))
        self._laid(made, face)
        return made

    def _moved(
        self, nets: LivePortrait, performance: Performance, frame: int
    ) -> NDArray[np.float32]:
        yaw, pitch, roll = (float(v) for v in performance.head_deg[frame])
        turn = np.array([pitch * self._turns[0], yaw * self._turns[1], roll], np.float32)
        still, moved = self._held.points(), self._held.points(turn)
        shut = float(performance.press[frame]) > 0.5
        lips = 0.0 if shut else float(performance.jaw[frame]) * _OPEN_LIPS
        moved = moved + nets.lips(still, self._lips_now, lips)
        blink = float(performance.blink[frame].mean())
        if blink > 0.01:
            left, right = self._eyes_now
            moved = moved + nets.eyes(still, left, right, (left + right) / 2 * (1 - blink))
        assert moved.shape == (1, POINTS, 3)
        return nets.without_seams(still, moved)

    def _seen(self, rgba: Pictures) -> Pictures:
        """The square about the face, as the network looks at it."""
        scale = SEEN_PX / self._side
        move = np.array(
            [[scale, 0, -self._corner[0] * scale], [0, scale, -self._corner[1] * scale]]
        )
        return np.asarray(
            cv2.warpAffine(
                np.ascontiguousarray(rgba[..., :3]), move, (SEEN_PX, SEEN_PX),
                flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE,
            )
        )  # fmt: skip

    def _laid(self, made: Pictures, face: Pictures) -> None:
        """Lay the drawn square back, faded at its edges; what is clear stays clear."""
        scale = self._side / DRAWN_PX
        move = np.array([[scale, 0, self._corner[0]], [0, scale, self._corner[1]]])
        high, wide = made.shape[:2]
        there = cv2.warpAffine(face, move, (wide, high), flags=cv2.INTER_CUBIC)
        share = cv2.warpAffine(self._fade, move, (wide, high), flags=cv2.INTER_LINEAR)[..., None]
        before = made[..., :3].astype(np.float32)
        made[..., :3] = (before + (there - before) * share + 0.5).astype(np.uint8)


def _faded() -> NDArray[np.float32]:
    edge = np.minimum(np.arange(DRAWN_PX) + 0.5, DRAWN_PX - np.arange(DRAWN_PX) - 0.5)
    ramp = np.clip(edge / (_FADE * DRAWN_PX), 0, 1)
    smooth = ramp * ramp * (3 - 2 * ramp)
    found: NDArray[np.float32] = np.outer(smooth, smooth).astype(np.float32)
    return found


def _ratio(points: NDArray[np.floating], high: tuple[int, int], wide: tuple[int, int]) -> float:
    def apart(pair: tuple[int, int]) -> float:
        return float(np.linalg.norm(points[pair[0]] - points[pair[1]]))

    return apart(high) / max(apart(wide), 1e-6)
