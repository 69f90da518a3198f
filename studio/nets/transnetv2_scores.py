"""TransNetV2, from features of frames to the probability of a transition at each frame.

The published network sees windows of 100 frames and its answers for the middle 50 are kept.
Which frames may be compared with which (the window) changes the answers more than anything
else: on the 5301 frames of the package's clip, long windows moved a probability by up to 0.10,
the published windows over features of long windows by up to 0.05. So the windows stay; they
cost next to nothing here, for the features are computed once a frame and not twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Frames that are compared with each other, and those of them that get a score.
WINDOW = 100
STEP = 50
MARGIN = (WINDOW - STEP) // 2

_REACH = 50  # frames before and after that one frame is compared with
_BITS = 3  # of each colour in a histogram
_BINS = 1 << 3 * _BITS

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Features:
    """What is known of consecutive frames.

    Attributes:
        hidden: float32 ``(n, 1024)``, the pictures' share of the hidden layer.
        projection: float32 ``(n, 128)``, of length one.
        histogram: float32 ``(n, 512)``, of length one.
    """

    hidden: F32
    projection: F32
    histogram: F32


def color_histograms(frames: NDArray[np.uint8]) -> F32:
    """Histograms of eight steps a colour, each brought to length one.

    Args:
        frames: uint8 ``(n, h, w, 3)``.
    """
    steps = frames.reshape(len(frames), -1, 3) >> (8 - _BITS)
    bins = (steps[..., 0].astype(np.intp) << 2 * _BITS) + (steps[..., 1] << _BITS) + steps[..., 2]
    bins += np.arange(len(frames), dtype=np.intp)[:, None] * _BINS
    counts = np.bincount(bins.ravel(), minlength=len(frames) * _BINS)
    histograms = counts.reshape(len(frames), _BINS).astype(np.float32)
    found: F32 = histograms / np.linalg.norm(histograms, axis=1, keepdims=True)
    return found


def _similarities(vectors: F32) -> F32:
    """``(n, 101)``: each vector times those from 50 before to 50 after; zero beyond the ends."""
    count = len(vectors)
    padded = np.zeros((count, count + 2 * _REACH), np.float32)
    padded[:, _REACH : _REACH + count] = vectors @ vectors.T
    rows = np.arange(count)[:, None]
    found: F32 = padded[rows, rows + np.arange(2 * _REACH + 1)]
    return found


def _sigmoid(x: F32) -> F32:
    found: F32 = (1 / (1 + np.exp(-x))).astype(np.float32)
    return found


class Scorer:
    """The last layers.

    Args:
        weights: float32 arrays by the checkpoint's names; see :data:`NAMES`.
    """

    #: What it needs of the checkpoint. Of ``fc1.weight`` only the similarities' 256 columns.
    NAMES = tuple(
        f"{layer}.{kind}"
        for layer in (
            "color_hist_layer.fc",
            "frame_sim_layer.fc",
            "fc1",
            "cls_layer1",
            "cls_layer2",
        )
        for kind in ("weight", "bias")
    )
    SIMILARITY_COLUMNS = 256

    def __init__(self, weights: Mapping[str, F32]) -> None:
        self._weights = {name: np.asarray(weights[name], np.float32) for name in self.NAMES}

    def _linear(self, name: str, x: F32) -> F32:
        found: F32 = x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return found

    def __call__(self, window: Features) -> tuple[F32, F32]:
        """Scores of every frame of a window.

        Args:
            window: of :data:`WINDOW` frames (fewer or more are taken as one window too).

        Returns:
            float32 ``(n,)`` twice: how likely the frame is the middle of a transition, and
            how likely it belongs to one.
        """
        colors = np.maximum(self._linear("color_hist_layer.fc", _similarities(window.histogram)), 0)
        frames = np.maximum(self._linear("frame_sim_layer.fc", _similarities(window.projection)), 0)
        alike = np.concatenate([colors, frames], axis=1)
        hidden = np.maximum(window.hidden + self._linear("fc1", alike), 0)
        single, many = (_sigmoid(self._linear(f"cls_layer{i}", hidden))[:, 0] for i in (1, 2))
        return single, many
