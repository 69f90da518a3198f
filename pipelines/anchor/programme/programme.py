"""The plan of a segment's pictures: plain values, ``programme.json``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

ElementKind = Literal[
    "opening", "closing", "panel", "quote", "chart", "picture", "film", "lower-third", "strip",
    "bug", "caption",
]  # fmt: skip
Framing = Literal["wide", "side", "close"]
#: Lowest first. What fills the picture hides what is below it.
ORDER: tuple[ElementKind, ...] = (
    "panel", "film", "picture", "quote", "chart", "bug", "strip", "lower-third", "caption",
    "opening", "closing",
)  # fmt: skip


@dataclass(frozen=True)
class Material:
    """A file that a cue names.

    Attributes:
        path: of it.
        sha256: of its content, hexadecimal.
        kind: what it is.
        seconds: how long a film may be shown; 0 for others.
        from_s: where a film is taken from.
        sound: whether a film has sound.
    """

    path: Path
    sha256: str
    kind: Literal["picture", "film", "table"]
    seconds: Fraction = Fraction(0)
    from_s: Fraction = Fraction(0)
    sound: bool = False


@dataclass(frozen=True)
class Element:
    """Something laid over the presenter.

    Attributes:
        kind: what.
        start, end: frames of the segment, half-open.
        text: its words.
        detail: a second row; of a strip, the headline before it; of a caption, whether a name
            stands below it.
        material: name of its file in :attr:`Programme.materials`; empty for none.
        from_s: where a film is taken from.
        line: id of the script's line it belongs to; empty for none.
    """

    kind: ElementKind
    start: int
    end: int
    text: str = ""
    detail: str = ""
    material: str = ""
    from_s: Fraction = Fraction(0)
    line: str = ""

    @property
    def frames(self) -> int:
        """How long it is there."""
        return self.end - self.start


@dataclass(frozen=True)
class Shot:
    """How the presenter is framed.

    Attributes:
        start, end: frames of the segment, half-open.
        framing: ``wide`` with the desk, ``side`` to leave room for a panel, ``close``.
    """

    start: int
    end: int
    framing: Framing


@dataclass(frozen=True)
class Stretch:
    """A line with its silence, or a bumper: what is rendered, and kept, as one.

    Attributes:
        name: id of the line, ``opening`` or ``closing``.
        start, end: frames of the segment, half-open.
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Programme:
    """A whole segment.

    Attributes:
        language: ISO 639-1 code.
        rate: frames a second.
        aspect: ``16:9`` or ``9:16``.
        size_wh: pixels.
        style, stage, presenter: names of style, set and presenter.
        frames: of the whole.
        voice_at: frame at which the voice's sound begins.
        voice_frames: frames of the voice's sound.
        shots: in order, without a gap.
        elements: in order of their start.
        stretches: in order, without a gap.
        materials: by the name that cues give them.
        clock_s: time of day at the first frame, seconds after midnight; negative for no clock.
        credits: lines of the closing bumper.
        notes: what a user should know.
    """

    language: str
    rate: Fraction
    aspect: str
    size_wh: tuple[int, int]
    style: str
    stage: str
    presenter: str
    frames: int
    voice_at: int
    voice_frames: int
    shots: tuple[Shot, ...]
    elements: tuple[Element, ...]
    stretches: tuple[Stretch, ...]
    materials: dict[str, Material] = field(default_factory=dict)
    clock_s: int = -1
    credits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def during(self, start: int, end: int) -> Iterator[Element]:
        """Elements that show in some of those frames, lowest first."""
        mine = [e for e in self.elements if e.start < end and e.end > start]
        yield from sorted(mine, key=lambda e: (ORDER.index(e.kind), e.start))

    def framing(self, frame: int) -> Framing:
        """How the presenter is framed at a frame."""
        return next(s.framing for s in reversed(self.shots) if s.start <= frame)

    def clock(self, frame: int) -> str:
        """The time of day shown at a frame; empty for none."""
        if self.clock_s < 0:
            return ""
        minutes = int(self.clock_s + frame / self.rate) // 60
        return f"{minutes // 60 % 24:02}:{minutes % 60:02}"
