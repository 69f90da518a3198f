"""Glasses drawn over real faces: dark ones with and without a glare, and clear ones."""

from __future__ import annotations

import numpy as np

from studio.types.landmarks import LEFT_EYE, RIGHT_EYE

#: Lens as half width and half height in eye distances, and the power of its superellipse.
LENSES = {"round": (0.30, 0.27, 2.0), "square": (0.34, 0.24, 5.0), "wide": (0.36, 0.30, 2.8)}
GLARES = ("none", "streak", "window", "sky", "both ways")


def with_glasses(
    rgb: np.ndarray, points_px: np.ndarray, lens: str, glare: str, opaque: float = 0.94
) -> np.ndarray:
    """The picture, its person wearing glasses.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        points_px: ``(468, 3)``, the mesh of its face.
        lens: of :data:`LENSES`.
        glare: of :data:`GLARES`: nothing, a white bar across, a bright pane with soft edges, a
            sky that fades from the lens' upper edge, or bars across both diagonals.
        opaque: of the lens; 0.06 are clear glasses.
    """
    eyes = [points_px[list(ids), :2].mean(axis=0) for ids in (RIGHT_EYE, LEFT_EYE)]
    across = eyes[1] - eyes[0]
    apart = float(np.linalg.norm(across))
    turn = np.array([[across[0], across[1]], [-across[1], across[0]]]) / apart**2
    ys, xs = np.mgrid[: rgb.shape[0], : rgb.shape[1]].astype(np.float32)
    wide, high, power = LENSES[lens]
    out = rgb.astype(np.float32)
    for x, y in eyes:
        u, v = np.tensordot(turn, np.stack([xs - x, ys - y]), axes=1)
        v = v - 0.05
        r = (np.abs(u / wide) ** power + np.abs(v / high) ** power) ** (1 / power)
        inside = np.clip((1 - r) * apart * high, 0, 1)
        rim = np.clip(1.5 - np.abs(r - 1) * apart * high / max(1.0, 0.02 * apart), 0, 1)
        lens_rgb = np.array([26.0, 26.0, 30.0]) + (14 * (v / high + 1))[..., None]
        light = _glare(u / wide, v / high, glare)[..., None]
        shown = lens_rgb * (1 - light) + np.array([232.0, 238.0, 245.0]) * light
        cover = np.maximum(inside[..., None] * opaque, inside[..., None] * light)
        out = out * (1 - cover) + shown * cover
        out = out * (1 - rim[..., None]) + 22.0 * rim[..., None]
    return np.rint(np.clip(out, 0, 255)).astype(np.uint8)


def _glare(u: np.ndarray, v: np.ndarray, kind: str) -> np.ndarray:
    def bar(slope: float, at: float, wide: float) -> np.ndarray:
        return np.clip((wide - np.abs(u + slope * v - at)) / 0.12, 0, 1)

    if kind == "streak":
        return 0.85 * bar(0.7, -0.05, 0.38)
    if kind == "window":
        pane = np.maximum(np.abs(u + 0.15) / 0.55, np.abs(v + 0.1) / 0.6)
        return 0.8 * np.clip((1 - pane) / 0.25, 0, 1)
    if kind == "sky":
        return 0.75 * np.clip((0.45 - v) / 1.1, 0, 1)
    if kind == "both ways":
        return np.maximum(0.8 * bar(0.7, -0.45, 0.22), 0.7 * bar(-0.6, 0.4, 0.25))
    return np.zeros_like(u)
