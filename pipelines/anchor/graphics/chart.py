"""Full-screen charts: bars that grow, lines that are drawn, figures as they were written."""

from __future__ import annotations

import numpy as np

from pipelines.anchor.graphics.kit import Kit
from pipelines.anchor.graphics.patch import Patch, Rgba, Stay, eased, leaving, smooth
from pipelines.anchor.graphics.table import Table, nice_steps, shown_number
from studio.drawing.canvas import Canvas, Linear, ellipse, faded, mixed, polygon, rounded
from studio.drawing.lettering import Face, broken, fitted, shortened, width_px, write

_GROWN_S = 1.5  # when everything has come


class Chart:
    """A table as a chart on the ground of the style."""

    def __init__(self, kit: Kit, table: Table, title: str, frames: int) -> None:
        self._kit, self._table = kit, table
        self._stay = Stay(frames, kit.fps, 0.45, 0.4)
        self._title = title or table.title or " / ".join(table.series)
        values = [v for row in table.rows for v in row if v is not None]
        low, high = min(values), max(values)
        # Bars stand on nought; a line may show the range where it moves, as long as that is far
        # from nought, and then its axis says so by its numbers.
        far = table.kind == "line" and low > 0 and (high - low) < 0.35 * high
        self._steps = nice_steps(low if far else min(low, 0.0), max(high, 0.0 if not far else high))
        if len(self._steps) < 2:
            self._steps = [0.0, 1.0]
        self._colours = (kit.colours.accent, kit.colours.second, kit.colours.soft)
        self._rest: Rgba | None = None

    def patches(self, k: int) -> list[Patch]:
        """See :class:`~pipelines.anchor.graphics.patch.Painter`."""
        seconds = (k + 1) / self._kit.fps
        shown = smooth(self._stay.come(k)) * (1 - leaving(self._stay.gone(k)))
        if seconds >= _GROWN_S + 0.2:
            if self._rest is None:
                self._rest = self._drawn(60.0)
            return [Patch(0, 0, self._rest, shown)]
        return [Patch(0, 0, self._drawn(seconds), shown)]

    def _drawn(self, seconds: float) -> Rgba:
        kit, table, c = self._kit, self._table, self._kit.colours
        canvas = kit.ground()
        x, y, wide, high = kit.box("full")
        face = fitted(self._title, kit.headline(60), wide, 2, kit.px(36))
        at = y
        canvas.fill(_box(x, at, kit.px(90), kit.px(9)), c.accent)
        at += kit.px(24)
        for line in broken(self._title, face, wide):
            write(canvas, line, face, c.ink, x, at + face.size_px)
            at += face.line_px
        at += kit.px(12)
        small = kit.light(30)
        if table.unit:
            write(canvas, shortened(table.unit, small, wide), small, c.soft, x, at + small.size_px)
            at += small.line_px + kit.px(6)
        if len(table.series) > 1:
            at = self._legend(canvas, x, at, wide)
        foot = y + high
        if table.source:
            words = {"en": "Source: ", "ko": "출처: "}[kit.language] + table.source
            write(canvas, shortened(words, kit.light(26), wide), kit.light(26), c.soft, x,
                  foot - kit.px(4))  # fmt: skip
            foot -= kit.px(44)
        plot = (x, at + kit.px(30), wide, foot - at - kit.px(30))
        if table.kind == "line":
            self._line(canvas, plot, seconds)
        elif kit.tall or max(len(label) for label in table.labels) > 16:
            self._rows(canvas, plot, seconds)
        else:
            self._columns(canvas, plot, seconds)
        return canvas.pixels

    def _legend(self, canvas: Canvas, x: int, at: int, wide: int) -> int:
        kit, face = self._kit, self._kit.text(30)
        left = float(x)
        for number, name in enumerate(self._table.series):
            across = width_px(name, face) + kit.px(80)
            if left + across > x + wide and left > x:
                left, at = float(x), at + face.line_px
            canvas.fill(
                rounded(left + kit.px(13), at + face.size_px * 0.62, kit.px(13), kit.px(13),
                        kit.px(4)), self._colours[number])  # fmt: skip
            write(canvas, name, face, kit.colours.ink, left + kit.px(38), at + face.size_px)
            left += across
        return at + face.line_px + kit.px(4)

    def _scale(self, value: float) -> float:
        return (value - self._steps[0]) / (self._steps[-1] - self._steps[0])

    def _columns(self, canvas: Canvas, plot: tuple[int, int, int, int], seconds: float) -> None:
        kit, table, c = self._kit, self._table, self._kit.colours
        x, y, wide, high = plot
        label = kit.text(34)
        count, series = len(table.labels), len(table.series)
        slot = wide / count
        face = min((fitted(n, label, slot * 0.92, 1, kit.px(20)) for n in table.labels),
                   key=lambda f: f.size_px)  # fmt: skip
        floor_px = y + high - face.line_px - kit.px(14)
        tall = floor_px - y - kit.px(56)
        zero = floor_px - tall * self._scale(0.0)
        figure = kit.headline(44 if count * series <= 6 else 30)
        canvas.fill(_box(x, zero - kit.px(1), wide, kit.px(3)), faded(c.soft, 0.8))
        bar = min(slot * 0.62 / series, kit.px(210))
        for row, name in enumerate(table.labels):
            middle = x + slot * (row + 0.5)
            write(canvas, name, face, c.ink, middle - width_px(name, face) / 2,
                  y + high - kit.px(8))  # fmt: skip
            for column, value in enumerate(table.rows[row]):
                if value is None:
                    continue
                grown = eased((seconds - 0.3 - 0.5 * row / count) / 0.7)
                left = middle + (column - series / 2) * bar + bar * 0.06
                end = zero - (zero - (floor_px - tall * self._scale(value))) * grown
                colour = self._colours[column]
                top, bottom = min(end, zero), max(end, zero)
                if bottom - top >= 1:
                    canvas.fill(
                        _box(left, top, bar * 0.88, bottom - top),
                        Linear((0, top), (0, bottom), (mixed(colour, "#ffffff", 0.10), colour)),
                    )
                self._figure(canvas, table.written[row][column], figure, left + bar * 0.44,
                             (top - kit.px(14)) if value >= 0 else bottom + figure.size_px,
                             grown, bar * 1.15 if series > 1 else slot * 0.95)  # fmt: skip

    def _figure(
        self, canvas: Canvas, text: str, face: Face, middle: float, base: float, shown: float,
        room: float,
    ) -> None:  # fmt: skip
        face = fitted(text, face, room, 1, self._kit.px(20))
        ink = faded(self._kit.colours.ink, shown)
        write(canvas, text, face, ink, middle - width_px(text, face) / 2, base)

    def _rows(self, canvas: Canvas, plot: tuple[int, int, int, int], seconds: float) -> None:
        kit, table, c = self._kit, self._table, self._kit.colours
        x, y, wide, high = plot
        count, series = len(table.labels), len(table.series)
        slot = min(high / count, kit.px(190) * max(1, series * 0.8))
        name_face, figure = kit.text(34), kit.headline(38)
        widest = max(width_px(w, figure) for row in table.written for w in row)
        room = wide - widest - kit.px(28)
        low, high_value = self._steps[0], self._steps[-1]
        zero = x + room * (0 - low) / (high_value - low)
        for row, name in enumerate(table.labels):
            top = y + slot * row
            write(canvas, shortened(name, name_face, wide), name_face, c.ink, x,
                  top + name_face.size_px)  # fmt: skip
            each = (slot - name_face.line_px - kit.px(16)) / series
            for column, value in enumerate(table.rows[row]):
                if value is None:
                    continue
                grown = eased((seconds - 0.3 - 0.5 * row / count) / 0.7)
                end = zero + (x + room * self._scale(value) - zero) * grown
                at = top + name_face.line_px + kit.px(8) + each * column
                canvas.fill(
                    _box(min(zero, end), at, max(abs(end - zero), 2), each * 0.86),
                    self._colours[column],
                )
                words = table.written[row][column]
                write(canvas, words, figure, faded(c.ink, grown), max(zero, end) + kit.px(14),
                      at + each * 0.43 + figure.size_px * 0.34)  # fmt: skip

    def _line(self, canvas: Canvas, plot: tuple[int, int, int, int], seconds: float) -> None:
        kit, table, c = self._kit, self._table, self._kit.colours
        x, y, wide, high = plot
        face = kit.light(28)
        gutter = max(width_px(shown_number(s), face) for s in self._steps) + kit.px(24)
        left, right = x + gutter, x + wide - kit.px(30)
        bottom, top = y + high - face.line_px - kit.px(16), y + kit.px(12)
        for step in self._steps:
            at = bottom - (bottom - top) * self._scale(step)
            canvas.fill(_box(left, at, right - left, max(1, kit.px(2))), faded(c.soft, 0.28))
            words = shown_number(step)
            write(canvas, words, face, c.soft, left - kit.px(18) - width_px(words, face),
                  at + face.size_px * 0.36)  # fmt: skip
        count = len(table.labels)
        places = np.linspace(left + kit.px(10), right, count) if count > 1 else np.array([left])
        last_edge = -1e9
        every = max(1, -(-count // (4 if kit.tall else 9)))
        for number, label in enumerate(table.labels):
            half = width_px(label, face) / 2
            end = number == count - 1
            if (number % every == 0 or end) and places[number] - half > last_edge + kit.px(14):
                base = y + high - kit.px(6)
                write(canvas, label, face, c.soft, float(places[number]) - half, base)
                last_edge = float(places[number]) + half
        drawn = eased((seconds - 0.3) / 1.1)
        until = left + (right - left) * drawn + 1
        for column in reversed(range(len(table.series))):
            dots = [
                (float(places[row]), bottom - (bottom - top) * self._scale(value))
                for row in range(count)
                if (value := table.rows[row][column]) is not None
            ]
            if len(dots) < 2:
                continue
            with canvas.inside(_box(left - kit.px(8), y - high, until - left, 3 * high)):
                if column == 0:
                    area = [*dots, (dots[-1][0], bottom), (dots[0][0], bottom)]
                    ink = self._colours[0]
                    fade = Linear((0, top), (0, bottom), (faded(ink, 0.35), faded(ink, 0.02)))
                    canvas.fill(polygon(area), fade)
                canvas.line(polygon(dots, closed=False), self._colours[column], kit.px(7))
            if drawn >= 1:
                canvas.fill(ellipse(*dots[-1], kit.px(11), kit.px(11)), self._colours[column])
                last = next(r[column] for r in reversed(table.written) if r[column])
                big = kit.headline(44)
                write(canvas, last, big, c.ink, dots[-1][0] - width_px(last, big) - kit.px(4),
                      dots[-1][1] - kit.px(24))  # fmt: skip


def _box(x: float, y: float, wide: float, high: float) -> object:
    return polygon([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)])
