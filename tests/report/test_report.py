"""From a real film to tables, and from the written raw tables to the same figures again."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from pipelines import report
from pipelines.report.counting import count
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.settings import Settings
from studio.tables.table_files import read_csv
from studio.types.table import Table
from tests.footage import bikes, ffmpeg, music_video

WHOLE_S = 12.0


@pytest.fixture(scope="module")
def job(studio_cache) -> Job:
    return Job(Settings(cache_dir=studio_cache, device="cpu"))


@pytest.fixture(scope="module")
def clip(footage_dir) -> Path:
    """Twelve seconds of the music video with a singer, cut often."""
    path = footage_dir / "=singer & <b>.mp4"
    ffmpeg("-ss", "60", "-i", music_video(), "-t", WHOLE_S, "-c:v", "libx264", "-an", path)
    return path


@pytest.fixture(scope="module")
def made(clip, job, tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    return report.run([clip], report.Options(out=out, speech=False), job)


def typed(rows: list[dict[str, str]], like: Table) -> Table:
    """A table as it was written, with the types its columns had."""
    kinds = [
        next((type(c) for c in column if c is not None), str)
        for column in (like.column(name) for name in like.columns)
    ]
    cells = [
        tuple(None if v == "" else kind(v) for v, kind in zip(row.values(), kinds, strict=True))
        for row in rows
    ]
    return Table(like.name, like.columns, tuple(cells))


def test_the_figures_are_counted_again_from_the_raw_tables_as_written(made):
    raw = [typed(read_csv(made.files[f"{t.name}.csv"]), t) for t in made.raw]
    for again, table in zip(count(raw), made.figures, strict=True):
        assert again == table, table.name
    assert made.figure("persons").rows, "the singer is seen"


def test_screen_time_by_hand_from_the_raw_rows(made):
    """The same figure, written down in another way."""
    seen = list(next(t for t in made.raw if t.name == "observations").records())
    samples = list(next(t for t in made.raw if t.name == "samples").records())
    assert sum(r["seconds"] for r in samples) == pytest.approx(WHOLE_S, abs=0.02)
    for row in made.figure("persons").records():
        frames = {r["frame"] for r in seen if r["kind"] == "face" and r["label"] == row["person"]}
        by_hand = sum(r["seconds"] for r in samples if r["frame"] in frames)
        assert row["seconds"] == pytest.approx(by_hand, abs=1e-3)
        for name in ("persons_by_scale", "persons_by_expression"):
            parts = [
                r["seconds"] for r in made.figure(name).records() if r["person"] == row["person"]
            ]
            assert sum(parts) == pytest.approx(by_hand, abs=0.01)
    shots = list(next(t for t in made.raw if t.name == "shots").records())
    cutting = next(made.figure("cutting").records())
    assert cutting["shots"] == len(shots) >= 4
    assert cutting["asl_s"] == pytest.approx(np.mean([s["seconds"] for s in shots]), abs=1e-3)
    minutes = list(made.figure("cutting_over_time").records())
    assert sum(m["cuts"] for m in minutes) == len(shots) - 1


def test_twice_the_same(made, clip, job, tmp_path):
    again = report.run([clip], report.Options(out=tmp_path, speech=False), job)
    assert not again.computed
    for name, path in made.files.items():
        assert again.files[name].read_bytes() == path.read_bytes(), name


def test_other_programs_read_it(made, clip):
    import pyarrow.parquet as pq
    import pympi

    persons = pq.read_table(made.files["persons.parquet"]).to_pylist()
    assert persons == list(made.figure("persons").records())
    eaf = pympi.Eaf(str(made.files[next(n for n in made.files if n.endswith(".eaf"))]))
    shots = eaf.get_annotation_data_for_tier("shots")
    assert len(shots) == next(made.figure("cutting").records())["shots"]
    assert [b for _, b, *_ in shots[:-1]] == [a for a, *_ in shots[1:]]  # they tile the film
    first = made.figure("persons").rows[0]
    spans = eaf.get_annotation_data_for_tier(f"person: {first[1]}")
    assert sum(b - a for a, b, *_ in spans) / 1000 == pytest.approx(first[3], abs=0.01)
    assert eaf.get_linked_files()[0]["MEDIA_URL"] == clip.resolve().as_uri()
    cues = made.files[next(n for n in made.files if n.endswith(".vtt"))].read_text().split("\n\n")
    assert cues[0] == "WEBVTT"
    assert json.loads(cues[1].split("\n")[2])["shot"] == 0


def test_the_page_escapes_what_it_shows_and_the_tables_hold_no_formula(made):
    text = made.files["page"].read_text()
    assert "<b>.mp4" not in text
    assert "&lt;b&gt;" in text
    assert text.count("<svg") >= 1
    assert text.count('class="chart"') >= 6
    pictures = list((made.files["page"].parent / "pictures").iterdir())
    assert len(pictures) == next(made.figure("cutting").records())["shots"]
    assert all(f"pictures/{p.name}" in text.replace("&amp;", "&") for p in pictures)
    with made.files["files.csv"].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1][0].startswith("'=")


def test_the_methods_say_what_was_used(made):
    card = json.loads(made.files["methods"].read_text())
    names = {model["model"].split("@")[0] for model in card["models"]}
    assert {"transnetv2", "yolo11n-seg", "efficientnet-lite0", "face-embedding"} <= names
    assert all(len(h) == 64 for m in card["models"] for h in m["weights_sha256"].values())
    assert card["sampling"] == "2 frames a second"
    assert card["files"][0]["content_hash"]


def test_one_frame_a_shot_stands_for_the_shot(clip, job, tmp_path):
    """Of two films at once: a stranger of one is not the stranger of the other."""
    options = report.Options(out=tmp_path, sampling="key", speech=False, thumbnails=False)
    made = report.run([clip, bikes()], options, job)
    shots = next(t for t in made.raw if t.name == "shots")
    samples = next(t for t in made.raw if t.name == "samples")
    assert len(samples) <= len(shots)
    lengths = {(r["file"], r["shot"]): r["seconds"] for r in shots.records()}
    assert all(lengths[r["file"], r["shot"]] == r["seconds"] for r in samples.records())
    files = {row["file"] for row in made.figure("things").records()}
    assert files == {clip.name, "bikes.mp4", "(all)"}
    assert "(all)" not in made.figure("persons").column("file")
    kinds = [r for r in made.figure("shot_kinds").records() if r["file"] == "bikes.mp4"]
    assert {r["value"] for r in kinds if r["measure"] == "place"} <= {"exterior", "unsure"}


def test_what_cannot_work_is_said(job, tmp_path, clip):
    for sampling in ("often", "0", "1/0", "90"):
        with pytest.raises(RequestError, match="sampling"):
            report.run([clip], report.Options(out=tmp_path, sampling=sampling), job)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(RequestError, match="no film"):
        report.run([empty], report.Options(out=tmp_path / "o"), job)
    assert not (tmp_path / "o").exists()
