"""A portrait that speaks: any photograph or painting, moved as a performance says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.portrait.expression import LOWER, UPPER, Expression, expression
from pipelines.anchor.portrait.eyes import find_eyes
from pipelines.anchor.portrait.face_frame import FaceFrame
from pipelines.anchor.portrait.head import head_of
from pipelines.anchor.portrait.inner_mouth import inner_mouth
from pipelines.anchor.portrait.mouth_line import mouth_line
from pipelines.anchor.portrait.preparing import Background, Portrait, prepare_portrait
from pipelines.anchor.portrait.warping import Moves
from studio.jobs.job import Job
from studio.types.performance import Performance

Pictures = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]

#: How far one pixel of a file's edges is spread, at the least, and more where it is enlarged.
_SOFT_PX, _SOFT_BY_SCALE = 0.9, 0.75


@dataclass(frozen=True)
class _Face:
    """A face that moved, before its head turns.

    Attributes:
        came: float32 ``(high, wide, 2)`` px, relative, where what is seen came from.
        banks: the same as all around the upper and the lower lip would have it.
        upper_px, lower_px: ``(n, 2)``, the lips' inner edges.
        line: float32 ``(wide,)``, the middle between them, in rows of the box.
        drop_px: of the jaw.
    """

    came: Moves
    banks: tuple[Moves, Moves]
    upper_px: Floats
    lower_px: Floats
    line: Moves
    drop_px: float


class PortraitPresenter:
    """See :class:`pipelines.anchor.presenters.Presenter`.

    Args:
        portrait: made ready; with its own background it is shown as a panel.
    """

    people = True

    def __init__(self, portrait: Portrait) -> None:
        high, wide = portrait.behind.shape[:2]
        self.name = portrait.name
        self.size_wh = (wide, high)
        self.portrait = portrait
        self._own = portrait.background == "own"
        picture = np.ascontiguousarray(portrait.person[..., :3])
        self.face = FaceFrame.of(portrait.points_px)
        points = portrait.points_px
        self.mouth = mouth_line(picture, points, self.face)
        self.expression: Expression = expression(points, self.face, self.mouth, self.size_wh)
        self._eyes = find_eyes(picture, points, portrait.irises_px, self.face)
        soft = _SOFT_PX + _SOFT_BY_SCALE * portrait.enlarged
        self._inner = inner_mouth(picture, points, self.face, self.mouth, soft)
        self._head = head_of(points, self.face, self.size_wh)
        grid = self._head.grid
        x, y = np.meshgrid(np.arange(grid.wide), np.arange(grid.high))
        self._places = np.stack([x + grid.left_px, y + grid.top_px], axis=-1).astype(np.float32)
        left, top, right, low = portrait.cover_xyxy_px
        self._still = np.zeros((high, wide, 4), np.uint8)
        if self._own:
            self._still[top:low, left:right, :3] = picture[top:low, left:right]
            self._still[top:low, left:right, 3] = 255
        else:
            self._still[top:low, left:right] = portrait.person[top:low, left:right]

    @classmethod
    def of(
        cls, path: Path, size_wh: tuple[int, int], job: Job, background: Background = "own"
    ) -> PortraitPresenter:
        """From a picture file; raises what :func:`prepare_portrait` raises."""
        return cls(prepare_portrait(path, size_wh, job, background))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing of the portrait."""
        return self.portrait.notes

    def draw(self, performance: Performance, frame: int) -> Pictures:
        """One picture: uint8 ``(h, w, 4)``, see the protocol."""
        row = _columns(performance, frame)
        made = self._still.copy()
        grid = self._head.grid
        turned = grid.turned(
            self._head.moves(performance.head_deg[frame], float(performance.breath[frame]))
        )
        heads = self._places + grid.dense(turned)
        face = self._face(row)
        # The face's box as it lies once the head has moved.
        room = int(np.ceil(np.abs(turned).max())) + 2
        box = _grown(self.expression.grid.slices, room, grid.slices)
        inner = _relative(box, grid.slices)
        face_at = heads[inner]
        places = heads.copy()
        places[inner] = self._came(face_at, face.came)
        person = self._seen(places)
        self._join_lips(person, face, heads, room)
        for overlay, left_px, top_px in self._overlays(row, face):
            _lay(person, overlay, (left_px, top_px), heads, grid, room)
        self._compose(made, person)
        return made

    def _came(self, places: Moves, moves: Moves) -> Moves:
        """Where in the portrait places of the turned face came from."""
        grid = self.expression.grid
        at = places - np.array([grid.left_px, grid.top_px], np.float32)
        return np.asarray(places + cv2.remap(moves, at, None, cv2.INTER_LINEAR))

    def _seen(self, places: Moves) -> Pictures:
        seen = cv2.remap(
            self.portrait.person,
            *cv2.convertMaps(places, None, cv2.CV_16SC2),
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(seen)

    def _face(self, row: dict[str, Any]) -> _Face:
        grid, mouth = self.expression.grid, self.mouth
        shares = self.expression.shares(row)
        moves = self.expression.moves(shares)
        upper = mouth.upper_px + grid.at(moves[UPPER], mouth.upper_px)
        lower = mouth.lower_px + grid.at(moves[LOWER], mouth.lower_px)
        above, below = (grid.dense(grid.turned(side)) for side in moves)
        between = (upper + lower) / 2 - (grid.left_px, grid.top_px)
        line = np.interp(np.arange(grid.wide), between[:, 0], between[:, 1]).astype(np.float32)
        came = above.copy()
        first = max(0, int(line.min()))
        split = np.arange(first, grid.high, dtype=np.float32)[:, None] > line[None]
        np.copyto(came[first:], below[first:], where=split[..., None])
        for eye in self._eyes.values():
            if any(row["gaze"]):
                came[_relative(eye.slices, grid.slices)] += eye.looking(row["gaze"])
        return _Face(
            came, (above, below), upper, lower, line, shares["jaw"] * self.expression.widest_px
        )

    def _join_lips(self, person: Pictures, face: _Face, heads: Moves, room: int) -> None:
        """Along the line between the lips each pixel has its share of both of them."""
        own, grid = self.expression.grid, self._head.grid
        both = np.concatenate([face.upper_px, face.lower_px])
        left, top = np.floor(both.min(axis=0)).astype(int) - 3
        right, low = np.ceil(both.max(axis=0)).astype(int) + 4
        box = _grown((slice(top, low), slice(left, right)), room, grid.slices)
        inner = _relative(box, grid.slices)
        at = heads[inner]
        line = np.interp(at[..., 0] - own.left_px, np.arange(own.wide), face.line) + own.top_px
        share = np.clip(at[..., 1] - line + 0.5, 0, 1)
        inside = (at[..., 0] > both[:, 0].min() - 2) & (at[..., 0] < both[:, 0].max() + 2)
        near = inside & (np.abs(at[..., 1] - line) < 2.5)
        one, other = (self._seen(self._came(at, moves)) for moves in face.banks)
        mixed = one + share[..., None] * (other.astype(np.float32) - one)
        person[inner][near] = np.rint(mixed[near])

    def _overlays(self, row: dict[str, Any], face: _Face) -> list[tuple[Floats, int, int]]:
        """What is painted over the moved face: RGBA multiplied by cover, and where it lies."""
        made = []
        upper, lower = face.upper_px, face.lower_px
        if np.max((lower - upper) @ self.face.down_px) > 0.25:
            inner = self._inner
            painted = inner.draw(upper, lower, face.drop_px, row["tongue"])
            made.append((painted, inner.left_px, inner.top_px))
        for side, eye in self._eyes.items():
            if row[f"blink_{side}"] > 0:
                lid = eye.lid(row[f"blink_{side}"])
                made.append((lid, eye.slices[1].start, eye.slices[0].start))
        return made

    def _compose(self, made: Pictures, person: Pictures) -> None:
        grid = self._head.grid
        left, top, right, low = self.portrait.cover_xyxy_px
        box = grid.slices
        rows = slice(max(box[0].start, top), min(box[0].stop, low))
        columns = slice(max(box[1].start, left), min(box[1].stop, right))
        person = person[_relative((rows, columns), box)]
        if not self._own:
            made[rows, columns] = person
            return
        share = cv2.extractChannel(person, 3).astype(np.float32)
        share *= np.float32(1 / 255)
        behind = self.portrait.behind[rows, columns]
        mixed = cv2.blendLinear(cv2.cvtColor(person, cv2.COLOR_RGBA2RGB), behind, share, 1 - share)
        made[rows, columns] = cv2.cvtColor(mixed, cv2.COLOR_RGB2RGBA)


def _columns(performance: Performance, frame: int) -> dict[str, Any]:
    """A row by names; sides are the person's own."""
    if not 0 <= frame < len(performance):
        raise IndexError(f"frame {frame} of {len(performance)}")
    row: dict[str, Any] = {
        name: float(getattr(performance, name)[frame])
        for name in ("jaw", "press", "spread", "tongue", "teeth")
    }
    for name, prefix in (("blink", "blink"), ("brows", "brow")):
        for side, number in (("left", 0), ("right", 1)):
            row[f"{prefix}_{side}"] = float(getattr(performance, name)[frame, number])
    row["gaze"] = tuple(float(v) for v in performance.gaze[frame])
    return row


def _lay(
    person: Pictures,
    overlay: Floats,
    corner_px: tuple[int, int],
    heads: Floats,
    grid: Any,
    room: int,
) -> None:
    """Paint an overlay where the head carries it."""
    left, top = corner_px
    slices = slice(top, top + overlay.shape[0]), slice(left, left + overlay.shape[1])
    box = _relative(_grown(slices, room, grid.slices), grid.slices)
    at = heads[box] - np.array([left, top], np.float32)
    shown = cv2.remap(overlay, at, None, cv2.INTER_LINEAR)
    under = person[box][..., :3].astype(np.float32)
    person[(*box, slice(0, 3))] = np.rint(under * (1 - shown[..., 3:]) + shown[..., :3])


def _grown(box: tuple[slice, slice], room: int, within: tuple[slice, slice]) -> tuple[slice, slice]:
    rows, columns = (
        slice(max(s.start - room, w.start), min(s.stop + room, w.stop))
        for s, w in zip(box, within, strict=True)
    )
    return rows, columns


def _relative(box: tuple[slice, slice], to: tuple[slice, slice]) -> tuple[slice, slice]:
    rows, columns = (
        slice(s.start - t.start, s.stop - t.start) for s, t in zip(box, to, strict=True)
    )
    return rows, columns
