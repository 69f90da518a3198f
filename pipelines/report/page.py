"""The report as a page: charts, shots with their pictures, figures, methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.report.annotations import tiers_of
from pipelines.report.counting import ALL, MINUTE_S, Row
from pipelines.report.raw_tables import Footage
from studio.jobs.job import Job
from studio.types.table import Table

_TEMPLATE = Path(__file__).resolve().parents[2] / "assets" / "report" / "page.html"
#: Shown on the page; the tables hold all.
_MOST_BARS, _MOST_STRIPS, _MOST_SHOTS = 15, 12, 240
_THUMBNAIL_PX = 192


def write_thumbnails(
    films: Sequence[Footage], stems: Sequence[str], out: Path, job: Job
) -> dict[tuple[str, int], str]:
    """A picture of the middle of each shot.

    Returns:
        File and number of the shot to the picture's path from the page.
    """
    import cv2

    from pipelines.people.footage_faces import picture_at
    from studio.errors import DecodeFailed
    from studio.media.image_io import jpeg_bytes
    from studio.media.writer import write_beside

    made: dict[tuple[str, int], str] = {}
    for film, stem in zip(films, stems, strict=True):
        for number, shot in enumerate(film.shots[:_MOST_SHOTS]):
            job.check()
            job.report("pictures", number / max(min(len(film.shots), _MOST_SHOTS), 1), film.name)
            middle = (shot.clean_start_frame + shot.clean_end_frame) // 2
            try:
                pixels = picture_at(film.analysis.media, film.times, middle)
            except DecodeFailed:
                continue  # the page shows the shot without a picture
            height, width = pixels.shape[:2]
            share = _THUMBNAIL_PX / max(height, width)
            if share < 1:
                wh = (max(1, round(width * share)), max(1, round(height * share)))
                pixels = cv2.resize(pixels, wh, interpolation=cv2.INTER_AREA)
            name = f"pictures/{stem}-{number:04d}.jpg"
            with write_beside(out / name) as beside:
                beside.write_bytes(jpeg_bytes(pixels))
            made[film.name, number] = name
    return made


def write_page(
    path: Path,
    raw: Mapping[str, Sequence[Row]],
    figures: Sequence[Table],
    methods: Mapping[str, Any],
    thumbnails: Mapping[tuple[str, int], str],
) -> None:
    """The page.

    Raises:
        EncodeFailed: it cannot be written.
    """
    from studio.media.writer import write_beside
    from studio.tables.web_pages import page

    by_name = {table.name: list(table.records()) for table in figures}
    films = [_film(str(row["file"]), row, raw, by_name, thumbnails) for row in raw["files"]]
    together = [row for row in by_name["persons"] if row["file"] == ALL]
    text = page(_TEMPLATE, films=films, together=together, methods=methods)
    with write_beside(path) as beside:
        beside.write_text(text, encoding="utf-8")


def _film(
    file: str,
    facts: Row,
    raw: Mapping[str, Sequence[Row]],
    figures: Mapping[str, Sequence[Row]],
    thumbnails: Mapping[tuple[str, int], str],
) -> dict[str, Any]:
    from studio.tables import charts
    from studio.tables.web_pages import drawing

    mine = {name: [r for r in rows if r.get("file") == file] for name, rows in figures.items()}
    tiers = tiers_of(file, raw)
    faces = {name[8:]: spans for name, spans in tiers.items() if name.startswith("person: ")}
    order = [str(row["person"]) for row in mine["persons"]]
    strips = {name: faces[name] for name in order[:_MOST_STRIPS] if name in faces}
    whole_s = float(facts["seconds"] or 0)
    drawn = []
    if strips:
        title = "Who is seen when"
        drawn.append((title, drawing(charts.strips(strips, whole_s))))
    for name, column, title in (
        ("persons", "person", "Screen time"),
        ("things", "thing", "Things"),
        ("speaking", "speaker", "Speaking time"),
        ("places", "scene_word", "Scene words"),
    ):
        values = {str(r[column]): float(r["seconds"] or 0) for r in mine[name][:_MOST_BARS]}
        if values:
            drawn.append((title, drawing(charts.bars(values, "seconds"))))
    rates = [float(r["cuts_per_min"] or 0) for r in mine["cutting_over_time"]]
    if len(rates) > 1:
        drawn.append(("Cutting rate", drawing(charts.steps(rates, MINUTE_S, "cuts a minute"))))
    shots = [r for r in raw["shots"] if r["file"] == file]
    return {
        "name": file,
        "facts": facts,
        "cutting": mine["cutting"][0],
        "charts": drawn,
        "kinds": mine["shot_kinds"],
        "persons": mine["persons"],
        "shots": [
            {
                **shot,
                "picture": thumbnails.get((file, int(shot["shot"] or 0))),
                "palette": [pair.split(":")[0] for pair in str(shot["colors"] or "").split()],
            }
            for shot in shots[:_MOST_SHOTS]
        ],
        "more_shots": max(0, len(shots) - _MOST_SHOTS),
    }
