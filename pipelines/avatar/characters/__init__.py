"""Characters drawn by code, for avatars and presenters."""

from pipelines.avatar.characters.cast import CAST, character
from pipelines.avatar.characters.figure import (
    DRAWING_VERSION,
    Place,
    bust,
    draw_backdrop,
    draw_character,
)
from pipelines.avatar.characters.look import Character

__all__ = [
    "CAST",
    "DRAWING_VERSION",
    "Character",
    "Place",
    "bust",
    "character",
    "draw_backdrop",
    "draw_character",
]
