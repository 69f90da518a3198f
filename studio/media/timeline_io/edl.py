"""CMX 3600 edit decision lists, which everything opens.

Written here and not by ``otio-cmx3600-adapter`` 1.0.0. Tried on a 29.97 drop-frame cut with a
card, a dissolve, a dip and a 23.976 source at 10:00:04:04: it leaves out the card and the ``FCM``
line, refuses more than two sound tracks and writes none, puts that source at 10:00:39;29, and
writes the dip as a dissolve. As a reader it is right, and the tests read with it.

The form:

- Record time code starts at one hour; it is drop-frame at 29.97 and 59.94, and ``FCM`` says so.
  A ``;`` before the frames marks every drop-frame code, so a source's own count is clear too.
- All codes count frames of the timeline's rate. A source of that rate keeps its own time code.
  One of another rate is counted as if it had been conformed to the timeline's rate in real
  time: hours, minutes and seconds of its first frame stay, frames are converted. A clip starts
  at the first conformed frame that shows it. The speed is unchanged, so there is no ``M2``
  line; a comment names the true source frames.
- A dissolve is ``D`` with its length, centred on the plan's cut. A dip is a dissolve to black
  and one from black, which reads no handles. Cards are black (``BL``) with their words in a
  comment, for a list has no titles.
- Own sound is on A, A2 .. as single tracks, the music on the next one; there are four.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError
from studio.media.timeline_io.conform import (
    Joint,
    Placed,
    conformed_first,
    heard,
    joints,
    music_frames,
    music_source,
    notes_of,
    one_line,
    place,
    reasons_text,
    record_start,
    start_code,
    whole_frames,
)
from studio.media.writer import write_beside
from studio.types.timecode import FrameRate, Timecode
from studio.types.timeline import Card, Source, Timeline

_CHANNELS = ("A", "A2", "A3", "A4")
_MOST_EVENTS = 999


@dataclass(frozen=True)
class _Side:
    """What a picture event shows: a reel, its name, the code at the item's first frame."""

    reel: str
    name: str
    code: Timecode
    at: int

    def at_frame(self, frame: int) -> Timecode:
        """Its code at a timeline frame; black always runs from zero."""
        if self.reel == "BL":
            return Timecode(0, self.code.rate)
        return _later(self.code, frame - self.at)


def write_edl(timeline: Timeline, path: Path) -> tuple[str, ...]:
    """Write ``.edl``.

    Returns:
        What differs from the plan or found no place in the list.

    Raises:
        EncodeFailed: it cannot be written.
        RequestError: a clip is longer than its media, or the cut is nothing that the format
            can hold: more than 999 events, more than 60 frames a second.
    """
    text = to_edl(timeline)
    with write_beside(path) as beside:
        beside.write_text(text, encoding="utf-8")
    notes = notes_of(timeline, place(timeline))
    if any(clip.crop for clip in timeline.clips):
        notes.append("an edit decision list has no crops: clips are shown whole")
    tracks = len(heard(timeline)) + (timeline.music is not None)
    if tracks > len(_CHANNELS):
        notes.append(f"an edit decision list has four sound tracks; {tracks} were needed")
    return tuple(notes)


def to_edl(timeline: Timeline) -> str:
    """The cut as a CMX 3600 list.

    Raises:
        RequestError: as :func:`write_edl`.
    """
    if timeline.rate.nominal > 60:
        raise RequestError(
            f"an edit decision list cannot count {timeline.rate} frames a second",
            "Use the .otio or .fcpxml file, or a timeline of at most 60.",
        )
    start = record_start(timeline.rate)
    events = _picture_events(timeline) + _sound_events(timeline)
    if len(events) > _MOST_EVENTS:
        raise RequestError(
            f"an edit decision list holds {_MOST_EVENTS} events, not {len(events)}",
            "Use the .otio or .fcpxml file.",
        )
    title = one_line(timeline.name)[:70].strip() or "UNTITLED"
    mode = "DROP FRAME" if start.drop else "NON-DROP FRAME"
    lines = [f"TITLE: {title}", f"FCM: {mode}", ""]
    for number, (_, event) in enumerate(sorted(events, key=lambda e: e[0]), start=1):
        lines += [line.replace("###", f"{number:03}", 1) for line in event] + [""]
    return "\n".join(lines)


_Event = tuple[int, list[str]]


def _line(
    reel: str, channel: str, edit: str, source: tuple[Timecode, Timecode], record: tuple[str, str]
) -> str:
    codes = " ".join([str(source[0]), str(source[1]), *record])
    return f"###  {reel:<8} {channel:<5} {edit:<8} {codes}"


def _picture_events(timeline: Timeline) -> list[_Event]:
    reels, start = reel_names(timeline), record_start(timeline.rate)
    placed = {p.clip.id: p for p in place(timeline)}
    events: list[_Event] = []
    before = black = _Side("BL", "BLACK", Timecode(0, timeline.rate), 0)
    joined = joints(timeline)
    for number, (at, item) in enumerate(timeline.placed()):
        into, end = joined[number], at + item.frames - joined[number + 1].before
        if isinstance(item, Card):
            side = _Side("BL", f"{item.kind} card", black.code, at)
            comments = [f"* CARD: {one_line(item.text)}"]
        else:
            source = placed[item.id].source
            side = _Side(
                reels[source.id],
                Path(source.path).name,
                _code(source, conformed_first(placed[item.id], timeline.rate), timeline.rate),
                at,
            )
            comments = _comments(timeline, placed[item.id])
        if into.kind == "dip":
            if into.before:
                fade = Joint("dissolve", into.before, 0)
                events.append(_event(start, before, black, fade, at - into.before, at, []))
            into, before = Joint("dissolve", 0, into.after), black
        first = at - into.before
        events.append(_event(start, before, side, into, first, end, comments))
        before = side
    return events


def _event(
    start: Timecode, a: _Side, b: _Side, into: Joint, first: int, end: int, comments: list[str]
) -> _Event:
    """One picture event: a cut to ``b``, or a dissolve from ``a`` to it."""
    record = (str(_later(start, first)), str(_later(start, end)))
    opening = b.at_frame(first)
    codes = (opening, _later(opening, end - first))
    if not into.frames:
        lines = [_line(b.reel, "V", "C", codes, record)]
        if b.reel != "BL":
            lines.append(f"* FROM CLIP NAME: {one_line(b.name)}")
        return first, lines + comments
    # The outgoing side is named again by an event without length, from which it runs on.
    standing = (a.at_frame(first), a.at_frame(first))
    return first, [
        _line(a.reel, "V", "C", standing, (record[0], record[0])),
        _line(b.reel, "V", f"D    {into.frames:03}", codes, record),
        f"* FROM CLIP NAME: {one_line(a.name)}",
        f"* TO CLIP NAME: {one_line(b.name)}",
        *comments,
    ]


def _sound_events(timeline: Timeline) -> list[_Event]:
    reels, start, rate = reel_names(timeline), record_start(timeline.rate), timeline.rate
    events: list[_Event] = []
    tracks = heard(timeline)
    for channel, track in zip(_CHANNELS, tracks, strict=False):
        for sound in track:
            source = sound.placed.source
            # In step with the picture, whose first frame may be rounded up by part of one.
            first = max(conformed_first(sound.placed, rate) - (sound.placed.at - sound.at), 0)
            whole = math.floor(source.rate.seconds(whole_frames(source)) * rate.fps)
            frames = min(sound.frames, whole - first)
            code = _code(source, first, rate)
            record = (str(_later(start, sound.at)), str(_later(start, sound.at + frames)))
            line = _line(reels[source.id], channel, "C", (code, _later(code, frames)), record)
            name = one_line(Path(source.path).name)
            events.append((sound.at, [line, f"* FROM CLIP NAME: {name}"]))
    length, own = music_frames(timeline), music_source(timeline)
    if timeline.music is not None and length and len(tracks) < len(_CHANNELS):
        first = rate.frame_at(timeline.music.start)
        code = Timecode(first, rate) if own is None else _code(own, first, rate)
        reel = "MUSIC" if own is None else reels[own.id]
        record = (str(start), str(_later(start, length)))
        line = _line(reel, _CHANNELS[len(tracks)], "C", (code, _later(code, length)), record)
        name = one_line(Path(timeline.music.path).name)
        events.append((0, [line, f"* FROM CLIP NAME: {name}"]))
    return events


def _comments(timeline: Timeline, placed: Placed) -> list[str]:
    clip, source = placed.clip, placed.source
    comments = [f"* SOURCE FILE: {one_line(source.path)}"]
    if source.rate != timeline.rate or source.variable_rate:
        comments.append(
            f"* SOURCE FRAMES: {clip.start_frame} TO {clip.end_frame} AT {source.rate.fps} FPS"
        )
    return [*comments, f"* WHY: {one_line(reasons_text(clip, most=3))}"]


def _later(code: Timecode, frames: int) -> Timecode:
    return Timecode(code.frame + frames, code.rate, code.drop)


def _code(source: Source, frame: int, rate: FrameRate) -> Timecode:
    """A source's code at a frame of it, counted at the timeline's rate."""
    code = start_code(source)
    if source.rate != rate:
        label = str(code)
        drop = code.drop and rate.is_ntsc and rate.nominal in (30, 60)
        frames = int(label[9:]) * rate.nominal // source.rate.nominal
        code = Timecode.from_string(f"{label[:8]}{';' if drop else ':'}{frames:02}", rate)
    return _later(code, frame)


def reel_names(timeline: Timeline) -> dict[str, str]:
    """A reel of at most eight capitals and digits for each source, none twice."""
    taken = {"BL", "AX", "BLACK", "BARS", "MUSIC"}
    reels: dict[str, str] = {}
    for number, source in enumerate(timeline.sources, start=1):
        stem = re.sub("[^A-Z0-9]", "", Path(source.path).stem.upper()) or "REEL"
        reel = stem[:8]
        if reel in taken:
            reel = f"{stem[: 8 - len(str(number))]}{number}"
        while reel in taken:
            reel = f"R{len(taken):07}"
        taken.add(reel)
        reels[source.id] = reel
    return reels
