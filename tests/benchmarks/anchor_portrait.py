"""Portraits that speak: lips against the voice and the plan, identity, and speed.

``python -m tests.benchmarks anchor_portrait``; with ``PORTRAIT_SHEETS=FOLDER`` contact sheets of
the mouths and eyes are written there. How the lips are measured on the drawn frames
stands in ``pipelines/anchor/performing/measuring.py``.
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
        voice_for("en"),
        job,
        speed=1.0,
        loudness_lufs=-23.0,
        folder=folder,
    )
    return spoke, plan_performance(spoke.track, RATE)


class Drawing:
    """The frames as they are drawn, seen on grey, one after the other.

    Attributes:
        faces: of all that were drawn.
        spent_s: processor time that drawing took.
    """

    def __init__(self, presenter, performance) -> None:
        self.presenter, self.performance = presenter, performance
        self.faces: list[np.ndarray] = []
        self.spent_s = 0.0

    def __iter__(self):
        size = 2.6 * self.presenter.face.unit_px
        left, top = (self.presenter.face.origin_px[:2] - (size / 2, 0.62 * size)).astype(int)
        rows, columns = (slice(max(0, at), at + int(size)) for at in (top, left))
        for frame in range(len(self.performance)):
            began = time.process_time()
            drawn = self.presenter.draw(self.performance, frame)
            self.spent_s += time.process_time() - began
            rgb = np.where(drawn[..., 3:] > 0, drawn[..., :3], 128).astype(np.uint8)
            self.faces.append(rgb[rows, columns])
            yield rgb


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
    from pipelines.anchor.performing.measuring import measure_lip_sync
    from pipelines.anchor.portrait import PortraitPresenter
    from studio.jobs.job import Job
    from studio.settings import Settings
    from tests.footage import shared_media

    sheets = os.environ.get("PORTRAIT_SHEETS", "")
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        job = Job(Settings(data_dir=Path(folder)))
        spoke, performance = spoken(job, Path(folder) / "voice")
        phonemes = [phoneme for line in spoke.track.lines for phoneme in line.phonemes]
        print(f"{len(performance)} frames at 1920x1080")
        for name in PORTRAITS:
            began = time.process_time()
            presenter = PortraitPresenter.of(shared_media(name), (1920, 1080), job)
            ready_s = time.process_time() - began
            drawing = Drawing(presenter, performance)
            seen = measure_lip_sync(drawing, performance, phonemes, spoke.clip, job)
            faces = drawing.faces
            apart = identity(presenter, faces[:: max(1, len(faces) // 20)], job)
            print(
                f"{name}: correlation with the plan {seen.correlation:.3f}; "
                f"{seen.late_frames:+.1f} frames after the voice; variance in silence "
                f"{seen.silent:.1%} of that in speech; lips met in {seen.met} of {seen.closures}; "
                f"identity {apart.mean():.3f} (most {apart.max():.3f}); "
                f"{len(faces) / drawing.spent_s:.1f} drawings a second of one core, "
                f"ready after {ready_s:.1f} s",
                flush=True,
            )
            if sheets:
                sheet(faces, Path(sheets) / f"{Path(name).stem}.png")


if __name__ == "__main__":
    main()
