"""Glasses and hats: shapes in three dimensions that stand on a head and turn with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.filter.drawing import Colour, Rgb, Sheet, light_on
from pipelines.filter.head import Head, head_of
from pipelines.filter.people import Face, outline
from studio.types.landmarks import Floats

#: Raised whenever the same things would be drawn otherwise.
WORN_VERSION = 3
_TURNS = np.linspace(0, 2 * np.pi, 48, endpoint=False)


def _superellipse(across: float, down: float, power: float) -> Floats:
    """Outline about the origin, ``(48, 2)``; round for a power of 2, squarer above."""
    cos, sin = np.cos(_TURNS), np.sin(_TURNS)
    x = np.sign(cos) * np.abs(cos) ** (2 / power) * across
    y = np.sign(sin) * np.abs(sin) ** (2 / power) * down
    return _f32(np.stack([x, y], axis=1))


def _f32(points: NDArray[Any]) -> Floats:
    made: Floats = points.astype(np.float32)
    return made


@cache
def _lens(name: str) -> Floats:
    """A left lens, its outer side to the right, in heads about the middle of the eye."""
    if name == "aviator":
        points = _superellipse(0.19, 0.165, 2.3)
        points[:, 0] *= 1 + 0.25 * points[:, 1] / -0.165 * 0.6
        return _f32(points + np.array([0.02, 0.045]))
    if name == "square":
        return _f32(_superellipse(0.185, 0.125, 5.0) + np.array([0.01, 0.02]))
    if name == "shades":
        points = _superellipse(0.205, 0.135, 4.0)
        points[:, 1] -= 0.12 * points[:, 0] * (points[:, 1] > 0)
        return _f32(points + np.array([0.015, 0.02]))
    if name == "cateye":
        points = _superellipse(0.185, 0.12, 2.6)
        lift = np.clip(points[:, 0] / 0.185, 0, 1) ** 2 * (points[:, 1] < 0.03)
        return _f32(points + np.stack([0.05 * lift, -0.08 * lift + 0.02], axis=1))
    if name == "heart":
        t = _TURNS
        x = 16 * np.sin(t) ** 3
        y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
        return _f32(np.stack([x, y], axis=1) * 0.0125 + np.array([0.0, 0.01]))
    return _f32(_superellipse(0.165, 0.165, 2.0) + np.array([0.0, 0.025]))


#: Frame, lens, how much the lens hides, and how thick the frame is, in heads.
_GLASSES: dict[str, tuple[Colour, Colour, float, float]] = {
    "round": ((42, 34, 30), (226, 236, 240), 0.10, 0.020),
    "aviator": ((190, 156, 84), (58, 66, 48), 0.72, 0.014),
    "square": ((22, 22, 26), (226, 236, 240), 0.08, 0.030),
    "cateye": ((120, 26, 44), (236, 226, 230), 0.10, 0.028),
    "shades": ((14, 14, 16), (16, 18, 22), 0.90, 0.022),
    "heart": ((206, 34, 82), (230, 70, 120), 0.62, 0.026),
}
#: Where the arms of glasses end, in heads behind the bridge of the nose.
_EAR_BACK = 0.45


def draw_glasses(rgb: Rgb, face: Face, name: str) -> None:
    """Put glasses on a face; the picture is written to."""
    head = head_of(face)
    frame, glass, hides, thick = _GLASSES[name]
    eyes = head.eyes
    depth = float(eyes[:, 2].min()) - 0.055
    middle, apart = eyes.mean(axis=0), float(eyes[1, 0] - eyes[0, 0]) / 2
    scale = apart / 0.235  # lenses are drawn for eyes that stand so far from the middle
    lens = _lens(name) * scale

    def placed(flat: Floats, side: int) -> Floats:
        """Points about an eye on the head; the frame is bent a little about the face."""
        x = middle[0] + side * (apart + flat[:, 0])
        bend = 0.35 * np.maximum(np.abs(x - middle[0]) - apart, 0) ** 1.5
        return head.project(
            np.stack([x, middle[1] + flat[:, 1], depth + bend], axis=1).astype(np.float32)
        )

    grown = lens.mean(axis=0) + (lens - lens.mean(axis=0)) * (1 + thick / 0.15)
    ends = [placed(grown, side) for side in (-1, 1)]
    hinge_x = float(grown[:, 0].max())
    hinges, ears = [], []
    for side in (-1, 1):
        out = middle[0] + side * (apart + hinge_x)
        ear = middle[0] + side * max(apart + hinge_x, 0.5) * 1.0
        points = [[out, middle[1] - 0.03, depth + 0.05], [ear, middle[1] - 0.02, _EAR_BACK]]
        hinge_px, ear_px = head.project(np.array(points, np.float32))
        hinges.append(hinge_px)
        ears.append(ear_px)
    line = thick * head.width_px
    reach = np.concatenate([*ends, np.array(hinges), np.array(ears)])
    sheet = Sheet(_wh(rgb), reach, light_on(rgb, outline(face)))
    for side, hinge_px, ear_px in zip((-1, 1), hinges, ears, strict=True):
        away = side * float((ear_px - hinge_px) @ head.axes[0, :2])
        if away > 0.01 * head.width_px:  # else the head itself is before it
            sheet.stroke(np.stack([hinge_px, ear_px]), line * 1.2, frame)
    bridge = np.stack(
        [np.linspace(-1, 1, 9), -0.045 - 0.03 * (1 - np.linspace(-1, 1, 9) ** 2)], axis=1
    )
    inner = apart + float(grown[:, 0].min())
    bridge_x = middle[0] + bridge[:, 0] * inner * 1.1
    bent = np.stack([bridge_x, middle[1] + bridge[:, 1], np.full(9, depth - 0.02)], axis=1)
    sheet.stroke(head.project(bent.astype(np.float32)), line * 1.1, frame)
    for side, end in zip((-1, 1), ends, strict=True):
        sheet.fill(end, frame)
        inside = placed(lens, side)
        sheet.fill(inside, glass, hides)
        if hides > 0.3:  # the sky in dark glass
            shine = lens * np.array([0.8, 0.28]) + np.array([0.0, lens[:, 1].min() * 0.5])
            paler = tuple(min(255, c + 40) for c in glass)
            sheet.fill(
                placed(shine.astype(np.float32), side), (paler[0], paler[1], paler[2]), hides
            )
    sheet.lay_over(rgb)


#: A band of a hat between two rings: lower and upper radius, and height, of both, in heads.
Band = tuple[float, float, float, float, Colour]

_HATS: dict[str, tuple[Band, ...]] = {
    "party": tuple(
        (0.40 * (1 - i / 6), 0.40 * (1 - (i + 1) / 6), i * 0.15, (i + 1) * 0.15, colour)
        for i, colour in enumerate(2 * [(232, 72, 96), (250, 206, 84), (64, 156, 214)])
    ),
    "tophat": (
        (0.92, 0.92, -0.02, 0.02, (26, 24, 30)),
        (0.58, 0.58, 0.02, 0.17, (130, 26, 40)),
        (0.58, 0.62, 0.17, 0.80, (34, 32, 38)),
    ),
    "crown": ((0.60, 0.62, 0.0, 0.10, (206, 160, 52)), (0.62, 0.66, 0.10, 0.26, (232, 190, 76))),
    "beanie": (
        (0.645, 0.645, -0.04, 0.15, (150, 44, 52)),
        (0.635, 0.60, 0.15, 0.34, (176, 56, 62)),
        (0.60, 0.46, 0.34, 0.50, (176, 56, 62)),
        (0.46, 0.22, 0.50, 0.60, (176, 56, 62)),
        (0.22, 0.02, 0.60, 0.63, (176, 56, 62)),
    ),
    "cowboy": (
        (1.12, 1.12, -0.02, 0.02, (122, 84, 50)),
        (0.60, 0.585, 0.02, 0.12, (62, 40, 26)),
        (0.585, 0.50, 0.12, 0.52, (140, 98, 60)),
    ),
}
#: The circle a hat stands on: how far back its middle is, how far above the hairline, and how
#: much it leans back.
_SEAT_BACK, _SEAT_UP, _LEAN = 0.47, 0.02, 0.16
#: Radii from which a band is a brim, and of a head with its hair, in heads.
_BRIM, _HEAD = 0.8, 0.56


def draw_hat(rgb: Rgb, face: Face, name: str) -> None:
    """Put a hat on a head; the picture is written to."""
    head = head_of(face)
    bands = _HATS[name]
    place = _seat(head)
    rings = [place(r, h) for low, high, a, b, _ in bands for r, h in ((low, a), (high, b))]
    extra = [place(0.0, bands[-1][3] + 0.18)]
    light = light_on(rgb, outline(face))
    sheet = Sheet(
        _wh(rgb), np.concatenate([r[:, :2] for r in (*rings, *extra)]), light, facets=True
    )
    up = place(0.0, 1.0)[0] - place(0.0, 0.0)[0]
    from_below = bool(up[2] > 0)  # its top leans away from the camera
    order = list(range(len(bands)))
    if from_below:  # the brim hides the foot of what stands on it
        order = [*order[1:], 0]
    for number in order:
        low, high, a, b, colour = bands[number]
        if low > _BRIM and from_below:
            sheet.fill(place(low, a)[:, :2], _shade(colour, 0.62))
            sheet.fill(_hidden(place(_HEAD, a)[:, :2], head), (0, 0, 0), 0.0)
        elif low > _BRIM:
            sheet.fill(place(low, a)[:, :2], _shade(colour, 0.7))
            sheet.fill(place(high, b)[:, :2], colour)
        else:
            _band(sheet, place(low, a), place(high, b), colour)
        if number == len(bands) - 1 and not from_below and name != "crown":
            sheet.fill(place(high, b)[:, :2], _shade(colour, 0.85))
    if name == "crown":
        _spikes(sheet, place, bands[-1], from_below)
    if name in ("party", "beanie"):
        top = place(0.0, bands[-1][3] + 0.03)[0]
        sheet.disc(top[:2], 0.085 * head.width_px, (244, 240, 232))
    sheet.lay_over(rgb)


def _seat(head: Head) -> Callable[[float, float], Floats]:
    """Rings about the axis of a hat: radius and height in heads to ``(48, 3)``, places in
    pixels and depth in heads."""
    back, up = np.cos(_LEAN), np.sin(_LEAN)
    axis = np.array([0, -back, up], np.float32)
    front = np.array([0, -up, -back], np.float32)
    side = np.array([1, 0, 0], np.float32)
    middle = head.hairline + np.array([0, -_SEAT_UP, _SEAT_BACK], np.float32)
    middle[0] = 0.0

    def place(radius: float, height: float) -> Floats:
        around = np.cos(_TURNS)[:, None] * side + np.sin(_TURNS)[:, None] * front * 1.08
        points = (middle + height * axis + radius * around).astype(np.float32)
        depth = (points @ head.axes)[:, 2:]
        return np.concatenate([head.project(points), depth], axis=1).astype(np.float32)

    return place


def _shade(colour: Colour, share: float) -> Colour:
    r, g, b = (int(np.clip(c * share, 0, 255)) for c in colour)
    return r, g, b


def _hidden(hole: Floats, head: Head) -> Floats:
    """What the head hides of a brim seen from below: what stands in its hole, and all under it."""
    down = head.axes[1, :2] * 2 * _HEAD * head.width_px
    made: Floats = cv2.convexHull(np.concatenate([hole, hole + down]))[:, 0]
    return made


def _band(sheet: Sheet, low: Floats, high: Floats, colour: Colour) -> None:
    """The near wall between two rings, lit from the upper left."""
    count = len(low)
    depth = low[:, 2]
    for i in sorted(range(count), key=lambda k: -float(depth[k] + depth[(k + 1) % count])):
        j = (i + 1) % count
        if depth[i] + depth[j] > 2 * depth.mean() + 0.05:
            continue  # the far side is hidden
        lit = 0.82 + 0.26 * np.cos(_TURNS[i] - np.pi * 0.7)
        quad = np.stack([low[i, :2], low[j, :2], high[j, :2], high[i, :2]])
        sheet.fill(quad, _shade(colour, float(lit)))


def _spikes(
    sheet: Sheet, place: Callable[[float, float], Floats], band: Band, from_below: bool
) -> None:
    """The points of a crown, far ones first."""
    _, radius, _, height, colour = band
    foot, tip = place(radius, height), place(radius * 1.06, height + 0.2)
    step = 6
    starts = range(0, len(foot), step)
    for i in sorted(starts, key=lambda k: -float(foot[(k + step // 2) % len(foot), 2])):
        middle, end = (i + step // 2) % len(foot), (i + step) % len(foot)
        far = foot[middle, 2] > foot[:, 2].mean()
        if far and from_below:
            continue
        points = np.stack([foot[i, :2], foot[end, :2], tip[middle, :2]])
        sheet.fill(points, _shade(colour, 0.6 if far else 1.0))
        if not far:
            sheet.disc(tip[middle, :2], 0.035 * _size(foot), (214, 60, 84))


def _size(points: Floats) -> float:
    return float(np.ptp(points[:, 0]))


def _wh(rgb: Rgb) -> tuple[int, int]:
    return rgb.shape[1], rgb.shape[0]
