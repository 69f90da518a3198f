"""Pages from templates; what is put in is escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.media.writer import write_beside


def page(template: Path, **values: Any) -> str:
    """A template of Jinja filled with values.

    Args:
        template: the file.
        values: names and what stands for them; text is escaped unless it is a ``Markup``.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(template.read_text(encoding="utf-8")).render(**values)


def stream_page(template: Path, path: Path, **values: Any) -> None:
    """The same into a file, piece by piece: what is iterated over need not be held at once.

    Args:
        template: the file.
        path: to write.
        values: as for :func:`page`.

    Raises:
        EncodeFailed: it cannot be written.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    stream = environment.from_string(template.read_text(encoding="utf-8")).stream(**values)
    with write_beside(path) as beside, beside.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(stream)


def drawing(svg: str) -> Any:
    """An SVG of our own, to be put in as it is."""
    from markupsafe import Markup  # studio.tables.charts escapes its texts

    return Markup(svg)
