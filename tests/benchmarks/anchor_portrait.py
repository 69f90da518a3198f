"""Portraits that speak: lips against the voice and the plan, identity, and speed.

``python -m tests.benchmarks anchor_portrait``; with ``PORTRAIT_SHEETS=FOLDER`` contact sheets of
the mouths and eyes are written there. The opening of the mouth is measured by the face mesh on
the drawn frames, in distances of the outer corners of the eyes.
"""

from __future__ import annotations

import os
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

PORTRAITS = ("portrait_mona_lisa.jpg", "portrait_einstein.jpg", "face_obama_1.jpg")
TEXT = """# Harbour

The big boats came back to the harbour before seven. [pause 1.2] Nobody was hurt, but the pumps
and a part of the old timber bridge may be beyond repair. [pause 1.0] Five families moved home.
"""
RATE = Fraction(25)
#: Lips this near one another, measured, have met: 0.9 mm on a face.
MET = 0.010


def spoken(job, folder: Path):
    """A voice track and its sound: float32 ``(n,)`` at ``rate_hz``."""
    from pipelines.anchor.performing import plan_performance
    from pipelines.anchor.reading import read_text
    from pipelines.anchor.script import parse_script
    from pipelines.anchor.voice import speak_script
    from pipelines.anchor.voices import voice_for

    script = parse_script(TEXT, "harbour.md")
    readings = {line.id: read_text(line.text, "en") for line in script.lines()}
    spoke = speak_script(
        script,
        readings,
        voice_for("en").spec,
        job,
        speed=1.0,
        loudness_lufs=-23.0,
        folder=folder,
    )
    return spoke, plan_performance(spoke.track, RATE)


def envelope(samples: np.ndarray, rate_hz: int, frames: int) -> np.ndarray:
    """Loudness of each frame: the root of the mean square, float64 ``(frames,)``."""
    edges = np.round(np.arange(frames + 1) * rate_hz / float(RATE)).astype(int)
    parts = [samples[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    return np.array([float(np.sqrt(np.mean(p**2))) if len(p) else 0.0 for p in parts])


def openings(presenter, performance, job, every: int = 1):
    """Measured openings and the drawn faces ``(n, s, s, 3)``, and what drawing took."""
    from studio.adapters import face_mesh

    points = presenter.portrait.points_px[None]
    size = 2.6 * presenter.face.unit_px
    left, top = (presenter.face.origin_px[:2] - (size / 2, 0.62 * size)).astype(int)
    side = int(size)
    rows, columns = slice(max(0, top), top + side), slice(max(0, left), left + side)
    found, faces, spent = [], [], 0.0
    with job.pool.lease(face_mesh.SPEC) as meshes:
        for frame in range(0, len(performance), every):
            began = time.process_time()
            drawn = presenter.draw(performance, frame)
            spent += time.process_time() - began
            rgb = np.where(drawn[..., 3:] > 0, drawn[..., :3], 128).astype(np.uint8)
            meshed = meshes.find(rgb, face_mesh.squares_of_meshes(points))
            points = meshed.points_px
            unit = np.linalg.norm(points[0, 33] - points[0, 263])
            found.append(float(np.linalg.norm(points[0, 13, :2] - points[0, 14, :2]) / unit))
            faces.append(rgb[rows, columns])
    return np.array(found), faces, len(found) / spent


def target(performance) -> np.ndarray:
    """How far the lips should be apart, 0 to 1."""
    return performance.jaw * np.clip(1 - 2 * performance.press, 0, 1)


def offset_frames(opening: np.ndarray, loud: np.ndarray, most: int = 6) -> int:
    """Frames by which the mouth is late against the sound, by cross-correlation."""
    a, b = opening - opening.mean(), np.sqrt(loud) - np.sqrt(loud).mean()
    best = {}
    for late in range(-most, most + 1):
        x = a[max(0, late) : len(a) + min(0, late)]
        y = b[max(0, -late) : len(b) + min(0, -late)]
        best[late] = float(np.corrcoef(x, y)[0, 1])
    return max(best, key=best.__getitem__)


def closures(track, opening: np.ndarray) -> tuple[int, int]:
    """How many /p b m/ bring the lips together in at least one of their frames, and of all."""
    rest = float(np.percentile(opening, 5))
    met = total = 0
    for line in track.lines:
        for phoneme in line.phonemes:
            if phoneme.ipa.strip("ˈˌːʰ") in ("p", "b", "m"):
                first = max(0, int(phoneme.start * RATE) - 1)
                last = min(len(opening), int(phoneme.end * RATE) + 2)
                if first < last:
                    total += 1
                    met += opening[first:last].min() <= rest + MET
    return met, total


def silent(track, frames: int) -> np.ndarray:
    """Bool ``(frames,)``: nothing is said for 0.2 s before and after."""
    at = (np.arange(frames) + 0.5) / float(RATE)
    quiet = np.ones(frames, bool)
    for line in track.lines:
        for word in line.words:
            quiet &= (at < float(word.start) - 0.2) | (at > float(word.end) + 0.2)
    return quiet


def identity(presenter, faces, job) -> np.ndarray:
    """Distances of drawn faces from the portrait's, by dlib."""
    from studio.adapters import face_embedding, mtcnn

    left, top, right, low = presenter.portrait.cover_xyxy_px
    picture = np.ascontiguousarray(presenter.portrait.person[top:low, left:right, :3])

    def vector(rgb):
        with job.pool.lease(mtcnn.SPEC) as finder:
            seen = finder.detect(rgb[None], min_face_px=100.0)
        best = int(np.argmax(seen.scores))
        wh = np.float32(rgb.shape[1::-1])
        with job.pool.lease(face_embedding.SPEC) as model:
            marks = seen.landmarks[[best]] * wh
            return model.embed(rgb, seen.xyxy[[best]] * np.tile(wh, 2), marks)[0]

    own = vector(picture)
    return np.array([np.linalg.norm(vector(np.ascontiguousarray(face)) - own) for face in faces])


def sheet(faces, path: Path, count: int = 40, columns: int = 8) -> None:
    """Some of the faces side by side, as PNG."""
    from studio.media.still import write_still

    picked = [faces[i] for i in np.linspace(0, len(faces) - 1, count).astype(int)]
    small = [cv2.resize(face, (240, 240), interpolation=cv2.INTER_AREA) for face in picked]
    rows = [np.hstack(small[i : i + columns]) for i in range(0, count, columns)]
    write_still(path, np.vstack(rows))


def main() -> None:
    """Print the figures."""
    from pipelines.anchor.portrait import PortraitPresenter
    from studio.jobs.job import Job
    from studio.settings import Settings
    from tests.footage import shared_media

    sheets = os.environ.get("PORTRAIT_SHEETS", "")
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        job = Job(Settings(data_dir=Path(folder)))
        spoke, performance = spoken(job, Path(folder) / "voice")
        samples = spoke.clip.samples[0]
        quiet = silent(spoke.track, len(performance))
        loud = envelope(samples, spoke.clip.rate_hz, len(performance))
        print(f"{len(performance)} frames at 1920x1080, {quiet.sum()} of them silent")
        for name in PORTRAITS:
            began = time.process_time()
            presenter = PortraitPresenter.of(shared_media(name), (1920, 1080), job)
            ready_s = time.process_time() - began
            opening, faces, rate = openings(presenter, performance, job)
            wanted = target(performance)
            met, total = closures(spoke.track, opening)
            share = opening[quiet].var() / opening[~quiet].var()
            apart = identity(presenter, faces[:: max(1, len(faces) // 20)], job)
            print(
                f"{name}: correlation with the plan {np.corrcoef(opening, wanted)[0, 1]:.3f}; "
                f"{offset_frames(opening, loud):+d} frames from the voice; variance in silence "
                f"{share:.1%} of that in speech; lips met in {met} of {total}; "
                f"identity {apart.mean():.3f} (most {apart.max():.3f}); "
                f"{rate:.1f} drawings a second of one core, ready after {ready_s:.1f} s",
                flush=True,
            )
            if sheets:
                sheet(faces, Path(sheets) / f"{Path(name).stem}.png")


if __name__ == "__main__":
    main()
