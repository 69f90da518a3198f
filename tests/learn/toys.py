"""Pictures made by code that a small network learns in seconds."""

from __future__ import annotations

import cv2
import numpy as np

from studio.learn.pictures import PictureSet, from_array


def tints(count: int, side: int = 16, seed: int = 0) -> PictureSet:
    """Pictures of one colour each: red about 170, blue about 60, green goes with red."""
    generator = np.random.default_rng(seed)
    red = generator.normal(170, 30, count)
    green = 0.6 * red + generator.normal(0, 8, count)
    blue = generator.normal(60, 15, count)
    colours = np.clip(np.stack([red, green, blue], 1), 0, 255).astype(np.uint8)
    return from_array(np.broadcast_to(colours[:, None, None], (count, side, side, 3)).copy())


def discs(count: int, side: int = 16, seed: int = 0) -> np.ndarray:
    """A disc of some size and place on a ground: uint8 ``(count, side, side, 3)``."""
    generator = np.random.default_rng(seed)
    made = np.full((count, side, side, 3), (40, 40, 60), np.uint8)
    for picture in made:
        middle = tuple(int(v) for v in generator.integers(side // 4, 3 * side // 4, 2))
        size = int(generator.integers(side // 6, side // 3))
        light = int(generator.integers(150, 256))
        cv2.circle(picture, middle, size, (light, light - 60, 60), -1)
    return made


def pairs(count: int, side: int = 36, seed: int = 0) -> np.ndarray:
    """The outline of a disc, and the disc in its colour: ``(count, side, 2 * side, 3)``."""
    generator = np.random.default_rng(seed)
    made = np.zeros((count, side, 2 * side, 3), np.uint8)
    for picture in made:
        middle = tuple(int(v) for v in generator.integers(side // 4, 3 * side // 4, 2))
        size = int(generator.integers(side // 6, side // 3))
        disc = np.full((side, side, 3), (40, 40, 60), np.uint8)
        cv2.circle(disc, middle, size, (230, 180, 40), -1)
        outline = np.zeros((side, side, 3), np.uint8)
        cv2.circle(outline, middle, size, (255, 255, 255), 1)
        picture[:, :side], picture[:, side:] = outline, disc
    return made


def clouds(count: int, colour: tuple[float, float, float], seed: int, side: int = 18) -> PictureSet:
    """Soft noise in one colour."""
    generator = np.random.default_rng(seed)
    grey = generator.integers(60, 256, (count, side, side)).astype(np.uint8)
    soft = np.stack([cv2.GaussianBlur(picture, (5, 5), 0) for picture in grey])
    return from_array((soft[..., None] * np.array(colour)).astype(np.uint8))
