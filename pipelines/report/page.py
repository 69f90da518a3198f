"""The report as a page: charts, shots with their pictures, figures, methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.report.annotations import tiers_of
from pipelines.report.counting import ALL, MINUTE_S, Row
from pipelines.report.raw_tables import Footage
from pipelines.report.words import Words
from studio.jobs.job import Job
from studio.types.table import Table

_TEMPLATE = Path(__file__).resolve().parents[2] / "assets" / "report" / "page.html"
#: Shown on the page; the tables hold all.
_MOST_BARS, _MOST_STRIPS, _MOST_SHOTS = 15, 12, 240
_THUMBNAIL_PX = 192


def write_thumbnails(film: Footage, stem: str, out: Path, job: Job) -> dict[int, str]:
    """A picture of the middle of each shot.

    Returns:
        Number of the shot to the picture's path from the page.
    """
    import cv2

    from pipelines.people.footage_faces import picture_at
    from studio.errors import DecodeFailed
    from studio.media.image_io import jpeg_bytes
    from studio.media.writer import write_beside

    made: dict[int, str] = {}
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
        made[number] = name
    return made


def write_page(
    path: Path,
    names: Sequence[str],
    films: Iterable[Mapping[str, Any]],
    figures: Sequence[Table],
    methods: Mapping[str, Any],
    sampling: str,
    say: Words,
) -> None:
    """The page.

    Args:
        path: of it.
        names: of all films.
        films: what :func:`film_section` made of each; one is held at a time.
        figures: over all films.
        methods: the methods card.
        sampling: in words.
        say: the page's words.

    Raises:
        EncodeFailed: it cannot be written.
    """
    from studio.tables.web_pages import drawing, stream_page

    persons = next(table for table in figures if table.name == "persons")
    together = [row for row in persons.records() if row["file"] == ALL]

    def drawn() -> Iterator[dict[str, Any]]:
        for film in films:
            charts = [(title, drawing(svg)) for title, svg in film["charts"]]
            yield {**film, "charts": charts}

    stream_page(
        _TEMPLATE,
        path,
        names=names,
        films=drawn(),
        together=together,
        methods=methods,
        sampling=sampling,
        say=say,
    )


def film_section(
    raw: Mapping[str, Sequence[Row]],
    figures: Sequence[Table],
    thumbnails: Mapping[int, str],
    say: Words,
) -> dict[str, Any]:
    """What the page shows of one film, as plain values; no raw row is kept.

    Args:
        raw: records of its raw tables by name.
        figures: its own.
        thumbnails: of :func:`write_thumbnails`.
        say: the page's words.
    """
    from studio.tables import charts

    (facts,) = raw["files"]
    file = str(facts["file"])
    mine = {table.name: list(table.records()) for table in figures}
    tiers = tiers_of(file, raw)
    faces = {name[8:]: spans for name, spans in tiers.items() if name.startswith("person: ")}
    order = [str(row["person"]) for row in mine["persons"]]
    strips = {name: faces[name] for name in order[:_MOST_STRIPS] if name in faces}
    whole_s = float(facts["seconds"] or 0)
    drawn = []
    if strips:
        drawn.append((say("seen_when"), charts.strips(strips, whole_s, say("seconds"))))
    for name, column in (
        ("persons", "person"),
        ("things", "thing"),
        ("speaking", "speaker"),
        ("places", "scene_word"),
    ):
        values = {str(r[column]): float(r["seconds"] or 0) for r in mine[name][:_MOST_BARS]}
        if values:
            drawn.append((say(f"chart.{name}"), charts.bars(values, say("seconds"))))
    rates = [float(r["cuts_per_min"] or 0) for r in mine["cutting_over_time"]]
    if len(rates) > 1:
        chart = charts.steps(rates, MINUTE_S, say("cuts_a_minute"), say("seconds"))
        drawn.append((say("chart.cutting"), chart))
    shots = raw["shots"]
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
                "picture": thumbnails.get(int(shot["shot"] or 0)),
                "palette": [pair.split(":")[0] for pair in str(shot["colors"] or "").split()],
            }
            for shot in shots[:_MOST_SHOTS]
        ],
        "more_shots": max(0, len(shots) - _MOST_SHOTS),
    }
