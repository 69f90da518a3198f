"""The relief of a face: a height over every place of the picture, and the light on it.

One field serves twice: its slopes are shaded as a studio's lamps would (a large soft one from
the left above, a weak one from the right), and its heights say how far each place moves when the
head turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from pipelines.anchor.presenters.drawn.look import Face, Skin

Field = NDArray[np.float32]
Points = NDArray[np.floating[Any]]

#: Where the mouth's line, the nose's lower end and the eyes' line are.
MOUTH_Y, NOSE_Y, EYE_Y = 0.615, 0.41, 0.03
_HALF_EDGE = (
    (0.0, -1.0), (0.27, -0.975), (0.48, -0.855), (0.615, -0.62), (0.672, -0.3), (0.682, 0.0),
    (0.665, 0.22), (0.612, 0.44), (0.520, 0.66), (0.385, 0.84), (0.215, 0.958), (0.0, 1.0),
)  # fmt: skip


def face_edge(face: Face) -> Points:
    """The right half of a face's outline from crown to chin: float64 ``(n, 2)``."""
    edge = np.array(_HALF_EDGE)
    y = edge[:, 1]
    low = np.clip((y - 0.15) / 0.55, 0, 1)
    tip = np.clip((y - 0.75) / 0.2, 0, 1)
    wide = face.cheeks * (1 + (face.jaw - 1) * low) * (1 + (face.chin - 1) * tip)
    long = np.where(y > 0, 1 + (face.long - 1) * np.clip(y, 0, 1), 1.0)
    return np.stack([edge[:, 0] * wide, y * long], axis=1)


@dataclass(frozen=True)
class Grid:
    """The places of a layer's pixels.

    Attributes:
        left, top: of the layer, in units.
        scale: pixels a unit.
        wh: pixels.
    """

    left: float
    top: float
    scale: float
    wh: tuple[int, int]

    @classmethod
    def over(cls, box: tuple[float, float, float, float], scale: float) -> Grid:
        """A layer over left, top, right, bottom, in units."""
        left, top, right, bottom = box
        return cls(left, top, scale, (round((right - left) * scale), round((bottom - top) * scale)))

    def places(self) -> tuple[Field, Field]:
        """x and y of every pixel's middle: float32 ``(h, w)`` each, in units."""
        x = (np.arange(self.wh[0], dtype=np.float32) + 0.5) / self.scale + self.left
        y = (np.arange(self.wh[1], dtype=np.float32) + 0.5) / self.scale + self.top
        across, down = np.meshgrid(x, y)
        return across.astype(np.float32), down.astype(np.float32)


def heights(face: Face, grid: Grid) -> Field:
    """Height of the head over every place, float32 ``(h, w)`` in units; 0 at its edge.

    Beyond the face it falls on as a skull does, so that hair and neck follow.
    """
    x, y = grid.places()
    edge = face_edge(face)
    rows = y[:, 0].astype(np.float64)
    held = np.clip(rows, edge[0, 1], edge[-1, 1])
    wide = PchipInterpolator(edge[:, 1], edge[:, 0])(held).astype(np.float32)[:, None]
    bottom = float(edge[-1, 1])
    across = np.clip(np.abs(x) / np.maximum(wide, 1e-3), 0, 1)
    rise = np.where(y < 0, np.abs(y) ** 2.6, np.clip(y / bottom, 0, 1) ** 6.0)
    z = 0.62 * np.sqrt(np.clip(1 - rise, 0, 1)) * np.sqrt(1 - across**2.5)
    return np.asarray(z + _features(face, x, y), np.float32)


def _features(face: Face, x: Field, y: Field) -> Field:
    def hill(at: tuple[float, float], spread: tuple[float, float], high: float) -> Field:
        """One on each side; in the middle where ``at`` is."""
        across = np.exp(-(((np.abs(x[:1]) - at[0]) / spread[0]) ** 2))
        down = np.exp(-(((y[:, :1] - at[1]) / spread[1]) ** 2))
        return np.asarray(high * (across * down), np.float32)

    apart, bridge, nose = face.apart, face.bridge, face.nose
    deep = 1 - 0.55 * face.fold
    z = hill((0.25, -0.2), (0.22, 0.075), 0.035 * bridge)  # ridge of the brows
    z += hill((apart + 0.01, -0.045), (0.17, 0.075), -0.085 * deep)  # sockets
    z += hill((apart - 0.11, 0.03), (0.05, 0.08), -0.03)
    z += hill((apart, EYE_Y), (0.125, 0.075), 0.05)  # eyeballs under their lids
    z += hill((apart, EYE_Y + 0.145), (0.15, 0.03), -0.012 * (1 + face.age))
    z += hill((0.42, 0.24), (0.18, 0.15), 0.05)  # cheekbones
    z += hill((0.5, 0.52), (0.14, 0.14), -0.02)
    along = np.clip((y + 0.2) / 0.58, 0, 1)  # the nose's ridge, rising to its tip
    ridge = (0.058 + 0.05 * along) * nose
    profile = (
        (0.045 * bridge + 0.15 * along**1.6)
        * _step(y, -0.2, 0.12)
        * (1 - _step(y, NOSE_Y - 0.075, NOSE_Y + 0.07))
    )
    z += profile * np.exp(-((x / ridge) ** 2))
    z += hill((0.0, 0.335), (0.085 * nose, 0.062), 0.05)
    z += hill((0.118 * nose, 0.365), (0.05 * nose, 0.048), 0.085)
    z += hill((0.165 * nose, 0.41), (0.04, 0.05), -0.012)
    z += hill((0.0, MOUTH_Y), (0.26 * face.mouth, 0.16), 0.055)
    z += hill((0.03, 0.515), (0.016, 0.045), 0.008)  # the groove above the lips
    z += hill((0.0, 0.515), (0.02, 0.045), -0.012)
    z += hill((0.0, 0.765), (0.15, 0.04), -0.03)
    z += hill((0.0, 0.89), (0.15 * face.chin, 0.085), 0.055)
    z += hill((0.29, 0.65), (0.05, 0.07), -0.016)
    # From the wing of the nose past the corner of the mouth.
    fold = 0.195 + 0.16 * np.clip((y - 0.40) / 0.28, 0, 1) ** 0.9
    within = _step(y, 0.36, 0.45) * (1 - _step(y, 0.58, 0.72))
    z -= (0.006 + 0.02 * face.age) * within * np.exp(-(((np.abs(x) - fold) / 0.028) ** 2))
    return np.asarray(z, np.float32)


def _step(x: Field, low: float, high: float) -> Field:
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


_KEY = np.array([-0.42, -0.50, 0.76])
_FILL = np.array([0.75, -0.05, 0.66])


def brightness(z: Field, scale: float) -> tuple[Field, Field]:
    """Light on a relief, 0 to 1, and its gloss, 0 to 1: float32 ``(h, w)`` each.

    Args:
        z: heights in units.
        scale: pixels a unit.
    """
    smooth = cv2.GaussianBlur(z, (0, 0), 0.012 * scale)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3) * (scale / 8)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3) * (scale / 8)
    size = 1 / np.sqrt(1 + dx * dx + dy * dy)
    normal = np.stack([-dx * size, -dy * size, size], axis=-1)
    key = np.clip((normal @ (_KEY / np.linalg.norm(_KEY)) + 0.38) / 1.38, 0, 1)
    fill = np.clip((normal @ (_FILL / np.linalg.norm(_FILL)) + 0.4) / 1.4, 0, 1)
    hollow = np.clip((cv2.GaussianBlur(z, (0, 0), 0.06 * scale) - smooth) * 7.0, -0.12, 0.35)
    light = 0.80 * key + 0.20 * fill - 0.55 * hollow
    half = _KEY / np.linalg.norm(_KEY) + np.array([0.0, 0.0, 1.0])
    gloss = np.clip(normal @ (half / np.linalg.norm(half)), 0, 1) ** 26
    return np.asarray(light, np.float32), np.asarray(gloss, np.float32)


def rgb_of(color: str) -> NDArray[np.float32]:
    """``#rrggbb`` as float32 ``(3,)``, 0 to 255."""
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], np.float32)


def lit(skin: Skin, light: Field, gloss: Field) -> Field:
    """Skin in a light: float32 ``(h, w, 3)``, 0 to 255."""
    stops = np.array([0.18, 0.46, 0.70, 0.90, 1.04], np.float32)
    colors = np.stack(
        [rgb_of(c) for c in (skin.deep, skin.shade, skin.tone, skin.light, skin.glow)]
    )
    made = np.stack([np.interp(light, stops, colors[:, k]) for k in range(3)], axis=-1)
    made += (rgb_of(skin.glow) - made) * (0.22 * gloss)[..., None]
    return np.asarray(made, np.float32)
