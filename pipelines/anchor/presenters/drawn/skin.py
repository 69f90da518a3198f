"""The skin of a head, painted once: face, ears, and what on them does not move.

Eyes and mouth are painted shut here; what opens is drawn over it, frame by frame.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.presenters.drawn.look import Look
from pipelines.anchor.presenters.drawn.relief import (
    EYE_Y,
    MOUTH_Y,
    NOSE_Y,
    Field,
    Grid,
    Points,
    brightness,
    face_edge,
    lit,
    rgb_of,
)
from studio.drawing.canvas import Canvas, Linear, Radial, ellipse, faded, mixed, smooth, tapered


def outline(look: Look) -> Points:
    """The whole edge of the face, closed: float64 ``(n, 2)``."""
    half = face_edge(look.face)
    return np.concatenate([half, half[-2:0:-1] * (-1, 1)])


def paint_face(canvas: Canvas, look: Look, grid: Grid, z: Field) -> None:
    """Ears and face, without lips, eyes and brows.

    Args:
        canvas: of the layer, in pixels.
        look: whose.
        grid: places of the layer.
        z: heights of the face over them.
    """
    with canvas.placed(-grid.left * grid.scale, -grid.top * grid.scale, grid.scale):
        for side in (-1, 1):
            _draw_ear(canvas, look, side)
    canvas.lay(_skin(look, grid, z))
    with canvas.placed(-grid.left * grid.scale, -grid.top * grid.scale, grid.scale):
        _draw_details(canvas, look)


def _skin(look: Look, grid: Grid, z: Field) -> NDArray[np.uint8]:
    """Shaded skin within the face's edge: straight RGBA."""
    light, gloss = brightness(z, grid.scale)
    skin, face = look.skin, look.face
    x, y = grid.places()
    light = light + 0.035 * _spot(x, y, 0.0, -0.45, 0.45, 0.35)
    light -= 0.03 * np.clip((y - 0.45) / 0.6, 0, 1)  # away from the lamps
    rgb = lit(skin, light, gloss)

    def tint(color: str, share: Field) -> None:
        rgb[:] += (rgb * (rgb_of(color) / 255) * 1.12 - rgb) * share[..., None]

    warm = 0.22 + 0.14 * face.made_up
    for side in (-1, 1):
        tint(
            skin.blush,
            warm * (0.6 if side > 0 else 1.0) * _spot(x, y, side * 0.42, 0.27, 0.19, 0.15),
        )
        tint(skin.blush, 0.22 * _spot(x, y, side * face.apart, EYE_Y - 0.02, 0.17, 0.08))
        tint(skin.shade, 0.30 * _spot(x, y, side * (face.apart - 0.02), EYE_Y + 0.12, 0.12, 0.05))
    tint(skin.blush, 0.28 * _spot(x, y, 0.0, 0.36, 0.14, 0.09))
    tint(skin.blush, 0.14 * _spot(x, y, 0.0, 0.90, 0.15, 0.08))
    if face.beard:
        grown = np.clip((y - 0.36) / 0.22, 0, 1) * np.clip(
            (np.abs(x) - 0.10) / 0.1 + (y > 0.48), 0, 1
        )
        grown *= 1 - _spot(x, y, 0.0, 0.45, 0.14, 0.10)
        rng = np.random.default_rng(7)
        grain = cv2.GaussianBlur(rng.normal(size=y.shape).astype(np.float32), (0, 0), 1.3)
        soft = cv2.GaussianBlur(grown.astype(np.float32), (0, 0), 0.05 * grid.scale)
        tint("#9a969c", np.clip(soft * face.beard * (0.75 + 0.22 * grain), 0, 1))
    mask = _mask(outline(look), grid)
    # A rim of turned-away skin.
    inner = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 0.035 * grid.scale)
    tint(skin.deep, np.clip(1 - inner, 0, 1) * 0.4)
    return np.dstack([np.clip(np.rint(rgb), 0, 255).astype(np.uint8), mask])


def _spot(x: Field, y: Field, cx: float, cy: float, rx: float, ry: float) -> Field:
    across, down = np.exp(-(((x[:1] - cx) / rx) ** 2)), np.exp(-(((y[:, :1] - cy) / ry) ** 2))
    return np.asarray(across * down, np.float32)


def _mask(edge: Points, grid: Grid) -> NDArray[np.uint8]:
    shape = Canvas(*grid.wh)
    with shape.placed(-grid.left * grid.scale, -grid.top * grid.scale, grid.scale):
        shape.fill(smooth(edge), "#ffffff")
    return shape.pixels[..., 3].copy()


def _draw_ear(canvas: Canvas, look: Look, side: int) -> None:
    skin, wide = look.skin, look.face.cheeks
    at = np.array([
        (0.655, -0.04), (0.70, -0.13), (0.765, -0.145), (0.80, -0.07), (0.79, 0.06), (0.755, 0.19),
        (0.725, 0.30), (0.685, 0.345), (0.655, 0.30),
    ])  # fmt: skip
    ear = smooth(at * (side * wide, 1))
    far = side > 0
    near_ink = Linear(
        (side * 0.66, 0.0), (side * 0.80, 0.02),
        (skin.shade, mixed(skin.tone, skin.blush, 0.25 if not far else 0.15)),
    )  # fmt: skip
    canvas.fill(ear, near_ink if not far else Linear(
        (0.66, 0.0), (0.80, 0.02), (mixed(skin.deep, skin.shade, 0.4), skin.shade)))  # fmt: skip
    with canvas.inside(ear):
        bowl = np.array([(0.69, -0.03), (0.735, -0.05), (0.745, 0.04), (0.72, 0.15), (0.685, 0.16)])
        canvas.fill(smooth(bowl * (side * wide, 1)), faded(skin.deep, 0.45), blur=0.018)
        rim = np.array([(0.685, -0.075), (0.74, -0.105), (0.768, -0.03), (0.75, 0.10), (0.72, 0.2)])
        canvas.line(smooth(rim * (side * wide, 1), closed=False), faded(skin.deep, 0.4), 0.014)
        lobe = faded(skin.light, 0.35 if not far else 0.12)
        canvas.fill(ellipse(side * wide * 0.70, 0.27, 0.03, 0.04), lobe, blur=0.02)


def _draw_details(canvas: Canvas, look: Look) -> None:
    """Nostrils, the grooves about nose and mouth, lines of age."""
    skin, face = look.skin, look.face
    dark = mixed(skin.deep, "#2a0c08", 0.55)
    w = face.nose
    for side in (-1, 1):
        hole = [(0.035, 0.412), (0.07, 0.392), (0.108, 0.402), (0.102, 0.422), (0.062, 0.424)]
        canvas.fill(smooth(np.array(hole) * (side * w, 1)), faded(dark, 0.8), blur=0.006)
        wing = [(0.160, 0.350), (0.172, 0.378), (0.163, 0.410), (0.132, 0.424)]
        strong = 0.30 if side > 0 else 0.18
        canvas.line(
            smooth(np.array(wing) * (side * w, 1), closed=False), faded(skin.deep, strong), 0.011
        )
        if face.age > 0.25:
            deep = face.age * (0.5 if side > 0 else 0.34)
            fold = [(0.195, 0.40), (0.255, 0.47), (0.30, 0.57), (0.315, 0.64)]
            canvas.fill(
                tapered(np.array(fold) * (side, 1), 0.022), faded(skin.deep, deep), blur=0.008
            )
            bag = [(0.17, 0.135), (0.25, 0.175), (0.34, 0.165), (0.40, 0.13)]
            canvas.fill(
                tapered(np.array(bag) * (side, 1), 0.012), faded(skin.deep, deep * 0.6), blur=0.006
            )
            for dy, long in ((-0.02, 0.08), (0.04, 0.09), (0.09, 0.07)):
                feet = [(0.46, 0.03 + dy * 0.4), (0.50, 0.03 + dy), (0.46 + long, 0.03 + dy * 1.6)]
                canvas.fill(
                    tapered(np.array(feet) * (side, 1), 0.008), faded(skin.deep, deep * 0.5)
                )
    if face.age > 0.4:
        for y, wide in ((-0.52, 0.30), (-0.43, 0.34)):
            line = [(-wide, y + 0.02), (-0.1, y - 0.012), (0.1, y - 0.008), (wide, y + 0.025)]
            canvas.fill(
                tapered(np.array(line), 0.012), faded(skin.deep, 0.22 * face.age), blur=0.006
            )
    under = [(-0.10 * w, 0.425), (0.0, 0.447), (0.10 * w, 0.425)]
    canvas.fill(tapered(np.array(under), 0.022), faded(skin.deep, 0.45), blur=0.010)
    canvas.fill(ellipse(0.035, NOSE_Y + 0.075, 0.12 * w, 0.035), faded(skin.deep, 0.20), blur=0.03)
    tip = Radial((-0.022, 0.315), 0.05, (faded(skin.glow, 0.55), faded(skin.glow, 0.0)))
    canvas.fill(ellipse(-0.022, 0.315, 0.035 * w, 0.045), tip)
    canvas.fill(ellipse(-0.02, MOUTH_Y + 0.275, 0.05, 0.03), faded(skin.glow, 0.20), blur=0.02)
