"""How much of each pixel is a person, steady from frame to frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.mattes.far_people import FarPeople
from studio.adapters.matte import Matte, refined
from studio.adapters.people_masks import PeopleMasks

#: Share of the matte before, where the network is wholly unsure. Where it is sure, nothing of
#: what was before is kept, so that a person who moves leaves no ghost.
_KEPT = 0.7
#: Frames after which less than a tenth is left of any matte before.
MATTE_LEAD_FRAMES = 7


class MatteState:
    """What a matte remembers through a shot. For one thread.

    Args:
        net: a leased ``studio.adapters.matte.SPEC``.
        people: a leased ``studio.adapters.people_masks.SPEC``, where people far off matter.
    """

    def __init__(self, net: Matte, people: PeopleMasks | None = None) -> None:
        self.net = net
        self.far = None if people is None else FarPeople(people)
        self.before: NDArray[np.float32] | None = None

    def reset(self) -> None:
        """Forget: a shot begins."""
        self.before = None
        if self.far is not None:
            self.far.reset()


def person_matte(rgb: NDArray[Any], state: MatteState) -> NDArray[np.float32]:
    """How much of each pixel is a person.

    Args:
        rgb: uint8 or uint16 ``(h, w, 3)``.
        state: given with every frame of a shot in turn, reset at cuts.

    Returns:
        float32 ``(h, w)``, 0 to 1.
    """
    small = rgb if rgb.dtype == np.uint8 else (rgb >> 8).astype(np.uint8)
    share = state.net.coarse(small)
    if state.far is not None:
        share = state.far(small, share)
    before = state.before
    if before is not None and before.shape == share.shape:
        unsure = 1 - (2 * share - 1) ** 2
        share = share + (_KEPT * unsure) * (before - share)
    state.before = share
    return refined(small, share)
