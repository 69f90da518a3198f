"""What an analysis says of a file, as documents: words with the frames they are true of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.people.screen_time import SCALES
from pipelines.search.stretches import Stretch, stretches
from pipelines.search.words import groups
from studio.archive.search_index import Document
from studio.types.analysis import FootageAnalysis
from studio.types.detections import Detections
from studio.types.media import FrameTimes
from studio.types.shot import Shot

#: Of the way these documents are made: another number, and files are read anew.
VERSION = 3
#: A thing counts from this confidence on, and is believed once it has been this sure.
_OBJECT, _OBJECT_SURE = 0.35, 0.5
#: The same of a class and of a group of classes.
_CLASS, _CLASS_SURE = 0.12, 0.25
_GROUP, _GROUP_SURE = 0.2, 0.35
#: Samples of one shot that are looked at together, so that one odd frame says little.
_SMOOTH = 3
_EXPRESSION = 0.6
#: Expressions of the analysis as documents say them; neutral says nothing.
FEELINGS = {
    "happy": "happy face",
    "sad": "sad face",
    "angry": "angry face",
    "surprise": "surprised face",
    "fear": "fearful face",
}
_NEAR = ("close-up", "extreme close-up", "medium shot", "long shot")
_MANY = 4
#: Measures of a picture that have a name: field, above or below, limit.
_LOOKS = (
    ("black and white", "colorfulness", -1, 0.02),
    ("colourful picture", "colorfulness", 1, 0.55),
    ("dark picture", "luma", -1, 0.15),
    ("bright picture", "luma", 1, 0.78),
    ("fast motion", "motion", 1, 0.6),
)
_CAMERA = 0.12
_STILL_S = 1.5
_SILENCE_LUFS = -55.0
_SILENCE_S = 1.5


def documents(
    footage: FootageAnalysis, classes: NDArray[np.float32], names: Sequence[str]
) -> list[Document]:
    """Everything that can be searched for in a file.

    Args:
        footage: its analysis; parts that are missing give no documents.
        classes: float32 ``(n, 1000)``: how likely each class is on each frame of
            ``footage.embeddings``; ``(0, 1000)`` without.
        names: of the classes.
    """
    found: list[Document] = []
    times, shots = footage.frame_times, footage.shots
    if times is not None and shots:
        if footage.objects is not None:
            found += _objects(footage.objects, shots, times)
        if footage.embeddings is not None and len(classes):
            found += _scenes(footage.embeddings.frames, classes, names, shots, times)
        if footage.faces is not None:
            found += _faces(footage.faces, shots, times)
        found += _looks(footage, shots, times)
    found += _texts(footage)
    found += _speech(footage)
    found += _sounds(footage)
    return found


def _document(kind: str, text: str, at: Stretch, times: FrameTimes, score: float) -> Document:
    return Document(
        kind,
        text,
        at.shot,
        at.start_frame,
        at.end_frame,
        at.peak_frame,
        float(times.start(at.start_frame)),
        float(times.start(at.end_frame)),
        round(min(max(score, 0.0), 1.0), 4),
    )


def _lasting(at: Stretch) -> float:
    """A thing seen on one sample only is half believed; from three on it is."""
    return 0.5 + 0.5 * min(1.0, (len(at.values) - 1) / 2)


def _objects(found: Detections, shots: Sequence[Shot], times: FrameTimes) -> Iterator[Document]:
    sampled = found.sampled_frames
    place = np.searchsorted(sampled, found.frames)
    sides = np.maximum(found.xyxy[:, 2:] - found.xyxy[:, :2], 0)
    large = 0.8 + 0.2 * np.minimum(1, sides.prod(axis=1) / 0.05)
    for label in np.unique(found.label_ids).tolist():
        own = found.label_ids == label
        best, worth = np.zeros(len(sampled)), np.zeros(len(sampled))
        np.maximum.at(best, place[own], found.scores[own])
        np.maximum.at(worth, place[own], found.scores[own] * large[own])
        for at in stretches(sampled, best, _OBJECT, shots):
            if at.values.max() < _OBJECT_SURE and len(at.values) < 2:
                continue
            rows = slice(*np.searchsorted(sampled, [at.start_frame, at.end_frame]))
            sure = 0.5 * worth[rows].max() + 0.5 * worth[rows][best[rows] >= _OBJECT].mean()
            yield _document("object", found.labels[label], at, times, sure * _lasting(at))
    person = found.labels.index("person") if "person" in found.labels else -1
    count = np.zeros(len(sampled))
    np.add.at(count, place[(found.label_ids == person) & (found.scores >= 0.5)], 1)
    for at in stretches(sampled, count, _MANY, shots):
        score = min(1.0, at.values.mean() / 6) * _lasting(at)
        yield _document("look", "group of people", at, times, score)
    for at in stretches(sampled, (count == 2).astype(float), 1, shots, 1):
        share = len(at.values) / at.samples
        yield _document("look", "two people", at, times, 0.9 * share * _lasting(at))


def _smoothed(
    values: NDArray[np.float32], frames: NDArray[np.int64], shots: Sequence[Shot]
) -> NDArray[np.float32]:
    """The mean over neighbouring samples of one shot."""
    smooth = values.copy()
    for shot in shots:
        low, high = np.searchsorted(frames, [shot.start_frame, shot.end_frame])
        if high - low < 2:
            continue
        own = values[low:high]
        padded = np.concatenate([own[:1], own, own[-1:]])
        smooth[low:high] = (padded[:-2] + padded[1:-1] + padded[2:]) / _SMOOTH
    return smooth


def _scenes(
    frames: NDArray[np.int64],
    classes: NDArray[np.float32],
    names: Sequence[str],
    shots: Sequence[Shot],
    times: FrameTimes,
) -> Iterator[Document]:
    smooth = _smoothed(classes, frames, shots)
    for number in np.flatnonzero(smooth.max(axis=0) >= _CLASS_SURE).tolist():
        for at in stretches(frames, smooth[:, number], _CLASS, shots):
            if at.values.max() >= _CLASS_SURE:
                yield _document("scene", names[number], at, times, at.values.max() * _lasting(at))
    for group in groups():
        together = smooth[:, list(group.classes)].sum(axis=1)
        for at in stretches(frames, together, _GROUP, shots):
            if at.values.max() >= _GROUP_SURE:
                yield _document("scene", group.name, at, times, at.values.max() * _lasting(at))


def _faces(found: Detections, shots: Sequence[Shot], times: FrameTimes) -> Iterator[Document]:
    sampled = found.sampled_frames
    place = np.searchsorted(sampled, found.frames)
    tall = np.zeros(len(sampled))
    np.maximum.at(tall, place, found.xyxy[:, 3] - found.xyxy[:, 1])
    upper = np.inf
    for name, least in SCALES:
        if name in _NEAR and least > 0:
            inside = (tall >= least) & (tall < upper)
            for at in stretches(sampled, inside.astype(float), 1, shots, 1):
                share = len(at.values) / at.samples
                yield _document("look", name, at, times, 0.9 * share * _lasting(at))
        upper = least
    for number, name in enumerate(found.attribute_names):
        if name not in FEELINGS:
            continue
        sure = np.zeros(len(sampled))
        np.maximum.at(sure, place, found.attributes[:, number] * (found.scores >= 0.8))
        for at in stretches(sampled, sure, _EXPRESSION, shots, 1):
            score = at.values.mean() * _lasting(at)
            yield _document("look", FEELINGS[name], at, times, score)


def _looks(
    footage: FootageAnalysis, shots: Sequence[Shot], times: FrameTimes
) -> Iterator[Document]:
    facts = footage.picture
    if facts is None or not len(facts.frames):
        return
    for name, field, sign, limit in _LOOKS:
        values = getattr(facts, field).astype(np.float64)
        shown = (values * sign >= limit * sign) & ~facts.black
        for at in stretches(facts.frames, shown.astype(float), 1, shots):
            share = len(at.values) / at.samples
            if share >= 0.6:
                yield _document("look", name, at, times, 0.9 * share * _lasting(at))
    moved = np.hypot(facts.camera_x, facts.camera_y)
    for at in stretches(facts.frames, moved, _CAMERA, shots):
        score = min(1.0, float(at.values.mean()) / 0.5)
        yield _document("look", "camera movement", at, times, score * _lasting(at))
    for name, mask in (("black picture", facts.black), ("still picture", facts.frozen)):
        for at in stretches(facts.frames, mask.astype(float), 1, shots, 0):
            length = float(times.start(at.end_frame) - times.start(at.start_frame))
            if length >= (_STILL_S if name == "still picture" else 0.1):
                yield _document("look", name, at, times, min(1.0, 0.5 + length / 6))


def _frames(footage: FootageAnalysis, start_s: float, end_s: float) -> tuple[int, int]:
    times = footage.frame_times
    if times is None or not len(times):
        return -1, -1
    edges = times.seconds
    first = int(np.searchsorted(edges, start_s + 1e-6, side="right")) - 1
    last = int(np.searchsorted(edges, end_s - 1e-6, side="left"))
    return max(first, 0), max(last, max(first, 0) + 1)


def _heard(
    footage: FootageAnalysis, kind: str, text: str, start_s: float, end_s: float, score: float,
    words: tuple[tuple[str, float, float], ...] = (),
) -> Document:  # fmt: skip
    start_frame, end_frame = _frames(footage, start_s, end_s)
    middle = (start_frame + end_frame) // 2
    return Document(
        kind, text, -1, start_frame, end_frame, middle, start_s, end_s, round(score, 4), words
    )


def _texts(footage: FootageAnalysis) -> Iterator[Document]:
    """Lines read in the picture, bound to the shot they stand in."""
    times = footage.frame_times
    if times is None:
        return
    starts = [shot.start_frame for shot in footage.shots or ()]
    for seen in footage.texts or ():
        if not any(letter.isalnum() for letter in seen.text):
            continue
        start_frame, end_frame = _frames(footage, float(seen.start), float(seen.end))
        shot = int(np.searchsorted(starts, seen.frame, side="right")) - 1 if starts else -1
        # A line read once only may be a pattern that looked like letters.
        score = seen.score * (0.7 + 0.3 * min(1.0, (seen.samples - 1) / 2))
        yield Document(
            "text", seen.text, shot, start_frame, end_frame, seen.frame, float(seen.start),
            float(seen.end), round(score, 4),
        )  # fmt: skip


def _speech(footage: FootageAnalysis) -> Iterator[Document]:
    transcript = footage.speech.transcript if footage.speech is not None else None
    if transcript is None:
        return
    for first, last in transcript.sentences:
        words = transcript.words[first:last]
        if not words:
            continue
        text = " ".join(word.text for word in words)
        start_s, end_s = float(words[0].start), max(float(word.end) for word in words)
        sure = float(np.mean([word.confidence for word in words]))
        timed = tuple((w.text, float(w.start), float(w.end)) for w in words)
        yield _heard(footage, "speech", text, start_s, max(end_s, start_s + 0.04), sure, timed)


def _sounds(footage: FootageAnalysis) -> Iterator[Document]:
    for event in footage.sound_events or ():
        start_s, end_s = float(event.start), float(event.end)
        if event.label != "silence" or end_s - start_s >= _SILENCE_S:
            yield _heard(footage, "sound", event.label, start_s, end_s, event.score)
    sound = footage.sound
    if sound is None or not len(sound.times_s):
        return
    if any(event.label == "silence" for event in footage.sound_events or ()):
        return
    quiet = np.concatenate([[False], sound.loudness_lufs < _SILENCE_LUFS, [False]])
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8)))
    step = float(np.median(np.diff(sound.times_s))) if len(sound.times_s) > 1 else 0.1
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        start_s, end_s = float(sound.times_s[first]), float(sound.times_s[last - 1]) + step
        if end_s - start_s >= _SILENCE_S:
            yield _heard(footage, "sound", "silence", start_s, end_s, 0.8)
