"""Eyes, drawn anew in each frame over lids that are painted shut."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipelines.anchor.presenters.drawn.look import Look
from pipelines.anchor.presenters.drawn.relief import EYE_Y, Points
from pipelines.anchor.presenters.drawn.turning import Pose, Relief
from studio.drawing.canvas import Canvas, Linear, Radial, ellipse, faded, mixed, smooth

_HALF = 0.158
_U = np.array([-1.0, -0.82, -0.5, -0.12, 0.28, 0.62, 0.88, 1.0])
_UPPER = np.array([0.022, -0.020, -0.060, -0.081, -0.078, -0.054, -0.022, -0.004])
_LOWER = np.array([0.026, 0.036, 0.044, 0.050, 0.050, 0.040, 0.018, 0.0])
_IRIS = 0.079


def draw_eyes(
    canvas: Canvas,
    relief: Relief,
    pose: Pose,
    look: Look,
    gaze: tuple[float, float],
    blink: tuple[float, float],
) -> None:
    """Both eyes.

    Args:
        canvas: in units of the head.
        relief, pose: where its places are seen.
        look: whose.
        gaze, blink: as in ``Performance``.
    """
    for side, shut in ((1, blink[0]), (-1, blink[1])):
        _draw_eye(canvas, relief, pose, look, side, gaze, shut)


def _draw_eye(
    canvas: Canvas,
    relief: Relief,
    pose: Pose,
    look: Look,
    side: int,
    gaze: tuple[float, float],
    shut: float,
) -> None:
    face, skin = look.face, look.skin
    size = face.eyes
    tilt = -face.eye_tilt * (_U + 1) / 2
    # A lid follows the eye that looks down, and gives way to one that looks up.
    follow = 0.022 * gaze[1]
    open_upper = _UPPER * size * (1 - 0.10 * face.fold) + tilt + follow * (1 - _U**2)
    lower = _LOWER * size + tilt + 0.4 * follow * (1 - _U**2) - 0.012 * shut * (1 - _U**2)
    upper = open_upper + (lower + 0.002 - open_upper) * shut
    x = side * (face.apart + _U * _HALF * size)

    def at(ys: Points, xs: Points = x, lift: float = 0.0) -> Points:
        return relief.project(pose, np.stack([xs, EYE_Y + ys], axis=1), lift)

    seam = at(upper)
    rim = at(lower)
    dark = mixed(look.brow, "#120a0a", 0.5)
    if shut < 0.93:
        opening = np.concatenate([seam, rim[::-1][1:-1]])
        shape = smooth(opening, (0, len(_U) - 1))
        middle = relief.project(pose, np.array([[side * face.apart, EYE_Y]]))[0]
        white = Radial(
            (float(middle[0]), float(middle[1])), 0.17 * size,
            ("#f7f3f0", "#e9e1de", "#b9a6a2"), (0.0, 0.55, 1.0),
        )  # fmt: skip
        canvas.fill(shape, white)
        with canvas.inside(shape):
            inner = at(np.array([0.027]), x[:1] + side * 0.012)[0]
            canvas.fill(
                ellipse(float(inner[0]), float(inner[1]), 0.022, 0.018), faded(skin.blush, 0.75)
            )
            _draw_iris(canvas, relief, pose, look, side, gaze)
            shade = np.concatenate([at(upper - 0.02), at(upper + 0.030 * size)[::-1]])
            canvas.fill(
                smooth(shade, (0, len(_U) - 1, len(_U), 2 * len(_U) - 1)), "#2a151a5c", blur=0.010
            )
        canvas.line(
            smooth(at(lower + 0.004)[2:], closed=False),
            faded(mixed(skin.deep, dark, 0.45 + 0.3 * face.made_up), 0.45), 0.007,
        )  # fmt: skip
    _draw_lid(canvas, look, at, upper, open_upper, side, shut, dark)


def _draw_lid(
    canvas: Canvas,
    look: Look,
    at: Callable[..., Points],
    upper: Points,
    open_upper: Points,
    side: int,
    shut: float,
    dark: str,
) -> None:
    """The upper lid's edge, its lashes and its crease."""
    face, skin = look.face, look.skin
    size = face.eyes
    x = side * (face.apart + _U * _HALF * size)
    grown = ((_U + 1) / 2) ** 0.7
    thick = (0.007 + (0.010 + 0.012 * face.made_up) * grown) * size
    tip_x = x[-1] + side * (0.012 + 0.022 * face.made_up)
    tip_y = upper[-1] - (0.006 + 0.014 * face.made_up) * (1 - shut) + 0.004 * shut
    tip = at(np.array([tip_y]), np.array([tip_x]))
    band = np.concatenate([at(upper - thick), tip, at(upper + 0.003)[::-1]])
    count = len(_U)
    canvas.fill(smooth(band, (0, count, count + 1, len(band) - 1)), dark)
    if face.made_up:
        way = 1 - 2 * shut
        for u in np.linspace(0.0, 0.98, 8):
            x0 = side * (face.apart + u * _HALF * size)
            y0 = float(np.interp(u, _U, upper - thick * 0.6))
            long = (0.014 + 0.018 * u) * face.made_up
            ends = at(
                np.array([y0, y0 - way * long * 0.55, y0 - way * long]),
                np.array([x0, x0 + side * long * 0.35 * (0.4 + u), x0 + side * long * (0.3 + u)]),
            )
            canvas.line(smooth(ends, closed=False), faded(dark, 0.7), 0.0045)
    up = (0.046 - 0.030 * face.fold) * size
    crease = open_upper - up * (1.05 - 0.35 * _U**2) + 0.3 * (upper - open_upper) * 0.5
    visible = (1 - 0.75 * face.fold) * (1 - 0.6 * shut)
    if visible > 0.05:
        line = at(crease)[1:]
        canvas.line(smooth(line, closed=False), faded(skin.deep, 0.62 * visible), 0.009)
    if face.made_up:
        lid = np.concatenate([at(crease + 0.006), at(upper - thick * 0.5)[::-1]])
        canvas.fill(
            smooth(lid, (0, count - 1, count, 2 * count - 1)),
            faded(mixed(skin.deep, skin.blush, 0.35), 0.30 * face.made_up),
            blur=0.008,
        )


def _draw_iris(
    canvas: Canvas, relief: Relief, pose: Pose, look: Look, side: int, gaze: tuple[float, float]
) -> None:
    size = look.face.eyes
    r = _IRIS * size**0.5
    place = np.array(
        [[side * look.face.apart + 0.055 * gaze[0], EYE_Y - 0.020 * size + 0.042 * gaze[1]]]
    )
    x, y = (float(v) for v in relief.project(pose, place, 0.01)[0])
    canvas.fill(ellipse(x, y, r, r), Radial((x, y), r, (
        mixed(look.iris, "#0b0708", 0.35), mixed(look.iris, "#0b0708", 0.2),
        mixed(look.iris, "#0b0708", 0.7), faded(mixed(look.iris, "#0b0708", 0.7), 0.0),
    ), (0.0, 0.78, 0.92, 1.0)))  # fmt: skip
    glow = mixed(look.iris, "#ffffff", 0.30)
    canvas.fill(
        ellipse(x, y, r * 0.86, r * 0.86),
        Linear((x, y - r), (x, y + r), (faded(glow, 0.0), faded(glow, 0.15), faded(glow, 0.8)),
               (0.0, 0.45, 1.0)),
    )  # fmt: skip
    canvas.fill(ellipse(x, y, r * 0.42, r * 0.42), "#0d080a")
    canvas.fill(ellipse(x - r * 0.36, y - r * 0.40, r * 0.20, r * 0.24), "#fffffff0")
    canvas.fill(ellipse(x + r * 0.40, y + r * 0.36, r * 0.11, r * 0.11), "#ffffff66")
