"""What is measured of every moment of the footage, before anything is compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.tape import TICK_HZ, Tape
from studio.types.detections import Detections

Curve = NDArray[np.float64]

#: A face this share of the picture's height, or more, fills the shot.
CLOSE_UP = 0.45
_PEOPLE_WEIGHT, _THING_WEIGHT = 1.0, 0.6


def _any_of(detections: Detections, strength: NDArray[np.floating]) -> NDArray[np.float64]:
    """Each box as a chance of interest, joined by frame: 1 - prod(1 - strength)."""
    rows = np.searchsorted(detections.sampled_frames, detections.frames)
    missed = np.ones(len(detections.sampled_frames))
    known = rows < len(missed)
    np.multiply.at(missed, rows[known], 1 - np.clip(strength[known], 0, 0.99))
    return 1 - missed


def face_heights(faces: Detections) -> NDArray[np.float32]:
    """float32 ``(n,)``: height of each face in shares of the picture."""
    heights: NDArray[np.float32] = faces.xyxy[:, 3] - faces.xyxy[:, 1]
    return heights


def expression_strength(faces: Detections) -> NDArray[np.float64]:
    """float64 ``(n,)``: how far from neutral each face is, 0 to 1."""
    if not len(faces) or not faces.attributes.shape[1]:
        return np.zeros(len(faces))
    feeling = [i for i, name in enumerate(faces.attribute_names) if name.lower() != "neutral"]
    strongest: NDArray[np.float64] = faces.attributes[:, feeling].max(axis=1).astype(np.float64)
    return strongest


def _faces(tape: Tape) -> dict[str, Curve]:
    faces = tape.analysis.faces
    zero = np.zeros(len(tape.ticks_s))
    if faces is None or not len(faces.sampled_frames):
        return {"faces": zero, "expression": zero}
    size = np.minimum(face_heights(faces) / CLOSE_UP, 1.0) ** 0.7 * faces.scores
    return {
        "faces": tape.spread(faces.sampled_frames, _any_of(faces, size)),
        "expression": tape.spread(
            faces.sampled_frames, _any_of(faces, size * expression_strength(faces))
        ),
    }


def _subjects(tape: Tape) -> Curve:
    objects = tape.analysis.objects
    if objects is None or not len(objects.sampled_frames):
        return np.zeros(len(tape.ticks_s))
    area = np.prod(np.clip(objects.xyxy[:, 2:] - objects.xyxy[:, :2], 0, 1), axis=1)
    is_person = np.array([name == "person" for name in objects.labels] or [False])
    kind = np.where(is_person[objects.label_ids], _PEOPLE_WEIGHT, _THING_WEIGHT)
    strength = np.sqrt(area) * objects.scores * kind
    return tape.spread(objects.sampled_frames, _any_of(objects, strength))


def _picture(tape: Tape) -> dict[str, Curve]:
    facts = tape.analysis.picture
    names = ("motion", "steadiness", "sharpness", "exposure", "colour")
    if facts is None or not len(facts.frames):
        return {name: np.zeros(len(tape.ticks_s)) for name in names}
    shake = np.hypot(
        np.gradient(facts.camera_x) if len(facts.frames) > 1 else facts.camera_x * 0,
        np.gradient(facts.camera_y) if len(facts.frames) > 1 else facts.camera_y * 0,
    )
    exposure = np.clip(1 - np.abs(facts.luma - 0.45) / 0.45, 0, 1) * np.clip(
        facts.contrast / 0.2, 0.2, 1
    )
    values = {
        # Doubling a slow movement is as great a step as doubling a fast one.
        "motion": np.log1p(8 * np.maximum(facts.motion, 0)),
        "steadiness": -np.log1p(8 * (shake + 0.5 * np.maximum(facts.motion, 0))),
        "sharpness": np.log(np.maximum(facts.sharpness, 1e-6)),
        "exposure": exposure,
        "colour": facts.colorfulness,
    }
    return {name: tape.spread(facts.frames, value) for name, value in values.items()}


def _speech(tape: Tape) -> Curve:
    curve = np.zeros(len(tape.ticks_s))
    for line in tape.lines:
        span = np.searchsorted(tape.ticks_s, [line.start_s, line.end_s])
        curve[span[0] : span[1]] = np.maximum(curve[span[0] : span[1]], line.strength)
    return curve


def _sound(tape: Tape) -> Curve:
    sound = tape.analysis.sound
    if sound is None or not len(sound.times_s):
        return np.zeros(len(tape.ticks_s))
    loud = np.clip((sound.loudness_lufs.astype(np.float64) + 45) / 35, 0, 1)
    accents = sound.onset_strength.astype(np.float64)
    return np.interp(tape.ticks_s, sound.times_s, 0.7 * loud + 0.3 * accents, right=0.0)


def _novelty(tape: Tape, mean: NDArray[np.float64] | None) -> Curve:
    embeddings = tape.analysis.embeddings
    if embeddings is None or mean is None or not len(embeddings.frames):
        return np.zeros(len(tape.ticks_s))
    return tape.spread(embeddings.frames, 1 - embeddings.vectors.astype(np.float64) @ mean)


def footage_mean(tapes: tuple[Tape, ...]) -> NDArray[np.float64] | None:
    """float64 ``(d,)``: what the footage looks like on the whole, or None without vectors."""
    vectors = [t.analysis.embeddings.vectors for t in tapes if t.analysis.embeddings is not None]
    vectors = [v for v in vectors if len(v)]
    if not vectors or len({v.shape[1] for v in vectors}) > 1:
        return None
    mean = np.concatenate(vectors).astype(np.float64).mean(axis=0)
    unit: NDArray[np.float64] = mean / max(1e-9, float(np.linalg.norm(mean)))
    return unit


def measure(tape: Tape, mean: NDArray[np.float64] | None) -> dict[str, Curve]:
    """Every measure of one tape on its grid of ticks, in its own unit; larger is more.

    Args:
        tape: the footage.
        mean: what :func:`footage_mean` found.
    """
    curves = {**_faces(tape), "subjects": _subjects(tape), **_picture(tape)}
    curves["speech"] = _speech(tape)
    curves["sound"] = _sound(tape)
    curves["novelty"] = _novelty(tape, mean)
    return {name: _smooth(curve) for name, curve in curves.items()}


def _smooth(curve: Curve) -> Curve:
    """A running mean over half a second: a single sample is no moment."""
    width = TICK_HZ // 2
    if len(curve) < width:
        return curve
    padded = np.pad(curve, (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")
