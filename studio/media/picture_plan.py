"""From a timeline to what each picture of it is made of. Pure: nothing is opened or decoded.

A *layer* is one item as far as it is seen, with the handles that its dissolves read. A *blend*
says which layers a timeline frame shows and how strongly; what is missing to one is black. A
*segment* is a run of frames that is encoded, and resumed, as a whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from studio.codec import to_json
from studio.types.media import FrameTimes
from studio.types.timecode import FrameRate
from studio.types.timeline import Card, Clip, Source, Timeline

#: Raised whenever the same plan would give other pixels than before.
PICTURE_VERSION = 1
_SEGMENT_MIN_S, _SEGMENT_MAX_S = 2, 6
#: A start this close to a frame's own, in frames, is that frame's: containers round their times.
_SNAP_FRAMES = Fraction(1, 8)


@dataclass(frozen=True)
class Join:
    """How an item begins once its transition was fitted to the footage.

    Attributes:
        at: timeline frame of the cut.
        kind: as in :class:`~studio.types.timeline.Transition`.
        frames: length; 0 for a cut.
    """

    at: int
    kind: Literal["cut", "dissolve", "dip"]
    frames: int

    @property
    def before(self) -> int:
        """Frames of the transition that lie before the cut."""
        return self.frames // 2

    @property
    def after(self) -> int:
        """Frames of the transition that lie after the cut."""
        return self.frames - self.frames // 2

    @property
    def start(self) -> int:
        """Its first timeline frame."""
        return self.at - self.before

    @property
    def end(self) -> int:
        """The timeline frame after its last."""
        return self.at + self.after


@dataclass(frozen=True)
class Layer:
    """An item as far as it is seen.

    Attributes:
        item: the clip or card.
        at: timeline frame at which the item itself starts.
        first, last: timeline frames in which it is seen, half-open, handles included.
    """

    item: Clip | Card
    at: int
    first: int
    last: int


@dataclass(frozen=True)
class PicturePlan:
    """What every frame shows.

    Attributes:
        timeline: what was planned from.
        joins: one an item.
        layers: one an item.
        notes: transitions that had to be changed.
    """

    timeline: Timeline
    joins: tuple[Join, ...]
    layers: tuple[Layer, ...]
    notes: tuple[str, ...]

    def blend(self, frame: int) -> tuple[tuple[int, float], ...]:
        """Layer numbers and their weights at a timeline frame; the rest to one is black."""
        shown = [i for i, layer in enumerate(self.layers) if layer.first <= frame < layer.last]
        for number, join in enumerate(self.joins):
            if not join.start <= frame < join.end:
                continue
            step = frame - join.start
            if join.kind == "dissolve":
                share = (step + 1) / (join.frames + 1)
                return ((number - 1, 1 - share), (number, share))
            # Through black: the frames on both sides of the cut are black, others rise linearly.
            if frame < join.at:
                return ((number - 1, (join.before - 1 - step) / join.before),)
            return ((number, (frame - join.at) / join.after),)
        return tuple((i, 1.0) for i in shown)


def plan_picture(timeline: Timeline, times: Mapping[str, FrameTimes]) -> PicturePlan:
    """Fit the transitions to the footage and lay out what is seen when.

    Args:
        timeline: the cut.
        times: frame table of each source, by source id.
    """
    joins, notes = _fitted_joins(timeline, times)
    layers = []
    for number, (at, item) in enumerate(timeline.placed()):
        into = joins[number]
        first, last = at, at + item.frames
        if into.kind == "dissolve":
            first = into.start
        if number + 1 < len(joins) and joins[number + 1].kind == "dissolve":
            last = joins[number + 1].end
        layers.append(Layer(item, at, first, last))
        if isinstance(item, Clip):
            held = item.frames - _filled(item, timeline, times[item.source])
            if held > 0:
                notes.append(
                    f"Clip {item.id} is longer than its stretch of footage; its last frame is "
                    f"held for {held} more."
                )
    return PicturePlan(timeline, tuple(joins), tuple(layers), tuple(notes))


def _filled(clip: Clip, timeline: Timeline, times: FrameTimes) -> int:
    """Timeline frames that the clip's own source frames last."""
    source = timeline.source(clip.source)
    last = min(clip.end_frame, len(times))
    end = times.start(last) if source.variable_rate else source.rate.seconds(last)
    return ((end - _start_s(clip, source)) * timeline.rate.fps).__ceil__()


def _fitted_joins(
    timeline: Timeline, times: Mapping[str, FrameTimes]
) -> tuple[list[Join], list[str]]:
    items = list(timeline.placed())
    lengths = [item.transition.frames for _, item in items]
    kinds: list[Literal["cut", "dissolve", "dip"]] = [i.transition.kind for _, i in items]
    why: dict[int, str] = {}
    for number, (_, item) in enumerate(items):
        if kinds[number] == "cut" or lengths[number] <= 0:
            lengths[number] = 0
        elif number == 0:
            kinds[0] = "dip"  # there is nothing to dissolve from but black
        elif kinds[number] == "dissolve":
            room = 2 * _reach(item, timeline, times)[0] + 1
            room = min(room, 2 * _reach(items[number - 1][1], timeline, times)[1])
            if lengths[number] > room:
                lengths[number], why[number] = room, "the footage has no more frames there"
    for number, (_, item) in enumerate(items):
        following = number + 1 if number + 1 < len(items) else None
        while True:
            head = lengths[number] - lengths[number] // 2
            tail = lengths[following] // 2 if following is not None else 0
            if head + tail <= item.frames:
                break
            longer = number if following is None or head >= tail else following
            lengths[longer] -= 1
            why[longer] = "a clip beside it is shorter"
    notes = [
        f"The {items[number][1].transition.kind} into {items[number][1].id} was shortened from "
        f"{items[number][1].transition.frames} to {lengths[number]} frames: {reason}."
        for number, reason in sorted(why.items())
    ]
    return [
        Join(at, kinds[n] if lengths[n] else "cut", lengths[n]) for n, (at, _) in enumerate(items)
    ], notes


def _reach(
    item: Clip | Card, timeline: Timeline, times: Mapping[str, FrameTimes]
) -> tuple[int, int]:
    """Timeline frames of footage before and after the item's own range."""
    if isinstance(item, Card):
        return 10**6, 10**6
    source, table = timeline.source(item.source), times[item.source]
    start = _start_s(item, source)
    end = table.start(len(table)) if source.variable_rate else source.rate.seconds(len(table))
    before = (start * timeline.rate.fps).__floor__()
    after = ((end - start) * timeline.rate.fps).__ceil__() - item.frames
    return max(before, 0), max(after, 0)


def _start_s(clip: Clip, source: Source) -> Fraction:
    if source.variable_rate:
        return clip.start
    offset = clip.start * source.rate.fps - clip.start_frame
    if _SNAP_FRAMES < offset < 1 - _SNAP_FRAMES:
        return clip.start
    return source.rate.seconds(clip.start_frame)


def source_frames(
    clip: Clip, source: Source, times: FrameTimes, rate: FrameRate, ks: Sequence[int]
) -> list[int]:
    """The source frame that each timeline frame of a clip shows.

    Frame ``k`` shows what is visible at ``clip.start + k / rate``; where source and timeline
    have one constant rate that is ``start_frame + k`` exactly. Within the clip no frame outside
    its own range is shown, and none outside the media ever.

    Args:
        clip: the clip.
        source: its footage.
        times: frame table of the footage.
        rate: of the timeline.
        ks: timeline frames from the clip's start; negative and past its length for handles.
    """
    start = _start_s(clip, source)
    found = []
    for k in ks:
        seconds = start + rate.seconds(k)
        if source.variable_rate:
            # Half a tick of grace: a time that was rounded up is still the frame's own.
            frame = times.frame_at(seconds + times.time_base / 2)
        elif source.rate == rate:
            frame = clip.start_frame + k
        else:
            frame = source.rate.frame_at(seconds)
        if 0 <= k < clip.frames:
            frame = min(max(frame, clip.start_frame), clip.end_frame - 1)
        found.append(min(max(frame, 0), len(times) - 1))
    return found


@dataclass(frozen=True)
class Segment:
    """A run of timeline frames that is encoded on its own, half-open."""

    start: int
    end: int

    @property
    def frames(self) -> int:
        """How many."""
        return self.end - self.start


def cut_segments(plan: PicturePlan) -> list[Segment]:
    """Runs of about two to six seconds: at hard cuts where there are any, never in a transition.

    Each takes the first cut that is far enough, so that an edit moves few boundaries after it.
    """
    timeline = plan.timeline
    shortest = round(_SEGMENT_MIN_S * timeline.rate.fps)
    longest = round(_SEGMENT_MAX_S * timeline.rate.fps)
    cuts = [join.at for join in plan.joins if join.frames == 0]
    segments = []
    start, total = 0, timeline.frames
    while start < total:
        end = total
        if total - start > shortest:
            near = [c for c in cuts if start + shortest <= c <= min(start + longest, total)]
            if near:
                end = near[0]
            elif total - start > longest:
                end = _whole_frame(plan, start + longest)
        segments.append(Segment(start, end))
        start = end
    return segments


def _whole_frame(plan: PicturePlan, frame: int) -> int:
    """The frame, or the end of the transition that it lies in."""
    for join in plan.joins:
        if join.start < frame < join.end:
            frame = join.end
    return frame


def segment_digest(
    plan: PicturePlan, segment: Segment, times: Mapping[str, FrameTimes], made_by: Any
) -> str:
    """A name for a segment's pixels: the same digest means the same pixels, wherever it lies.

    Args:
        plan: what every frame shows.
        segment: the run.
        times: frame table of each source.
        made_by: encoder, its options and version, as plain values.
    """
    timeline = plan.timeline
    layers: dict[int, Any] = {}
    for number, layer in enumerate(plan.layers):
        first, last = max(layer.first, segment.start), min(layer.last, segment.end)
        if first >= last:
            continue
        ks = range(first - layer.at, last - layer.at)
        item = layer.item
        if isinstance(item, Card):
            layers[number] = ["card", item.text, item.kind, item.frames, ks[0], len(ks)]
            continue
        source = timeline.source(item.source)
        shown = source_frames(item, source, times[item.source], timeline.rate, ks)
        crop = to_json(item.crop)
        layers[number] = ["clip", source.content_hash, shown, crop, ks[0] if crop else 0]
    order = {number: place for place, number in enumerate(layers)}
    blends = [
        [(order[number], weight) for number, weight in plan.blend(frame)]
        for frame in range(segment.start, segment.end)
    ]
    whole = [
        PICTURE_VERSION,
        made_by,
        timeline.size_wh,
        str(timeline.rate.fps),
        list(layers.values()),
        blends,
    ]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:24]
