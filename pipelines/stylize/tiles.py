"""A picture cut into tiles that can be painted one by one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Tile:
    """A piece to paint and what is taken from it; pixels, half-open.

    Attributes:
        y, x: of the piece's first pixel in the picture.
        top, left, bottom, right: of the part that is kept, in the picture.
    """

    y: int
    x: int
    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class TilePlan:
    """How a picture is painted.

    Attributes:
        picture_wh: of the picture, sides multiples of the network's step.
        tile_wh: of every piece; the whole picture where one is enough.
        tiles: whose kept parts cover the picture once.
    """

    picture_wh: tuple[int, int]
    tile_wh: tuple[int, int]
    tiles: tuple[Tile, ...]


def plan_tiles(
    picture_wh: tuple[int, int], most_pixels: int, reach_px: int, step_px: int
) -> TilePlan:
    """Tiles of one size with at most so many pixels each, that paint the least twice.

    A kept part lies ``reach_px`` away from each side of its piece that is not a side of the
    picture, so that what is painted there does not know of the cut.

    Args:
        picture_wh: multiples of ``step_px``.
        most_pixels: of a piece.
        reach_px: how far painting looks around; a multiple of ``step_px``.
        step_px: places and sizes of pieces are multiples of it.

    Raises:
        ValueError: not even pieces that keep ``4 * reach_px`` a side are small enough.
    """
    width, height = picture_wh
    plans = []
    for columns in range(1, max(1, width // (4 * reach_px)) + 1):
        for rows in range(1, max(1, height // (4 * reach_px)) + 1):
            across = _cuts(width, columns, reach_px, step_px)
            down = _cuts(height, rows, reach_px, step_px)
            piece = across[0][2] * down[0][2]
            if piece <= most_pixels:
                plans.append((piece * columns * rows, columns * rows, across, down))
                break  # more rows of these columns only paint more
    if not plans:
        raise ValueError(f"a picture of {width}x{height} has no tiles of {most_pixels} pixels")
    _, _, across, down = min(plans, key=lambda plan: plan[:2])
    tiles = tuple(
        Tile(y, x, top, left, bottom, right)
        for y, (top, bottom), _ in down
        for x, (left, right), _ in across
    )
    return TilePlan(picture_wh, (across[0][2], down[0][2]), tiles)


def _cuts(
    length: int, count: int, reach_px: int, step_px: int
) -> list[tuple[int, tuple[int, int], int]]:
    """Start of each piece, what is kept of it, and the length of all pieces."""
    if count == 1:
        return [(0, (0, length), length)]
    edges = [round(length * n / count / step_px) * step_px for n in range(count)] + [length]
    longest = max(b - a for a, b in pairwise(edges))
    piece = min(length, longest + 2 * reach_px)
    found = []
    for first, last in pairwise(edges):
        start = min(max(0, first - reach_px), length - piece)
        found.append((start, (first, last), piece))
    return found
