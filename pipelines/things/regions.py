"""Plain things found again: regions that look like a thing, held against the reference's look.

A mug without a pattern gives local features nothing to hold on to. Its region can still be cut
out, and told by what a network sees in it (Babenko and others, Neural Codes for Image Retrieval,
2014), by its colours and by its outline. Two things of one kind and colour are one to this: what
it finds *looks like* the thing, and the result says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from studio.adapters.efficientnet import EfficientNet
    from studio.adapters.picture_regions import PictureRegions

Floats = NDArray[np.float32]

#: Likeness from which on a region may be the thing, and from which on it looks like it; see the
#: figures in tests/things/test_plain_things.py. What other known things reach, and a little more,
#: is not enough either, up to a point.
LEAST_ALIKE, ALIKE = 0.62, 0.70
_ABOVE_IMPOSTORS, _MOST_LIMIT = 0.03, 0.8
#: Regions of a frame that are looked at, and the smallest, as a share of the picture.
_MOST_REGIONS, _LEAST_AREA = 16, 0.002
#: A reference's own region fills at least so much of its picture; else the picture is the region.
_LEAST_OF_REFERENCE = 0.08
_INSIDE = 0.5
#: Colour distance (CIE 1976) from a reference's plain ground.
_OFF_GROUND = 14.0
_SIDE_PX = 224
#: How much of the likeness what a network sees, the colours and the outline tell.
_WEIGHTS = (0.5, 0.3, 0.2)
_COLOR_BINS, _COLOR_REACH, _OUTLINE_PX = 12, 60.0, 24
#: Regions of a reference's colours: looked for at this size, how likely a colour has to be, how
#: many, how large; regions that share more are one.
_COLOR_PX, _LIKELY, _MOST_OF_COLOR, _MOST_AREA, _SAME = 320, 0.25, 3, 0.5, 0.8


@dataclass(frozen=True)
class Look:
    """What regions look like; arrays have a row a region.

    Attributes:
        xyxy: float32 ``(n, 4)``, shares of the picture.
        seen: float32 ``(n, 1280)``, what a network sees, of length one.
        colors: float32 ``(n, 144)``, the colours' hue and strength, of sum one.
        outlines: float32 ``(n, 576)``, the region in its box, 0 or 1.
    """

    xyxy: Floats
    seen: Floats
    colors: Floats
    outlines: Floats

    def __len__(self) -> int:
        return len(self.xyxy)

    def row(self, at: int) -> Look:
        """One of them."""
        some = slice(at, at + 1)
        return Look(self.xyxy[some], self.seen[some], self.colors[some], self.outlines[some])


def reference_look(rgb: NDArray[np.uint8], seer: EfficientNet) -> Look:
    """What the one thing of a reference picture looks like.

    Args:
        rgb: uint8 ``(h, w, 3)``, the thing before a plain ground.
        seer: looks at it.

    Raises:
        InferenceFailed: the model gave up.
    """
    return _looks(rgb, [off_ground(rgb)], seer)


def looks_of(
    rgb: NDArray[np.uint8], references: Sequence[Look], finder: PictureRegions, seer: EfficientNet
) -> Look:
    """The regions of a frame that may be things, and what they look like: those a detector
    proposes, of whatever kind, and those of the references' colours.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        references: whose colours are looked for.
        finder: proposes regions.
        seer: looks at them.

    Raises:
        InferenceFailed: a model gave up.
    """
    height, width = rgb.shape[:2]
    masks = [
        cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR) >= _INSIDE
        for mask in finder.find(rgb).masks[:_MOST_REGIONS]
    ]
    for reference in references:
        masks += _of_its_colors(rgb, reference)
    kept: list[NDArray[np.bool_]] = []
    for mask in masks:
        area = float(mask.mean())
        if area >= _LEAST_AREA and all(_shared(mask, other) < _SAME for other in kept):
            kept.append(mask)
    return _looks(rgb, kept, seer)


def _looks(rgb: NDArray[np.uint8], masks: Sequence[NDArray[np.bool_]], seer: EfficientNet) -> Look:
    if not masks:
        none = np.zeros((0, 0), np.float32)
        return Look(np.zeros((0, 4), np.float32), none, none, none)
    boxes = [_box_of(mask) for mask in masks]
    cuts, colors, outlines = [], [], []
    for box, mask in zip(boxes, masks, strict=True):
        pixels, own = _cut(rgb, box, mask)
        cuts.append(_on_gray(pixels, own))
        colors.append(_colors(pixels, own))
        outline = cv2.resize(own.astype(np.float32), (_OUTLINE_PX, _OUTLINE_PX))
        outlines.append((outline >= _INSIDE).astype(np.float32).reshape(-1))
    seen, _ = seer.look(np.stack(cuts))
    return Look(np.stack(boxes), seen.astype(np.float32), np.stack(colors), np.stack(outlines))


def _of_its_colors(rgb: NDArray[np.uint8], reference: Look) -> list[NDArray[np.bool_]]:
    """Connected parts of a frame in a reference's colours (histogram back-projection, Swain and
    Ballard 1991), the largest first."""
    height, width = rgb.shape[:2]
    scale = _COLOR_PX / max(height, width)
    wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    lab = _lab(cv2.resize(rgb, wh, interpolation=cv2.INTER_AREA))
    bins = np.clip(((lab[..., 1:] + _COLOR_REACH) * _COLOR_BINS / (2 * _COLOR_REACH)), 0,
                   _COLOR_BINS - 1).astype(int)  # fmt: skip
    usual = reference.colors[0].reshape(_COLOR_BINS, _COLOR_BINS)
    likely = (usual / max(float(usual.max()), 1e-6))[bins[..., 0], bins[..., 1]]
    its = (cv2.GaussianBlur(likely.astype(np.float32), (0, 0), 1.5) >= _LIKELY).astype(np.uint8)
    its = cv2.morphologyEx(its, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(its)
    areas = stats[:, cv2.CC_STAT_AREA] / its.size
    order = sorted(range(1, count), key=lambda n: -areas[n])
    some = [n for n in order if _LEAST_AREA <= areas[n] <= _MOST_AREA][:_MOST_OF_COLOR]
    return [cv2.resize((labels == n).astype(np.uint8), (width, height)).astype(bool) for n in some]


def _shared(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum()) / max(float((one | other).sum()), 1.0)


def alikeness(reference: Look, regions: Look) -> Floats:
    """How much each region looks like the reference's one: float32 ``(n,)``, 0 to 1."""
    if not len(regions):
        return np.zeros(0, np.float32)
    seen = np.clip(regions.seen @ reference.seen[0], 0, 1)
    colors = np.minimum(regions.colors, reference.colors[0]).sum(axis=1)
    both = np.minimum(regions.outlines, reference.outlines[0]).sum(axis=1)
    either = np.maximum(regions.outlines, reference.outlines[0]).sum(axis=1)
    outlines = both / np.maximum(either, 1)
    # A gray thing's colours are those of half the world: they tell little.
    middle = slice(_COLOR_BINS // 2 - 2, _COLOR_BINS // 2 + 2)
    gray = float(reference.colors[0].reshape(_COLOR_BINS, _COLOR_BINS)[middle, middle].sum())
    weights = np.array(_WEIGHTS, np.float32) * np.array([1, 1 - gray, 1], np.float32)
    found = np.stack([seen, colors, outlines], axis=1) @ (weights / weights.sum())
    return np.asarray(found, np.float32)


def off_ground(rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """What differs from the colour along a picture's edge: bool ``(h, w)``; all of it where that
    is little, or where it is cut by the edge all around."""
    lab = _lab(rgb)
    edge = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    off = np.linalg.norm(lab - np.median(edge, axis=0), axis=2) >= _OFF_GROUND
    count, labels, stats, _ = cv2.connectedComponentsWithStats(off.astype(np.uint8))
    if count > 1:
        largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        own = np.asarray(labels == largest)
        if own.mean() >= _LEAST_OF_REFERENCE:
            return own
    return np.ones(rgb.shape[:2], bool)


def _box_of(own: NDArray[np.bool_]) -> Floats:
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    sides = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    return np.asarray(np.array(sides) / np.array([*own.shape[::-1]] * 2), np.float32)


def limits_of(looks: Sequence[tuple[str, Look]]) -> dict[str, float]:
    """From which likeness on a region may be each thing: the least that counts, or a little above
    what other known things reach.

    Args:
        looks: name of a thing and one of its references, all of them.
    """
    limits = {name: LEAST_ALIKE for name, _ in looks}
    for name, look in looks:
        for other, impostor in looks:
            if other != name:
                near = float(alikeness(look, impostor)[0]) + _ABOVE_IMPOSTORS
                limits[name] = min(max(limits[name], near), _MOST_LIMIT)
    return limits


def best_regions(
    looks: Sequence[tuple[str, Look]], limits: Mapping[str, float], regions: Look
) -> dict[str, tuple[int, float]]:
    """The region of each thing that is there, and its likeness; a region is one thing at most."""
    found: dict[str, tuple[int, float]] = {}
    if not len(regions) or not looks:
        return found
    alike = np.stack([alikeness(look, regions) for _, look in looks])
    for region in range(len(regions)):
        best = int(alike[:, region].argmax())
        name, score = looks[best][0], float(alike[best, region])
        if score >= limits[name] and score > found.get(name, (0, 0.0))[1]:
            found[name] = region, score
    return found


def _cut(
    rgb: NDArray[np.uint8], box: Floats, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    height, width = rgb.shape[:2]
    left, top = int(box[0] * width), int(box[1] * height)
    right = max(left + 2, int(np.ceil(box[2] * width)))
    bottom = max(top + 2, int(np.ceil(box[3] * height)))
    return rgb[top:bottom, left:right], inside[top:bottom, left:right]


def _lab(rgb: NDArray[np.uint8]) -> Floats:
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _on_gray(pixels: NDArray[np.uint8], own: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The region alone on a gray square, its shape kept."""
    height, width = own.shape
    side = max(height, width)
    square = np.full((side, side, 3), 128, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = np.where(own[..., None], pixels, 128)
    how = cv2.INTER_AREA if side > _SIDE_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (_SIDE_PX, _SIDE_PX), interpolation=how), np.uint8)


def _colors(pixels: NDArray[np.uint8], own: NDArray[np.bool_]) -> Floats:
    """A histogram over a* and b*, which light changes less than brightness; smoothed, so that
    a hue at a border of two bins is in both."""
    lab = np.clip(_lab(pixels)[own], -_COLOR_REACH + 0.1, _COLOR_REACH - 0.1)
    reach = (-_COLOR_REACH, _COLOR_REACH)
    counts, _, _ = np.histogram2d(lab[:, 1], lab[:, 2], bins=_COLOR_BINS, range=(reach, reach))
    smooth = cv2.GaussianBlur(counts.astype(np.float32), (3, 3), 0.8)
    found: Floats = smooth.reshape(-1) / max(float(smooth.sum()), 1e-6)
    return found
