"""Charts as SVG, drawn by matplotlib, in colours that light and dark pages and the colour-blind
can read (Okabe and Ito 2008)."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio.media.cards import font_path
from studio.tables.elan import Span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Of parts, in order.
COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#8A7A00", "#777777")
_WIDTH_IN = 9.0
_INK = "#777777"


def strips(rows: Mapping[str, Sequence[Span]], until_s: float, unit: str = "seconds") -> str:
    """When each is there: a row each over time.

    Args:
        rows: name to spans of time.
        until_s: end of the axis.
        unit: of time, for the axis.

    Returns:
        An ``<svg>`` element.
    """

    def draw(axes: Axes) -> None:
        for at, spans in enumerate(rows.values()):
            axes.broken_barh(
                [(start, end - start) for start, end, _ in spans],
                (at - 0.35, 0.7),
                color=COLORS[at % len(COLORS)],
            )
        axes.set_yticks(range(len(rows)), [_short(name) for name in rows])
        axes.invert_yaxis()
        axes.set_xlim(0, max(until_s, 1e-6))
        axes.set_xlabel(unit)

    return _svg(0.6 + 0.32 * len(rows), draw)


def steps(
    values: Sequence[float],
    width_s: float,
    unit: str,
    time_unit: str = "seconds",
    until_s: float | None = None,
) -> str:
    """A value for each stretch of time.

    Args:
        values: one a stretch.
        width_s: seconds a stretch.
        unit: for the axis.
        time_unit: of time, for the other.
        until_s: end of the axis, and of the last stretch; where the stretches end if not given.

    Returns:
        An ``<svg>`` element.
    """

    def draw(axes: Axes) -> None:
        starts = [width_s * at for at in range(len(values))]
        end = width_s * len(values) if until_s is None else until_s
        widths = [0.92 * min(width_s, max(end - start, 1e-6)) for start in starts]
        axes.bar(starts, list(values), width=widths, align="edge", color=COLORS[0])
        axes.set_xlim(0, max(end, 1e-6))
        axes.set_xlabel(time_unit)
        axes.set_ylabel(unit)

    return _svg(1.9, draw)


def _svg(height_in: float, draw: Callable[[Axes], None]) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties, fontManager

    font = str(font_path())
    fontManager.addfont(font)
    style: Any = {
        "font.family": FontProperties(fname=font).get_name(),
        "svg.fonttype": "path",  # the reader of the page need not have the font
        "svg.hashsalt": "studio",  # the same table gives the same picture
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor"), _INK),
        **dict.fromkeys(("xtick.color", "ytick.color"), _INK),
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
        axes = figure.add_subplot()  # not pyplot: it keeps what it draws
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=9)
        draw(axes)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    del figure, axes
    gc.collect()  # they refer to themselves, and those of many charts would pile up
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _short(name: str) -> str:
    # A lone dollar sign would begin a formula.
    return (name if len(name) <= 34 else name[:33] + "…").replace("$", r"\$")
