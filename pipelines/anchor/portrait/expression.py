"""What the muscles of a face do to its picture: moves of every place for each of them.

A jaw turns about its hinge by the ears; lips are the two banks of a slit. The harmonic function
``Im sqrt(z² - 1)`` of a slit from -1 to 1 has opposite values on its two banks and is smooth all
around: what is made from it parts the lips like a crack in a sheet and tears nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from pipelines.anchor.portrait.face_frame import FaceFrame
from pipelines.anchor.portrait.mouth_line import MouthLine
from pipelines.anchor.portrait.warping import Grid, Moves, bell, smooth
from studio.types.landmarks import FACE_OVAL, LEFT_BROW, RIGHT_BROW

Floats = NDArray[np.floating[Any]]

UPPER, LOWER = 0, 1
#: Gap of the lips at ``jaw`` 1, in units of 9 cm: 20 mm, as wide as calm speech gets; and how much
#: more of it comes early, for lips are round and hide the first millimetres of their gap.
WIDEST, _EARLY = 0.22, 1.0
#: Of the jaw's drop, how much the corners of the mouth follow.
_CORNER_FOLLOWS = 0.36
#: How pointed the gap ends in the corners: 1 an ellipse, 2 a lens.
_POINTED = 1.75
#: The box of moves, in units about the middle of the mouth: left, up, right, down.
_BOX = (-1.25, -1.55, 1.25, 1.1)
#: Moves fade over so much outside the outline of the face.
_FADES = 0.42
#: Corners of the mouth at the most: drawn apart, pushed forward.
_APART, _FORWARD = 0.030, 0.072
_BROW_LIFT = 0.045
_NOSE_BASE, _CHIN_HOLLOW = 2, 200
#: Share of a closing that the upper lip does.
_UPPER_CLOSES_SMILE, _UPPER_CLOSES_JAW = 0.45, 0.25


@dataclass(frozen=True)
class Expression:
    """The moves of one portrait's face.

    Attributes:
        grid: where they are told.
        bases: name of a move to float32 ``(2, rows, columns, 2)`` px at its full, for whoever
            belongs to the upper and the lower bank of the mouth.
        mouth: its line.
        rest_gap_px: between the lips as portrayed.
        widest_px: gap at ``jaw`` 1.
    """

    grid: Grid
    bases: dict[str, Moves]
    mouth: MouthLine
    rest_gap_px: float
    widest_px: float

    def moves(self, shares: dict[str, float]) -> Moves:
        """Float32 ``(2, rows, columns, 2)``: the sum of moves, each by its share."""
        made = np.zeros_like(self.bases["jaw"])
        for name, share in shares.items():
            if share:
                made += np.float32(share) * self.bases[name]
        return made

    def shares(self, row: dict[str, float]) -> dict[str, float]:
        """What each move contributes, of the columns of a performance.

        The gap of the lips grows with ``jaw``; a portrait whose lips are apart is
        closed first, and its own gap comes back as the jaw opens.
        """
        jaw = row["jaw"] * (1 + _EARLY - _EARLY * row["jaw"])
        wanted = jaw * self.widest_px
        press = float(smooth(np.asarray(row["press"] / 0.5)))
        bite = row["teeth"]
        left = (1 - press) * (1 - 0.85 * bite)  # of the gap that the jaw would open
        turned, closed = jaw, 0.0
        if self.rest_gap_px:
            closed = float(np.clip(1 - wanted / 2 / self.rest_gap_px, 0, 1))
            turned = (wanted - (1 - closed) * self.rest_gap_px) / self.widest_px
            closed = 1 - (1 - closed) * left
        wide = row["spread"]
        return {
            "jaw": turned,
            "shut": turned * (1 - left),
            "close": closed,
            "apart": max(wide, 0.0),
            # A jaw that opens draws the corners of the mouth in a little.
            "forward": max(-wide, 0.0) + 0.3 * jaw * (1 - abs(wide)),
            "press": row["press"],
            "bite": bite * (1 - press),
            "brow_left": row["brow_left"],
            "brow_right": row["brow_right"],
        }


def expression(
    points_px: Floats, face: FaceFrame, mouth: MouthLine, wh: tuple[int, int]
) -> Expression:
    """The moves of a face.

    Args:
        points_px: ``(468, 3)``, its mesh.
        face: its axes.
        mouth: its line.
        wh: of the picture.
    """
    unit = face.unit_px
    middle = face.origin_px[:2]
    corners = np.array([[x, y] for x in _BOX[::2] for y in _BOX[1::2]])
    turn = face.axes[:2, :2]
    flat = middle + unit * corners @ (turn / np.linalg.norm(turn, axis=1, keepdims=True))
    box = (*flat.min(axis=0), *flat.max(axis=0))
    grid = Grid.over(box, wh, max(3, round(unit / 40)))
    return _Muscles(points_px.astype(np.float64), face, mouth, grid).expression()


class _Muscles:
    """The sums; see :func:`expression`."""

    def __init__(self, points: Floats, face: FaceFrame, mouth: MouthLine, grid: Grid) -> None:
        self.points, self.face, self.mouth, self.grid = points, face, mouth, grid
        self.local = face.local(points)
        self.px, self.py = grid.nodes
        self.x, self.y = face.flat(self.px, self.py)
        self.away = self._depth()
        self.u, v_upper, v_lower = self._mouth_places()
        between = (v_upper >= 0) & (v_lower <= 0)
        v = np.where(between, 0.0, np.where(v_upper < 0, v_upper, v_lower))
        self.v = v  # from the lips' edge, in half mouths
        below = np.where(between, v_upper + v_lower > 0, v > 0)
        z = self.u + 1j * v
        bank = np.abs(np.imag(np.sqrt(z - 1) * np.sqrt(z + 1)))
        within = np.abs(self.u) < 1
        natural = np.where(below, 1.0, -1.0)
        self.banks = [np.where(within, side, natural) * bank for side in (-1.0, 1.0)]
        self.fade = self._fade() * grid.border(0.2 * face.unit_px)

    def expression(self) -> Expression:
        face, mouth = self.face, self.mouth
        jaw = self._jaw()
        bases = {"jaw": jaw, "shut": self._closing(jaw, _UPPER_CLOSES_JAW)}
        bases["close"] = np.zeros_like(jaw)
        rest = 0.0
        if mouth.open:
            rest = mouth.gap_px
            apart = np.zeros_like(jaw)
            gap = np.stack(
                [
                    np.interp(self.u, mouth.share, (mouth.lower_px - mouth.upper_px)[:, k])
                    for k in (0, 1)
                ],
                axis=-1,
            )
            apart[LOWER] = gap * (np.abs(self.u) < 1)[..., None]
            bases["close"] = self._closing(apart, _UPPER_CLOSES_SMILE) + self._unsmiled()
        bases |= self._lips()
        bases |= self._brows()
        fade = self.fade[None, ..., None].astype(np.float32)
        bases = {name: np.asarray(move, np.float32) * fade for name, move in bases.items()}
        return Expression(self.grid, bases, mouth, rest, WIDEST * face.unit_px)

    def _depth(self) -> Floats:
        """Units away from the viewer at every node, after the mesh."""
        some = self.points[::3]
        told = RBFInterpolator(some[:, :2], self.local[::3, 2], smoothing=1.0, neighbors=40)
        coarse = Grid(
            self.grid.left_px,
            self.grid.top_px,
            self.grid.wide,
            self.grid.high,
            4 * self.grid.step_px,
        )
        x, y = coarse.nodes
        depth = told(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape)
        rows, columns = self.grid.shape
        scale = np.array([[0.25, 0, 0], [0, 0.25, 0]])
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        fine = cv2.warpAffine(
            depth, scale, (columns, rows), flags=how, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(np.clip(fine, self.local[:, 2].min(), self.local[:, 2].max()))

    def _mouth_places(self) -> tuple[Floats, Floats, Floats]:
        """At every node: place along the mouth, and height below the edges of both lips in
        half mouths."""
        mouth = self.mouth
        upper = self.face.flat(mouth.upper_px[:, 0], mouth.upper_px[:, 1])
        lower = self.face.flat(mouth.lower_px[:, 0], mouth.lower_px[:, 1])
        x = upper[0]
        half = (x[-1] - x[0]) / 2
        inside = np.interp(self.x, x, mouth.share)
        beyond = (self.x - np.clip(self.x, x[0], x[-1])) / half
        u = inside + beyond
        tops, lows = (np.interp(self.x, line[0], line[1]) for line in (upper, lower))
        return u, (self.y - tops) / half, (self.y - lows) / half

    def _fade(self) -> Floats:
        """1 on the face, falling to 0 outside its outline."""
        oval = self.points[list(FACE_OVAL), :2]
        step = self.grid.step_px
        places = np.rint((oval - (self.grid.left_px, self.grid.top_px)) / step).astype(np.int32)
        rows, columns = self.grid.shape
        on = np.zeros((rows, columns), np.uint8)
        cv2.fillPoly(on, [places], 1)
        far = cv2.distanceTransform(1 - on, cv2.DIST_L2, 5) * step / self.face.unit_px
        return smooth(1 - far / _FADES)

    def _both(self, made: list[Moves]) -> Moves:
        return np.stack(made)

    def _jaw(self) -> Moves:
        hinge = self.local[[234, 454]].mean(axis=0)
        chin = self.local[152]
        lip = self.local[14]
        turn = WIDEST / (hinge[2] - lip[2])
        made = []
        for bank in self.banks:
            part = _bounded(np.abs(bank) ** _POINTED)
            follows = np.where(
                bank > 0,
                _CORNER_FOLLOWS + (1 - _CORNER_FOLLOWS) * part,
                _CORNER_FOLLOWS * (1 - part)
                - 0.16 * part * bell(self.v / 0.7) * bell(self.u / 1.3),
            )
            arm = np.maximum(hinge[2] - self.away, 0)
            height = np.clip(self.y, None, chin[1]) - hinge[1]
            made.append(
                self.face.shown(0 * arm, turn * follows * arm, turn * follows * height * 0.6)
            )
        jaw = self._both(made)
        middle = len(self.mouth.share) // 2
        low = self.grid.at(jaw[LOWER], self.mouth.lower_px[middle : middle + 1])
        top = self.grid.at(jaw[UPPER], self.mouth.upper_px[middle : middle + 1])
        gap = float(((low - top) @ self.face.down_px)[0])
        return jaw * np.float32(WIDEST * self.face.unit_px / gap)

    def _closing(self, opening: Moves, by_upper: float) -> Moves:
        """What takes back the gap that a move opens, wholly at the lips' edges."""
        mouth = self.mouth
        gap = self.grid.at(opening[LOWER], mouth.lower_px) - self.grid.at(
            opening[UPPER], mouth.upper_px
        )
        gap[[0, -1]] = 0
        along = np.stack([np.interp(self.u, mouth.share, gap[:, k]) for k in (0, 1)], axis=-1)
        along *= (np.abs(self.u) < 1)[..., None]
        nose = -self.local[_NOSE_BASE, 1] / mouth.half_wide
        reach = (0.95 * nose, 1.35)
        made = []
        for share, far in zip((by_upper, by_upper - 1), reach, strict=True):
            part = share * along * bell(self.v / far)[..., None]
            made.append(np.asarray(part, np.float32))
        return self._both(made)

    def _unsmiled(self) -> Moves:
        """Corners of a smiling mouth a little inward and down."""
        reach = np.exp(-((self.u / 1.5) ** 2) - (self.v / 1.3) ** 2) / np.exp(-1 / 2.25)
        side = self.face.shown(-0.025 * self.u * reach, 0.006 * np.abs(self.u) ** 2 * reach)
        return self._both([side, side])

    def _lips(self) -> dict[str, Moves]:
        u, v, shown = self.u, self.v, self.face.shown
        half, thick = self.mouth.half_wide, self.mouth.thick
        corners = u * np.exp(-((u / 1.7) ** 2) - (v / 1.5) ** 2) / np.exp(-1 / 1.7**2)
        along = np.exp(-(u**4))
        within = v * half / thick  # in thicknesses of a lip
        lip = within * np.exp(-((within / 1.3) ** 2)) * along * thick
        apart = shown(
            _APART * corners, -0.25 * _APART * np.abs(corners) * np.exp(-(v**2)) - 0.12 * lip
        )
        forward = shown(-_FORWARD * corners, 0.22 * lip)
        press = shown(0 * lip, -0.21 * lip)
        above = bell(v / (0.95 * -self.local[_NOSE_BASE, 1] / half)) * bell(u / 1.15)
        upper = shown(0 * lip, -0.028 * above)
        lower = shown(0 * lip, -0.35 * lip)
        two = self._both
        return {
            "apart": two([apart, apart]),
            "forward": two([forward, forward]),
            "press": two([press, press]),
            "bite": two([upper, lower]),
        }

    def _brows(self) -> dict[str, Moves]:
        made = {}
        for name, brow, eye in (
            ("brow_right", RIGHT_BROW, (33, 133, 159)),
            ("brow_left", LEFT_BROW, (362, 263, 386)),
        ):
            line = self.local[list(brow)]
            centre = line.mean(axis=0)
            lid = self.local[eye[2], 1]
            wide = 0.75 * np.ptp(line[:, 0])
            # The brow's hair moves as one; the skin below it is drawn, down to the lid.
            thick = 0.55 * np.ptp(line[:, 1])
            height = self.y - centre[1]
            below = max(lid - centre[1] - thick - 0.01, 0.01)
            height = np.where(height < 0, height / 0.38, np.maximum(height - thick, 0) / below)
            share = bell((self.x - centre[0]) / (1.5 * wide)) * bell(height)
            lift = min(_BROW_LIFT, 0.45 * below)
            made[name] = self._both([self.face.shown(0 * share, -lift * share)] * 2)
        return made


def _bounded(values: Floats) -> Floats:
    """As they are while small, never above 1, and smooth."""
    return np.asarray(values / (1 + values**8) ** 0.125)
