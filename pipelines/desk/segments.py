"""The steps of an anchor's segment, for a screen that leads through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.options import Options
from pipelines.desk.pipeline import write_json
from studio.codec import from_json
from studio.jobs.job import Job
from studio.media.writer import write_beside

Made = tuple[dict[str, Path], dict[str, Any], Sequence[str]]

_CARD_WH = (384, 432)
#: Behind a presenter on a card: light from above.
_TOP, _LOW = (226, 231, 238), (168, 178, 192)
#: Of the pictures that are looked at before the film.
_LOOK_PX = 540


def read(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Read a script as ``options`` say, and draw the presenters to choose from."""
    from pipelines import anchor

    options = replace(from_json(Options, asked["options"]), stop_after="reading")
    result = anchor.run(sources[0], options, job)
    cards = {"cards": _cards(out, job)}
    facts = {
        "language": result.script.language,
        "duration_s": result.duration_s,
        "headline": result.script.headline,
    }
    return {**result.files, **cards}, facts, result.notes


def look(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Draw a frame of each line as ``options`` say, stamped as the film would be, and write down
    what an approval of exactly this is bound to."""
    from pipelines import anchor
    from pipelines.anchor import segment
    from pipelines.anchor.approvals import write_request
    from pipelines.anchor.programme.film import sheet
    from pipelines.anchor.voices import voice_for

    options = replace(from_json(Options, asked["options"]), height_px=_LOOK_PX)
    found = anchor.run(sources[0], replace(options, stop_after="reading"), job)
    script, readings = found.script, found.readings.lines
    ready = segment.make_ready(script, sources[0], options, job)
    voice = voice_for(script.language, options.voice)
    airing = segment.airing_of(script, readings, ready, voice.key, options)
    disclosure = segment.ask_leave(airing, options, job)
    request = write_request(options.out, airing)
    whole = found.duration_s / max(sum(len(r.read) for r in readings.values()), 1)
    guess = {line.id: whole * len(readings[line.id].read) for line in script.lines()}
    track = segment.estimated_track(script, readings, guess)
    programme = segment.plan_segment(script, track, ready, options, None)
    job.report("look", 0.2)
    stage, notes = segment.stage_of(programme, script, track, ready, options, job)
    picture = out / "look.jpg"
    sheet(stage, disclosure, picture, job, columns=3)
    files = {"look": picture, "request": request}
    facts = {"script_sha256": script.digest, "why_draft": disclosure.why_draft}
    return files, facts, (*found.notes, *programme.notes, *notes)


def _cards(out: Path, job: Job) -> Path:
    """A card for every drawn presenter; those that were drawn before stay."""
    from pipelines.anchor.presenters.drawn import CAST, DRAWING_VERSION
    from studio.media.image_io import jpeg_bytes

    names = [look_of.name for look_of in CAST]
    # They look alike for everybody, and take seconds to draw.
    folder = job.settings.cache_dir / "presenters" / f"{DRAWING_VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.jpg" for name in names]
    if not all(path.is_file() for path in paths):
        for path, rgb in zip(paths, presenters(job), strict=True):
            with write_beside(path) as beside:
                beside.write_bytes(jpeg_bytes(rgb))
    rows = [[name, "drawn", str(path)] for name, path in zip(names, paths, strict=True)]
    return write_json(out / "cards.json", rows)


def presenters(job: Job) -> list[NDArray[np.uint8]]:
    """A picture of every drawn presenter, uint8 ``(h, w, 3)``, in the order of the cast."""
    from pipelines.anchor.presenters.drawn import CAST, drawn_presenter
    from studio.types.performance import Performance

    width, height = _CARD_WH
    fall = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    ground = np.broadcast_to(
        np.array(_TOP, np.float32) * (1 - fall) + np.array(_LOW, np.float32) * fall,
        (height, width, 3),
    )
    found = []
    for number, look_of in enumerate(CAST):
        job.report("wall", number / len(CAST))
        who = drawn_presenter(look_of.name, _CARD_WH)
        assert who is not None
        drawn = who.draw(Performance.still(Fraction(25), 1), 0).astype(np.float32)
        alpha = drawn[..., 3:] / 255
        found.append((ground * (1 - alpha) + drawn[..., :3] * alpha).astype(np.uint8))
    return found
