"""Stretches of films as a timeline that the renderer and editing programs take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.trailer.conform import Clock, timeline_rate, timeline_size
from studio.errors import RequestError
from studio.types.analysis import FootageAnalysis
from studio.types.media import FrameTimes, MediaInfo
from studio.types.timeline import Clip, Reason, Role, Sound, Source, Timeline


@dataclass(frozen=True)
class Cutting:
    """A stretch of a film.

    Attributes:
        media: the film, with a picture.
        times: of its frames.
        start_frame, end_frame: half-open.
        reasons: why.
        sound: what is heard of it.
    """

    media: MediaInfo
    times: FrameTimes
    start_frame: int
    end_frame: int
    reasons: tuple[Reason, ...] = ()
    sound: Sound = field(default_factory=Sound)


def cut_list(
    name: str,
    cuttings: Sequence[Cutting],
    *,
    options: dict[str, Any],
    models: dict[str, str],
    notes: tuple[str, ...] = (),
    role: Role = Role.BROLL,
) -> Timeline:
    """Stretches one after the other.

    The rate and size are those of most seconds of the films used; a stretch that fills no
    frame at that rate is left out.

    Args:
        name: of the timeline.
        cuttings: at least one.
        options: what was asked for, as plain values.
        models: name to version of what was used.
        notes: what a user should know.
        role: of every clip.
    """
    known: dict[str, FootageAnalysis] = {}
    for cutting in cuttings:
        known.setdefault(
            cutting.media.content_hash,
            FootageAnalysis(media=cutting.media, frame_times=cutting.times, seen_share=1.0),
        )
    footage = list(known.values())
    rate = timeline_rate(footage)
    sources = {
        a.media.content_hash: _source(a.media, a.frame_times, number)
        for number, a in enumerate(footage, start=1)
        if a.frame_times is not None
    }
    clocks = {a.media.content_hash: Clock.of(a, rate) for a in footage}
    clips: list[Clip] = []
    for cutting in cuttings:
        frames = clocks[cutting.media.content_hash].longest(cutting.start_frame, cutting.end_frame)
        if frames < 1:
            continue
        clips.append(
            Clip(
                id=f"clip-{len(clips) + 1:02}",
                source=sources[cutting.media.content_hash].id,
                start_frame=cutting.start_frame,
                end_frame=cutting.end_frame,
                start=cutting.times.start(cutting.start_frame),
                end=cutting.times.start(cutting.end_frame),
                frames=frames,
                role=role,
                reasons=cutting.reasons,
                sound=cutting.sound,
            )
        )
    return Timeline(
        name=name,
        rate=rate,
        size_wh=timeline_size(footage, "source"),
        sources=tuple(sources.values()),
        items=tuple(clips),
        options=options,
        models=models,
        notes=notes,
    )


def _source(media: MediaInfo, times: FrameTimes, number: int) -> Source:
    if media.video is None:
        raise ValueError("a timeline is made of pictures")
    return Source(
        id=f"s{number}",
        path=str(media.path),
        content_hash=media.content_hash,
        rate=media.video.rate,
        frames=len(times),
        duration=times.end_pts * times.time_base,
        display_wh=media.video.display_wh,
        timecode=media.timecode,
        has_audio=media.audio is not None,
        variable_rate=media.video.variable_rate,
    )


def write_exchange(
    timeline: Timeline, out: Path, stem: str
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The plan and what editing programs open, as files of one name.

    Returns:
        The files by what they are, and what a format could not carry.
    """
    from studio.media.timeline_io import write_edl, write_fcpxml, write_otio, write_plan

    files = {"plan": out / f"{stem}.plan.json"}
    write_plan(timeline, files["plan"])
    notes: list[str] = []
    for name, write in (("otio", write_otio), ("fcpxml", write_fcpxml), ("edl", write_edl)):
        path = out / f"{stem}.{name}"
        try:
            notes += write(timeline, path)
            files[name] = path
        except RequestError as refused:  # an EDL counts to 999 events
            notes.append(f"No {path.name}: {refused.message}")
    return files, tuple(notes)
