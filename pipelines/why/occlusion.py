"""What a model looks at, told by hiding parts of its picture: no gradient is needed.

RISE (Petsiuk and others, 2018): a picture is shown with many random parts hidden, and each place
gets the mean of what the model says while it is seen. Here less the mean while it is hidden, so
that a place that does not matter has zero; and each mask comes with its opposite, which halves the
number of masks for the same noise. Hidden is not black, which a model would take for something,
but blurred.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

#: Cells of a mask each way, and masks: half of them drawn, half their opposites.
CELLS, MASKS = 7, 256
#: Of what stands for what is hidden, in shares of the picture's side.
_BLUR = 0.12


@lru_cache(maxsize=8)
def soft_masks(side_px: int, count: int, seed: int) -> NDArray[np.float32]:
    """Masks that hide about half: float32 ``(count, side, side)``, 1 where seen.

    Args:
        side_px: of the square picture.
        count: of masks, even.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    cell = -(-side_px // CELLS)
    drawn = []
    for _ in range(count // 2):
        grid = (rng.random((CELLS + 1, CELLS + 1)) < 0.5).astype(np.float32)
        large = cv2.resize(grid, ((CELLS + 1) * cell,) * 2, interpolation=cv2.INTER_LINEAR)
        y, x = rng.integers(0, cell, 2)
        mask = large[y : y + side_px, x : x + side_px]
        drawn += [mask, 1 - mask]
    return np.stack(drawn).astype(np.float32)


def hidden(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What stands in for hidden parts: float32, the picture strongly blurred."""
    sigma = _BLUR * picture.shape[0]
    blurred = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), sigma)
    return np.asarray(blurred.reshape(picture.shape), np.float32)


def importance(
    picture: NDArray[np.uint8],
    says: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    *,
    seed: int = 0,
    masks: int = MASKS,
) -> NDArray[np.float32]:
    """How much more a model says while each place is seen than while it is hidden.

    Args:
        picture: uint8 ``(side, side, channels)``.
        says: pictures of that shape ``(n, …)`` to a number each, ``(n,)``.
        seed: of the masks.
        masks: how many; noise falls with their root.

    Returns:
        float32 ``(side, side)``, in the unit of what the model says.
    """
    side = picture.shape[0]
    shown = soft_masks(side, masks, seed)
    behind = hidden(picture)
    mixed = behind + shown[..., None] * (picture.astype(np.float32) - behind)
    said = says(np.clip(np.rint(mixed), 0, 255).astype(np.uint8)).astype(np.float32)
    seen, gone = shown, 1 - shown
    found: NDArray[np.float32] = np.tensordot(said, seen, 1) / np.maximum(seen.sum(axis=0), 1e-6)
    found -= np.tensordot(said, gone, 1) / np.maximum(gone.sum(axis=0), 1e-6)
    return found.astype(np.float32)
