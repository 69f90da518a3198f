"""A sign in a picture that no eye sees, found again after encoding anew and scaling.

A fixed pattern of blobs, one level of 255 lighter or darker, lies over the whole frame: 90 of them
on its shorter side, whatever its size. Whoever knows the pattern sums it up over all of a frame,
and over many frames: what a picture shows does not go with it, the sign does. (Spread spectrum
after Cox and others, 1997.) It says one thing, that this studio made the picture; a crop or a
turned picture hides it.

``invisible-watermark`` and ``blind-watermark`` were left: both hide bits in single frames, by a
wavelet transform of each (0.3 s at 1080p), and neither finds them again after scaling.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from studio.types.media import FrameTimes, MediaInfo

_CELLS = 90  # blobs on the shorter side: 12 px each at 1080 lines
_SEED = 0x5EED_51D7
_PLAIN = 0.5  # levels that differ from blob to blob where little is shown
#: Deviations from chance. Films without the sign score within 1.5. With it, a cartoon with leaves
#: and fur at 720p 22 after H.264 at CRF 18 and 20 after another pass at CRF 28.
THRESHOLD = 6.0


@dataclass(frozen=True)
class PictureMark:
    """The sign for frames of one size.

    Attributes:
        lighter, darker: uint8 ``(h, w, 3)``, what is added and what is taken away.
    """

    lighter: NDArray[np.uint8]
    darker: NDArray[np.uint8]

    def __call__(self, rgb: NDArray[np.uint8]) -> None:
        """Lay it on a frame, uint8 ``(h, w, 3)``; the frame itself is changed, by one level."""
        cv2.add(rgb, self.lighter, dst=rgb)
        cv2.subtract(rgb, self.darker, dst=rgb)


@lru_cache(maxsize=4)
def picture_mark(size_wh: tuple[int, int]) -> PictureMark:
    """The sign for frames of that size."""
    large = cv2.resize(_pattern(_grid_wh(size_wh)), size_wh, interpolation=cv2.INTER_LINEAR)
    parts = (np.repeat((side > 0.5).astype(np.uint8)[..., None], 3, 2) for side in (large, -large))
    return PictureMark(*parts)


def _grid_wh(size_wh: tuple[int, int]) -> tuple[int, int]:
    cell = min(size_wh) / _CELLS
    return round(size_wh[0] / cell), round(size_wh[1] / cell)


@lru_cache(maxsize=8)
def _pattern(grid_wh: tuple[int, int]) -> NDArray[np.float32]:
    """Plus and minus one by chance, always the same; float32 ``(rows, columns)``."""
    random = np.random.Generator(np.random.Philox(_SEED))
    found: NDArray[np.float32] = random.choice(np.array([-1, 1], np.float32), grid_wh[::-1])
    return found


def likeness(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What may be the sign in a frame: what each blob differs by from those around it.

    Args:
        luma: uint8 ``(h, w)``.

    Returns:
        float32 ``(rows, columns)``, weighed by how plain the picture is there.
    """
    grid_wh = _grid_wh((luma.shape[1], luma.shape[0]))
    cells = cv2.resize(luma.astype(np.float32), grid_wh, interpolation=cv2.INTER_AREA)
    other = cells - (9 * cv2.blur(cells, (3, 3)) - cells) / 8
    # Where much is going on a blob says little: its weight is that of a matched filter.
    found: NDArray[np.float32] = other / (_PLAIN**2 + cv2.blur(other * other, (3, 3)))
    return found


def score(seen: NDArray[np.float32]) -> float:
    """How far above chance the sign is in a likeness, in deviations.

    Args:
        seen: :func:`likeness` of a frame, or the mean of many.
    """
    pattern = _pattern((seen.shape[1], seen.shape[0]))
    spread = float(np.sqrt(np.sum(seen.astype(np.float64) ** 2)))
    return float(np.sum(pattern * seen)) / spread if spread > 0 else 0.0


def find_picture_mark(info: MediaInfo, times: FrameTimes, frames: int = 12) -> float:
    """How surely a film carries the sign; over :data:`THRESHOLD` it does.

    Args:
        info, times: of the film.
        frames: how many are looked at, spread over it.

    Raises:
        MediaError: it cannot be decoded.
    """
    from studio.media.disclosure_label import _luma
    from studio.media.reader import decode_range

    chosen = sorted({round(k * (len(times) - 1) / max(frames - 1, 1)) for k in range(frames)})
    total: NDArray[np.float32] | None = None
    for number in chosen:
        for _, frame in decode_range(info, times, number, number + 1):
            luma = _luma(frame)
            if min(luma.shape) < _CELLS:
                return 0.0
            seen = likeness(luma)
            total = seen if total is None else total + seen
    return score(total) if total is not None else 0.0
