"""Where a clip's frames lie in its media, exactly, for files that editing programs open.

A source of constant rate is counted in frames: frame ``n`` starts at ``n / rate``, whatever a
container's rounded time stamps say. A source of variable rate has no such count: an editing
program conforms it to the nominal rate, where frame ``n`` shows what is visible at ``n / rate``.
A clip then begins where the frames it shows are its own, as far as that rate has such a place:
a neighbouring shot must not flash up at either end.

A clip plays in real time: ``frames`` timeline frames last ``frames / timeline rate`` seconds.
Where the two rates differ this need not be whole source frames, and at the very end of the
media the last timeline frame may reach past it by a part of a frame. An editing program would
refuse that or show nothing there, so the clip is *slipped*: it starts a source frame earlier.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal

from studio.errors import RequestError
from studio.types.timecode import FrameRate, Timecode
from studio.types.timeline import Clip, Source, Timeline

#: What neither XML 1.0 nor UTF-8 can carry; a file's name or a card's words may hold it.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

#: A time this little past a frame's start, in frames, is that start: containers round times.
_ROUNDED_FRAMES = Fraction(1, 8)


@dataclass(frozen=True)
class Placed:
    """A clip, where it is on the timeline and in its media.

    Attributes:
        clip: the plan's clip.
        source: its media.
        at: timeline frame it starts at.
        first: frame of the media it starts at, at the media's rate.
        slipped: media frames by which that is earlier than the plan says, mostly 0.
        head, tail: timeline frames that dissolves read before and after it.
    """

    clip: Clip
    source: Source
    at: int
    first: int
    slipped: int
    head: int
    tail: int

    @property
    def start(self) -> Fraction:
        """Seconds from the start of the media."""
        return self.source.rate.seconds(self.first)

    def outlasts_media(self, rate: FrameRate) -> bool:
        """Whether the last timeline frame reaches past the media by a part of itself."""
        end = self.start + rate.seconds(self.clip.frames)
        return end > self.source.rate.seconds(whole_frames(self.source))


@dataclass(frozen=True)
class Heard:
    """The own sound of a clip, leads and lags included.

    Attributes:
        placed: whose sound.
        at: timeline frame it starts at.
        frames: its length in timeline frames.
        start: seconds from the start of the media.
    """

    placed: Placed
    at: int
    frames: int
    start: Fraction


def start_code(source: Source) -> Timecode:
    """Time code of the first frame: the embedded one, else zero."""
    return _embedded_code(source) or Timecode(0, source.rate)


def _embedded_code(source: Source) -> Timecode | None:
    try:
        return Timecode.from_string(source.timecode, source.rate)
    except ValueError:
        return None


def whole_frames(source: Source) -> int:
    """Frames at the nominal rate that fit into the media."""
    if source.variable_rate:
        return math.floor(source.duration * source.rate.fps)
    return source.frames


@dataclass(frozen=True)
class Joint:
    """How an item begins.

    Attributes:
        kind: ``cut``, ``dissolve`` or ``dip``; the first item cannot dissolve, it dips.
        before, after: timeline frames of the transition on both sides of the cut.
    """

    kind: Literal["cut", "dissolve", "dip"]
    before: int
    after: int

    @property
    def frames(self) -> int:
        """Length in timeline frames."""
        return self.before + self.after


def joints(timeline: Timeline) -> list[Joint]:
    """How each item begins, and after the last a cut."""
    found = []
    for number, item in enumerate(timeline.items):
        kind, frames = item.transition.kind, item.transition.frames
        if kind == "cut" or frames < 1:
            found.append(Joint("cut", 0, 0))
        elif number == 0:
            found.append(Joint("dip", 0, frames - frames // 2))
        else:
            found.append(Joint(kind, frames // 2, frames - frames // 2))
    return [*found, Joint("cut", 0, 0)]


def handles(timeline: Timeline) -> list[tuple[int, int]]:
    """For each item, the timeline frames that dissolves read before and after it."""
    found = [j if j.kind == "dissolve" else Joint("cut", 0, 0) for j in joints(timeline)]
    return [(into.before, out_of.after) for into, out_of in pairwise(found)]


def place(timeline: Timeline) -> list[Placed]:
    """The clips of the cut in order.

    Raises:
        RequestError: a clip is longer than its media.
    """
    return [
        place_clip(timeline, item, at, head, tail)
        for (at, item), (head, tail) in zip(timeline.placed(), handles(timeline), strict=True)
        if isinstance(item, Clip)
    ]


def place_clip(timeline: Timeline, clip: Clip, at: int, head: int = 0, tail: int = 0) -> Placed:
    """One clip, slipped where it would reach past its media.

    Raises:
        RequestError: it is longer than its media.
    """
    source = timeline.source(clip.source)
    rate, fps = timeline.rate, source.rate.fps
    planned = clip.start_frame
    if source.variable_rate:
        planned = _first_inside(clip, source, rate, source.rate)
    room = whole_frames(source) - rate.seconds(clip.frames + tail) * fps
    earliest = math.ceil(rate.seconds(head) * fps)
    if room <= earliest - max(rate.seconds(1) * fps, Fraction(1)):
        raise RequestError(
            f"clip {clip.id} needs more of {source.id} than there is",
            "Make it or its dissolves shorter.",
        )
    # A clip that takes in the whole of its media may outlast it by a part of a frame.
    first = max(min(planned, math.floor(room)), earliest)
    return Placed(clip, source, at, first, planned - first, head, tail)


def conformed_first(placed: Placed, rate: FrameRate) -> int:
    """The frame a clip starts at when its media are conformed to the timeline's rate, slipped
    as in :func:`place_clip`."""
    length = math.floor(placed.source.rate.seconds(whole_frames(placed.source)) * rate.fps)
    room = length - placed.clip.frames - placed.tail
    planned = _first_inside(placed.clip, placed.source, rate, rate)
    return max(min(planned, room), placed.head)


def _first_inside(clip: Clip, source: Source, rate: FrameRate, conformed: FrameRate) -> int:
    """The frame of media conformed to a rate from which a clip shows least of its neighbours."""
    start, end, rounded = clip.start, clip.end, _ROUNDED_FRAMES / conformed.fps
    if not source.variable_rate:
        start, end = source.rate.seconds(clip.start_frame), source.rate.seconds(clip.end_frame)
        rounded = Fraction(0)
    before = conformed.frame_at(start)

    def outside(first: int) -> Fraction:
        at = conformed.seconds(first)
        last = at + rate.seconds(clip.frames - 1)
        return max(start - at - rounded, last - end, Fraction(0))

    return min(before, before + 1, key=outside)


def heard(timeline: Timeline) -> list[list[Heard]]:
    """The clips' own sound on as many tracks as it takes: where sounds overlap they alternate.

    A lead or lag that reaches past the media or the timeline is shortened to it.
    """
    tracks: list[list[Heard]] = []
    for placed in place(timeline):
        clip, source, rate = placed.clip, placed.source, timeline.rate
        if clip.sound.kind == "mute" or not source.has_audio:
            continue
        lead = min(clip.sound.lead_frames, placed.at, rate.frame_at(placed.start))
        end = placed.start + rate.seconds(clip.frames)
        after = source.rate.seconds(whole_frames(source)) - end
        rest = timeline.frames - placed.at - clip.frames
        lag = min(clip.sound.lag_frames, rest, rate.frame_at(after))
        sound = Heard(
            placed, placed.at - lead, clip.frames + lead + lag, placed.start - rate.seconds(lead)
        )
        for track in tracks:
            if track[-1].at + track[-1].frames <= sound.at:
                track.append(sound)
                break
        else:
            tracks.append([sound])
    return tracks


def record_start(rate: FrameRate) -> Timecode:
    """Time code of the cut's first frame: one hour, drop-frame at 29.97 and 59.94."""
    drop = rate.is_ntsc and rate.nominal in (30, 60)
    return Timecode.from_string(f"01:00:00{';' if drop else ':'}00", rate)


def music_source(timeline: Timeline) -> Source | None:
    """The footage that is its own music: a source whose sound is laid under the whole cut."""
    path = timeline.music.path if timeline.music is not None else None
    return next((source for source in timeline.sources if source.path == path), None)


def music_duration(timeline: Timeline) -> Fraction | None:
    """Seconds of the music's file, None where the plan does not say."""
    source = music_source(timeline)
    if timeline.music is None or timeline.music.duration is not None or source is None:
        return timeline.music.duration if timeline.music is not None else None
    return source.duration


def music_frames(timeline: Timeline) -> int:
    """Timeline frames that the music lasts, held to the timeline and to the file's end."""
    duration = music_duration(timeline)
    if timeline.music is None:
        return 0
    if duration is None:
        return timeline.frames
    return max(min(timeline.frames, timeline.rate.frame_at(duration - timeline.music.start)), 0)


def file_uri(path: str) -> str:
    """The file as a URI, its special characters escaped."""
    return Path(path).absolute().as_uri()


def reasons_text(clip: Clip, most: int | None = None) -> str:
    """Why a clip was chosen, in a line; the arguments that counted most come first."""
    ranked = sorted(clip.reasons, key=lambda r: -r.score * r.weight)[:most]
    reasons = "; ".join(f"{r.text or r.name} ({r.name} {r.score:.2f})" for r in ranked)
    return f"{clip.role.value}: {reasons}" if reasons else clip.role.value


def writable(text: str) -> str:
    """The text without what XML and UTF-8 cannot carry."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str) -> str:
    """The text, writable and without line breaks."""
    return " / ".join(writable(text).splitlines())


def notes_of(timeline: Timeline, placed: list[Placed]) -> list[str]:
    """What differs between the plan and what is written, in words."""
    notes = [
        f"clip {p.clip.id} takes in all of {p.source.id} and outlasts it by a part of a frame"
        for p in placed
        if p.outlasts_media(timeline.rate)
    ]
    notes += [
        f"clip {p.clip.id} starts {p.slipped} source frame(s) earlier than planned, "
        "so that it ends inside its media"
        for p in placed
        if p.slipped
    ]
    for source in timeline.sources:
        if source.timecode and _embedded_code(source) is None:
            notes.append(
                f"the time code {source.timecode!r} of {source.id} cannot be read at "
                f"{source.rate} frames a second; its first frame counts as zero"
            )
        if source.variable_rate:
            notes.append(
                f"{source.id} has a variable rate; its clips are placed at a constant "
                f"{source.rate} frames a second, each to within a frame"
            )
    if timeline.music is not None and music_duration(timeline) is None:
        notes.append("the plan does not say how long the music is; it is taken to last")
    elif timeline.music is not None and music_frames(timeline) < timeline.frames:
        notes.append("the music ends before the cut: the film plays it again, this file does not")
    return notes
