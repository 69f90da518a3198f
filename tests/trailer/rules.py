"""What every plan must keep, whatever the footage."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from pipelines.trailer.options import Options
from pipelines.trailer.reframe import Camera
from pipelines.trailer.shape import least_clip_frames
from pipelines.trailer.stretches import FROZEN_S
from studio.codec import from_json, to_json
from studio.types.analysis import FootageAnalysis, SoundFacts
from studio.types.media import MediaInfo
from studio.types.timeline import Card, Clip, Timeline

EPS = 1e-6
#: Time stamps of a file are rounded to its ticks.
TICK_S = 1e-4


def _footage_of(
    timeline: Timeline, footage: Sequence[FootageAnalysis], clip: Clip
) -> FootageAnalysis:
    source = timeline.source(clip.source)
    return next(a for a in footage if a.media.content_hash == source.content_hash)


def _handles(timeline: Timeline, number: int) -> tuple[int, int]:
    """Timeline frames that dissolves read before and after an item."""
    into = timeline.items[number].transition
    head = into.frames // 2 if into.kind == "dissolve" else 0
    if number + 1 == len(timeline.items):
        return head, 0
    out = timeline.items[number + 1].transition
    return head, out.frames - out.frames // 2 if out.kind == "dissolve" else 0


def read_range(timeline: Timeline, number: int, analysis: FootageAnalysis) -> tuple[int, int]:
    """Source frames that an item shows, handles included."""
    clip = timeline.items[number]
    assert isinstance(clip, Clip)
    head, tail = _handles(timeline, number)
    ratio = float(timeline.source(clip.source).rate.fps / timeline.rate.fps)
    if timeline.source(clip.source).variable_rate:
        edges = analysis.frame_times.seconds
        first = (
            np.searchsorted(
                edges, float(clip.start) - head / float(timeline.rate.fps) + EPS, "right"
            )
            - 1
        )
        last = np.searchsorted(
            edges, float(clip.start) + (clip.frames + tail) / float(timeline.rate.fps) - EPS
        )
        return (int(first) if head else clip.start_frame), (int(last) if tail else clip.end_frame)
    first = int(np.floor(clip.start_frame - head * ratio + EPS))
    last = int(np.ceil(clip.start_frame + (clip.frames + tail) * ratio - EPS))
    return first, max(last, clip.end_frame)


def check(
    timeline: Timeline, footage: Sequence[FootageAnalysis], options: Options,
    music: tuple[MediaInfo, SoundFacts] | None = None,
) -> None:  # fmt: skip
    """Every rule; an AssertionError says which is broken."""
    check_form(timeline, options)
    check_frames(timeline, footage, options)
    check_neighbours(timeline, footage)
    check_words(timeline, footage)
    check_dialogue(timeline)
    check_crops(timeline)
    if music is not None:
        check_beats(timeline, music[1])


def check_form(timeline: Timeline, options: Options) -> None:
    fps = float(timeline.rate.fps)
    off_s = float(timeline.duration) - options.length_s
    assert off_s <= 0.5 / fps + EPS or off_s <= 0.5, f"too long by {off_s}"
    if abs(off_s) > 0.5:
        assert off_s < 0 and any("asked for" in note for note in timeline.notes), timeline.notes
    else:
        assert abs(off_s) <= 0.5
    assert len({item.id for item in timeline.items}) == len(timeline.items)
    assert timeline.clips
    cards = [item for item in timeline.items if isinstance(item, Card)]
    assert [c.kind for c in cards] == ["title"] * bool(options.title) + ["end"] * bool(
        options.end_card
    )
    assert all(side % 2 == 0 and side > 0 for side in timeline.size_wh)
    for number, item in enumerate(timeline.items):
        into = item.transition
        assert (into.kind == "cut") == (into.frames == 0)
        head = into.frames - into.frames // 2
        following = (
            timeline.items[number + 1].transition.frames if number + 1 < len(timeline.items) else 0
        )
        assert head + following // 2 <= item.frames
        if number == 0:
            assert into.kind != "dissolve"
    for clip in (*timeline.clips, *timeline.broll):
        assert len(clip.reasons) >= 10
        assert all(0 <= r.score <= 1 and r.text and r.weight >= 0 for r in clip.reasons), (
            clip.reasons
        )
    assert from_json(Timeline, to_json(timeline)) == timeline


def check_frames(timeline: Timeline, footage: Sequence[FootageAnalysis], options: Options) -> None:
    least = least_clip_frames(options.pace, timeline.rate)
    whole_s = sum(float(s.duration) for s in timeline.sources)
    before = {}
    at_s = 0.0
    for source in timeline.sources:
        before[source.id] = at_s
        at_s += float(source.duration)
    read: dict[str, list[tuple[int, int]]] = {}
    for number, clip in enumerate(timeline.items):
        if isinstance(clip, Card):
            continue
        analysis = _footage_of(timeline, footage, clip)
        assert clip.frames >= least
        first, last = read_range(timeline, number, analysis)
        _check_clip(timeline, clip, analysis, first, last)
        ending = (1 - options.spoiler_window) * whole_s
        assert (
            before[clip.source] + float(clip.end) <= ending + 0.5 / float(timeline.rate.fps) + EPS
        )
        assert all(last <= a or b <= first for a, b in read.get(clip.source, [])), "shown twice"
        read.setdefault(clip.source, []).append((first, last))
    for clip in timeline.broll:
        analysis = _footage_of(timeline, footage, clip)
        _check_clip(timeline, clip, analysis, clip.start_frame, clip.end_frame)
        assert all(
            clip.end_frame <= a or b <= clip.start_frame for a, b in read.get(clip.source, [])
        ), "b-roll was used"


def _check_clip(
    timeline: Timeline, clip: Clip, analysis: FootageAnalysis, first: int, last: int
) -> None:
    times = analysis.frame_times
    source = timeline.source(clip.source)
    assert 0 <= clip.start_frame < clip.end_frame <= len(times)
    assert clip.start == times.start(clip.start_frame)
    assert clip.end == times.start(clip.end_frame)
    assert clip.end <= source.duration
    if source.rate == timeline.rate and not source.variable_rate:
        assert clip.end_frame - clip.start_frame == clip.frames
    else:
        surplus = clip.end - clip.start - timeline.rate.seconds(clip.frames)
        longest = max(np.diff(np.append(times.pts, times.end_pts))) * times.time_base
        assert -Fraction(1, 1000) <= surplus <= longest
    shots = [s for s in analysis.shots if s.start_frame < last and first < s.end_frame]
    assert len(shots) == 1, "a cut inside a clip"
    assert first >= shots[0].clean_start_frame + 2 * (shots[0].start_frame > 0)
    assert last <= shots[0].clean_end_frame - 2 * (shots[0].end_frame < len(times))
    facts = analysis.picture
    inside = (facts.frames >= first) & (facts.frames < last)
    assert not facts.black[inside].any() and not facts.flash[inside].any()
    frozen, run = facts.frozen[inside], 0
    for stands in frozen:
        run = run + 1 if stands else 0
        assert run / float(source.rate.fps) < FROZEN_S + 0.1, "frozen"


def check_neighbours(timeline: Timeline, footage: Sequence[FootageAnalysis]) -> None:
    for a, b in zip(timeline.items[:-1], timeline.items[1:], strict=True):
        if isinstance(a, Clip) and isinstance(b, Clip) and a.source == b.source:
            shots = _footage_of(timeline, footage, a).shots
            ends = [s.end_frame for s in shots]
            assert np.searchsorted(ends, a.start_frame, "right") != np.searchsorted(
                ends, b.start_frame, "right"
            ), "a jump cut"


def _inside_word(analysis: FootageAnalysis, seconds: float) -> bool:
    transcript = analysis.speech.transcript if analysis.speech else None
    return any(
        float(w.start) + TICK_S < seconds < float(w.end) - TICK_S
        for w in (transcript.words if transcript else ())
    )


def check_words(timeline: Timeline, footage: Sequence[FootageAnalysis]) -> None:
    unheard = any("inside a word, unheard" in note for note in timeline.notes)
    fps = float(timeline.rate.fps)
    for clip in (*timeline.clips, *timeline.broll):
        analysis = _footage_of(timeline, footage, clip)
        edges = (float(clip.start), float(clip.end))
        if any(_inside_word(analysis, edge) for edge in edges):
            assert unheard and clip in timeline.clips, "a cut inside a word"
        if clip.sound.kind != "mute":
            heard_from = edges[0] - clip.sound.lead_frames / fps
            heard_to = edges[0] + (clip.frames + clip.sound.lag_frames) / fps
            assert not _inside_word(analysis, heard_from)
            if clip.sound.lag_frames:
                assert not _inside_word(analysis, heard_to)
            assert heard_from >= -TICK_S
            assert heard_to <= float(analysis.media.duration) + 1 / fps, (clip, heard_to)


def check_dialogue(timeline: Timeline) -> None:
    ends = 0
    for at, clip in timeline.placed():
        if isinstance(clip, Clip) and clip.sound.kind == "dialogue":
            assert at - clip.sound.lead_frames >= ends, "two lines at once"
            ends = at + clip.frames + clip.sound.lag_frames
        elif isinstance(clip, Clip):
            assert clip.sound.lead_frames == clip.sound.lag_frames == 0
        if isinstance(clip, Clip) and not timeline.source(clip.source).has_audio:
            assert clip.sound.kind == "mute"
    assert ends <= timeline.frames


def check_beats(timeline: Timeline, sound: SoundFacts) -> None:
    assert timeline.music is not None
    cuts = np.array([at for at, _ in timeline.placed()][1:]) / float(timeline.rate.fps)
    cuts = cuts + float(timeline.music.start)
    cuts = cuts[cuts < sound.beats_s[-1] + 0.04]
    if len(cuts):
        off = np.abs(sound.beats_s[:, None] - cuts[None, :]).min(axis=0)
        on_beat = off <= 0.5 / float(timeline.rate.fps) + 1e-3
        too_short = any("fall beside it" in note for note in timeline.notes)
        assert too_short or on_beat.all(), off.max()


def check_crops(timeline: Timeline) -> None:
    for clip in (*timeline.clips, *timeline.broll):
        for key in clip.crop:
            assert key.width / 2 - 1e-4 <= key.center_x <= 1 - key.width / 2 + 1e-4
            assert key.height / 2 - 1e-4 <= key.center_y <= 1 - key.height / 2 + 1e-4
            assert 0 <= key.frame < clip.frames
        for a, b in zip(clip.crop[:-1], clip.crop[1:], strict=True):
            seconds = (b.frame - a.frame) / float(timeline.rate.fps)
            moved = max(abs(b.center_x - a.center_x), abs(b.center_y - a.center_y))
            assert moved <= Camera().top_speed * min(a.width, a.height) * seconds * 1.02 + 0.002
