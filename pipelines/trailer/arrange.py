"""A plan as a person changed it: clips dropped, put elsewhere, trimmed, swapped. Pure.

The plan stays as it was made; what was decided is an :class:`Arrangement` over it, small enough to
be kept for every step, so that undo is to go back to the one before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from studio.errors import RequestError
from studio.types.media import FrameTimes
from studio.types.timecode import FrameRate
from studio.types.timeline import Card, Clip, CropKey, Role, Sound, Source, Timeline, Transition

#: No clip is cut shorter: an eye needs a sixth of a second to see a picture at all.
LEAST_FRAMES = 4

Item = Clip | Card
#: When each frame of a source is shown; asked for only where its rate varies.
Times = Callable[[Source], FrameTimes]


@dataclass(frozen=True)
class Trim:
    """How far the ends of an item were moved, in timeline frames.

    Attributes:
        head: the start; later is positive.
        tail: the end; later is positive.
    """

    head: int = 0
    tail: int = 0


@dataclass(frozen=True)
class Arrangement:
    """What a person decided about a plan.

    Attributes:
        order: ids of all items; empty where none was moved.
        dropped: ids of items that are left out.
        trims: id to how its ends were moved.
        swaps: id of a clip to that of the left-over shot that stands in for it.
    """

    order: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    trims: dict[str, Trim] = field(default_factory=dict)
    swaps: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Alternative:
    """A shot that could stand in for a clip.

    Attributes:
        clip: as left over by the plan.
        worth: 0 to 1, from its reasons.
    """

    clip: Clip
    worth: float


def all_items(timeline: Timeline, made: Arrangement, times: Times | None = None) -> list[Item]:
    """Every item in its order, trimmed and swapped, the dropped ones too; for a screen.

    Raises:
        RequestError: a trim reaches past the footage, or leaves too little.
    """
    by_id = {item.id: item for item in timeline.items}
    order = made.order if set(made.order) == set(by_id) else tuple(by_id)
    return [_changed(timeline, by_id[name], made, times) for name in order]


def arranged(timeline: Timeline, made: Arrangement, times: Times | None = None) -> Timeline:
    """The plan with what was decided; it can be rendered.

    Where an item has another neighbour than planned, or an end was moved, there is a plain cut,
    and sound reaches over no cut that is not the planned one.

    Args:
        timeline: the plan.
        made: what was decided.
        times: of a source whose rate varies; trims of such a source need it.

    Raises:
        RequestError: a trim reaches past the footage, or leaves too little.
    """
    planned = [item.id for item in timeline.items]
    before = dict(zip(planned[1:], planned, strict=False))
    kept: list[Item] = []
    for item in all_items(timeline, made, times):
        if item.id in made.dropped:
            continue
        last = kept[-1] if kept else None
        whole = (
            before.get(item.id) == (last.id if last else None)
            and _end_stands(made, last.id if last else "")
            and _start_stands(made, item.id)
        )
        if not whole and isinstance(last, Clip):
            kept[-1] = replace(last, sound=replace(last.sound, lag_frames=0))
        kept.append(item if whole else _plainly(item))
    used = set(made.swaps.values())
    broll = tuple(clip for clip in timeline.broll if clip.id not in used)
    return replace(timeline, items=tuple(_within(kept)), broll=broll)


def moved(timeline: Timeline, made: Arrangement, item_id: str, by: int) -> Arrangement:
    """An item ``by`` places later (earlier where negative), held to the ends."""
    order = list(made.order or (item.id for item in timeline.items))
    at = _index(order, item_id)
    to = min(max(0, at + by), len(order) - 1)
    order.insert(to, order.pop(at))
    return replace(made, order=tuple(order))


def kept(timeline: Timeline, made: Arrangement, item_id: str, wanted: bool) -> Arrangement:
    """An item kept or dropped."""
    _index([item.id for item in timeline.items], item_id)
    dropped = [name for name in made.dropped if name != item_id]
    return replace(made, dropped=tuple(dropped if wanted else [*dropped, item_id]))


def trimmed(
    timeline: Timeline,
    made: Arrangement,
    item_id: str,
    *,
    head: int = 0,
    tail: int = 0,
    times: Times | None = None,
) -> Arrangement:
    """The ends of an item moved further, by timeline frames.

    Raises:
        RequestError: the footage ends before, or too little would be left.
    """
    old = made.trims.get(item_id, Trim())
    trims = {**made.trims, item_id: Trim(old.head + head, old.tail + tail)}
    if trims[item_id] == Trim():
        del trims[item_id]
    found = replace(made, trims=trims)
    all_items(timeline, found, times)  # raises where it cannot be
    return found


def swapped(timeline: Timeline, made: Arrangement, item_id: str, with_id: str) -> Arrangement:
    """A clip's place given to a left-over shot, or back to the clip where ``with_id`` is empty.

    Raises:
        RequestError: there is no such shot, or it is too short.
    """
    clip = _clip(timeline, item_id)
    swaps = {name: other for name, other in made.swaps.items() if name != item_id}
    if with_id:
        if with_id not in {a.clip.id for a in alternatives(timeline, made, item_id, 10_000)}:
            raise RequestError(
                f"The shot {with_id} cannot stand in for {clip.id}.", "Choose one of the list."
            )
        swaps[item_id] = with_id
    trims = {name: trim for name, trim in made.trims.items() if name != item_id}
    return replace(made, swaps=swaps, trims=trims)


def alternatives(
    timeline: Timeline, made: Arrangement, item_id: str, most: int = 6
) -> list[Alternative]:
    """Left-over shots that are long enough and not in use, those of like worth first."""
    clip = _clip(timeline, item_id)
    own, used = worth(clip), set(made.swaps.values())
    found = [
        Alternative(shot, worth(shot))
        for shot in timeline.broll
        if shot.frames >= clip.frames and shot.id not in used
    ]
    return sorted(found, key=lambda a: (abs(a.worth - own), -a.worth))[:most]


def worth(clip: Clip) -> float:
    """The mean of a clip's reasons by their weights, 0 to 1."""
    weights = sum(abs(reason.weight) for reason in clip.reasons)
    if not weights:
        return 0.0
    return sum(reason.score * abs(reason.weight) for reason in clip.reasons) / weights


def _plainly(item: Item) -> Item:
    """The item after a plain cut, heard no earlier than seen."""
    item = replace(item, transition=Transition())
    if isinstance(item, Clip):
        item = replace(item, sound=replace(item.sound, lead_frames=0))
    return item


def _clip(timeline: Timeline, item_id: str) -> Clip:
    for item in timeline.items:
        if item.id == item_id and isinstance(item, Clip):
            return item
    raise RequestError(f"The plan has no clip {item_id!r}.", "It may have been made anew.")


def _index(order: list[str], item_id: str) -> int:
    if item_id not in order:
        raise RequestError(f"The plan has no item {item_id!r}.", "It may have been made anew.")
    return order.index(item_id)


def _start_stands(made: Arrangement, item_id: str) -> bool:
    return item_id not in made.swaps and not made.trims.get(item_id, Trim()).head


def _end_stands(made: Arrangement, item_id: str) -> bool:
    return item_id not in made.swaps and not made.trims.get(item_id, Trim()).tail


def _changed(timeline: Timeline, item: Item, made: Arrangement, times: Times | None) -> Item:
    trim = made.trims.get(item.id, Trim())
    if isinstance(item, Card):
        frames = item.frames - trim.head + trim.tail
        _check_length(frames)
        return replace(item, frames=frames)
    if item.id in made.swaps:
        shot = next((s for s in timeline.broll if s.id == made.swaps[item.id]), None)
        if shot is not None:
            item = _standing_in(timeline, item, shot, times)
    if trim == Trim():
        return item
    frames = item.frames - trim.head + trim.tail
    _check_length(frames)
    return _stretch(timeline, item, trim.head, frames, times)


def _standing_in(timeline: Timeline, clip: Clip, shot: Clip, times: Times | None) -> Clip:
    """A left-over shot in a clip's place: as long, from its middle."""
    inner = _stretch(timeline, shot, (shot.frames - clip.frames) // 2, clip.frames, times)
    heard = "ambience" if clip.sound.kind == "dialogue" else clip.sound.kind
    return replace(
        inner,
        id=clip.id,
        role=clip.role if clip.role is not Role.BROLL else inner.role,
        transition=clip.transition,
        sound=Sound(heard, clip.sound.gain_db),
    )


def _stretch(timeline: Timeline, clip: Clip, offset: int, frames: int, times: Times | None) -> Clip:
    """So many timeline frames of a clip's footage, from ``offset`` of them after its start.

    Raises:
        RequestError: the footage does not reach so far.
    """
    source, rate = timeline.source(clip.source), timeline.rate
    if offset == 0 and frames == clip.frames:
        return clip
    if source.variable_rate:
        if times is None:
            raise RequestError(
                f"{source.path} has a varying frame rate and cannot be trimmed here.",
                "Drop the clip or swap it.",
            )
        table = times(source)
        first = table.frame_at(clip.start + rate.seconds(offset)) if offset else clip.start_frame
        start = table.start(first)
        last = table.frame_at(start + rate.seconds(frames) - Fraction(1, 10**6)) + 1
        reaches, end = len(table), table.start(last)
        fits = start + rate.seconds(frames) <= table.start(reaches) + Fraction(1, 1000)
    else:
        first = clip.start_frame + _source_frames(offset, rate, source.rate)
        start = source.rate.seconds(first) if first >= 0 else Fraction(-1)
        last = first + math.ceil(rate.seconds(frames) * source.rate.fps - Fraction(1, 10**6))
        end, reaches, fits = source.rate.seconds(max(0, last)), source.frames, True
    if start < 0 or clip.start + rate.seconds(offset) < 0 or last > reaches or not fits:
        raise RequestError(
            "The footage does not reach so far.", "Its first or last frame is in the cut already."
        )
    return replace(
        clip,
        start_frame=first,
        end_frame=last,
        start=start,
        end=end,
        frames=frames,
        crop=_crop_from(clip.crop, offset, frames),
    )


def _source_frames(frames: int, rate: FrameRate, own: FrameRate) -> int:
    """Timeline frames as the nearest number of source frames; the same where rates are."""
    return round(frames * own.fps / rate.fps)


def _check_length(frames: int) -> None:
    if frames < LEAST_FRAMES:
        raise RequestError(
            f"Too little would be left: {frames} frames.",
            f"{LEAST_FRAMES} frames are the least; drop the clip instead.",
        )


def _crop_from(keys: tuple[CropKey, ...], offset: int, frames: int) -> tuple[CropKey, ...]:
    """Crop keys as seen from another start; the first and the last picture keep their place."""
    if not keys:
        return ()
    inside = {k.frame - offset: k for k in keys if 0 <= k.frame - offset < frames}
    for at in (0, frames - 1):
        inside.setdefault(at, _crop_at(keys, at + offset))
    return tuple(replace(key, frame=at) for at, key in sorted(inside.items()))


def _crop_at(keys: tuple[CropKey, ...], frame: int) -> CropKey:
    after = next((key for key in keys if key.frame >= frame), keys[-1])
    before = next((key for key in reversed(keys) if key.frame <= frame), keys[0])
    if after.frame == before.frame or not before.frame <= frame <= after.frame:
        return before if frame > before.frame else after
    share = (frame - before.frame) / (after.frame - before.frame)

    def between(a: float, b: float) -> float:
        return a + share * (b - a)

    return CropKey(
        frame,
        between(before.center_x, after.center_x),
        between(before.center_y, after.center_y),
        between(before.width, after.width),
        between(before.height, after.height),
    )


def _within(items: list[Item]) -> list[Item]:
    """Transitions and sound that no longer fit their items are made to."""
    whole = sum(item.frames for item in items)
    at = 0
    for n, item in enumerate(items):
        following = items[n + 1].transition.frames // 2 if n + 1 < len(items) else 0
        own = item.transition
        if n == 0 and own.kind == "dissolve":
            own = Transition()
        if own.frames - own.frames // 2 + following > item.frames:
            own = Transition()
            if following > item.frames:
                items[n + 1] = replace(items[n + 1], transition=Transition())
        items[n] = replace(item, transition=own)
        if isinstance(item, Clip):
            heard = item.sound
            lead = min(heard.lead_frames, at)
            lag = min(heard.lag_frames, whole - at - item.frames)
            sound = replace(heard, lead_frames=lead, lag_frames=max(0, lag))
            items[n] = replace(item, transition=own, sound=sound)
        at += item.frames
    return items
