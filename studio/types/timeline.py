"""The plan of a cut: what is shown when, and why.

Items tile the timeline in order: the position of each is the sum of the lengths before it.
A transition belongs to the item it leads into and does not change any length: a dissolve of
``n`` frames starts ``n // 2`` frames before the cut and reads that far past the source
ranges of the two clips it joins (their *handles*).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from studio.types.timecode import FrameRate

if TYPE_CHECKING:
    from moviepy import VideoClip


class Role(StrEnum):
    """What a clip does in the shape of a trailer, or why it stands in a list of clips."""

    HOOK = "hook"
    SETUP = "setup"
    BUILD = "build"
    CLIMAX = "climax"
    BUTTON = "button"
    BROLL = "b-roll"
    ODD = "odd event"


@dataclass(frozen=True)
class Reason:
    """One argument for a clip.

    Attributes:
        name: the score's name, ``faces``.
        score: 0 to 1.
        weight: how much it counted.
        text: the same in words a person reads.
    """

    name: str
    score: float
    weight: float
    text: str


@dataclass(frozen=True)
class CropKey:
    """Where the picture is cropped at one frame of a clip; linear between keys.

    Attributes:
        frame: timeline frames from the clip's start.
        center_x, center_y: middle of the crop in shares of the upright source picture.
        width, height: of the crop, in shares of the same.
    """

    frame: int
    center_x: float
    center_y: float
    width: float
    height: float


@dataclass(frozen=True)
class Transition:
    """How an item begins.

    Attributes:
        kind: ``cut``; ``dissolve`` blends from the item before; ``dip`` goes through black:
            the item before falls to black in the ``frames // 2`` up to the cut, this one rises
            from it in the rest, and no handles are read. The first item has only the rise.
        frames: length in timeline frames, 0 for a cut.
    """

    kind: Literal["cut", "dissolve", "dip"] = "cut"
    frames: int = 0


@dataclass(frozen=True)
class Sound:
    """What is heard of a clip's own sound.

    Attributes:
        kind: ``dialogue`` ducks the music; ``ambience`` does not; ``mute`` is silent.
        gain_db: applied before the mix.
        lead_frames: the sound starts that many timeline frames before the picture (J-cut).
        lag_frames: the sound lasts that many timeline frames past the picture (L-cut).
    """

    kind: Literal["dialogue", "ambience", "mute"] = "ambience"
    gain_db: float = 0.0
    lead_frames: int = 0
    lag_frames: int = 0


@dataclass(frozen=True)
class Source:
    """Footage that a timeline draws on.

    Attributes:
        id: the name clips use.
        path: absolute path.
        content_hash: digest of the file the plan was made from.
        rate: frames a second.
        frames: how many there are.
        duration: seconds.
        display_wh: upright size in square pixels.
        timecode: embedded start time code, or empty.
        has_audio: whether there is sound.
        variable_rate: whether frame times must be looked up, not computed.
    """

    id: str
    path: str
    content_hash: str
    rate: FrameRate
    frames: int
    duration: Fraction
    display_wh: tuple[int, int]
    timecode: str
    has_audio: bool
    variable_rate: bool


@dataclass(frozen=True)
class Clip:
    """A stretch of footage on the timeline.

    Attributes:
        id: unique on the timeline.
        source: id of the :class:`Source`.
        start_frame, end_frame: source frames, half-open.
        start, end: the same in seconds on the source clock.
        frames: length on the timeline, in timeline frames.
        role: what it does in the shape.
        reasons: why it was chosen.
        transition: how it begins.
        crop: at least one key where the picture is reframed, else empty: the whole
            picture is fitted into the frame.
        sound: its own sound.
        type: tells clips from cards in JSON.
    """

    id: str
    source: str
    start_frame: int
    end_frame: int
    start: Fraction
    end: Fraction
    frames: int
    role: Role
    reasons: tuple[Reason, ...] = ()
    transition: Transition = Transition()
    crop: tuple[CropKey, ...] = ()
    sound: Sound = Sound()
    type: Literal["clip"] = "clip"


@dataclass(frozen=True)
class Card:
    """Words on a plain ground.

    Attributes:
        id: unique on the timeline.
        text: what it says; lines are broken at ``\\n`` and where they do not fit.
        frames: length on the timeline.
        kind: ``title`` or ``end``.
        transition: how it begins.
        type: tells cards from clips in JSON.
    """

    id: str
    text: str
    frames: int
    kind: Literal["title", "end"] = "title"
    transition: Transition = Transition()
    type: Literal["card"] = "card"


@dataclass(frozen=True)
class Music:
    """Music under the whole timeline.

    Attributes:
        path: absolute path.
        content_hash: digest of the file.
        start: seconds into the music at timeline zero.
        gain_db: applied before the mix.
        duck_db: how far it is lowered under dialogue, negative.
        fade_in_s, fade_out_s: seconds.
        duration: seconds of the whole file, None where the planner did not say.
    """

    path: str
    content_hash: str
    start: Fraction
    gain_db: float = 0.0
    duck_db: float = -12.0
    fade_in_s: float = 0.05
    fade_out_s: float = 1.5
    duration: Fraction | None = None


@dataclass(frozen=True)
class Timeline:
    """A whole cut.

    Attributes:
        name: of the cut.
        rate: timeline frames a second.
        size_wh: pixels of the picture.
        sources: the footage.
        items: clips and cards in order, no gaps.
        music: under all of it, or None.
        loudness_lufs: integrated loudness of the result (ITU-R BS.1770-4).
        broll: good shots left over, best first.
        options: what was asked for, as plain values.
        models: name to version of every model whose output was used.
        notes: what a user should know.
        schema: version of this layout.
    """

    name: str
    rate: FrameRate
    size_wh: tuple[int, int]
    sources: tuple[Source, ...]
    items: tuple[Clip | Card, ...]
    music: Music | None = None
    loudness_lufs: float = -14.0
    broll: tuple[Clip, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    schema: int = 1

    @property
    def frames(self) -> int:
        """Length in timeline frames."""
        return sum(item.frames for item in self.items)

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.rate.seconds(self.frames)

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The items that are footage."""
        return tuple(item for item in self.items if isinstance(item, Clip))

    def placed(self) -> Iterator[tuple[int, Clip | Card]]:
        """Each item with the timeline frame it starts at."""
        at = 0
        for item in self.items:
            yield at, item
            at += item.frames

    def source(self, source_id: str) -> Source:
        """The footage of that id.

        Raises:
            KeyError: there is none.
        """
        for source in self.sources:
            if source.id == source_id:
                return source
        raise KeyError(source_id)

    def without(self, clip_ids: set[str]) -> Timeline:
        """The cut with some items dropped, still one that can be rendered.

        Where something was dropped there is a plain cut, and sound reaches no further than
        the timeline and no longer over a neighbour that has gone.
        """
        kept: list[Clip | Card] = []
        gap = False
        at, whole = 0, sum(i.frames for i in self.items if i.id not in clip_ids)
        for item in self.items:
            if item.id in clip_ids:
                if kept and isinstance(kept[-1], Clip):
                    kept[-1] = replace(kept[-1], sound=replace(kept[-1].sound, lag_frames=0))
                gap = True
                continue
            mended = replace(item, transition=Transition()) if gap else item
            if isinstance(mended, Clip):
                heard = mended.sound
                lead = 0 if gap else min(heard.lead_frames, at)
                lag = min(heard.lag_frames, whole - at - item.frames)
                mended = replace(mended, sound=replace(heard, lead_frames=lead, lag_frames=lag))
            kept.append(mended)
            at, gap = at + item.frames, False
        return replace(self, items=tuple(kept))

    def to_moviepy(self) -> VideoClip:
        """The cut as a moviepy clip, for people who script their edits; the caller closes it."""
        from studio.media.moviepy_bridge import timeline_to_moviepy

        return timeline_to_moviepy(self)
