"""What would go wrong if a plan were rendered: a pure check, for plans edited by hand."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from studio.errors import RequestError
from studio.media.timeline_io.conform import handles, place_clip
from studio.types.timeline import Card, Clip, Source, Timeline

#: Crops are held to the picture up to this share of it: less than a pixel at 8K.
_EDGE = 1e-4


def check_timeline(timeline: Timeline, *, files: bool = True) -> None:
    """Refuse a plan that cannot be rendered as it stands.

    Args:
        timeline: the plan.
        files: also that the sources and the music are there.

    Raises:
        RequestError: naming the first problems and where they are.
    """
    problems = timeline_problems(timeline, files=files)
    if not problems:
        return
    shown = "\n  ".join(problems[:5])
    more = f"\n  and {len(problems) - 5} more" if len(problems) > 5 else ""
    raise RequestError(f"The plan cannot be rendered:\n  {shown}{more}", "Mend it, or plan anew.")


def timeline_problems(timeline: Timeline, *, files: bool = True) -> tuple[str, ...]:
    """What :func:`check_timeline` refuses, in order of the plan; empty for a sound plan."""
    problems = list(_whole(timeline))
    sources = {source.id: source for source in timeline.sources}
    if files:
        paths = [source.path for source in timeline.sources]
        paths += [timeline.music.path] if timeline.music else []
        problems += [f"{path} is not there" for path in paths if not Path(path).is_file()]
    everything = [*timeline.items, *timeline.broll]
    for item in everything:
        if isinstance(item, Clip) and item.source not in sources:
            problems.append(f"clip {item.id}: there is no source {item.source!r}")
    if any(isinstance(i, Clip) and i.source not in sources for i in everything):
        return tuple(problems)
    for clip in timeline.clips + timeline.broll:
        problems += [f"clip {clip.id}: {p}" for p in _clip(timeline, clip, sources[clip.source])]
    for number, item in enumerate(timeline.items):
        problems += [f"{item.type} {item.id}: {p}" for p in _transition(timeline, number)]
    for at, item in timeline.placed():
        if isinstance(item, Clip):
            problems += [f"clip {item.id}: {p}" for p in _sound(timeline, item, at)]
    return tuple(problems)


def _whole(timeline: Timeline) -> Iterator[str]:
    if not timeline.items:
        yield "there are no items"
    width, height = timeline.size_wh
    if min(width, height) < 2 or width % 2 or height % 2:
        yield f"size_wh {width}x{height} is not even and positive"
    if not -70 <= timeline.loudness_lufs <= -5:
        yield f"loudness_lufs {timeline.loudness_lufs} is not within -70 and -5"
    for kind, ids in (
        ("items and broll", [i.id for i in (*timeline.items, *timeline.broll)]),
        ("sources", [s.id for s in timeline.sources]),
    ):
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            yield f"the id {twice!r} stands twice in {kind}"
    for source in timeline.sources:
        if source.frames < 1 or source.duration <= 0 or min(source.display_wh) < 1:
            yield f"source {source.id} is empty"
    for item in timeline.items:
        if item.frames < 1:
            yield f"{item.type} {item.id}: frames is {item.frames}, not positive"
        if isinstance(item, Card) and not item.text.strip():
            yield f"card {item.id}: text is empty"
    music = timeline.music
    if music and not (-90 <= music.gain_db <= 24 and -90 <= music.duck_db <= 0):
        yield "music: gain_db is not within -90 and 24, or duck_db not within -90 and 0"
    if music and not 0 <= music.start < (music.duration or music.start + 1):
        yield f"music: start {music.start} lies outside the file"


def _clip(timeline: Timeline, clip: Clip, source: Source) -> Iterator[str]:
    if not 0 <= clip.start_frame < clip.end_frame:
        yield f"frames {clip.start_frame} to {clip.end_frame} are no range"
        return
    if clip.end_frame > source.frames:
        yield f"end_frame {clip.end_frame} is past the {source.frames} frames of {source.id}"
        return
    if not 0 <= clip.start < clip.end:
        yield f"seconds {clip.start} to {clip.end} are no range"
        return
    rate, frame_s = timeline.rate, 1 / source.rate.fps
    if source.variable_rate:
        # Only the file knows when its frames are shown; the decoder may round the very end.
        if clip.end > source.duration + frame_s / 2:
            yield f"end {clip.end} is past the {float(source.duration):.3f} s of {source.id}"
    else:
        for name, frame, seconds in (
            ("start", clip.start_frame, clip.start),
            ("end", clip.end_frame, clip.end),
        ):
            if abs(source.rate.seconds(frame) - seconds) >= frame_s / 2:
                yield (
                    f"{name} {seconds} is not {name}_frame {frame}, which is at "
                    f"{source.rate.seconds(frame)}"
                )
    span, length = clip.end - clip.start, rate.seconds(clip.frames)
    slack = max(frame_s, rate.seconds(1)) + frame_s / 2
    # The last frame of a variable rate may last for seconds of which the clip needs little.
    too_short = span - length >= slack and not source.variable_rate
    if clip.frames < 1 or length - span >= slack or too_short:
        yield (
            f"frames is {clip.frames}, but {float(span):.3f} s of footage are "
            f"{rate.nearest(span)} timeline frames"
        )
    yield from _crop(clip)


def _crop(clip: Clip) -> Iterator[str]:
    frames = [key.frame for key in clip.crop]
    if frames != sorted(set(frames)) or any(not 0 <= f < clip.frames for f in frames):
        yield f"crop keys stand at frames {frames}; they must rise within 0 to {clip.frames - 1}"
    for key in clip.crop:
        left, top = key.center_x - key.width / 2, key.center_y - key.height / 2
        sizes_fit = 0 < key.width <= 1 + _EDGE and 0 < key.height <= 1 + _EDGE
        inside = min(left, top) >= -_EDGE and max(left + key.width, top + key.height) <= 1 + _EDGE
        if not (sizes_fit and inside):
            yield f"the crop at frame {key.frame} reaches out of the picture"


def _transition(timeline: Timeline, number: int) -> Iterator[str]:
    item = timeline.items[number]
    length = item.transition.frames
    if item.transition.kind == "cut":
        if length:
            yield f"a cut has no length, not {length} frames"
    elif length < 2:
        yield f"a {item.transition.kind} of {length} frames is too short"
    elif number == 0 and item.transition.kind == "dissolve":
        yield "nothing stands before it to dissolve from"
    following = timeline.items[number + 1 :][:1]
    into = length - length // 2
    out_of = following[0].transition.frames // 2 if following else 0
    if item.transition.frames >= 0 and into + out_of > item.frames:
        yield f"its transitions take {into} + {out_of} frames, more than its {item.frames}"
    if not isinstance(item, Clip):
        return
    source, (head, tail) = timeline.source(item.source), handles(timeline)[number]
    start, rate = _start(item, source), timeline.rate
    if start < rate.seconds(head):
        yield f"the dissolve into it reads {head} frames before it; {source.id} has fewer"
    if tail and start + rate.seconds(item.frames + tail - 1) >= _end(source):
        yield f"the dissolve out of it reads {tail} frames past it; {source.id} has fewer"
    # The last timeline frame may reach past the media by a part of itself, no more.
    elif start + rate.seconds(item.frames - 1) >= _end(source):
        yield f"its last frame is past the end of {source.id}"
    else:
        try:
            place_clip(timeline, item, 0, head, tail)
        except RequestError:
            yield f"it and its dissolves are longer than {source.id}"


def _sound(timeline: Timeline, clip: Clip, at: int) -> Iterator[str]:
    sound = clip.sound
    if not -90 <= sound.gain_db <= 24:
        yield f"gain_db {sound.gain_db} is not within -90 and 24"
    if sound.lead_frames < 0 or sound.lag_frames < 0:
        yield "lead_frames and lag_frames are not negative"
        return
    if at < sound.lead_frames or at + clip.frames + sound.lag_frames > timeline.frames:
        yield "its sound reaches out of the timeline"
    source, rate = timeline.source(clip.source), timeline.rate
    start = _start(clip, source)
    last = start + rate.seconds(clip.frames + sound.lag_frames - 1)
    if start < rate.seconds(sound.lead_frames) or (sound.lag_frames and last >= _end(source)):
        yield f"its sound reaches out of {source.id}"


def _start(clip: Clip, source: Source) -> Fraction:
    return clip.start if source.variable_rate else source.rate.seconds(clip.start_frame)


def _end(source: Source) -> Fraction:
    return source.duration if source.variable_rate else source.rate.seconds(source.frames)
