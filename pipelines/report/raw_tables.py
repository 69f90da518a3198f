"""What was seen and heard, one row an observation: everything else is counted from these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.events.result import OddEvent
from pipelines.people.expressions import is_turned
from pipelines.people.screen_time import SCALES, UNSURE
from pipelines.people.walks import Walk
from pipelines.report import motion_rows, span_rows
from pipelines.report.options import Options
from pipelines.report.shot_facts import shot_facts
from pipelines.things.result import Seen
from studio.types.analysis import FootageAnalysis, ViewFacts
from studio.types.media import FrameTimes
from studio.types.people import People
from studio.types.shot import Shot
from studio.types.table import Cell, Table

#: An expression less likely than this is ``unsure``; the same limit as ``studio people``.
SURE_FROM = 0.5
#: A head that is turned by less looks ahead; large turns are told too small, see
#: :mod:`pipelines.people.head_pose`.
AHEAD_DEG = 15.0
FACE, THING = "face", "thing"

FILES = (
    "file",
    "content_hash",
    "seconds",
    "width_px",
    "height_px",
    "frames_per_s",
    "samples",
    "has_sound",
)
SAMPLES = ("file", "frame", "time_s", "from_s", "seconds", "shot")
OBSERVATIONS = (
    "file",
    "frame",
    "time_s",
    "seconds",
    "shot",
    "kind",
    "label",
    "named",
    "score",
    "expression",
    "scale",
    "head",
    "yaw_deg",
    "pitch_deg",
    "roll_deg",
    "left",
    "top",
    "right",
    "bottom",
)
SHOTS = (
    "file",
    "shot",
    "start_frame",
    "end_frame",
    "start_s",
    "end_s",
    "seconds",
    "begins_by",
    "scale",
    "camera",
    "place",
    "light",
    "colors",
)
WORDS = ("file", "frame", "time_s", "seconds", "shot", "rank", "word", "score")
TEXTS = ("file", "text", "start_s", "end_s", "score", "samples", "left", "top", "right", "bottom")
TURNS = ("file", "speaker", "named", "start_s", "end_s", "words")
#: Raw tables by name.
HEADS: Mapping[str, tuple[str, ...]] = {
    "files": FILES,
    "samples": SAMPLES,
    "observations": OBSERVATIONS,
    "shots": SHOTS,
    "scene_words": WORDS,
    "texts": TEXTS,
    "turns": TURNS,
    "noises": span_rows.NOISES,
    "odd_events": span_rows.ODD_EVENTS,
    "body_frames": motion_rows.BODY_FRAMES,
    "body_samples": motion_rows.BODY_SAMPLES,
    "flags": span_rows.FLAGS,
    "sightings": span_rows.SIGHTINGS,
    "looked_for": span_rows.LOOKED_FOR,
}
#: Columns of whole numbers, and of numbers; the others are text. Empty cells are of no type, so
#: that it has to be said.
KINDS: Mapping[str, type] = {
    **dict.fromkeys(
        "frame shot named samples width_px height_px has_sound rank words start_frame "
        "end_frame bodies body_track hands_raised looked_for".split(),
        int,
    ),
    **dict.fromkeys(
        "time_s from_s seconds score left top right bottom start_s end_s frames_per_s yaw_deg "
        "pitch_deg roll_deg body_heights_per_s".split(),
        float,
    ),
}


@dataclass(frozen=True)
class Footage:
    """One file as it goes into a report.

    Attributes:
        name: by which the tables call it; unique.
        analysis: with shots, faces, objects and views; the rest where wanted.
        people: whose faces they are.
        sampled: int64, the frames whose observations count, rising.
        from_s: float64, when the stretch begins that each of them stands for.
        weights_s: float64, its length in seconds.
        walks: bodies through the shots and whose they are.
        events: what does not fit.
        sightings: known things that were found again; None where they were not looked for.
        voices: label of a voice to the name that a person gave it.
        notes: what a user should know of what was looked for beside the analysis.
    """

    name: str
    analysis: FootageAnalysis
    people: People
    sampled: NDArray[np.int64]
    from_s: NDArray[np.float64]
    weights_s: NDArray[np.float64]
    walks: tuple[Walk, ...] = ()
    events: tuple[OddEvent, ...] = ()
    sightings: tuple[Seen, ...] | None = None
    voices: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def times(self) -> FrameTimes:
        """Of its frames."""
        if self.analysis.frame_times is None:
            raise ValueError("a report is of pictures")
        return self.analysis.frame_times

    @property
    def shots(self) -> tuple[Shot, ...]:
        """Of the analysis."""
        return self.analysis.shots or ()


def sample_stretches(
    sampled: NDArray[np.int64], times: FrameTimes, shots: Sequence[Shot], *, one_a_shot: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Which samples count, and the seconds each stands for.

    Usually a sample stands for the time until the next one or the end of its shot, the first of
    a shot for the time since the shot began too, so the weights of a shot sum to its length. A
    shot without a sample counts for nothing.

    Args:
        sampled: frames that were looked at, rising.
        times: of the frames.
        shots: tile the footage.
        one_a_shot: only the sample nearest to the middle of each shot counts, for all of it.

    Returns:
        int64 ``(n,)`` frames; float64 ``(n,)`` begin of each stretch and its length, seconds.
    """
    frames: list[int] = []
    begins: list[float] = []
    weights: list[float] = []
    for shot in shots:
        first, last = np.searchsorted(sampled, [shot.start_frame, shot.end_frame])
        inside = sampled[first:last]
        if not len(inside):
            continue
        if one_a_shot:
            middle = (shot.start_frame + shot.end_frame - 1) / 2
            frames.append(int(inside[np.argmin(np.abs(inside - middle))]))
            begins.append(float(shot.start))
            weights.append(float(shot.end - shot.start))
            continue
        edges = [float(shot.start), *(float(times.start(int(f))) for f in inside[1:])]
        frames += inside.tolist()
        begins += edges
        weights += np.diff([*edges, float(shot.end)]).tolist()
    lengths = np.array(weights, np.float64)
    return np.array(frames, np.int64), np.array(begins, np.float64), lengths


def raw_tables(film: Footage, options: Options) -> tuple[Table, ...]:
    """All tables of :data:`HEADS` of a film; ``options`` say what was not looked for."""
    shot_of = _shot_numbers(film)
    stretches = zip(film.sampled.tolist(), film.from_s, film.weights_s, strict=True)
    samples = [
        (
            film.name,
            frame,
            _s(float(film.times.start(frame))),
            _s(from_s),
            _s(weight),
            shot_of(frame),
        )
        for frame, from_s, weight in stretches
    ]
    looked, bodies = motion_rows.body_rows(film)
    rows: dict[str, Sequence[tuple[Cell, ...]]] = {
        "files": [_file_row(film)],
        "samples": samples,
        "observations": _observations(film),
        "shots": [_shot_row(film, n, shot) for n, shot in enumerate(film.shots)],
        "scene_words": _scene_words(film),
        "texts": _texts(film),
        "turns": _turns(film),
        "noises": span_rows.noise_rows(film),
        "odd_events": span_rows.event_rows(film),
        "body_frames": looked,
        "body_samples": bodies,
        "flags": span_rows.flag_rows(film),
        "sightings": span_rows.sighting_rows(film),
        "looked_for": span_rows.looked_for_rows(film, options),
    }
    return tuple(Table(name, head, tuple(rows[name])) for name, head in HEADS.items())


def person_label(film: Footage, track: int) -> tuple[str, int]:
    """Whose face a track is, and whether that is a name.

    Strangers are numbered a file: ``Person 1`` of one is not that of another.
    """
    person = film.people.person_of(track)
    if person is None:
        return "unclear", 0
    return (person.name, 1) if person.name else (person.label, 0)


def _s(seconds: float) -> float:
    return round(float(seconds), 4)


def _shot_numbers(film: Footage) -> Callable[[int], int]:
    starts = np.array([shot.start_frame for shot in film.shots], np.int64)

    def number(frame: int) -> int:
        return int(np.searchsorted(starts, frame, side="right")) - 1

    return number


def _file_row(film: Footage) -> tuple[Cell, ...]:
    media = film.analysis.media
    width, height = media.video.display_wh if media.video else (0, 0)
    rate = round(float(media.video.rate.fps), 4) if media.video else 0.0
    whole = _s(float(film.times.start(len(film.times))))
    count = len(film.sampled)
    sound = int(media.audio is not None)
    return (film.name, media.content_hash, whole, width, height, rate, count, sound)


def _observations(film: Footage) -> list[tuple[Cell, ...]]:
    """Faces and things on the samples that count, by frame, then faces before things."""
    faces, objects = film.analysis.faces, film.analysis.objects
    assert faces is not None and objects is not None
    weight_of = dict(zip(film.sampled.tolist(), film.weights_s.tolist(), strict=True))
    shot_of = _shot_numbers(film)
    whose: dict[tuple[int, bytes], tuple[int, int]] = {}
    for number, track in enumerate(film.people.tracks):
        for at, (frame, box) in enumerate(zip(track.frames.tolist(), track.xyxy, strict=True)):
            whose[frame, box.tobytes()] = number, at
    found: list[tuple[Cell, ...]] = []
    for frame, weight in weight_of.items():
        where = (film.name, frame, _s(float(film.times.start(frame))), _s(weight), shot_of(frame))
        rows = faces.between(frame, frame + 1)
        for row in range(rows.start, rows.stop):
            of = whose.get((frame, faces.xyxy[row].tobytes()))
            label, named = ("unclear", 0) if of is None else person_label(film, of[0])
            height = float(faces.xyxy[row, 3] - faces.xyxy[row, 1])
            scale = next(name for name, least in SCALES if height >= least)
            told = (FACE, label, named, round(float(faces.scores[row]), 4))
            box = [round(float(side), 4) for side in faces.xyxy[row]]
            turns = np.zeros((0, 3), np.float32)
            if of is not None:
                turns = film.people.tracks[of[0]].head_deg[of[1] : of[1] + 1]
            feeling = _expression(faces.attributes[row], faces.attribute_names)
            if feeling is not None and len(turns) and is_turned(turns)[0]:
                feeling = UNSURE  # as ``studio people`` has it: the faces it learnt look ahead
            found.append((*where, *told, feeling, scale, *_head(turns), *box))
        rows = objects.between(frame, frame + 1)
        for row in range(rows.start, rows.stop):
            label = objects.labels[int(objects.label_ids[row])]
            told = (THING, label, 0, round(float(objects.scores[row]), 4))
            box = [round(float(side), 4) for side in objects.xyxy[row]]
            found.append((*where, *told, *(None,) * 6, *box))
    return found


def _head(
    turns: NDArray[np.float32],
) -> tuple[str | None, float | None, float | None, float | None]:
    """Which way a head looks, and its yaw, pitch and roll; empty where they were not measured."""
    if not len(turns):
        return None, None, None, None
    if np.isnan(turns[0]).any():
        return UNSURE, None, None, None
    yaw, pitch, roll = (round(float(v), 1) for v in turns[0])
    if max(abs(yaw), abs(pitch)) < AHEAD_DEG:
        way = "ahead"
    elif abs(yaw) >= abs(pitch):
        way = "right" if yaw > 0 else "left"
    else:
        way = "up" if pitch > 0 else "down"
    return way, yaw, pitch, roll


def _expression(chances: NDArray[np.float32], names: Sequence[str]) -> str | None:
    if not names:
        return None
    best = int(chances.argmax())
    return names[best] if chances[best] >= SURE_FROM else UNSURE


def _shot_row(film: Footage, number: int, shot: Shot) -> tuple[Cell, ...]:
    facts = shot_facts(shot, film.analysis)
    return (
        film.name,
        number,
        shot.start_frame,
        shot.end_frame,
        _s(float(shot.start)),
        _s(float(shot.end)),
        _s(float(shot.duration)),
        shot.transition.value,
        facts.scale,
        facts.camera,
        facts.place,
        facts.light or None,
        " ".join(f"{color}:{share:.2f}" for color, share in facts.colors),
    )


def _scene_words(film: Footage) -> list[tuple[Cell, ...]]:
    """The likeliest scene words of each second that was classified."""
    views = film.analysis.views
    assert views is not None
    rows = np.flatnonzero(views.class_ids[:, 0] >= 0)
    shot_of = _shot_numbers(film)
    at = [float(film.times.start(int(frame))) for frame in views.frames[rows]]
    until = [*at[1:], float(film.times.start(len(film.times)))] if at else []
    found: list[tuple[Cell, ...]] = []
    for row, start_s, end_s in zip(rows, at, until, strict=True):
        frame = int(views.frames[row])
        where = (film.name, frame, _s(start_s), _s(end_s - start_s), shot_of(frame))
        found += [(*where, *ranked) for ranked in _ranked(views, int(row))]
    return found


def _ranked(views: ViewFacts, row: int) -> list[tuple[int, str, float]]:
    pairs = zip(views.class_ids[row].tolist(), views.class_scores[row].tolist(), strict=True)
    return [(n, views.class_names[i], round(s, 4)) for n, (i, s) in enumerate(pairs, start=1)]


def _texts(film: Footage) -> list[tuple[Cell, ...]]:
    found: list[tuple[Cell, ...]] = []
    for seen in film.analysis.texts or ():
        xs, ys = zip(*seen.corners, strict=True)
        box = (min(xs), min(ys), max(xs), max(ys))
        when = (_s(float(seen.start)), _s(float(seen.end)))
        found.append((film.name, seen.text, *when, seen.score, seen.samples, *box))
    return found


def _turns(film: Footage) -> list[tuple[Cell, ...]]:
    speakers, speech = film.analysis.speakers, film.analysis.speech
    if speakers is None:
        return []
    words = speech.transcript.words if speech and speech.transcript else ()
    found: list[tuple[Cell, ...]] = []
    for turn in speakers.turns:
        said = sum(turn.start <= word.start < turn.end for word in words)
        name = film.voices.get(turn.speaker)
        who = name or turn.speaker or "unknown"
        when = (_s(float(turn.start)), _s(float(turn.end)))
        found.append((film.name, who, int(name is not None), *when, said))
    return found
