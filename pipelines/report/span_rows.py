"""Rows of what has a begin and an end: sounds, odd events, flags, known things; and what was
looked for at all."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pipelines.report.options import Options
from studio.types.table import Cell

if TYPE_CHECKING:
    from pipelines.report.raw_tables import Footage

NOISES = ("file", "sound", "start_s", "end_s", "score")
ODD_EVENTS = ("file", "event", "start_s", "end_s", "score", "reason", "body_tracks", "frame")
_BOX = ("left", "top", "right", "bottom")
FLAGS = ("file", "flag", "start_s", "end_s", "score", "samples", "frame", *_BOX)
SIGHTINGS = ("file", "known_thing", "how", "start_s", "end_s", "score", "samples", "frame", *_BOX)
LOOKED_FOR = ("file", "what", "looked_for", "why_not")

#: Why most of it was not looked for.
NOT_ASKED = "not asked for"

Rows = list[tuple[Cell, ...]]


def noise_rows(film: Footage) -> Rows:
    """Music, applause and silence, bangs and alarms, by their start."""
    heard = (*(film.analysis.sound_events or ()), *(film.analysis.noises or ()))
    return [
        (film.name, one.label, *_span(one.start, one.end), round(one.score, 4))
        for one in sorted(heard, key=lambda each: (each.start, each.label))
    ]


def event_rows(film: Footage) -> Rows:
    """What does not fit."""
    return [
        (
            film.name,
            one.kind,
            *_span(one.start, one.end),
            round(one.score, 4),
            one.reason,
            " ".join(map(str, one.body_tracks)) or None,
            one.frame if one.frame >= 0 else None,
        )
        for one in film.events
    ]


def flag_rows(film: Footage) -> Rows:
    """What a broadcaster may have to cover; a reason to look."""
    from pipelines.analysis.safety import flags

    if film.analysis.safety is None:
        return []
    return [
        (
            film.name,
            one.label,
            *_span(one.start, one.end),
            one.score,
            one.samples,
            one.frame,
            *one.xyxy,
        )
        for one in flags(film.analysis.safety, film.times)
    ]


def sighting_rows(film: Footage) -> Rows:
    """Things found again that a person had shown to the studio."""
    found: Rows = []
    for one in film.sightings or ():
        xs, ys = zip(*one.corners, strict=True)
        box = (min(xs), min(ys), max(xs), max(ys))
        told = (one.score, one.samples, one.frame)
        found.append((film.name, one.name, one.how, *_span(one.start, one.end), *told, *box))
    return found


def looked_for_rows(film: Footage, options: Options) -> Rows:
    """What was looked for, and why the rest was not: nothing found is not the same."""
    known = film.analysis
    silent = "no sound" if known.media.audio is None else None
    told: dict[str, tuple[bool, str | None]] = {
        "faces": (known.faces is not None, None),
        "head pose": (_has_heads(film), "no face was found"),
        "expressions": (
            known.faces is not None and bool(known.faces.attribute_names),
            "no face was found",
        ),
        "things": (known.objects is not None, None),
        "scene words, camera, colours": (known.views is not None, None),
        "text": (known.texts is not None, _asked(options.texts)),
        "voices": (known.speakers is not None, silent or _asked(options.speech)),
        "sounds": (known.noises is not None, silent),
        "bodies and poses": (known.bodies is not None, _asked(options.bodies)),
        "odd ways": (known.body_tracks is not None, _asked(options.bodies)),
        "odd sounds": (known.noises is not None, silent),
        "safety": (known.safety is not None, _asked(options.safety)),
        "known things": (
            film.sightings is not None,
            "none was shown" if options.known_things else NOT_ASKED,
        ),
    }
    return [
        (film.name, what, int(done), None if done else why or "not in the stored analysis")
        for what, (done, why) in told.items()
    ]


def _has_heads(film: Footage) -> bool:
    return any(len(track.head_deg) for track in film.people.tracks)


def _asked(wanted: bool) -> str | None:
    return None if wanted else NOT_ASKED


def _span(start: Fraction, end: Fraction) -> tuple[float, float]:
    return round(float(start), 4), round(float(end), 4)
