"""What fills the whole picture: bumpers, quotes, pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.anchor.graphics.kit import Kit
from pipelines.anchor.graphics.patch import Patch, Rgb, Rgba, Stay, eased, leaving, smooth
from pipelines.anchor.graphics.plates import picture_title
from studio.drawing.canvas import Canvas, Linear, Radial, ellipse, faded, mixed, polygon
from studio.drawing.lettering import broken, fitted, set_lines

#: Slats that a bumper is drawn away in.
_SLATS = 6
_SLATS_S = 0.75


class OpeningBumper:
    """The programme's name and the headline; at its end slats clear the view.

    Args:
        kit: of the style.
        headline: of the segment.
        frames: of the whole; the slats clear the last 0.75 s, with the presenter behind.
    """

    def __init__(self, kit: Kit, headline: str, frames: int) -> None:
        self._kit, self._frames = kit, frames
        self._ground = _Backdrop(kit)
        height = kit.size_wh[1]
        x, _, wide, _ = kit.box("full")
        wide = round(wide * (0.86 if kit.tall else 1))
        c = kit.colours
        name = fitted(kit.words.programme, kit.headline(132), wide, 2, kit.px(64))
        rows = broken(kit.words.programme, name, wide)
        self._name = set_lines(rows, name, c.ink, 0.0)
        story = fitted(headline, kit.text(52), wide, 3, kit.px(32))
        self._story = set_lines(broken(headline, story, wide), story, c.soft, 0.0)
        self._x = x
        self._y = round(height * 0.47) - self._name.shape[0]
        self._rule_wide = min(wide, max(self._name.shape[1], kit.px(420)))

    def patches(self, k: int) -> list[Patch]:
        """See :class:`~pipelines.anchor.graphics.patch.Painter`."""
        kit, seconds = self._kit, (k + 1) / self._kit.fps
        clearing = round(_SLATS_S * kit.fps)
        left = self._frames - k
        whole = self._drawn(seconds)
        if left > clearing:
            return [Patch(0, 0, whole)]
        return _slats(whole, (clearing - left + 1) / clearing)

    def _drawn(self, seconds: float) -> Rgba:
        kit, c = self._kit, self._kit.colours
        frame = self._ground(seconds)
        come = eased((seconds - 0.25) / 0.7)
        _over(frame, self._name, self._x, self._y + round(kit.px(46) * (1 - come)), come)
        rule = round(self._rule_wide * eased((seconds - 0.45) / 0.8))
        top = self._y + self._name.shape[0] + kit.px(22)
        frame[top : top + kit.px(8), self._x : self._x + rule] = (*_rgb(c.accent), 255)
        come = eased((seconds - 0.8) / 0.7)
        _over(frame, self._story, self._x, top + kit.px(34 + 30 * (1 - come)), come)
        return frame


class ClosingBumper:
    """Credits and what was made by a machine, drawn in by slats."""

    def __init__(self, kit: Kit, disclosed: str, lines: Sequence[str], frames: int) -> None:
        self._kit, self._frames = kit, frames
        self._ground = _Backdrop(kit)
        x, y, wide, high = kit.box("full")
        wide = round(wide * (0.86 if kit.tall else 1))
        c = kit.colours
        name = fitted(kit.words.programme, kit.headline(92), wide, 2, kit.px(48))
        said = fitted(disclosed, kit.text(42), wide, 4, kit.px(28))
        blocks = [
            set_lines(broken(kit.words.programme, name, wide), name, c.ink),
            set_lines(broken(disclosed, said, wide), said, c.ink),
        ]
        for line in lines:
            small = fitted(line, kit.light(33), wide, 3, kit.px(24))
            blocks.append(set_lines(broken(line, small, wide), small, c.soft))
        gaps = [kit.px(70), kit.px(44), *(kit.px(14) for _ in lines)]
        whole = sum(b.shape[0] for b in blocks) + sum(gaps[: len(blocks) - 1])
        top = y + max(0, (high - whole) // 2)
        self._blocks: list[tuple[int, int, Rgba]] = []
        for block, gap in zip(blocks, gaps, strict=False):
            self._blocks.append((x, top, block))
            top += block.shape[0] + gap
        self._rule = (x, self._blocks[0][1] + blocks[0].shape[0] + kit.px(22))

    def patches(self, k: int) -> list[Patch]:
        """See :class:`~pipelines.anchor.graphics.patch.Painter`."""
        kit, seconds = self._kit, (k + 1) / self._kit.fps
        frame = self._ground(seconds + 2)
        for number, (x, y, block) in enumerate(self._blocks):
            come = eased((seconds - 0.35 - 0.14 * number) / 0.6)
            _over(frame, block, x, y + round(kit.px(24) * (1 - come)), come)
        x, y = self._rule
        frame[y : y + kit.px(8), x : x + round(kit.px(300) * eased((seconds - 0.4) / 0.7))] = (
            *_rgb(kit.colours.accent),
            255,
        )
        clearing = _SLATS_S * kit.fps
        if k + 1 < clearing:
            return _slats(frame, 1 - (k + 1) / clearing)
        left = (self._frames - 1 - k) / kit.fps
        if left < 0.4:  # to black
            frame[..., :3] = np.rint(frame[..., :3] * np.float32(smooth(left / 0.4)))
        return [Patch(0, 0, frame)]


class Quote:
    """Somebody else's words, set large while they are read."""

    def __init__(self, kit: Kit, text: str, by: tuple[str, str], frames: int) -> None:
        self._kit = kit
        self._stay = Stay(frames, kit.fps, 0.5, 0.4)
        canvas = kit.ground()
        x, y, wide, high = kit.box("full")
        c = kit.colours
        mark_high = kit.px(150)
        _quote_mark(canvas, x, y + kit.px(26), mark_high, c.accent)
        foot = kit.px(150) if any(by) else kit.px(30)
        room = high - mark_high - foot - kit.px(60)
        face = kit.headline(96)
        while face.size_px > kit.px(34):
            lines = broken(text, face, wide)
            if face.line_px * len(lines) <= room and len(lines) <= (8 if kit.tall else 5):
                break
            face = face.at(face.size_px * 0.95)
        lines = broken(text, face, wide)
        self._ground = canvas.pixels
        self._whole: Rgba | None = None
        top = y + mark_high + kit.px(60)
        self._lines = [
            (x - 2, top + n * face.line_px, set_lines((line,), face, c.ink))
            for n, line in enumerate(lines)
        ]
        if any(by):
            name, title = by
            at = top + face.line_px * len(lines) + kit.px(44)
            one = kit.headline(40)
            self._lines.append((x - 2, at, set_lines((name,), one, c.ink)))
            if title:
                two = kit.light(32)
                row = set_lines((title,), two, c.soft)
                self._lines.append((x - 2, at + one.line_px, row))

    def patches(self, k: int) -> list[Patch]:
        """See :class:`~pipelines.anchor.graphics.patch.Painter`."""
        seconds = (k + 1) / self._kit.fps
        shown = smooth(self._stay.come(k)) * (1 - leaving(self._stay.gone(k)))
        if seconds < 1.6 or shown < 1:
            frame = self._ground.copy()
            for number, (x, y, row) in enumerate(self._lines):
                come = eased((seconds - 0.25 - 0.12 * number) / 0.55)
                _over(frame, row, x + round(self._kit.px(30) * (1 - come)), y, come)
        else:
            if self._whole is None:
                whole = self._ground.copy()
                for x, y, row in self._lines:
                    _over(whole, row, x, y, 1.0)
                self._whole = whole
            frame = self._whole
        return [Patch(0, 0, frame, shown)]


class FullPicture:
    """A picture that fills the frame, drawn a little nearer while it stands."""

    def __init__(self, kit: Kit, picture: Rgb, title: str, frames: int) -> None:
        import cv2

        from pipelines.anchor.sets import covering

        self._cv2 = cv2
        self._kit, self._frames = kit, frames
        self._stay = Stay(frames, kit.fps, 0.4, 0.35)
        width, height = kit.size_wh
        self._large = covering(picture, (round(width * 1.08), round(height * 1.08)))
        self._title = picture_title(kit, title)

    def patches(self, k: int) -> list[Patch]:
        """See :class:`~pipelines.anchor.graphics.patch.Painter`."""
        width, height = self._kit.size_wh
        large_high, large_wide = self._large.shape[:2]
        near = 1.08 - 0.06 * smooth((k + 1) / max(self._frames, 1))
        wide, high = width * near, height * near
        at = np.array([[wide / width, 0, (large_wide - wide) / 2],
                         [0, high / height, (large_high - high) / 2]])  # fmt: skip
        rgb = self._cv2.warpAffine(
            self._large, at, (width, height),
            flags=self._cv2.INTER_LINEAR | self._cv2.WARP_INVERSE_MAP,
            borderMode=self._cv2.BORDER_REPLICATE,
        )  # fmt: skip
        shown = smooth(self._stay.come(k)) * (1 - leaving(self._stay.gone(k)))
        found = [Patch(0, 0, self._cv2.cvtColor(rgb, self._cv2.COLOR_RGB2RGBA), shown)]
        if self._title is not None:
            found.append(Patch(self._title.x, self._title.y, self._title.rgba, shown))
        return found


class _Backdrop:
    """The ground of bumpers: slanted bands that come to rest. Called with seconds, it gives a
    fresh picture."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._rest: Rgba | None = None

    def __call__(self, seconds: float) -> Rgba:
        if seconds >= 1.9:
            if self._rest is None:
                self._rest = self._drawn(1.9)
            return self._rest.copy()
        return self._drawn(seconds)

    def _drawn(self, seconds: float) -> Rgba:
        kit, c = self._kit, self._kit.colours
        width, height = kit.size_wh
        canvas = kit.ground()
        lean = height * 0.28
        right = width * (0.80 if not kit.tall else 0.90)
        bands = (
            (0.00, 0.120, mixed(c.ground_far, c.second, 0.35), 0.55, 0.00),
            (0.10, 0.050, c.accent, 1.0, 0.10),
            (0.165, 0.020, c.second, 0.9, 0.18),
            (-0.16, 0.110, mixed(c.ground_far, c.ink, 0.08), 0.8, 0.05),
        )
        for offset, wide, colour, alpha, delay in bands:
            come = eased((seconds - delay) / 1.25)
            x = right + offset * width + (1 - come) * width * 0.7
            across = wide * width * (1.6 if kit.tall else 1.0)
            canvas.fill(
                polygon([(x + lean, 0), (x + lean + across, 0), (x + across - lean, height),
                         (x - lean, height)]),
                Linear((0, 0), (0, height), (faded(colour, alpha), faded(colour, alpha * 0.55))),
            )  # fmt: skip
        glow = eased(seconds / 1.9)
        canvas.fill(
            ellipse(width * (0.1 + 0.55 * glow), height * 0.5, width * 0.5, height * 0.6),
            _glow(width * (0.1 + 0.55 * glow), height * 0.5, width * 0.5, c.ink),
        )
        return canvas.pixels.copy()


def _glow(x: float, y: float, reach: float, colour: str) -> Radial:
    return Radial((x, y), reach, (faded(colour, 0.07), faded(colour, 0.0)))


def _quote_mark(canvas: Canvas, x: float, y: float, high: float, colour: str) -> None:
    for number in range(2):
        left = x + number * high * 0.62
        canvas.fill(ellipse(left + high * 0.25, y + high * 0.68, high * 0.25, high * 0.25), colour)
        canvas.fill(
            polygon([(left, y + high * 0.68), (left + high * 0.36, y),
                     (left + high * 0.50, y + high * 0.06), (left + high * 0.22, y + high * 0.50)]),
            colour,
        )  # fmt: skip


def _slats(whole: Rgba, share: float) -> list[Patch]:
    """The picture in rows that leave to the left one after the other; at 0 all are there."""
    height, width = whole.shape[:2]
    found = []
    for number in range(_SLATS):
        top, bottom = height * number // _SLATS, height * (number + 1) // _SLATS
        own = leaving_evenly(share * (1 + 0.45) - 0.45 * number / (_SLATS - 1))
        shift = round(width * own)
        if shift < width:
            found.append(Patch(0, top, np.ascontiguousarray(whole[top:bottom, shift:])))
    return found


def leaving_evenly(share: float) -> float:
    """At rest at first and at the end, fast between: for what crosses the whole picture."""
    share = min(max(share, 0.0), 1.0)
    return 4 * share**3 if share < 0.5 else 1 - (2 - 2 * share) ** 3 / 2


def _over(frame: Rgba, row: Rgba, x: int, y: int, alpha: float) -> None:
    """Lay a row of type on an opaque picture, in place."""
    if alpha <= 0:
        return
    height, width = frame.shape[:2]
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + row.shape[1], width), min(y + row.shape[0], height)
    if left >= right or top >= bottom:
        return
    part = row[top - y : bottom - y, left - x : right - x]
    share = part[..., 3:].astype(np.float32) * np.float32(alpha / 255)
    below = frame[top:bottom, left:right, :3]
    below[...] = np.rint(below + (part[..., :3].astype(np.float32) - below) * share)


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:7])
    return red, green, blue
