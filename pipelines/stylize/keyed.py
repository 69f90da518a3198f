"""Looks that are drawn from words on key frames, and carried along the motion between them.

A model of a hub takes seconds a picture, and draws each anew. So it draws where a shot begins,
then once a second; between, the picture before is moved along the footage's motion. Where
nothing of it can be relied on, the footage shows in the colours of the drawing. A new drawing is
mixed with what the old one has become, as far as that is trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.motion import MotionFinder, Warper, flow_picture
from studio.adapters.diffusion import Diffusion

#: Raised whenever the same layer would give other pixels.
KEYED_VERSION = 1
#: Seconds from key to key, and the share of trusted pixels below which one is drawn at once.
KEY_S, _LEAST_TRUST = 1.0, 0.5
#: How much of what the older drawing has become is kept at a key.
_KEPT = 0.4
#: Frames before a stretch that it sees.
KEYED_LEAD_FRAMES = 8
#: Of the model's steps half are done, on a picture with this longer side at most.
_STEPS, _ANEW, _LONGEST_PX = 4, 0.5, 768

Rgb = NDArray[np.uint8]


@dataclass(frozen=True)
class KeyLayer:
    """A look from words.

    Attributes:
        model: draws.
        made_with: its name and version.
        prompt: what it is to look like.
        seed: of the noise, the same for all frames.
        every: frames from key to key.
        strength: 0 to 1, of the drawing over the footage.
        keep_color: only lightness is taken.
        resets: frames that begin a shot.
    """

    model: Diffusion
    made_with: str
    prompt: str
    seed: int
    every: int
    strength: float
    keep_color: bool
    resets: frozenset[int]

    def draw(self, rgb: Rgb) -> Rgb:
        """One picture, drawn anew."""
        height, width = rgb.shape[:2]
        scale = min(1.0, _LONGEST_PX / max(height, width))
        wh = (max(8, round(width * scale)), max(8, round(height * scale)))
        small = cv2.resize(rgb, wh, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
        made = self.model.image_to_image(
            small[None], self.prompt, strength=_ANEW, steps=_STEPS, seed=self.seed
        )[0]
        whole: Rgb = cv2.resize(made, (width, height), interpolation=cv2.INTER_CUBIC)
        return whole


class Keyed:
    """Draws keys and carries them on. For one thread.

    Args:
        layer: how.
    """

    def __init__(self, layer: KeyLayer) -> None:
        self._layer = layer
        self._find = MotionFinder()
        self._warper: Warper | None = None
        self._grey: Rgb | None = None
        self._made: Rgb | None = None
        self._key = 0

    def __call__(self, rgb: Rgb, number: int) -> Rgb:
        """The next picture: uint8 ``(h, w, 3)``."""
        layer, grey = self._layer, flow_picture(rgb)
        if number in layer.resets or self._made is None or self._grey is None:
            self._made, self._key = layer.draw(rgb), number
        else:
            if self._warper is None:
                self._warper = Warper((rgb.shape[1], rgb.shape[0]))
            motion = self._find(self._grey, grey)
            trust = self._warper.trust(motion)
            moved = self._warper(self._made, motion)
            lost = float(motion.trust.mean()) < _LEAST_TRUST
            if number - self._key >= layer.every or lost:
                under, self._key = layer.draw(rgb), number
                trust = trust * np.float32(_KEPT)
            else:
                under = in_colours_of(rgb, moved, trust)
            self._made = cv2.blendLinear(moved, under, trust, 1 - trust)
        self._grey = grey
        made: Rgb = self._made
        return made


def in_colours_of(rgb: Rgb, drawn: Rgb, trust: NDArray[np.float32]) -> Rgb:
    """The footage with mean and spread of each channel as in a drawing, where that is trusted
    (Reinhard and others, 2001)."""
    seen = (trust > 0.5).astype(np.uint8)
    if not seen.any():
        seen = np.ones_like(seen)
    mean, spread = (v.reshape(-1) for v in cv2.meanStdDev(rgb, mask=seen))
    wanted, wide = (v.reshape(-1) for v in cv2.meanStdDev(drawn, mask=seen))
    levels = np.arange(256)[:, None]
    table: Any = (levels - mean) * (wide / np.maximum(spread, 1.0)) + wanted
    moved: Rgb = cv2.LUT(rgb, np.clip(table + 0.5, 0, 255).astype(np.uint8)[None])
    return moved
