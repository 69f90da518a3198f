"""How a drawn presenter looks: numbers and colours over shared parts.

Places are in units: half the height of a head, zero in its middle, x to the right of the
picture, y down; the crown is at -1, the chin at 1. Colours are ``#rrggbb``.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Skin:
    """Colours of skin from where no light falls to where it glances off.

    Attributes:
        deep, shade, tone, light, glow: rising in light.
        blush: what cheeks, nose and ears tend to.
        lip: of the lips.
    """

    deep: str
    shade: str
    tone: str
    light: str
    glow: str
    blush: str
    lip: str


@dataclass(frozen=True)
class Face:
    """Shape of a face, to an average one.

    Attributes:
        cheeks, jaw, chin: widths.
        long: of the lower face.
        eyes: their size.
        eye_tilt: how far the outer corner stands above the inner, in units.
        fold: 0 a deep lid crease, 1 a single lid without one.
        apart: of the eyes from the middle, in units.
        nose, bridge: width of the nose, and height of its ridge.
        mouth, lips: width of the mouth, fullness of the lips.
        brow_y: of the brows, in units; thick, arch: their weight and bend.
        age: 0 smooth to 1 lined.
        beard: 0 to 1, how much a shaved beard shows.
        made_up: 0 to 1, of eyes and lips.
    """

    cheeks: float = 1.0
    jaw: float = 1.0
    chin: float = 1.0
    long: float = 1.0
    eyes: float = 1.0
    eye_tilt: float = 0.02
    fold: float = 0.2
    apart: float = 0.295
    nose: float = 1.0
    bridge: float = 1.0
    mouth: float = 1.0
    lips: float = 1.0
    brow_y: float = -0.19
    thick: float = 1.0
    arch: float = 0.03
    age: float = 0.0
    beard: float = 0.0
    made_up: float = 0.0


@dataclass(frozen=True)
class Hair:
    """Hair.

    Attributes:
        style: names one of ``hair.STYLES``.
        dark, color, light: from its shade to its gloss.
    """

    style: str
    dark: str
    color: str
    light: str


@dataclass(frozen=True)
class Clothes:
    """What is worn.

    Attributes:
        style: names one of ``clothes.STYLES``.
        jacket, under, accent: of the jacket, of shirt or blouse, of tie or jewels.
        wide: of the shoulders to usual ones.
        neck: half width of the neck, in units.
    """

    style: str
    jacket: str
    under: str = "#f6f7fa"
    accent: str = "#8a1f2d"
    wide: float = 1.0
    neck: float = 0.33


@dataclass(frozen=True)
class Look:
    """A presenter.

    Attributes:
        name: how they are asked for.
        about: a line for people.
        skin, face, hair, clothes: as they look.
        iris: colour of the eyes.
        brow: colour of the brows.
        glasses: colour of a frame; empty for none.
        earrings: colour; empty for none.
    """

    name: str
    about: str
    skin: Skin
    hair: Hair
    clothes: Clothes
    face: Face = field(default_factory=Face)
    iris: str = "#3a251a"
    brow: str = "#241a18"
    glasses: str = ""
    earrings: str = ""
