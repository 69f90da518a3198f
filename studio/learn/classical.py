"""Classical augmentation: the same picture, seen a little otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from studio.learn.loop import chance

#: In words, for reports.
CLASSICAL = "crops of 60 to 100 %, mirrored, turned up to 12 degrees, other light and colour, blur"


@cache
def _transform(side_px: int) -> Any:
    from torchvision.transforms import v2

    return v2.Compose(
        [
            v2.RandomRotation(12, interpolation=v2.InterpolationMode.BILINEAR),
            # After the turn, so that most of its black corners are cut off.
            v2.RandomResizedCrop(side_px, scale=(0.6, 1.0), ratio=(0.9, 1.1), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3, hue=0.04),
            v2.RandomApply([v2.GaussianBlur(5, (0.1, 1.5))], p=0.3),
        ]
    )


def seen_otherwise(
    pictures: NDArray[np.uint8], rows: Sequence[int], seed: int
) -> NDArray[np.uint8]:
    """Variations of pictures.

    Args:
        pictures: square, uint8 ``(n, side, side, 3)``.
        rows: which of them, in turn; one may stand in it many times.
        seed: variation ``i`` follows from it and ``i``.

    Returns:
        ``(len(rows), side, side, 3)``.
    """
    made = np.empty((len(rows), *pictures.shape[1:]), np.uint8)
    change = _transform(pictures.shape[1])
    with torch.random.fork_rng(devices=[]):
        for place, row in enumerate(rows):
            torch.manual_seed(chance(seed, place))
            picture = torch.from_numpy(np.array(pictures[row])).permute(2, 0, 1)
            made[place] = change(picture).permute(1, 2, 0).numpy()
    return made
