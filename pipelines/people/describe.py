"""Who is seen, for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.people.motion_tables import told_of
from pipelines.people.poses import pose_facts
from pipelines.people.screen_time import sample_seconds

if TYPE_CHECKING:
    from pipelines.people.result import Result
    from pipelines.people.screen_time import OnScreen
    from pipelines.people.walks import Walk
    from studio.types.people import FaceTrack, Person

#: Spans of one person that are printed; the JSON has them all.
_MOST_SPANS = 6
#: Bodies that are printed.
_MOST_WALKS = 12


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio people identify --json`` prints it."""
    return {
        "footage": str(result.media.path),
        "content_hash": result.media.content_hash,
        "model": result.people.model,
        "gallery": str(result.gallery),
        "known": list(result.known),
        "limits": {name: round(limit, 3) for name, limit in result.limits.items()},
        "people": [
            _person(result, person, seen)
            for person, seen in zip(result.people.persons, result.on_screen, strict=True)
        ],
        "unclear": [_track(result, n) for n in result.people.unclear],
        "bodies": [_walk(result, walk) for walk in result.walks],
        "files": {name: str(path) for name, path in result.files.items()},
        "stored": list(result.stored),
        "computed": list(result.computed),
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
    }


def _person(result: Result, person: Person, seen: OnScreen) -> dict[str, Any]:
    return {
        "label": person.label,
        "name": person.name,
        "told": person.told,
        "distance": None if person.distance is None else round(person.distance, 3),
        "seconds": round(seen.seconds, 3),
        "share": round(seen.share, 4),
        "seconds_by_scale": {name: round(s, 3) for name, s in seen.by_scale.items()},
        "seconds_by_expression": {name: round(s, 3) for name, s in seen.by_expression.items()},
        "frame": person.frame,
        "time_s": round(float(result.times.start(person.frame)), 3),
        "xyxy": [round(side, 4) for side in person.xyxy],
        "tracks": [_track(result, n) for n in person.tracks],
    }


def _track(result: Result, number: int) -> dict[str, Any]:
    track = result.people.tracks[number]
    start, end = _span_s(track, result)
    return {
        "track": number,
        "shot": track.shot,
        "start_s": round(start, 3),
        "end_s": round(end, 3),
        "frames": [int(frame) for frame in track.frames],
        "height_px": round(track.size_px, 1),
        "quality": round(float(track.best_quality[0]), 3) if len(track.best_quality) else 0.0,
    }


def _walk(result: Result, walk: Walk) -> dict[str, Any]:
    track = walk.track
    return {
        "body_track": track.number,
        "label": walk.label,
        "name": walk.name,
        "told": walk.told,
        "faces": walk.faces,
        "shot": track.shot,
        "start_s": round(float(result.times.start(int(track.frames[0]))), 3),
        "end_s": round(float(result.times.start(int(track.frames[-1]) + 1)), 3),
        "confidence": round(track.confidence, 3),
        "found_again": track.gaps,
        **told_of(pose_facts(track, result.times, result.aspect, result.camera)),
    }


def _span_s(track: FaceTrack, result: Result) -> tuple[float, float]:
    """Seconds from a track's first picture to a sample behind its last."""
    start = float(result.times.start(int(track.frames[0])))
    return start, start + float(sample_seconds(track, result.times).sum())


def summarise(result: Result) -> str:
    """Who is seen when, as lines."""
    people = result.people
    lines = [f"{result.media.path.name}: {len(people.persons)} people"]
    for person, seen in zip(people.persons, result.on_screen, strict=True):
        spans = [_span_s(people.tracks[number], result) for number in person.tracks]
        shown = ", ".join(f"{a:.1f}–{b:.1f}" for a, b in spans[:_MOST_SPANS])
        more = f" and {len(spans) - _MOST_SPANS} more" if len(spans) > _MOST_SPANS else ""
        how = "told" if person.told else ""
        if person.name and not how and person.distance is not None:
            how = f"{person.distance:.2f} apart, limit {result.limits[person.name]:.2f}"
        lines.append(
            f"  {person.label:<20} {seen.seconds:7.1f} s ({seen.share:.0%})  {shown}{more}"
            f"{f'  ({how})' if how else ''}"
        )
        most = list(seen.by_scale.items()) + list(seen.by_expression.items())[:3]
        lines.append(f"{'':25}" + ", ".join(f"{name} {s:.1f} s" for name, s in most))
    lines += [_walk_line(_walk(result, walk)) for walk in result.walks[:_MOST_WALKS]]
    if len(result.walks) > _MOST_WALKS:
        lines.append(f"  and {len(result.walks) - _MOST_WALKS} more bodies")
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"  {name:<12} {path}" for name, path in result.files.items()]
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)


def _walk_line(told: dict[str, Any]) -> str:
    facts = [f"sure {told['confidence']:.0%}"]
    if told["body_heights_per_s"] is not None:
        facts.append(f"{told['body_heights_per_s']:.1f} body heights a second")
    if told["hand_raised"]:
        facts.append(f"a hand up {told['hand_raised']:.0%}")
    if told["sitting"] is not None:
        facts.append("sits" if told["sitting"] > 0.5 else "stands")
    if told["found_again"]:
        facts.append(f"lost and found again {told['found_again']} times")
    when = f"{told['start_s']:.1f}–{told['end_s']:.1f} s"
    return f"  body {told['body_track']:<3} {told['label']:<16} {when:<16} {', '.join(facts)}"
