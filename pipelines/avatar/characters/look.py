"""How a character looks: a small description over shared parts. Colours are ``#rrggbb``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Half of a head's edge from crown to chin; x outwards, y down, the whole head two units high.
Edge = tuple[tuple[float, float], ...]

OVAL: Edge = (
    (0.0, -1.0), (0.42, -0.93), (0.69, -0.64), (0.775, -0.22), (0.765, 0.15),
    (0.70, 0.47), (0.54, 0.77), (0.29, 0.955), (0.0, 1.0),
)  # fmt: skip
HEART: Edge = (
    (0.0, -1.0), (0.43, -0.93), (0.71, -0.64), (0.79, -0.2), (0.765, 0.16),
    (0.67, 0.48), (0.475, 0.76), (0.235, 0.945), (0.0, 0.985),
)  # fmt: skip
SQUARE: Edge = (
    (0.0, -1.0), (0.43, -0.94), (0.70, -0.65), (0.775, -0.22), (0.77, 0.18),
    (0.725, 0.52), (0.60, 0.82), (0.35, 0.99), (0.0, 1.03),
)  # fmt: skip


@dataclass(frozen=True)
class Skin:
    """Skin or fur.

    Attributes:
        light, tone, shade: where light falls, everywhere, where it does not.
        blush: of cheeks.
        lip: of lips; of the mouth's rim on animals.
    """

    light: str
    tone: str
    shade: str
    blush: str
    lip: str


@dataclass(frozen=True)
class Eyes:
    """Eyes.

    Attributes:
        iris, lash, lid: colours.
        size: 1 as usual.
        tilt: how far the outer corner stands above the inner, in units.
        lashes: length of the upper lashes at the outer corner, in units.
        apart: of each eye from the middle, in units.
        slit: whether the pupil is upright and narrow.
        white: what is about the iris.
    """

    iris: str
    lash: str
    lid: str
    size: float = 1.0
    tilt: float = 0.02
    lashes: float = 0.0
    apart: float = 0.325
    slit: bool = False
    white: str = "#ffffff"


@dataclass(frozen=True)
class Brows:
    """Brows.

    Attributes:
        color: of them.
        weight: 1 as usual.
        arch: how far the middle stands above the ends, in units.
    """

    color: str
    weight: float = 1.0
    arch: float = 0.045


@dataclass(frozen=True)
class Hair:
    """Hair.

    Attributes:
        style: names functions in ``hair.py``.
        color, light, shade: colours.
    """

    style: str
    color: str
    light: str
    shade: str


@dataclass(frozen=True)
class Clothes:
    """Clothes.

    Attributes:
        style: names a function in ``clothes.py``.
        color, under, accent: of the outermost, of what is below it, of details.
    """

    style: str
    color: str
    under: str = "#ffffff"
    accent: str = "#333333"


@dataclass(frozen=True)
class Character:
    """A drawn character.

    Attributes:
        name: how it is asked for.
        about: a line for people.
        kind: which parts it has.
        skin, eyes, clothes: as it looks.
        brows: of people; marks above the eyes of animals.
        hair: of people.
        edge: of the head.
        nose: width to the usual.
        lips: fullness to the usual.
        neck: half width, in units.
        glasses: colour of the frame; empty for none.
        round_glasses: whether their glasses are round.
        beard: colour of a full beard; empty for none.
        moustache: colour; empty for none.
        freckles: whether there are any.
        earrings: colour; empty for none.
        backdrop: colours of a background it stands well before, top and bottom.
    """

    name: str
    about: str
    kind: Literal["person", "cat", "fox", "robot"]
    skin: Skin
    eyes: Eyes
    clothes: Clothes
    brows: Brows
    hair: Hair | None = None
    edge: Edge = OVAL
    nose: float = 1.0
    lips: float = 1.0
    neck: float = 0.30
    glasses: str = ""
    round_glasses: bool = True
    beard: str = ""
    moustache: str = ""
    freckles: bool = False
    earrings: str = ""
    backdrop: tuple[str, str] = ("#dfe7ee", "#b9c7d6")
