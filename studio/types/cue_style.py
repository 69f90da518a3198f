"""How cues look when they are drawn into a picture or written to a format that has styles."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

_COLOR = re.compile(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?")


@dataclass(frozen=True)
class CueStyle:
    """The look of a track; lengths are shares, so that one style fits every picture.

    Colours are ``#rrggbb`` or ``#rrggbbaa``, ``aa`` being the opacity.

    Attributes:
        font: family name; ``NanumGothic`` comes with the studio and holds Hangul.
        bold: whether it is set bold.
        size: height of a line as a share of the picture's shorter side.
        color: of the letters.
        outline_color: of the line around them; also of the box where there is one.
        outline: width of that line as a share of ``size``.
        shadow: offset of the shadow as a share of ``size``.
        box_color: of a box behind the text; empty for none.
        spoken_color: of the word that is being said; empty where words are not marked.
        margin: what stays free at each edge, a share of that side. 0.05 is title-safe and
            0.035 action-safe (SMPTE ST 2046-1).

    Raises:
        ValueError: a value is out of range or no colour.
    """

    font: str = "NanumGothic"
    bold: bool = False
    size: float = 0.068
    color: str = "#ffffff"
    outline_color: str = "#000000"
    outline: float = 0.065
    shadow: float = 0.03
    box_color: str = ""
    spoken_color: str = ""
    margin: float = 0.05

    def __post_init__(self) -> None:
        ranges = {"size": (0.01, 0.3), "outline": (0, 0.5), "shadow": (0, 0.5), "margin": (0, 0.3)}
        for name, (least, most) in ranges.items():
            value: Any = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(f"{name} is from {least} to {most}, not {value}")
        for field in fields(self):
            value = getattr(self, field.name)
            may_be_empty = field.name in ("box_color", "spoken_color")
            if field.name.endswith("color") and not (
                _COLOR.fullmatch(value) or (may_be_empty and value == "")
            ):
                raise ValueError(f"{field.name} is a colour such as #ffffff, not {value!r}")
        if not self.font.strip() or any(c in self.font for c in ",{}\\\n\r"):
            raise ValueError(f"font is the name of a family, not {self.font!r}")
