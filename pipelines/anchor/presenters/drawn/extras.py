"""Brows, earrings, glasses."""

from __future__ import annotations

import numpy as np

from pipelines.anchor.presenters.drawn.look import Look
from pipelines.anchor.presenters.drawn.relief import Points
from pipelines.anchor.presenters.drawn.turning import Pose, Relief
from studio.drawing.canvas import Canvas, Linear, Radial, ellipse, faded, mixed, smooth, tapered

_BROW_U = np.array([-1.0, -0.55, 0.0, 0.5, 1.0])


def paint_brows(canvas: Canvas, look: Look) -> None:
    """Both brows, hair by hair, onto the skin; the skin moves them."""
    face = look.face
    draw = np.random.default_rng(5)
    for side in (-1, 1):
        x = face.apart + 0.005 + _BROW_U * 0.185
        bend = face.arch * (1 - ((_BROW_U - 0.25) / 1.1) ** 2)
        y = face.brow_y - bend + 0.004 * _BROW_U + 0.014 * np.clip(_BROW_U, 0, 1) ** 2
        thick = np.array([0.020, 0.029, 0.026, 0.017, 0.003]) * face.thick
        top, low = np.stack([side * x, y - thick], 1), np.stack([side * x, y + thick], 1)
        shape = smooth(np.concatenate([top, low[::-1]]), (0, 4, 5, 9))
        canvas.fill(shape, faded(look.brow, 0.72), blur=0.009)
        for _ in range(120):
            u = draw.uniform(-1, 0.97)
            across = draw.uniform(-0.85, 0.9)
            at_x, at_y = np.interp(u, _BROW_U, x), np.interp(u, _BROW_U, y)
            wide = np.interp(u, _BROW_U, thick)
            # Inner hairs stand up, outer ones lie along.
            lie = np.clip((u + 1) / 1.3, 0, 1)
            way = np.array(
                [0.55 + 0.45 * lie, -0.75 * (1 - lie) * (0.4 + 0.6 * (across > 0)) + 0.2 * lie]
            )
            long = 0.046 * draw.uniform(0.7, 1.1)
            start = np.array([at_x, at_y + across * wide])
            points = np.stack(
                [start, start + way * long * 0.55, start + way * long + (0.004, 0.004)]
            )
            points[:, 0] *= side
            canvas.fill(
                tapered(points, 0.0075),
                faded(mixed(look.brow, "#000000", draw.uniform(0, 0.3)), 0.38),
            )


def paint_earrings(canvas: Canvas, look: Look) -> None:
    """A pearl at each ear's lobe."""
    if not look.earrings:
        return
    for side in (-1, 1):
        x, y = side * 0.712 * look.face.cheeks, 0.335
        canvas.fill(ellipse(x + 0.008, y + 0.016, 0.046, 0.046), faded("#2a0d0a", 0.4), blur=0.02)
        canvas.fill(ellipse(x, y, 0.042, 0.042), Radial(
            (x - 0.014, y - 0.016), 0.06,
            ("#ffffff", mixed(look.earrings, "#ffffff", 0.3), look.earrings,
             mixed(look.earrings, "#3a2a20", 0.5)), (0.0, 0.3, 0.7, 1.0)))  # fmt: skip


def draw_glasses(canvas: Canvas, relief: Relief, pose: Pose, look: Look) -> None:
    """Glasses before the eyes, with temples to the ears."""
    if not look.glasses:
        return
    around = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    cosine, sine = np.cos(around), np.sin(around)
    ring = np.stack([
        np.sign(cosine) * np.abs(cosine) ** 0.55 * 0.222,
        np.sign(sine) * np.abs(sine) ** 0.62 * 0.150 + 0.055,
    ], 1)  # fmt: skip
    ring[:, 0] *= 1 - 0.10 * np.clip(ring[:, 1] - 0.055, 0, 1) / 0.15
    depth = 0.68

    def seen(points: Points, off: tuple[float, float] = (0.0, 0.0)) -> Points:
        points = points + np.array(off)
        x, y = pose.turned(points[:, 0], points[:, 1], np.full(len(points), depth))
        return np.stack([x, y], axis=1)

    frame, thick = look.glasses, 0.024
    x0 = look.face.apart + 0.012
    for side in (-1, 1):
        lens = smooth(seen(ring * (side, 1) + (side * x0, 0.0)))
        canvas.fill(lens, "#dfeeff12")
        with canvas.inside(lens):
            glint = seen(
                np.array([(-0.17, -0.06), (-0.08, -0.10), (-0.13, 0.14), (-0.19, 0.12)]),
                (side * x0, 0.05),
            )
            canvas.fill(smooth(glint), "#ffffff1c", blur=0.02)
        shade = smooth(seen(ring * (side, 1) + (side * x0 + 0.006, 0.016)))
        canvas.line(shade, "#2a100c30", thick)
        canvas.line(lens, frame, thick)
        rim = seen(ring * (side * 0.985, 0.97), (side * x0 - 0.004, -0.002))[12:20]
        canvas.line(smooth(rim, closed=False), faded("#ffffff", 0.28), 0.006)
        hinge = seen(np.array([(side * (x0 + 0.215), 0.0)]))[0]
        ear = relief.project(pose, np.array([(side * 0.70 * look.face.cheeks, -0.02)]))[0]
        temple = Linear(
            (float(hinge[0]), 0), (float(ear[0]), 0), (frame, mixed(frame, "#000000", 0.3))
        )
        canvas.line(smooth([hinge, ear], closed=False), temple, 0.026)
    bridge = seen(np.array([(-x0 + 0.215, 0.02), (0.0, -0.015), (x0 - 0.215, 0.02)]))
    canvas.line(smooth(bridge, closed=False), frame, thick)
