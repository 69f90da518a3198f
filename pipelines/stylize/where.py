"""Looks on the people of a film alone, or on all but them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.mattes import MatteState, person_matte
from studio.adapters import matte, people_masks
from studio.adapters.matte import Matte
from studio.adapters.people_masks import PeopleMasks

#: Raised whenever the same matte would give other pixels.
WHERE_VERSION = 2
#: Where looks may be laid.
PLACES = ("all", "person", "background")


def where_models(place: str) -> dict[str, str]:
    """Name and version of the networks that tell where, to their precision."""
    from studio.adapters.openvino_runtime import cpu_precision

    return {} if place == "all" else {matte.SPEC.key: "f32", people_masks.SPEC.key: cpu_precision()}


@dataclass(frozen=True)
class WhereLayer:
    """Which part of the picture the looks are kept in.

    Attributes:
        net, people: find people, near and far.
        place: ``person`` or ``background``.
        resets: frames that begin a shot.
    """

    net: Matte
    place: str
    people: PeopleMasks | None = None
    resets: frozenset[int] = frozenset()


class Placing:
    """Lays made pictures over the footage where they belong, with the matte's own soft edge.
    For one thread.

    Args:
        layer: where.
    """

    def __init__(self, layer: WhereLayer) -> None:
        self._layer = layer
        self._state = MatteState(layer.net, layer.people)

    def __call__(self, rgb: NDArray[Any], made: NDArray[Any], number: int) -> NDArray[Any]:
        """The footage with the made picture in its place.

        Args:
            rgb: of the footage, uint8 or uint16 ``(h, w, 3)``.
            made: of the same shape and kind.
            number: of the frame.
        """
        if number in self._layer.resets:
            self._state.reset()
        share = person_matte(rgb, self._state)
        if self._layer.place == "background":
            share = 1 - share
        if rgb.dtype == np.uint8:
            placed: NDArray[Any] = cv2.blendLinear(
                made, np.ascontiguousarray(rgb), share, 1 - share
            )
            return placed
        under = rgb.astype(np.float32)
        under += share[..., None] * (made.astype(np.float32) - under)
        return (under + 0.5).astype(np.uint16)
