"""The look of a house: colours, type, words and places, in a file that a newsroom can copy.

The styles that come with the studio lie in ``assets/styles``; any TOML file of the same form
will do. A key that is left out is as in ``civic``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from pipelines.subtitles.house_file import read_toml, refuse_unknown
from studio.errors import RequestError

#: Shapes of the picture and their sizes at full height.
SIZES_WH = {"16:9": (1920, 1080), "9:16": (1080, 1920)}
_FOLDER = Path(__file__).resolve().parents[3] / "assets" / "styles"
_MOST_BYTES = 64 * 1024
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
#: Least contrast of type on its ground (WCAG 2.2 AA), and of large type.
CONTRAST, LARGE_CONTRAST = 4.5, 3.0

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Colours:
    """What a style paints with, ``#rrggbb``.

    Attributes:
        ground, ground_far: of bumpers and full-screen graphics; it runs from one to the other.
        ink, soft: type on the ground, and quieter type.
        plate, plate_ink: a lower third's first row and its type.
        under, under_ink: its second row.
        accent, accent_ink: the colour of the house, and type on it.
        second: for a second series of figures.
    """

    ground: str = "#0b1f3a"
    ground_far: str = "#123a63"
    ink: str = "#ffffff"
    soft: str = "#c3d2e4"
    plate: str = "#f7f9fc"
    plate_ink: str = "#0b1f3a"
    under: str = "#0b1f3a"
    under_ink: str = "#e8eef6"
    accent: str = "#e4572e"
    accent_ink: str = "#ffffff"
    second: str = "#5bb0e8"


@dataclass(frozen=True)
class Words:
    """What a style says in one language.

    Attributes:
        programme: name of the programme.
        ticker: what stands before the headlines.
        closing: lines of the closing bumper; ``{presenter}``, ``{voice}``, ``{approved}`` and
            ``{year}`` are filled in, and a line whose filling is empty is left out.
    """

    programme: str
    ticker: str
    closing: tuple[str, ...]


@dataclass(frozen=True)
class Places:
    """Where things stand in one shape, as left, top, width and height in shares of the picture.

    Attributes:
        strip: bar of headlines and clock.
        lower_third: it stands on this box's lower left.
        panel: picture over the shoulder with its caption.
        full: full-screen graphics keep inside.
        subtitles: they stand on its lower edge, centred.
        bug: name of the programme.
        wide, side, close: the presenter: the box's lower edge is the figure's, its height the
            figure's, its middle the figure's. Below the picture's edge it may end: near the
            camera, folded hands are out of the picture and never behind the strip.
        desk: upper edge of the desk in front of the presenter in a wide shot, as a share of the
            picture's height; 1 for none.
    """

    strip: Box
    lower_third: Box
    panel: Box
    full: Box
    subtitles: Box
    bug: Box
    wide: Box
    side: Box
    close: Box
    desk: float = 1.0


#: How high a figure may be, in heights of the picture.
_TALLEST = 1.5
#: Inside the 5 % of EBU R 95 at all sides; a phone's own buttons cover the lower sixth of a tall
#: picture and a strip at its right.
PLACES = {
    "16:9": Places(
        strip=(0.05, 0.889, 0.90, 0.061),
        lower_third=(0.05, 0.700, 0.62, 0.165),
        panel=(0.05, 0.160, 0.43, 0.530),
        full=(0.05, 0.150, 0.90, 0.710),
        subtitles=(0.14, 0.70, 0.72, 0.165),
        bug=(0.55, 0.052, 0.40, 0.046),
        wide=(0.0, 0.175, 1.0, 0.63),
        side=(0.48, 0.10, 0.52, 1.13),
        close=(0.0, 0.09, 1.0, 1.13),
        desk=0.765,
    ),
    "9:16": Places(
        strip=(0.055, 0.792, 0.89, 0.036),
        lower_third=(0.055, 0.655, 0.89, 0.120),
        panel=(0.055, 0.120, 0.89, 0.315),
        full=(0.055, 0.125, 0.89, 0.555),
        subtitles=(0.075, 0.615, 0.85, 0.160),
        bug=(0.445, 0.073, 0.50, 0.028),
        wide=(0.0, 0.31, 1.0, 0.45),
        side=(0.0, 0.43, 1.0, 0.57),
        close=(0.0, 0.24, 1.0, 0.76),
        desk=0.73,
    ),
}


@dataclass(frozen=True)
class Style:
    """A house style.

    Attributes:
        name: of the file, without its ending.
        colours: see there.
        headline, text: weight of NanumGothic (``Light``, ``Regular``, ``Bold``, ``ExtraBold``),
            or a font file beside the style.
        radius: of corners, in shares of the picture's short side.
        opening_s, closing_s: seconds of the bumpers; 0 leaves one out.
        sting: whether a few notes open and close.
        strip: whether headlines stand at the foot.
        burned: shapes whose subtitles are drawn into the picture; they are a file in any case.
        places: by shape.
        words: by language.
    """

    name: str
    colours: Colours = field(default_factory=Colours)
    headline: str = "ExtraBold"
    text: str = "Bold"
    radius: float = 0.006
    opening_s: float = 3.2
    closing_s: float = 4.4
    sting: bool = True
    strip: bool = True
    burned: tuple[str, ...] = ("9:16",)
    places: dict[str, Places] = field(default_factory=lambda: dict(PLACES))
    words: dict[str, Words] = field(default_factory=dict)


def names() -> tuple[str, ...]:
    """Styles that come with the studio."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load(name: str) -> Style:
    """A style by its name, or from a file.

    Raises:
        RequestError: there is none of that name, the file cannot be read, a key is unknown, a
            value does not fit, or type would not be legible on its ground.
    """
    path = Path(name)
    if path.suffix.lower() != ".toml":
        path = _FOLDER / f"{name}.toml"
        if name not in names():
            raise RequestError(
                f"There is no style {name}.", f"There are {', '.join(names())}, or a TOML file."
            )
    data = read_toml(path, "style", _MOST_BYTES)
    base = load("civic") if path != _FOLDER / "civic.toml" else None
    style = _read(path, data, base)
    _check_contrast(path, style.colours)
    return style


def _read(path: Path, data: dict[str, Any], base: Style | None) -> Style:
    keys = [f.name for f in fields(Style) if f.name != "name"]
    refuse_unknown(path, "style", data, keys)
    made = replace(base, name=path.stem) if base is not None else Style(path.stem)
    plain: dict[str, Any] = {}
    for key, value in data.items():
        if key == "colours":
            refuse_unknown(path, "style's colours", value, [f.name for f in fields(Colours)])
            wrong = next((k for k, v in value.items() if not _COLOUR.fullmatch(str(v))), None)
            if wrong is not None:
                raise _unfit(path, f"colours.{wrong}", "write it as #rrggbb")
            plain[key] = replace(made.colours, **value)
        elif key == "places":
            refuse_unknown(path, "style's places", value, list(SIZES_WH))
            plain[key] = {**made.places, **{s: _places(path, s, made, value[s]) for s in value}}
        elif key == "words":
            plain[key] = {**made.words, **{k: _words(path, k, v) for k, v in value.items()}}
        elif key in ("headline", "text"):
            plain[key] = _font(path, key, value)
        elif key == "burned":
            plain[key] = tuple(value)
        else:
            plain[key] = value
    made = replace(made, **plain)
    for key, most in (("opening_s", 10), ("closing_s", 15), ("radius", 0.05)):
        value = getattr(made, key)
        if not isinstance(value, int | float) or not 0 <= value <= most:
            raise _unfit(path, key, f"a number from 0 to {most}")
    if not set(made.burned) <= set(SIZES_WH):
        raise _unfit(path, "burned", f"some of {', '.join(SIZES_WH)}")
    if any(not isinstance(getattr(made, key), bool) for key in ("sting", "strip")):
        raise _unfit(path, "sting and strip", "true or false")
    return made


def _places(path: Path, shape: str, style: Style, value: dict[str, Any]) -> Places:
    refuse_unknown(path, "style's places", value, [f.name for f in fields(Places)])
    made: dict[str, Any] = {}
    for key, given in value.items():
        numbers = [given] if key == "desk" else given
        most = [1.0, 1.0, 1.0, _TALLEST if key in ("wide", "side", "close") else 1.0]
        fit = isinstance(numbers, list) and all(
            isinstance(v, int | float) and 0 <= v <= limit
            for v, limit in zip(numbers, most, strict=False)
        )
        if not fit or len(numbers) != (1 if key == "desk" else 4):
            raise _unfit(path, f"places.{shape}.{key}", "left, top, width, height in shares")
        made[key] = given if key == "desk" else tuple(given)
    return replace(style.places[shape], **made)


def _words(path: Path, language: str, value: dict[str, Any]) -> Words:
    refuse_unknown(path, "style's words", value, [f.name for f in fields(Words)])
    try:
        return Words(value["programme"], value["ticker"], tuple(value["closing"]))
    except (KeyError, TypeError) as exc:
        raise _unfit(path, f"words.{language}", "programme, ticker and closing") from exc


def _font(path: Path, key: str, value: Any) -> str:
    if value in ("Light", "Regular", "Bold", "ExtraBold"):
        return str(value)
    if isinstance(value, str) and (found := path.parent / value).is_file():
        return str(found.resolve())
    raise _unfit(path, key, "Light, Regular, Bold, ExtraBold or a font file beside the style")


def _unfit(path: Path, key: str, wanted: str) -> RequestError:
    return RequestError(f"{path.name}: {key} is not what a style has.", f"Give {wanted}.")


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""

    def light(colour: str) -> float:
        parts = [v / 255 for v in bytes.fromhex(colour[1:7])]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def _check_contrast(path: Path, c: Colours) -> None:
    pairs = [
        ("ink", "ground", CONTRAST), ("ink", "ground_far", CONTRAST),
        ("soft", "ground", CONTRAST), ("plate_ink", "plate", CONTRAST),
        ("under_ink", "under", CONTRAST), ("accent_ink", "accent", LARGE_CONTRAST),
    ]  # fmt: skip
    for one, other, least in pairs:
        found = contrast(getattr(c, one), getattr(c, other))
        if found < least:
            raise RequestError(
                f"{path.name}: {one} on {other} has a contrast of {found:.1f}; "
                f"it cannot be read well.",
                f"Take colours further apart: at least {least:g}.",
            )
