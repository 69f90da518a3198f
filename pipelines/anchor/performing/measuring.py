"""How well a rendered mouth goes with the voice: measured on the pictures, not on what was asked.

The mouth is what the face mesh sees of it: the gap between the inner edges of the lips, in
distances between the outer corners of the eyes, so that neither size nor tilt of the head counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.performing.visemes import shapes_of
from studio.adapters import blazeface, face_mesh
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.audio import AudioClip
from studio.types.landmarks import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, Floats
from studio.types.performance import Performance
from studio.types.spoken import SpokenPhoneme

Curve = NDArray[np.float64]

#: Inner edges of the upper and the lower lip, over each other.
_UPPER, _LOWER = (82, 13, 312), (87, 14, 317)
#: Sound this far below its loud parts is silence; the mouth has so many frames to come to rest.
_SILENT_DB, _REST_S = -38.0, 0.16
#: Lips meet where their gap is within this share of the way from rest to wide open.
_MET = 0.12
_MOST_LAG_S = 0.4


@dataclass(frozen=True)
class LipSync:
    """What was measured.

    Attributes:
        frames: how many pictures.
        seen: share of them on which the mesh found a face.
        gaps: float64 ``(frames,)``, gap of the lips in distances of the eyes; not a number where
            no face was found.
        correlation: of gaps and the performance's opening.
        late_frames: how much later than the voice the picture is, by cross-correlation of gaps
            with the voice's envelope.
        silent: variance of the gaps in silence to that in speech; not a number without silence.
        closures, met: sounds on which lips have to meet, and on how many they did.
    """

    frames: int
    seen: float
    gaps: Curve
    correlation: float
    late_frames: float
    silent: float
    closures: int
    met: int


class GapReader:
    """Reads gaps of lips off pictures, one after the other.

    Args:
        near, far: detectors of faces.
        mesh: of their points.
    """

    def __init__(
        self, near: blazeface.BlazeFace, far: blazeface.BlazeFace, mesh: face_mesh.FaceMesh
    ) -> None:
        self._detectors, self._mesh = (near, far), mesh
        self._squares: Floats | None = None

    def __call__(self, rgb: NDArray[np.uint8]) -> float:
        """The gap on a picture ``(h, w, 3)``; not a number where there is no face."""
        if self._squares is None:
            self._squares = self._looked_for(rgb)
        if self._squares is None:
            return float("nan")
        # Looked at twice: in the square of the picture before, a mouth that opens is told too wide
        # and one that closes too narrow.
        found = self._mesh.find(rgb, self._squares, again=True)
        if found.presence[0] < 0.5:
            self._squares = None
            return float("nan")
        self._squares = face_mesh.squares_of_meshes(found.points_px)
        points = found.points_px[0, :, :2].astype(np.float64)
        eyes = np.linalg.norm(points[RIGHT_EYE_CORNERS[0]] - points[LEFT_EYE_CORNERS[1]])
        gaps = np.linalg.norm(points[list(_UPPER)] - points[list(_LOWER)], axis=1)
        return float(gaps.mean() / max(eyes, 1e-6))

    def _looked_for(self, rgb: NDArray[np.uint8]) -> Floats | None:
        for detector in self._detectors:
            found = detector.detect(rgb)
            if len(found):
                return face_mesh.squares_of_faces(found)[:1]
        return None


def measure_lip_sync(
    pictures: Iterable[NDArray[np.uint8]],
    performance: Performance,
    phonemes: Iterable[SpokenPhoneme],
    clip: AudioClip,
    job: Job,
) -> LipSync:
    """Measure rendered pictures.

    Args:
        pictures: uint8 ``(h, w, 3)`` RGB, one for each row of the performance.
        performance: what was to be rendered.
        phonemes: of the voice, with times from the first picture.
        clip: the voice, from the first picture.
        job: lends the face mesh and the detector.

    Raises:
        RequestError: no face is found on any picture, or there is nothing to measure.
        ModelError: a model is missing or failed.
    """
    lease = job.pool.lease
    gaps: list[float] = []
    with (
        lease(blazeface.SPEC_NEAR) as near,
        lease(blazeface.SPEC_FAR) as far,
        lease(face_mesh.SPEC) as mesh,
    ):
        read = GapReader(near, far, mesh)
        for picture in pictures:
            job.check()
            gaps.append(read(picture))
    return lip_sync_of(np.array(gaps), performance, phonemes, clip)


def lip_sync_of(
    gaps: Curve, performance: Performance, phonemes: Iterable[SpokenPhoneme], clip: AudioClip
) -> LipSync:
    """The figures of a curve of gaps. Pure; arguments as of :func:`measure_lip_sync`."""
    if len(gaps) != len(performance):
        raise ValueError(f"{len(gaps)} pictures and {len(performance)} rows of a performance")
    seen = np.isfinite(gaps)
    if seen.sum() < 3:
        raise RequestError("No face was found on the pictures.", "Render it larger.")
    whole = np.interp(np.arange(len(gaps)), np.flatnonzero(seen), gaps[seen])
    rate = float(performance.rate)
    loud = envelope(clip, rate, len(gaps))
    silent = _silences(loud, rate)
    speech = whole[~silent]
    at_rest = float(np.median(whole[silent])) if silent.any() else float(np.min(whole))
    wide = float(np.percentile(speech, 95)) if len(speech) else at_rest
    limit = at_rest + _MET * max(wide - at_rest, 0.0)
    closures = met = 0
    for phoneme in phonemes:
        shapes = shapes_of(phoneme.ipa)
        if not shapes or not shapes[0][1].closed or phoneme.end <= phoneme.start:
            continue
        first = max(int(float(phoneme.start) * rate) - 1, 0)
        last = min(int(np.ceil(float(phoneme.end) * rate)) + 1, len(whole))
        if last > first:
            closures += 1
            met += bool(whole[first:last].min() <= limit)
    return LipSync(
        len(gaps),
        float(seen.mean()),
        gaps,
        _correlation(gaps[seen], performance.opening.astype(np.float64)[seen]),
        _lag(whole, loud, rate),
        float(np.var(whole[silent])) / max(float(np.var(speech)), 1e-12)
        if silent.any()
        else np.nan,
        closures,
        met,
    )


def envelope(clip: AudioClip, rate: float, count: int) -> Curve:
    """Loudness of the voice in each frame, 0 to about 1: float64 ``(count,)``.

    Root mean square within the frame, its range pressed by a square root, as syllables differ
    less in loudness than in amplitude.
    """
    mono = clip.samples.mean(axis=0, dtype=np.float64)
    edges = np.round(np.arange(count + 1) / rate * clip.rate_hz).astype(int)
    sums = np.concatenate([[0.0], np.cumsum(mono**2)])
    edges = np.clip(edges, 0, len(mono))
    power = (sums[edges[1:]] - sums[edges[:-1]]) / np.maximum(np.diff(edges), 1)
    level = np.sqrt(np.maximum(power, 0))
    return np.asarray(np.sqrt(level / max(float(np.percentile(level, 95)), 1e-9)))


def _silences(loud: Curve, rate: float) -> NDArray[np.bool_]:
    """Frames in silence, without those in which a mouth still closes or opens already."""
    quiet = loud < 10 ** (_SILENT_DB / 40.0)  # the envelope is a root of the amplitude
    reach = round(_REST_S * rate)
    padded = np.pad(quiet, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    return np.asarray(windows.all(axis=1))


def _correlation(one: Curve, other: Curve) -> float:
    if np.std(one) < 1e-12 or np.std(other) < 1e-12:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _lag(gaps: Curve, loud: Curve, rate: float) -> float:
    """Frames by which gaps come after loudness, the peak placed by a parabola."""
    most = round(_MOST_LAG_S * rate)
    one, other = gaps - gaps.mean(), loud - loud.mean()
    count = len(one)
    sums = np.array([
        float(one[max(lag, 0) : count + min(lag, 0)] @ other[max(-lag, 0) : count - max(lag, 0)])
        for lag in range(-most, most + 1)
    ])  # fmt: skip
    best = int(np.argmax(sums))
    if 0 < best < len(sums) - 1:
        left, top, right = sums[best - 1 : best + 2]
        bend = left - 2 * top + right
        return best - most + float(0.5 * (left - right) / bend if bend else 0.0)
    return float(best - most)
