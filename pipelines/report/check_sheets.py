"""Sheets for people who check a report: written with pictures, read back, judged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.report.checking import CHECK, CODING, agreement, judged, plan_check
from pipelines.report.counting import Row
from pipelines.report.words import Words
from studio.codec import to_json
from studio.errors import RequestError, StudioError
from studio.jobs.job import Job
from studio.tables.packages import check_packages
from studio.types.table import Table

_COLORS = ((230, 120, 0), (0, 120, 200))  # people, things
_SIDE_PX = 960


@dataclass(frozen=True)
class Sheets:
    """What was written.

    Attributes:
        check, coding: the sheets to be filled in.
        page: shows the pictures beside the numbers of the rows.
        notes: pictures that could not be made.
    """

    check: Path
    coding: Path
    page: Path
    notes: tuple[str, ...]


def write_sheets(
    report: Path, out: Path, count: int, seed: int, job: Job, language: str = "en"
) -> Sheets:
    """Draw a sample of a report and write it for a coder.

    Args:
        report: folder of a report.
        out: folder for the sheets; each coder fills in a copy.
        count: frames, and shots, to be looked at.
        seed: of the draw.
        job: settings, progress.
        language: of the page, ``en`` or ``ko``.

    Raises:
        RequestError: the folder holds no report, or holds filled sheets already.
    """
    from studio.tables.table_files import write_csv
    from studio.tables.web_pages import page

    check_packages()
    if not 1 <= count <= 5000:
        raise RequestError(f"--sample {count} cannot be drawn.", "Give from 1 to 5000.")
    raw = read_raw(report)
    for name in ("check.csv", "coding.csv"):
        if (out / name).exists():
            raise RequestError(f"{out / name} is there already.", "Give another folder: --out DIR")
    check, coding = plan_check(raw, count, seed)
    sources = _sources(report)
    notes: list[str] = []
    open_films: dict[str, Any] = {}
    check = _with_pictures(check, raw, sources, out, job, notes, open_films)
    coding = _with_shots(coding, raw, sources, out, job, notes, open_films)
    files = Sheets(out / "check.csv", out / "coding.csv", out / "check.html", ())
    write_csv(check, files.check)
    write_csv(coding, files.coding)
    template = Path(__file__).resolve().parents[2] / "assets" / "report" / "check.html"
    rows = {"check": list(check.records()), "coding": list(coding.records())}
    from studio.media.writer import write_beside

    with write_beside(files.page) as beside:
        beside.write_text(page(template, say=Words(language), **rows), encoding="utf-8")
    return Sheets(files.check, files.coding, files.page, tuple(notes))


def read_sheets(report: Path, filled: Sequence[Path]) -> dict[str, Any]:
    """What filled sheets say of a report.

    Args:
        report: its folder.
        filled: check or coding sheets; the coder is called as the file.

    Returns:
        ``rates``: precision and recall by coder and kind; ``agreement``: by measure.

    Raises:
        RequestError: a sheet is none, or not of this report, or its marks cannot be read.
    """
    check_packages()
    from studio.tables.agreement import alpha
    from studio.tables.table_files import read_csv

    raw = read_raw(report)
    checks: dict[str, list[dict[str, str]]] = {}
    codings: dict[str, list[dict[str, str]]] = {}
    names = {str(row["file"]) for row in raw["files"]}
    for path in filled:
        rows = read_csv(path)
        head = set(rows[0]) if rows else set()
        if not (set(CHECK) <= head or set(CODING) <= head):
            raise RequestError(f"{path.name} is no sheet of a check.", "Keep its columns.")
        if strange := {row["file"] for row in rows} - names:
            raise RequestError(
                f"{path.name} is about {sorted(strange)[0]}, which is not in this report.",
                "Give the report that the sheet was drawn from.",
            )
        into = checks if set(CHECK) <= head else codings
        coder = path.stem.removesuffix(".check").removesuffix(".coding")
        coder = coder if coder not in into else str(path)
        into[coder] = rows
    return {"rates": judged(checks), "agreement": agreement(codings, raw["shots"], alpha)}


def summarise_check(found: Mapping[str, Any]) -> str:
    """Rates and agreement, as lines."""
    lines = []
    for row in found["rates"]:
        lines.append(f"{row['coder']}: {row['kind']}, {row['checked']} looked at")
        for name in ("precision", "recall"):
            rate = row[name]
            if rate.value is not None:
                lines.append(
                    f"  {name:<10} {rate.value:.3f}  (95 %: {rate.low:.3f} to {rate.high:.3f}; "
                    f"{rate.of} decisions in {rate.clusters} places)"
                )
    for row in found["agreement"]:
        machine = row["machine_right"]
        shown = [f"{row['measure']}: {row['shots']} shots, {row['coders']} coder(s)"]
        for key, title in (
            ("alpha_among_coders", "alpha among coders"),
            ("alpha_with_machine", "with the machine"),
        ):
            if row[key] is not None:
                shown.append(f"{title} {row[key]:.3f}")
        if machine.value is not None:
            shown.append(
                f"machine right {machine.value:.3f} ({machine.low:.3f} to {machine.high:.3f}), "
                f"unsure of {row['machine_unsure']}"
            )
        lines.append(", ".join(shown))
    return "\n".join(lines) or "Nothing is filled in yet."


def describe_check(found: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON."""
    data: dict[str, Any] = to_json(dict(found))
    return data


def read_raw(report: Path) -> dict[str, list[Row]]:
    """The raw tables of a report, as they were written.

    Raises:
        RequestError: the folder holds no report.
    """
    from studio.tables.table_files import read_parquet

    folder = report / "raw"
    names = ("files", "samples", "observations", "shots")
    if not all((folder / f"{name}.parquet").is_file() for name in names):
        raise RequestError(
            f"{report} holds no report.", "Make one first: studio report FOOTAGE --out DIR"
        )
    return {name: list(read_parquet(folder / f"{name}.parquet").records()) for name in names}


def _sources(report: Path) -> dict[str, Path]:
    try:
        text = (report / "raw" / "sources.json").read_text(encoding="utf-8")
        return {name: Path(path) for name, path in json.loads(text).items()}
    except (OSError, ValueError, AttributeError, TypeError) as exc:
        raise RequestError(
            f"{report} does not say where its films are.", "Make the report again."
        ) from exc


def _with_pictures(
    check: Table,
    raw: Mapping[str, Sequence[Row]],
    sources: Mapping[str, Path],
    out: Path,
    job: Job,
    notes: list[str],
    open_films: dict[str, Any],
) -> Table:
    """The frames of the sample, with what was found drawn in; the sheet names them."""
    from studio.media.image_io import jpeg_bytes
    from studio.media.writer import write_beside

    at = CHECK.index("picture")
    seen: dict[tuple[str, int], list[Row]] = {}
    for find in raw["observations"]:
        seen.setdefault((str(find["file"]), int(find["frame"] or 0)), []).append(find)
    frames = {(str(r["file"]), r["time_s"]): int(r["frame"] or 0) for r in raw["samples"]}
    rows = []
    for row, record in zip(check.rows, check.records(), strict=True):
        file, kind = str(record["file"]), str(record["kind"])
        frame = frames.get((file, record["start_s"])) if kind != "cuts" else None
        if frame is None:
            rows.append(row)
            continue
        job.check()
        job.report("pictures", len(rows) / len(check), file)
        of = "face" if kind == "people" else "thing"
        boxes = [r for r in seen.get((file, frame), []) if r["kind"] == of]
        try:
            pixels = _frame(file, frame, sources, open_films, job)
        except StudioError as exc:
            notes.append(f"{file} at {record['start_s']} s: {exc.message}")
            rows.append(row)
            continue
        name = f"pictures/{record['number']:05}-{kind}.jpg"
        with write_beside(out / name) as beside:
            beside.write_bytes(jpeg_bytes(_marked(pixels, boxes, _COLORS[kind != "people"])))
        rows.append((*row[:at], name, *row[at + 1 :]))
    return Table(check.name, check.columns, tuple(rows))


def _with_shots(
    coding: Table,
    raw: Mapping[str, Sequence[Row]],
    sources: Mapping[str, Path],
    out: Path,
    job: Job,
    notes: list[str],
    open_films: dict[str, Any],
) -> Table:
    """The middle frame of each shot that is to be named, bare: what was found is not shown."""
    from studio.media.image_io import jpeg_bytes
    from studio.media.writer import write_beside

    middle = {
        (str(s["file"]), s["shot"]): (int(s["start_frame"] or 0) + int(s["end_frame"] or 0) - 1)
        // 2
        for s in raw["shots"]
    }
    at = CODING.index("picture")
    drawn: dict[tuple[str, Any], str | None] = {}
    rows = []
    for row, record in zip(coding.rows, coding.records(), strict=True):
        key = str(record["file"]), record["shot"]
        if key not in drawn:
            job.check()
            drawn[key] = None
            try:
                pixels = _frame(key[0], middle[key], sources, open_films, job)
                name = f"pictures/shot-{record['number']:05}.jpg"
                with write_beside(out / name) as beside:
                    beside.write_bytes(jpeg_bytes(_marked(pixels, (), _COLORS[0])))
                drawn[key] = name
            except StudioError as exc:
                notes.append(f"{key[0]}, shot {key[1]}: {exc.message}")
        rows.append((*row[:at], drawn[key], *row[at + 1 :]))
    return Table(coding.name, coding.columns, tuple(rows))


def _frame(
    file: str, frame: int, sources: Mapping[str, Path], open_films: dict[str, Any], job: Job
) -> Any:
    from pipelines.people.footage_faces import picture_at
    from studio.media.probe import frame_times, probe

    if file not in open_films:
        if file not in sources:
            raise RequestError(f"{file} has no path.", "Make the report again.")
        info = probe(sources[file], job.settings)
        open_films[file] = (info, frame_times(info))
    info, times = open_films[file]
    return picture_at(info, times, frame)


def _marked(pixels: Any, boxes: Sequence[Row], color: tuple[int, int, int]) -> Any:
    """The picture with a box and a label for each find, small enough for a page."""
    import cv2

    height, width = pixels.shape[:2]
    scale = _SIDE_PX / max(height, width)
    wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    shown = cv2.resize(pixels, wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    for number, box in enumerate(boxes, start=1):
        left, right = (round(float(box[s] or 0) * wh[0]) for s in ("left", "right"))
        top, bottom = (round(float(box[s] or 0) * wh[1]) for s in ("top", "bottom"))
        cv2.rectangle(shown, (left, top), (right, bottom), color, 2, cv2.LINE_AA)
        # OpenCV's letters know no Hangul: the picture holds numbers, the page their names.
        place = (left + 4, max(top + 22, 22))
        cv2.putText(shown, str(number), place, cv2.FONT_HERSHEY_DUPLEX, 0.8, color, 2, cv2.LINE_AA)
    return shown
