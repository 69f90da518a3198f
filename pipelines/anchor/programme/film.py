"""A programme to a film. The only place where frames of a segment are encoded: each carries what
the gate demands."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.anchor.programme.compose import Stage, pictures, stretch_digest
from pipelines.anchor.programme.programme import Stretch
from pipelines.anchor.programme.sound import master_segment, mix_segment
from studio.jobs.job import Job
from studio.media.loudness import Mastered
from studio.media.writer import write_beside
from studio.types.audio import AudioClip
from studio.types.script import Script
from studio.types.timecode import FrameRate

if TYPE_CHECKING:
    from pipelines.anchor.disclosure import Disclosure, Release
    from pipelines.anchor.graphics.patch import Rgb
    from studio.media.film_mark import FilmMark

#: In the folder of the stretches: seconds that each took.
_SECONDS = "seconds.json"


@dataclass(frozen=True)
class Rendered:
    """What was made.

    Attributes:
        wall_s: seconds it took.
        stretches, kept: lines and bumpers of the film, and those that were there already.
        saved_s: seconds that drawing and encoding those took when they were made, as far as that
            was written down, with as many at once as now.
        mastered: how loud it came out.
        release: what was found before it was let out.
    """

    wall_s: float
    stretches: int
    kept: int
    saved_s: float
    mastered: Mastered
    release: Release


def stamped(stage: Stage, start: int, end: int, disclosure: Disclosure) -> Iterator[Rgb]:
    """Frames as they are encoded: the label on each, and a draft's watermark.

    Raises:
        DisclosureRequired: the disclosure did not come from the gate.
    """
    stamp = disclosure.stamp(stage.programme.size_wh)
    for rgb in pictures(stage, start, end):
        stamp(rgb)
        yield rgb


def render_segment(
    stage: Stage,
    script: Script,
    voice: AudioClip,
    disclosure: Disclosure,
    out: Path,
    parts: Path,
    job: Job,
    *,
    mark: FilmMark,
    loudness_lufs: float = -23.0,
) -> Rendered:
    """Render a segment: H.264 and AAC in MP4, labelled in every frame, marked and signed.

    Args:
        stage: the programme and what it is drawn with.
        script: what it was made from.
        voice: float32 ``(1, n)`` at 48 kHz.
        disclosure: leave to make it, from :func:`pipelines.anchor.disclosure.gate`.
        out: the film; it appears whole or not at all.
        parts: folder that keeps the stretches; the same folder after a crash resumes, and after
            a change costs what has changed.
        job: hears of progress, stops it.
        mark: what made it, with the deed ``made`` and ``signed``.
        loudness_lufs: of the whole; true peaks stay under -1 dBTP.

    Raises:
        DisclosureRequired: the disclosure is for something else, or the film lacks its label.
        ConsentMissing: a consent was taken back while it was made.
        EncodeFailed: something cannot be written.
    """
    from pipelines.anchor.disclosure import release
    from studio.media.composed_film import COMPOSED_VERSION, Piece, compose_film
    from studio.media.encoder import PictureFormat
    from studio.media.render_estimate import workers_of

    disclosure.require(script.digest, stage.presenter.name, stage.presenter.people)
    programme, settings = stage.programme, job.settings
    workers = workers_of(settings)
    rate = FrameRate(programme.rate)
    form = PictureFormat(programme.size_wh, rate, max(1, 2 * settings.cores // workers))
    made_by = [COMPOSED_VERSION, form.made_by]

    before_s = _read_seconds(parts)
    spent_s: dict[str, float] = {}

    def drawn(digest: str, stretch: Stretch) -> Iterator[Rgb]:
        began = time.perf_counter()
        yield from stamped(stage, stretch.start, stretch.end, disclosure)
        spent_s[digest] = round(time.perf_counter() - began, 2)

    def piece(stretch: Stretch) -> Piece:
        digest = stretch_digest(stage, stretch, made_by, disclosure.made_by)
        return Piece(digest, stretch.end - stretch.start, partial(drawn, digest, stretch))

    released: list[Release] = []
    heard: list[Mastered] = []

    def sound(path: Path) -> None:
        mixed = mix_segment(programme, voice, stage.style.sting, settings)
        heard[:] = [master_segment(mixed, loudness_lufs, path, job.check)]

    def let_out(film: Path) -> None:
        job.report("release", 0.0, "looking for the label in every frame")

        def seen(number: int) -> None:
            job.report("release", 0.9 * number / programme.frames)

        ingredients = [m.path for m in programme.materials.values() if m.kind != "table"]
        released[:] = [
            release(
                film, disclosure, settings, title=out.name, ingredients=ingredients, on_frame=seen
            )
        ]
        job.report("release", 1.0)

    pieces = [piece(stretch) for stretch in programme.stretches]
    report = compose_film(
        pieces,
        sound,
        out,
        parts,
        form,
        title=script.headline,
        metadata=mark.to_metadata(),
        workers=workers,
        finish=let_out,
        on_progress=lambda share, words: job.report("picture", share, words),
        check=job.check,
    )
    all_s = {p.digest: s for p in pieces if (s := (before_s | spent_s).get(p.digest)) is not None}
    with write_beside(parts / _SECONDS) as beside:
        beside.write_text(json.dumps(all_s), encoding="utf-8")
    saved_s = sum(s for digest, s in all_s.items() if digest not in spent_s) / workers
    return Rendered(report.seconds, report.pieces, report.kept, saved_s, heard[0], released[0])


def _read_seconds(parts: Path) -> dict[str, float]:
    """What each stretch took by its digest; nothing of what cannot be read: it is only told."""
    try:
        found = json.loads((parts / _SECONDS).read_text(encoding="utf-8"))
        return {str(digest): float(seconds) for digest, seconds in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def sheet(stage: Stage, disclosure: Disclosure, path: Path, job: Job, columns: int = 4) -> Any:
    """A contact sheet as JPEG: of each stretch the frame at its middle, stamped like the film."""
    import cv2
    import numpy as np

    from studio.media.image_io import jpeg_bytes

    programme = stage.programme
    width, height = programme.size_wh
    wide = 480 if width > height else 270
    size = (wide, round(wide * height / width))
    cells = []
    for stretch in programme.stretches:
        job.check()
        middle = (stretch.start + stretch.end) // 2
        for rgb in stamped(stage, middle, middle + 1, disclosure):
            cells.append(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
    columns = columns if width > height else 2 * columns
    rows = -(-len(cells) // columns)
    gap = 8
    whole = np.full((rows * (size[1] + gap) + gap, columns * (wide + gap) + gap, 3), 24, np.uint8)
    for number, cell in enumerate(cells):
        y, x = gap + number // columns * (size[1] + gap), gap + number % columns * (wide + gap)
        whole[y : y + size[1], x : x + wide] = cell
    with write_beside(path) as beside:
        beside.write_bytes(jpeg_bytes(whole))
