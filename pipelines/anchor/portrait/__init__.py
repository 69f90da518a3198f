"""Portraits that speak: any photograph or painting of one person."""

from pipelines.anchor.portrait.preparing import Portrait, prepare_portrait
from pipelines.anchor.portrait.presenter import PortraitPresenter

__all__ = ["Portrait", "PortraitPresenter", "prepare_portrait"]
