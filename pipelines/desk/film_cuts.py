"""Cuts of a film for a screen: where they are, who says so, and the pictures on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.cuts import Options, describe, run
from pipelines.cuts.result import Cut, Result
from pipelines.desk.pipeline import write_json
from studio.errors import MediaError
from studio.jobs.job import Job
from studio.media.writer import write_beside

Made = tuple[dict[str, Path], dict[str, Any], Sequence[str]]

_WIDTH_PX = 240
#: So many cuts are shown; what is said of others is said in words.
_MOST_SHOWN = 400
_CARDS = 12


def look(sources: list[Path], asked: dict[str, Any], out: Path, job: Job) -> Made:
    """Where the cuts of a film are, after what a person said of them was kept.

    ``asked`` may have ``remove`` and ``add`` (times), ``move`` (pairs of times) and ``undo``, as
    ``studio cuts`` takes them. ``cuts.json`` is what ``studio cuts --json`` prints; each cut has
    the last picture before it and the first behind it.
    """
    options = Options(
        remove=tuple(str(t) for t in asked.get("remove", ())),
        move=tuple((str(a), str(b)) for a, b in asked.get("move", ())),
        add=tuple(str(t) for t in asked.get("add", ())),
        undo=bool(asked.get("undo")),
        asked_as=f"{out.parent.name}/{out.name}",  # each act has a folder of its own
    )
    result = run(sources[0], options, job)
    plain = describe(result)
    plain["seconds"] = float(result.times.start(len(result.times)))
    plain["hidden"] = max(len(result.cuts) - _MOST_SHOWN, 0)
    plain["cuts"] = plain["cuts"][:_MOST_SHOWN]
    for number, (cut, row) in enumerate(zip(result.cuts, plain["cuts"], strict=False)):
        job.report("pictures", number / len(plain["cuts"]), result.media.path.name)
        row["seconds"] = float(result.times.start(cut.boundary.at))
        row["pictures"] = _pictures(result, cut, out, job)
    cards = [[row["timecode"], "cuts", row["pictures"][1]] for row in plain["cuts"]]
    files = {
        "cuts": write_json(out / "cuts.json", plain),
        "cards": write_json(out / "cards.json", [c for c in cards if c[2]][:_CARDS]),
    }
    return files, {"shots": len(result.shots)}, result.notes


def _pictures(result: Result, cut: Cut, out: Path, job: Job) -> list[str]:
    """The last frame before a cut and the first behind it, as files in ``out``; of a gradual one
    the frames around it. "" for a frame that is broken."""
    from studio.media.image_io import jpeg_bytes
    from studio.media.picture import upright_rgb
    from studio.media.reader import decode_range

    info, video = result.media, result.media.video
    assert video is not None
    kept = job.settings.cache_dir / "cuts" / info.content_hash[:40]
    wanted = (max(cut.boundary.start - 1, 0), min(cut.boundary.end, len(result.times) - 1))
    width, height = video.display_wh
    size_wh = (_WIDTH_PX, max(2, round(_WIDTH_PX * height / width)))
    names = []
    for frame in wanted:
        name = f"{frame}.jpg"
        if not (kept / name).is_file():
            try:
                decoded = next(decode_range(info, result.times, frame, frame + 1), None)
            except MediaError:
                decoded = None
            if decoded is None:
                names.append("")
                continue
            with write_beside(kept / name) as beside:
                beside.write_bytes(jpeg_bytes(upright_rgb(decoded[1], video, size_wh)))
        with write_beside(out / name) as beside:
            beside.write_bytes((kept / name).read_bytes())
        names.append(name)
    return names
