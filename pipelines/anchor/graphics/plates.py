"""What stands beside or before the presenter: names, panels, headlines, subtitles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.anchor.graphics.kit import Kit
from pipelines.anchor.graphics.patch import Patch, Rgb, Rgba, Stay, eased, leaving, smooth
from studio.drawing.canvas import Canvas, Linear, faded, mixed, polygon, rounded
from studio.drawing.lettering import broken, fitted, set_lines, shortened, width_px, write


class LowerThird:
    """A name and who that is, from the left.

    A bar of the house's colour grows, the plates are drawn out of it, the words follow.
    """

    def __init__(self, kit: Kit, name: str, title: str, frames: int) -> None:
        x, y, wide, high = kit.box("lower_third")
        self._stay = Stay(frames, kit.fps, 0.6, 0.4)
        pad, bar = kit.px(30), kit.px(12)
        room = wide - bar - 2 * pad
        face = fitted(name, kit.headline(52), room, 1, kit.px(30))
        name = shortened(name, face, room)
        small = fitted(title, kit.text(32), room, 2, kit.px(24))
        rows = broken(title, small, room) if title else ()
        c = kit.colours
        first_high = round(face.size_px * 1.62)
        second_high = round(small.line_px * len(rows) + kit.px(22)) if rows else 0
        across = max([width_px(name, face), *(width_px(r, small) for r in rows)])
        plate_wide = min(round(across) + 2 * pad, wide - bar)
        canvas = Canvas(plate_wide, first_high + second_high)
        canvas.fill(_box(0, 0, plate_wide, first_high), c.plate)
        if rows:
            canvas.fill(_box(0, first_high, plate_wide, second_high), c.under)
        self._plates = canvas.pixels
        self._words = [
            (set_lines((name,), face, c.plate_ink), round(first_high * 0.5 - 0.60 * face.size_px))
        ]
        if rows:
            self._words.append((set_lines(rows, small, c.under_ink), first_high + kit.px(9)))
        self._bar = kit.plate(bar, first_high + second_high, c.accent).pixels
        self._x, self._y = x, y + high - first_high - second_high
        self._pad, self._slide = pad, kit.px(26)

    def patches(self, k: int) -> list[Patch]:
        """See :class:`~pipelines.anchor.graphics.patch.Painter`."""
        gone = leaving(self._stay.gone(k))
        high = self._bar.shape[0]
        grown = eased(self._stay.come(k) * 2.2) * (1 - max(0.0, gone * 2 - 1))
        tall = max(1, round(high * grown))
        cut = (high - tall) // 2
        found = [Patch(self._x, self._y + cut, self._bar[cut : cut + tall])]
        drawn = eased(self._stay.come(k, 0.12)) * (1 - gone)
        wide = round(self._plates.shape[1] * drawn)
        at = self._x + self._bar.shape[1]
        if wide > 1:
            found.append(Patch(at, self._y, self._plates[:, :wide]))
        for number, (words, y) in enumerate(self._words):
            come = eased(self._stay.come(k, 0.22 + 0.08 * number))
            room = max(0, wide - self._pad)
            shown = words[:, :room]
            if come > 0 and room > 1:
                x = at + self._pad - round(self._slide * (1 - come))
                found.append(Patch(x, self._y + y, shown, come))
        return found


class Panel:
    """A picture over the presenter's shoulder, or the item's title where there is none."""

    def __init__(self, kit: Kit, title: str, picture: Rgb | None, frames: int) -> None:
        x, y, wide, high = kit.box("panel")
        self._stay = Stay(frames, kit.fps, 0.55, 0.4)
        self._x, self._y, self._slide = x, y, kit.px(60)
        self._rgba = _pictured(kit, title, picture, wide, high)

    def patches(self, k: int) -> list[Patch]:
        """See :class:`~pipelines.anchor.graphics.patch.Painter`."""
        come, gone = eased(self._stay.come(k)), leaving(self._stay.gone(k))
        x = self._x - round(self._slide * (1 - come))
        return [Patch(x, self._y, self._rgba, smooth(self._stay.come(k) * 1.4) * (1 - gone))]


def _pictured(kit: Kit, title: str, picture: Rgb | None, wide: int, high: int) -> Rgba:
    c, pad = kit.colours, kit.px(34)
    border = kit.px(5)
    canvas = Canvas(wide, high)
    outer = rounded(wide / 2, high / 2, wide / 2, high / 2, kit.radius_px)
    canvas.fill(outer, c.plate)
    if picture is None:
        with canvas.inside(outer):
            canvas.fill(
                _box(0, 0, wide, high), Linear((0, 0), (wide, high), (c.ground_far, c.ground))
            )
            _bands(canvas, wide, high, c.accent, c.second)
            face = fitted(title, kit.headline(76), wide - 2 * pad, 4, kit.px(34))
            lines = broken(title, face, wide - 2 * pad)
            words = set_lines(lines, face, c.ink)
            top = high - pad - words.shape[0]
            canvas.fill(_box(pad, top - kit.px(30), kit.px(90), kit.px(9)), c.accent)
            canvas.lay(words, pad - 2, top)
            small = kit.text(28)
            write(canvas, kit.words.programme, small, c.soft, pad, pad + small.size_px)
        return canvas.pixels
    face = fitted(title, kit.headline(42), wide - 2 * kit.px(24), 2, kit.px(28))
    lines = broken(title, face, wide - 2 * kit.px(24)) if title else ()
    foot = face.line_px * len(lines) + kit.px(30) if lines else border
    from pipelines.anchor.sets import covering

    inner = covering(picture, (wide - 2 * border, high - foot - border))
    over = np.dstack([inner, np.full(inner.shape[:2], 255, np.uint8)])
    canvas.lay(over, border, border)
    if lines:
        canvas.fill(_box(border, high - foot, kit.px(9), foot - border), c.accent)
        words = set_lines(lines, face, c.plate_ink)
        canvas.lay(words, kit.px(26), high - foot + kit.px(15))
    return canvas.pixels


def _bands(canvas: Canvas, wide: int, high: int, accent: str, second: str) -> None:
    """Three slanted bands from the upper right, quiet enough to set type beside."""
    for number, (colour, alpha) in enumerate(((accent, 0.9), (second, 0.55), (second, 0.22))):
        left = wide * (0.78 - 0.13 * number)
        canvas.fill(
            polygon([(left + high * 0.34, 0), (left + high * 0.34 + wide * 0.07, 0),
                     (left + wide * 0.07, high * 0.42), (left, high * 0.42)]),
            Linear((0, 0), (0, high * 0.42), (faded(colour, alpha), faded(colour, 0))),
        )  # fmt: skip


class Strip:
    """The bar at the foot: its label, one headline, the time of day. A new headline pushes the
    one before it upwards."""

    def __init__(
        self, kit: Kit, before: str, text: str, clock: Sequence[str] = (), *, enters: bool = False
    ) -> None:
        x, y, wide, high = kit.box("strip")
        self._x, self._y, self._fps, self._enters = x, y, kit.fps, enters
        c = kit.colours
        face, label = kit.text(30), kit.headline(26)
        mark = round(width_px(kit.words.ticker, label)) + kit.px(44)
        time_face = kit.headline(32)
        clock_wide = kit.px(128) if any(clock) else 0
        canvas = Canvas(wide, high)
        shape = rounded(wide / 2, high / 2, wide / 2, high / 2, min(kit.radius_px, high / 2))
        base = round(high / 2 + 0.36 * label.size_px)
        with canvas.inside(shape):
            canvas.fill(_box(0, 0, wide, high), mixed(c.plate, c.plate_ink, 0.02))
            canvas.fill(_box(0, 0, mark, high), c.accent)
            write(canvas, kit.words.ticker, label, c.accent_ink, kit.px(22), base)
            if clock_wide:
                canvas.fill(_box(wide - clock_wide, 0, clock_wide, high), c.under)
        self._bar = canvas.pixels.copy()
        room = wide - mark - clock_wide - 2 * kit.px(26)
        self._rows = []
        for words in (before, text):
            shown = set_lines((shortened(words, face, room),), face, c.plate_ink)
            row = Canvas(room, high)
            top = round(high / 2 - 0.60 * face.size_px)
            row.lay(shown, 0, top)
            self._rows.append(row.pixels)
        self._changes = before != text
        self._at = x + mark + kit.px(26)
        self._clock, self._clock_x = list(clock), x + wide - clock_wide
        self._times = {}
        for words in dict.fromkeys(clock):
            shown = set_lines((words,), time_face, c.under_ink)
            left = (clock_wide - shown.shape[1]) // 2
            self._times[words] = (left, round(high / 2 - 0.60 * time_face.size_px), shown)

    def patches(self, k: int) -> list[Patch]:
        """See :class:`~pipelines.anchor.graphics.patch.Painter`."""
        high = self._bar.shape[0]
        y, alpha = self._y, 1.0
        if self._enters:
            come = eased((k + 1) / self._fps / 0.5)
            y, alpha = y + round(high * 0.6 * (1 - come)), come
        found = [Patch(self._x, y, self._bar, alpha)]
        turned = eased((k + 1) / self._fps / 0.5) if self._changes else 1.0
        shift = round(high * turned)
        if shift < high:
            found.append(Patch(self._at, y, self._rows[0][shift:], alpha))
        if shift:
            found.append(Patch(self._at, y + high - shift, self._rows[1][:shift], alpha))
        if self._clock:
            left, top, shown = self._times[self._clock[min(k, len(self._clock) - 1)]]
            if shown.shape[1] > 4:
                found.append(Patch(self._clock_x + left, y + top, shown, alpha))
        return found


class Bug:
    """The programme's name in an upper corner."""

    def __init__(self, kit: Kit) -> None:
        x, y, wide, high = kit.box("bug")
        face = kit.headline(27)
        name = shortened(kit.words.programme, face, wide - 2 * kit.px(20))
        across = round(width_px(name, face)) + 2 * kit.px(20)
        c = kit.colours
        canvas = kit.plate(across, high, faded(c.under, 0.86))
        canvas.fill(_box(0, high - kit.px(5), across, kit.px(5)), c.accent)
        write(canvas, name, face, c.under_ink, kit.px(20), round(high / 2 + 0.30 * face.size_px))
        self._patch = Patch(x + wide - across, y, canvas.pixels)

    def patches(self, k: int) -> list[Patch]:
        """See :class:`~pipelines.anchor.graphics.patch.Painter`."""
        return [self._patch]


def picture_title(kit: Kit, text: str) -> Patch | None:
    """What a picture or film that fills the frame is called, at its lower left; None for
    nothing."""
    if not text:
        return None
    x, y, wide, high = kit.box("lower_third")
    pad_x = kit.px(22)
    face = fitted(text, kit.text(36), wide - 2 * pad_x, 2, kit.px(25))
    words = set_lines(broken(text, face, wide - 2 * pad_x), face, kit.colours.under_ink)
    plate = kit.plate(
        words.shape[1] + 2 * pad_x, words.shape[0] + kit.px(22), faded(kit.colours.under, 0.9)
    )
    plate.lay(words, pad_x, kit.px(10))
    return Patch(x, y + high - plate.pixels.shape[0], plate.pixels)


class Caption:
    """A subtitle on a dark ground."""

    def __init__(self, kit: Kit, lines: tuple[str, ...], lift_px: int = 0) -> None:
        x, y, wide, high = kit.box("subtitles")
        face = kit.text(48 if kit.tall else 44)
        widest = max(lines, key=lambda line: width_px(line, face))
        face = fitted(widest, face, wide - kit.px(44), 1, kit.px(28))
        words = set_lines(lines, face, "#ffffff", 0.5)
        pad_x, pad_y = kit.px(20), kit.px(9)
        high_px, wide_px = words.shape[0] + 2 * pad_y, words.shape[1] + 2 * pad_x
        canvas = Canvas(wide_px, high_px)
        canvas.fill(
            rounded(wide_px / 2, high_px / 2, wide_px / 2, high_px / 2, kit.px(6)), "#0a0c10c8"
        )
        canvas.lay(words, pad_x, pad_y)
        left = x + (wide - wide_px) // 2
        self._patch = Patch(left, y + high - high_px - lift_px, canvas.pixels)

    def patches(self, k: int) -> list[Patch]:
        """See :class:`~pipelines.anchor.graphics.patch.Painter`."""
        return [self._patch]


def _box(x: float, y: float, wide: float, high: float) -> object:
    return polygon([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)])
