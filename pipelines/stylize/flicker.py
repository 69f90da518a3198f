"""Flicker, as a number: how far pictures differ from those before them, moved to their place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.motion import Motion, MotionFinder, Warper, flow_picture
from studio.media.reader import decode_range
from studio.media.rgb_film import RgbConverter
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot

#: One pair of pictures for each so many frames, between these bounds. Painting a pair anew costs
#: as much as four pictures of the film.
_FRAMES_A_PAIR, _MOST_PAIRS = 150, 16
FEWEST_PAIRS = 4
_RELIABLE = 0.5
#: The longer side of the pictures that the footage's motion is found in, at most: finer than
#: what the film was steadied by.
RULER_PX = 512


@dataclass(frozen=True)
class Flicker:
    """Warp errors in levels of 255: the root of the mean square, over what is seen in both
    pictures of a pair, of a picture less the one before it moved along the footage's motion
    (after Lai et al. 2018, who leave the square).

    Attributes:
        footage: of the source: noise, changes of light, and errors of the motion itself.
        film: of what was made, as decoded.
        per_frame: of the same look painted anew in each picture, on the same pairs; None for
            looks that are not painted, and where pictures are painted in tiles.
        pairs: of neighbouring frames that were compared.
    """

    footage: float
    film: float
    per_frame: float | None
    pairs: int

    @property
    def share(self) -> float | None:
        """The film's over that of painting each picture anew."""
        return self.film / self.per_frame if self.per_frame else None


def warp_error(before: NDArray[Any], now: NDArray[Any], motion: Motion) -> tuple[float, int]:
    """Summed squares over the reliable pixels, mean of the channels, and how many those are.

    Args:
        before, now: uint8 ``(h, w, 3)``.
        motion: of the footage, from ``now`` back to ``before``.
    """
    warper = Warper((now.shape[1], now.shape[0]))
    seen = warper.trust(motion) > _RELIABLE
    moved = warper(before, motion, cv2.INTER_LINEAR)
    squares = ((now.astype(np.float32) - moved) ** 2).mean(axis=2)
    return float(squares[seen].sum()), int(seen.sum())


def pairs_of(shots: Sequence[Shot], frames: int) -> tuple[int, ...]:
    """First frames of the pairs that are compared: spread over the film, none across a cut."""
    inside: list[int] = []
    for shot in shots:
        inside += range(shot.clean_start_frame, shot.clean_end_frame - 1)
    if not inside:
        return ()
    count = min(max(frames // _FRAMES_A_PAIR, FEWEST_PAIRS), _MOST_PAIRS, len(inside))
    return tuple(inside[int((n + 0.5) * len(inside) / count)] for n in range(count))


def measure_flicker(
    info: MediaInfo,
    times: FrameTimes,
    made: MediaInfo,
    shots: Sequence[Shot],
    anew: Callable[[NDArray[Any]], NDArray[np.uint8]] | None,
    *,
    span: tuple[int, int] | None = None,
    check: Callable[[], None] | None = None,
) -> Flicker | None:
    """Measure a film and its footage on the same pairs of frames.

    Args:
        info, times: of the footage.
        made: the film; frame ``n`` of it is frame ``n`` of the footage, counted from the
            beginning of ``span``.
        shots: of the footage.
        anew: paints one picture by itself; None where that means nothing.
        span: the part that was made; all of it where not given.
        check: called between pairs.

    Returns:
        None where the footage has no two neighbouring frames.
    """
    from studio.media.probe import frame_times

    assert info.video is not None and made.video is not None
    first, last = span or (0, len(times))
    inside = [_cut(shot, first, last) for shot in shots]
    chosen = pairs_of([s for s in inside if s is not None], last - first)
    convert, convert_made = RgbConverter(info.video), RgbConverter(made.video)
    made_times = frame_times(made)
    find = MotionFinder(fine=True)
    sums: dict[str, list[tuple[float, int]]] = {"footage": [], "film": [], "per_frame": []}
    compared = 0
    for number in chosen:
        if check is not None:
            check()
        footage = [_bytes(convert(f)) for _, f in decode_range(info, times, number, number + 2)]
        at = number - first
        film = [_bytes(convert_made(f)) for _, f in decode_range(made, made_times, at, at + 2)]
        if len(footage) < 2 or len(film) < 2:
            continue
        compared += 1
        motion = find(*(flow_picture(picture, RULER_PX) for picture in footage))
        rows = {"footage": footage, "film": film}
        if anew is not None:
            rows["per_frame"] = [anew(picture).copy() for picture in footage]
        for name, (before, now) in rows.items():
            sums[name].append(warp_error(before, now, motion))
    roots = {name: _root(found) for name, found in sums.items()}
    if roots["footage"] is None or roots["film"] is None:
        return None
    return Flicker(roots["footage"], roots["film"], roots["per_frame"], compared)


def _root(found: Sequence[tuple[float, int]]) -> float | None:
    count = sum(n for _, n in found)
    return float((sum(s for s, _ in found) / count) ** 0.5) if count else None


def _bytes(rgb: NDArray[Any]) -> NDArray[np.uint8]:
    return rgb if rgb.dtype == np.uint8 else (rgb >> 8).astype(np.uint8)


def _cut(shot: Shot, first: int, last: int) -> Shot | None:
    from dataclasses import replace

    start = max(shot.clean_start_frame, first)
    end = min(shot.clean_end_frame, last)
    if end - start < 2:
        return None
    return replace(shot, clean_start_frame=start, clean_end_frame=end)
