"""OpenTimelineIO, which DaVinci Resolve, Premiere and many others open.

What is written:

- The root is a ``Timeline``: that is what importers take; a ``SerializableCollection`` with the
  cut and a bin in it is read by libraries but not by editing programs.
- Track ``V1`` is the cut. A clip's ``source_range`` starts at a frame of its media, in the
  media's own rate and time code, and lasts whole frames of the timeline, in the timeline's
  rate. Where the rates are one this is the usual form; where they differ nothing else puts
  every later clip on a whole frame.
- Cards are gaps, so that nothing is offline, with their words in a marker of the timeline.
- ``A1``, ``A2`` .. hold the clips' own sound with its leads and lags, the last one the music.
- Good shots that were left over are a track ``B-roll``. It and its clips are disabled, and it
  begins after the cut, so that a program that ignores ``enabled`` shows no B-roll over it. The
  stack's ``source_range`` is the cut, so the timeline's duration is the film's.
- Reasons, crop paths, gains and notes are metadata under ``studio``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from studio.codec import to_json
from studio.errors import RequestError
from studio.media.timeline_io.conform import (
    Heard,
    Joint,
    Placed,
    file_uri,
    heard,
    joints,
    music_duration,
    music_frames,
    music_source,
    notes_of,
    place,
    place_clip,
    record_start,
    start_code,
    whole_frames,
    writable,
)
from studio.media.writer import write_beside
from studio.types.timecode import FrameRate
from studio.types.timeline import Card, Music, Source, Timeline

METADATA = "studio"


def write_otio(timeline: Timeline, path: Path) -> tuple[str, ...]:
    """Write ``.otio``.

    Returns:
        What differs from the plan.

    Raises:
        EncodeFailed: it cannot be written.
        RequestError: a clip is longer than its media.
    """
    text = to_otio(timeline).to_json_string(indent=2)
    with write_beside(path) as beside:
        beside.write_text(text + "\n", encoding="utf-8")
    return tuple(notes_of(timeline, place(timeline)))


def to_otio(timeline: Timeline) -> Any:
    """The cut as an ``opentimelineio.schema.Timeline``; the module's docstring has its form.

    Raises:
        RequestError: a clip is longer than its media.
    """
    import opentimelineio as otio

    cut = otio.schema.Timeline(name=writable(timeline.name))
    cut.global_start_time = _time(record_start(timeline.rate).frame, timeline.rate)
    cut.metadata[METADATA] = _plain(
        {
            "schema": timeline.schema,
            "size_wh": timeline.size_wh,
            "rate": str(timeline.rate.fps),
            "loudness_lufs": timeline.loudness_lufs,
            "options": timeline.options,
            "models": timeline.models,
            "notes": [*timeline.notes, *notes_of(timeline, place(timeline))],
        }
    )
    cut.tracks.append(_picture_track(timeline))
    for number, sounds in enumerate(heard(timeline), start=1):
        cut.tracks.append(_sound_track(timeline, sounds, f"A{number}"))
    if timeline.music is not None and music_frames(timeline):
        cut.tracks.append(_music_track(timeline, timeline.music, f"A{len(cut.tracks)}"))
    if timeline.broll:
        cut.tracks.append(_broll_track(timeline))
        cut.tracks.source_range = _range(0, timeline.rate, timeline.frames, timeline.rate)
    for at, item in timeline.placed():
        if isinstance(item, Card):
            cut.tracks.markers.append(
                otio.schema.Marker(
                    name=writable(item.text.replace("\n", " / ")),
                    marked_range=_range(at, timeline.rate, item.frames, timeline.rate),
                    color=otio.schema.MarkerColor.WHITE,
                    metadata={METADATA: _plain(item)},
                )
            )
    return cut


def _picture_track(timeline: Timeline) -> Any:
    import opentimelineio as otio

    track = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    rate, placed = timeline.rate, {p.clip.id: p for p in place(timeline)}
    for item, joint in zip(timeline.items, joints(timeline), strict=False):
        if joint.kind != "cut":
            track.append(_transition(joint, rate))
        if isinstance(item, Card):
            gap = otio.schema.Gap(source_range=_range(0, rate, item.frames, rate))
            gap.name = f"{item.kind} card"
            gap.metadata[METADATA] = _plain(item)
            track.append(gap)
        else:
            track.append(_clip(placed[item.id], rate))
    return track


def _transition(joint: Joint, rate: FrameRate) -> Any:
    import opentimelineio as otio

    dissolve = joint.kind == "dissolve"
    types = otio.schema.TransitionTypes
    return otio.schema.Transition(
        name="Cross Dissolve" if dissolve else "Dip To Color Dissolve",
        transition_type=types.SMPTE_Dissolve if dissolve else types.Custom,
        in_offset=_time(joint.before, rate),
        out_offset=_time(joint.after, rate),
        metadata={METADATA: {"kind": joint.kind}},
    )


def _clip(placed: Placed, rate: FrameRate) -> Any:
    import opentimelineio as otio

    clip, source = placed.clip, placed.source
    first = start_code(source).frame + placed.first
    return otio.schema.Clip(
        name=writable(Path(source.path).name),
        media_reference=_media(source),
        source_range=_range(first, source.rate, clip.frames, rate),
        metadata={METADATA: _plain(clip)},
    )


def _media(source: Source) -> Any:
    import opentimelineio as otio

    return otio.schema.ExternalReference(
        target_url=file_uri(source.path),
        available_range=_range(
            start_code(source).frame, source.rate, whole_frames(source), source.rate
        ),
        metadata={METADATA: _plain(source)},
    )


def _sound_track(timeline: Timeline, sounds: list[Heard], name: str) -> Any:
    import opentimelineio as otio

    track = otio.schema.Track(name=name, kind=otio.schema.TrackKind.Audio)
    rate, at = timeline.rate, 0
    for sound in sounds:
        if sound.at > at:
            track.append(otio.schema.Gap(source_range=_range(0, rate, sound.at - at, rate)))
        at = sound.at + sound.frames
        source = sound.placed.source
        # With a lead in another rate this need not be whole: sound has no frames, and a
        # rounded start would be out of step with the picture.
        first = start_code(source).frame + sound.start * source.rate.fps
        track.append(
            otio.schema.Clip(
                name=writable(Path(source.path).name),
                media_reference=_media(source),
                source_range=_range(first, source.rate, sound.frames, rate),
                metadata={METADATA: _plain(sound.placed.clip.sound)},
            )
        )
    return track


def _music_track(timeline: Timeline, music: Music, name: str) -> Any:
    import opentimelineio as otio

    track = otio.schema.Track(name=name, kind=otio.schema.TrackKind.Audio)
    source, duration = music_source(timeline), music_duration(timeline)
    rate, first = timeline.rate, 0
    if source is not None:
        rate, first = source.rate, start_code(source).frame
    media = otio.schema.ExternalReference(target_url=file_uri(music.path))
    if duration is not None:
        media.available_range = _range(first, rate, duration * rate.fps, rate)
    length = music_frames(timeline)
    track.append(
        otio.schema.Clip(
            name=writable(Path(music.path).name),
            media_reference=media,
            source_range=_range(first + music.start * rate.fps, rate, length, timeline.rate),
            metadata={METADATA: _plain(music)},
        )
    )
    return track


def _broll_track(timeline: Timeline) -> Any:
    import opentimelineio as otio

    track = otio.schema.Track(name="B-roll", kind=otio.schema.TrackKind.Video)
    track.enabled = False
    rate = timeline.rate
    track.append(otio.schema.Gap(source_range=_range(0, rate, timeline.frames, rate)))
    for clip in timeline.broll:
        shot = _clip(place_clip(timeline, clip, 0), rate)
        shot.enabled = False
        track.append(shot)
    return track


def _time(frames: int | Fraction, rate: FrameRate) -> Any:
    import opentimelineio as otio

    return otio.opentime.RationalTime(float(frames), float(rate.fps))


def _range(
    start: int | Fraction, rate: FrameRate, frames: int | Fraction, length_rate: FrameRate
) -> Any:
    import opentimelineio as otio

    return otio.opentime.TimeRange(_time(start, rate), _time(frames, length_rate))


def _plain(value: Any) -> Any:
    return _clean(to_json(value))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, dict):
        return {writable(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Record:
    """A clip as an ``.otio`` file places it.

    Attributes:
        name: of the clip.
        media_url: what it refers to; empty where nothing.
        source_start, source_end: seconds on the media's time code, half-open.
        at, frames: where it is on the track, in frames of the track's rate.
    """

    name: str
    media_url: str
    source_start: Fraction
    source_end: Fraction
    at: int
    frames: int


def read_otio(path: Path) -> list[Record]:
    """The clips of the first enabled picture track, written here or by an editing program.

    Raises:
        RequestError: it cannot be read, or is no timeline with a picture track.
    """
    import opentimelineio as otio

    try:
        # The library's own parser crashes on what is nested too deeply; this one says so.
        json.loads(path.read_bytes())
        cut = otio.adapters.read_from_file(str(path), "otio_json")
        track = next(t for t in cut.video_tracks() if t.enabled)
    except (  # whatever a file that is something else makes the library say
        OSError,
        ValueError,
        RecursionError,
        KeyError,
        AttributeError,
        StopIteration,
        otio.exceptions.OTIOError,
    ) as exc:
        raise RequestError(f"{path} is no timeline: {exc}", "Name an .otio file.") from exc
    records = []
    for clip in track.find_clips():
        where, trimmed = track.range_of_child(clip), clip.trimmed_range()
        url = getattr(clip.media_reference, "target_url", "") or ""
        start = _seconds(trimmed.start_time)
        end = start + _seconds(trimmed.duration)
        at = where.start_time.rescaled_to(where.duration.rate).to_frames()
        records.append(Record(clip.name, url, start, end, at, where.duration.to_frames()))
    return records


def _seconds(time: Any) -> Fraction:
    rate = FrameRate.from_measured(time.rate, tolerance=1e-9).fps
    return Fraction(time.value).limit_denominator(10**6) / rate
