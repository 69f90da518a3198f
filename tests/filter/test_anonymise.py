"""Nobody is left to be recognised: lines, covers, whose faces they are, and the audit."""

from __future__ import annotations

import json
from contextlib import ExitStack

import av
import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from pipelines import filter as filters
from pipelines.filter.audit import audit, table
from pipelines.filter.covers import CoverPlan, plan_covers, with_more, within
from pipelines.filter.finding import Finder
from pipelines.filter.lines import SeenFaces, join, one_each
from pipelines.filter.result import FilterPlan
from pipelines.people.gallery_edits import add_photos
from studio.adapters import face_embedding
from studio.adapters.ssd_boxes import overlap
from studio.jobs.job import Job
from studio.settings import Settings
from tests.filter.crossing import cross
from tests.footage import shared_media
from tests.picture_pool import picture_pool
from ui import filter_cli
from ui.cli import app

__all__ = ["picture_pool"]


def box_at(x, y=100.0, side=40.0):
    return np.array([x - side / 2, y - side / 2, x + side / 2, y + side / 2], np.float32)


def seen_of(rows):
    """Faces out of (frame, box)."""
    rows = sorted(rows, key=lambda r: r[0])
    boxes = np.array([box for _, box in rows], np.float32).reshape(-1, 4)
    points = np.zeros((len(rows), 5, 2), np.float32)
    return SeenFaces(np.array([n for n, _ in rows], np.int64), boxes, points)


def test_a_lost_face_stays_one_line_and_shots_part_lines():
    lost = {12, 13, 14, 15, 16}
    rows = [(n, box_at(50 + 3 * n)) for n in range(40) if n not in lost]
    (line,) = join(seen_of(rows), [(0, 40)], 25.0)
    assert len(line.frames) == 35
    first, second = join(seen_of(rows), [(0, 25), (25, 40)], 25.0)
    assert first.frames.max() < 25 <= second.frames.min()
    assert len(join(seen_of(rows), [(0, 40)], 2.0)) == 2, "five frames are long at 2 a second"


def test_where_faces_meet_a_new_run_begins():
    rows = [(n, box_at(40 + 6 * n)) for n in range(40)]
    rows += [(n, box_at(280 - 6 * n, 108)) for n in range(40) if not 18 < n < 22]
    lines = join(seen_of(rows), [(0, 40)], 25.0)
    assert len(lines) == 2
    for line in lines:
        apart, again = line.runs[line.frames == 5][0], line.runs[line.frames == 35][0]
        met = line.runs[line.frames == 18][0]
        assert apart < met < again


def test_two_detectors_mean_one_face():
    none = np.full((2, 5, 2), np.nan, np.float32)
    none[0] = 1
    boxes, points = one_each(np.stack([box_at(50), box_at(56)]), none)
    assert len(boxes) == 1 and np.isfinite(points).all()
    assert boxes[0, 0] == 30 and boxes[0, 2] == 76


def test_covers_reach_over_gaps_and_ends_but_not_over_cuts():
    rows = [(n, box_at(100 + 2 * n)) for n in range(14, 30) if not 18 < n < 24]
    lines = join(seen_of(rows), [(0, 12), (12, 33)], 25.0)
    plan = plan_covers(lines, [[False] * 11], [(0, 12), (12, 33)], 25.0)
    assert sorted(plan.covers) == list(range(12, 33)) and not plan.open
    for number in range(14, 30):
        assert within(tuple(box_at(100 + 2 * number)), plan.covers[number]), number
    assert not within(tuple(box_at(250)), plan.covers[20])
    # One who may be seen is not, between looks that do not agree.
    may = [True] * 5 + [False] * 6
    plan = plan_covers(lines, [may], [(0, 12), (12, 33)], 25.0)
    assert sorted(plan.covers) == list(range(19, 33)) and sorted(plan.open) == list(range(14, 19))


def test_the_audit_lists_what_was_left_and_says_how_to_mend_it():
    lines = join(seen_of([(n, box_at(100)) for n in range(10)]), [(0, 10)], 25.0)
    plan = plan_covers(lines, [[False] * 10], [(0, 10)], 25.0)
    times = np.arange(10) / 25
    beside, inside = (3, box_at(300)), (5, box_at(102))
    made = audit(seen_of([beside, inside]), plan, (0, 10), times, drawn=False, rounds=1)
    assert [(f.frame, f.kind) for f in made.findings] == [(3, "uncovered"), (5, "seen")]
    assert "0.120s" in table(made) and "2 frame(s)" in table(made)
    mended = with_more(plan, made.places("uncovered"), made.places("seen"))
    assert within(tuple(box_at(300)), mended.covers[3]) and mended.covers[5][0].plain
    again = audit(seen_of([beside]), mended, (0, 10), times, drawn=True, rounds=2)
    assert not again.findings and "No face is left" in table(again)
    open_plan = CoverPlan({}, {3: (tuple(box_at(300)),)})
    assert audit(seen_of([beside]), open_plan, (0, 10), times, drawn=False, rounds=1).allowed == 1


@pytest.fixture(scope="module")
def job(tmp_path_factory, picture_pool):
    cache = tmp_path_factory.getbasetemp() / "picture-models"
    return Job(Settings(cache_dir=cache, threads=2), picture_pool)


@pytest.fixture(scope="module")
def gallery(job, tmp_path_factory):
    """Mr Obama and Mr Biden, from other photographs than those of the film."""
    folder = tmp_path_factory.mktemp("known")
    both = cv2.imread(str(shared_media("face_obama_biden.jpg")))
    cv2.imwrite(str(folder / "biden.png"), both[:, 580:])
    add_photos("Barack Obama", [shared_media("face_obama_1.jpg")], folder / "gallery", job)
    add_photos("Joe Biden", [folder / "biden.png"], folder / "gallery", job)
    return folder / "gallery"


def pictures(path):
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]


def check_nobody_but(job, scene, film, allowed, hidden):
    """Every frame by both detectors: one face is found where it truly is, the other never."""
    made, footage = pictures(film), pictures(scene.path)
    found = []
    with ExitStack() as stack:
        finder = Finder(job, stack)
        for start in range(0, len(made), 8):
            found += finder.find(made[start : start + 8])
        embed = stack.enter_context(job.pool.lease(face_embedding.SPEC))
        reference = embed.embed(*_first(footage, scene, hidden, finder))
        for number, (boxes, points) in enumerate(found):
            truth = scene.faces[number].astype(np.float32)
            there = overlap(boxes, truth[allowed][None])
            meet = overlap(truth[hidden][None], truth[allowed][None])[0, 0]
            if not meet > 0.02:
                assert len(boxes) == 1 and there[0, 0] > 0.5, f"frame {number}"
            for box, five in zip(boxes, points, strict=True):
                assert overlap(box[None], truth[allowed][None])[0, 0] > 0.2, f"frame {number}"
                if np.isfinite(five).all():
                    apart = embed.embed(made[number], box[None], five[None]) - reference
                    assert np.linalg.norm(apart) > face_embedding.SAME_PERSON, f"frame {number}"
    return found


def _first(footage, scene, person, finder):
    """Picture, box and landmarks of somebody where he is seen first."""
    number = int(np.flatnonzero(np.isfinite(scene.faces[:, person, 0]))[2])
    boxes, points = finder.find([footage[number]])[0]
    row = overlap(boxes, scene.faces[number, person][None].astype(np.float32))[:, 0].argmax()
    return footage[number], boxes[row : row + 1], points[row : row + 1]


@pytest.mark.parametrize(
    ("apply", "length"),
    [
        ("anonymise:blur,except=barack obama", 20),
        pytest.param("anonymise:blur,except=Barack Obama", 100, marks=pytest.mark.slow),
        pytest.param("anonymise:pixelate,only=Joe Biden", 100, marks=pytest.mark.slow),
    ],
)
def test_one_is_visible_and_the_other_never(job, gallery, tmp_path, apply, length):
    scene = cross(tmp_path / "cross.mp4", length)
    options = filters.Options(tmp_path, (apply,), gallery=gallery)
    result = filters.run(scene.path, options, job)
    assert result.safe, table(result.audit)
    assert result.audit.frames == length
    found = check_nobody_but(job, scene, result.files["film"], 1, 0)
    seen = [
        overlap(b, scene.faces[n, 1][None].astype(np.float32)).max() > 0.5 if len(b) else False
        for n, (b, _) in enumerate(found)
    ]
    assert np.mean(seen) > 0.93, "covers pass before him where the two cross"
    report = json.loads(result.files["report"].read_text())
    assert report["safe"] and report["audit"]["findings"] == []
    assert "No face is left uncovered" in result.files["audit"].read_text()


@pytest.mark.slow
def test_drawn_faces_stand_for_all(job, gallery, tmp_path):
    scene = cross(tmp_path / "cross.mp4", 40)
    options = filters.Options(tmp_path, ("anonymise:drawn",), preview_s=1.0)
    result = filters.run(scene.path, options, job)
    assert result.safe and result.audit.frames == 25 and result.audit.drawn


def test_a_face_left_over_ends_the_command_with_one(monkeypatch, tmp_path):
    """The command's own part: what the pipeline calls unsafe is not called done."""
    lines = join(seen_of([(0, box_at(100))]), [(0, 1)], 25.0)
    plan = plan_covers(lines, [[False]], [(0, 1)], 25.0)
    left = audit(seen_of([(0, box_at(300))]), plan, (0, 1), np.zeros(1), drawn=False, rounds=3)
    wanted = FilterPlan("a.mp4", (640, 360), 1, 1, ("anonymise:blur",), ())
    result = filters.Result(wanted, {}, left, None, ("studio",), 1.0, ())
    monkeypatch.setattr(filters, "run", lambda *_: result)
    assert filter_cli.filter_film
    said = CliRunner().invoke(app, ["filter", "a.mp4", "--apply", "anonymise:blur"])
    assert said.exit_code == 1 and "may still be recognised" in said.output
