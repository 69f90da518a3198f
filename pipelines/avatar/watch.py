"""Watch one person through a film: the mesh of the face, the irises, the hands, every frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.avatar.follow import HEAD_TO_EYES, Watched
from pipelines.avatar.measures import AT, MEASURES, MEASURES_VERSION, measure
from studio.adapters import blazeface, face_mesh, hands
from studio.archive.store import Part
from studio.jobs.job import Job
from studio.types.character import HAND_POINTS
from studio.types.landmarks import Floats, Hands
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot

if TYPE_CHECKING:
    from studio.adapters.blazeface import BlazeFace
    from studio.adapters.face_mesh import FaceMesh
    from studio.adapters.hands import HandFinder

#: Raised whenever the same film would be watched with another outcome.
WATCH_VERSION = 2
SPECS = (blazeface.SPEC_NEAR, blazeface.SPEC_FAR, face_mesh.SPEC, hands.SPEC)
#: What is watched is kept in pieces of at least so many seconds, each of whole shots: a run that
#: was killed goes on from the last.
_PIECE_S = 60
_FIRST_PRESENCE, _LEAST_PRESENCE, _LEAST_HAND = 0.8, 0.5, 0.7
#: Frames between two looks for hands, and for another face than the one being followed.
_HANDS_EVERY, _FACES_EVERY = 4, 12

#: Where the person who is wanted is, left, top, right, bottom in pixels; None where unknown.
Wanted = Callable[[int], NDArray[np.float32] | None]


def watch(
    info: MediaInfo,
    times: FrameTimes,
    shots: Sequence[Shot],
    job: Job,
    *,
    who: str = "",
    wanted: Wanted | None = None,
) -> Watched:
    """Watch a person; from the store what an earlier run has seen.

    Args:
        info, times: of the film.
        shots: tile it; a face is looked for anew in each.
        job: settings, models, store, progress.
        who: of the request; part of the store's key.
        wanted: where that person is; without it the largest face of each shot is followed.
    """
    pieces = list(_pieces(shots, times, info))
    made = []
    count = len(times)
    for piece in pieces:
        made_by = {
            "models": [spec.key for spec in SPECS],
            "versions": [WATCH_VERSION, MEASURES_VERSION],
            "shots": [[shot.start_frame, shot.end_frame] for shot in piece],
            "who": who,
        }
        kept = job.store.get(Watched, info.content_hash, "watched", made_by)
        if kept is None:
            kept = Part(_watch_piece(info, times, piece, wanted, count, job))
            job.store.put(kept, info.content_hash, "watched", made_by)
        job.report("watch", piece[-1].end_frame / count, f"frame {piece[-1].end_frame} of {count}")
        made.append(kept.value)
    return Watched(
        np.concatenate([w.measures for w in made]),
        np.concatenate([w.hands_px for w in made]),
        np.concatenate([w.presence for w in made]),
        np.concatenate([w.faces for w in made]),
    )


def _pieces(shots: Sequence[Shot], times: FrameTimes, info: MediaInfo) -> Iterator[list[Shot]]:
    assert info.video is not None
    least = _PIECE_S * float(info.video.rate.fps)
    piece: list[Shot] = []
    for shot in shots:
        piece.append(shot)
        if piece[-1].end_frame - piece[0].start_frame >= least:
            yield piece
            piece = []
    if piece:
        yield piece


def _watch_piece(
    info: MediaInfo,
    times: FrameTimes,
    shots: Sequence[Shot],
    wanted: Wanted | None,
    count: int,
    job: Job,
) -> Watched:
    from studio.media.reader import decode_range
    from studio.media.rgb_film import RgbConverter

    assert info.video is not None
    first, end = shots[0].start_frame, shots[-1].end_frame
    cuts = {shot.start_frame for shot in shots}
    measures = np.full((end - first, len(MEASURES)), np.nan, np.float32)
    hands_px = np.full((end - first, 2, HAND_POINTS, 2), np.nan, np.float32)
    presence = np.zeros(end - first, np.float32)
    faces = np.zeros(end - first, np.int64)
    convert = RgbConverter(info.video)
    with (
        job.pool.lease(blazeface.SPEC_NEAR) as near,
        job.pool.lease(blazeface.SPEC_FAR) as far,
        job.pool.lease(face_mesh.SPEC) as mesh,
        job.pool.lease(hands.SPEC) as finder,
    ):
        face, grip = _Face(near, far, mesh), _Grip(finder)
        for number, frame in decode_range(info, times, first, end):
            rgb = convert(frame)
            if rgb.dtype == np.uint16:
                rgb = (rgb >> 8).astype(np.uint8)
            if number in cuts:
                face.forget()
                grip.forget()
            row = number - first
            box = wanted(number) if wanted is not None else None
            seen = face.look(rgb, box, anybody=wanted is None)
            faces[row] = face.choices
            if seen is not None:
                measures[row], presence[row] = seen, face.presence
                hands_px[row] = grip.look(rgb, seen, number)
            else:
                grip.forget()
            if row % 8 == 0:
                job.report("watch", number / count, f"frame {number} of {count}")
    return Watched(measures, hands_px, presence, faces)


class _Face:
    """Follows one face from frame to frame."""

    def __init__(self, near: BlazeFace, far: BlazeFace, mesh: FaceMesh) -> None:
        self._near, self._far, self._mesh = near, far, mesh
        self.forget()

    def forget(self) -> None:
        """Look anew on the next picture."""
        self._square: Floats | None = None
        self._since = 0
        self.choices = 0
        self.presence = 0.0

    def look(
        self, rgb: NDArray[np.uint8], box: NDArray[np.float32] | None, *, anybody: bool
    ) -> NDArray[np.float32] | None:
        """Measures of the face on the next picture, or None: of the one in the box; without a
        box, of the largest where anybody will do."""
        self.choices = 0
        self._since += 1
        if self._square is not None and box is not None and self._since % _FACES_EVERY == 0:
            x, y = (float(v) for v in self._square[0, :2])
            if not (box[0] <= x <= box[2] and box[1] <= y <= box[3]):
                self._square = None
        if self._square is not None:
            found = self._try(rgb, self._square, again=False)
            if found is not None:
                return found
        if box is None and not anybody:
            return None
        square = self._choose(rgb, box)
        return None if square is None else self._try(rgb, square, again=True)

    def _try(
        self, rgb: NDArray[np.uint8], square: Floats, *, again: bool
    ) -> NDArray[np.float32] | None:
        seen = self._mesh.find(rgb, square, again=again)
        self.presence = float(seen.presence[0])
        if self.presence < (_FIRST_PRESENCE if again else _LEAST_PRESENCE):
            self._square = None
            return None
        self._square = face_mesh.squares_of_meshes(seen.points_px)
        irises = self._mesh.irises(rgb, seen.points_px)
        return measure(seen.points_px[0], irises[0])

    def _choose(self, rgb: NDArray[np.uint8], box: NDArray[np.float32] | None) -> Floats | None:
        """The square of the wanted face, or of the largest."""
        found = self._near.detect(rgb)
        if not len(found):
            found = self._far.detect(rgb, min_score=0.6)
        self.choices = len(found)
        if not len(found):
            return None
        boxes = found.xyxy_px
        if box is not None:
            middle = (boxes[:, :2] + boxes[:, 2:]) / 2
            inside = ((middle >= box[:2]) & (middle <= box[2:])).all(axis=1)
            if not inside.any():
                return None
            best = int(np.argmax(np.where(inside, found.scores, -1)))
        else:
            best = int(np.argmax((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])))
        return face_mesh.squares_of_faces(found)[best : best + 1]


class _Grip:
    """Follows the hands of one person."""

    def __init__(self, finder: HandFinder) -> None:
        self._finder = finder
        self.forget()

    def forget(self) -> None:
        """Look anew on the next picture."""
        self._squares: Floats | None = None

    def look(
        self, rgb: NDArray[np.uint8], seen: NDArray[np.float32], number: int
    ) -> NDArray[np.float32]:
        """Left and right hand, float32 ``(2, 21, 2)``; NaN where there is none."""
        made = np.full((2, HAND_POINTS, 2), np.nan, np.float32)
        squares = self._squares
        followed = 0 if squares is None else len(squares)
        if followed < 2 and number % _HANDS_EVERY == 0:
            fresh = hands.squares_of_palms(self._finder.detect(rgb, min_score=0.6))
            squares = fresh if squares is None else np.concatenate([squares, fresh])
        if squares is None or not len(squares):
            return made
        found = self._finder.find(rgb, squares)
        kept = self._kept(found, seen)
        self._squares = hands.squares_of_hands(found.points_px[kept]) if kept else None
        for row, side in self._sides(found, kept):
            made[side] = found.points_px[row, :, :2]
        return made

    def _kept(self, found: Hands, seen: NDArray[np.float32]) -> list[int]:
        """At most two, apart from each other, within reach of the face and of its size."""
        head = np.array([seen[AT["x_px"]], seen[AT["y_px"]]])
        size = HEAD_TO_EYES * float(seen[AT["scale_px"]])
        kept: list[int] = []
        middles = found.points_px[:, :, :2].mean(axis=1)
        for row in np.argsort(-found.presence):
            palm = float(np.linalg.norm(found.points_px[row, 9, :2] - found.points_px[row, 0, :2]))
            near = np.linalg.norm(middles[row] - head) < 2.6 * size
            apart = all(np.linalg.norm(middles[row] - middles[k]) > 0.3 * size for k in kept)
            fits = 0.1 * size < palm < 1.0 * size
            if found.presence[row] >= _LEAST_HAND and near and apart and fits and len(kept) < 2:
                kept.append(int(row))
        return kept

    def _sides(self, found: Hands, kept: list[int]) -> list[tuple[int, int]]:
        """Each kept hand with 0 for left or 1 for right."""
        if len(kept) == 1:
            return [(kept[0], int(found.right[kept[0]] >= 0.5))]
        if len(kept) == 2:
            one, two = kept
            if found.right[one] >= found.right[two]:
                return [(one, 1), (two, 0)]
            return [(one, 0), (two, 1)]
        return []


def seen_share(watched: Watched) -> float:
    """Share of the frames that show the person's face."""
    there: Any = np.isfinite(watched.measures[:, 0])
    return float(there.mean()) if len(there) else 0.0
