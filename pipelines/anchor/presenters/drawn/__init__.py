"""Drawn presenters: made by code, needing nobody's consent."""

from pipelines.anchor.presenters.drawn.cast import CAST
from pipelines.anchor.presenters.drawn.presenter import DRAWING_VERSION, DrawnPresenter

__all__ = ["CAST", "DRAWING_VERSION", "DrawnPresenter", "drawn_presenter"]


def drawn_presenter(name: str, size_wh: tuple[int, int]) -> DrawnPresenter | None:
    """One of :data:`CAST` by name, to be drawn in a size; None where there is none."""
    wanted = name.strip().lower()
    return next((DrawnPresenter(look, size_wh) for look in CAST if look.name == wanted), None)
