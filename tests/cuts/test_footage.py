"""Cuts of real footage: what a person says outlives another detector, and everybody sees it."""

from __future__ import annotations

import csv
import json
import re
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from pipelines import analysis, cuts, desk, search, stylize
from pipelines.analysis import shots as shot_detection
from pipelines.cuts.places import is_place
from pipelines.search.corrections_changed import renew
from pipelines.search.library import open_library
from pipelines.subtitles.drafting import cut_times
from studio.errors import NoSuchMedia, RequestError, UnsupportedMedia
from studio.jobs.job import Job
from studio.media.probe import probe
from studio.media.timeline_io import read_plan
from studio.settings import Settings
from tests.cuts.other_detector import DifferenceAnalyser
from tests.footage import bikes, ffmpeg, tone
from tests.picture_pool import picture_cache, picture_pool
from ui.cli import app
from ui.web import cuts_view
from ui.web.messages import Say

__all__ = ["picture_cache", "picture_pool"]

ROOT = Path(__file__).resolve().parents[2]
#: What the network finds in the street scene, and how a person wants it.
FOUND, WANTED = [30, 76, 137, 187, 242], [30, 78, 187, 212, 242]
SAID = {"remove": ("f137",), "move": (("3.04", "3.12"),), "add": ("00:00:08:12",)}


@pytest.fixture
def job(picture_pool, picture_cache, tmp_path) -> Job:
    settings = Settings(cache_dir=picture_cache, data_dir=tmp_path / "data", device="cpu")
    return Job(settings, pool=picture_pool)


def said(job: Job, **what) -> cuts.Result:
    return cuts.run(bikes(), cuts.Options(**what), job)


def starts(found) -> list[int]:
    return [shot.start_frame for shot in found[1:]]


def shots_of(job: Job, **options) -> analysis.Result:
    return analysis.run(bikes(), analysis.Options(only=("shots",), **options), job)


def test_what_a_person_said_outlives_another_detector(job, monkeypatch):
    assert starts(said(job).shots) == FOUND
    before = shots_of(job)
    result = said(job, **SAID)
    assert starts(result.shots) == WANTED
    assert [(cut.boundary.at, cut.found_by) for cut in result.cuts] == [
        (30, "model"), (78, "person"), (137, "removed"), (187, "model"), (212, "person"),
        (242, "model"),
    ]  # fmt: skip
    assert result.cuts[1].was is not None and result.cuts[1].was.at == 76
    after = shots_of(job)
    assert starts(after.analysis.shots) == WANTED and after.stored == ("shots",)
    assert "1 added, 1 removed, 1 moved" in " ".join(after.analysis.notes)
    assert starts(shots_of(job, corrected=False).analysis.shots) == FOUND, "stored as it was found"
    assert before.analysis.models["shots"] != after.analysis.models["shots"]
    assert cut_times(after.analysis) == tuple(Fraction(at, 25) for at in WANTED)
    with monkeypatch.context() as patch:
        patch.setattr(shot_detection, "ShotAnalyser", DifferenceAnalyser)
        raw = shots_of(job, corrected=False)
        assert starts(raw.analysis.shots) == [30, 72, 74, 76, 138, 188, 242]
        assert raw.computed == ("shots",), "it is another detector"
        other = shots_of(job).analysis
        assert starts(other.shots) == [30, 78, 188, 212, 242]
        assert "differences@1" in other.models["shots"]
    undone = said(job, undo=True)
    assert starts(undone.shots) == [30, 78, 187, 242]
    assert undone.changed == ("taken back: added 00:00:08:12 (frame 212, 8.480 s)",)
    for _ in range(2):
        undone = said(job, undo=True)
    assert starts(undone.shots) == FOUND and shots_of(job).analysis.models == before.analysis.models
    with pytest.raises(RequestError, match="Nothing was decided"):
        said(job, undo=True)


def test_all_is_kept_or_nothing_and_a_dry_run_keeps_nothing(job, tmp_path):
    dry = said(job, **SAID, dry_run=True, out=tmp_path / "dry")
    assert starts(dry.shots) == WANTED and not dry.files
    assert not (tmp_path / "dry").exists() and not (job.settings.data_dir / "cuts").exists()
    for wrong, told in (
        ({**SAID, "add": ("5", "99")}, "99 lies outside bikes.mp4"),
        ({**SAID, "remove": ("f137", "f137")}, "There is no cut at 00:00:05:12"),
        ({"add": ("f10",), "undo": True}, "nothing else"),
        ({"add": ("1-2",), "kind": "wipe"}, "'wipe'"),
        ({"add": ("soon",)}, "no time"),
    ):
        with pytest.raises(RequestError, match=told):
            said(job, **wrong)
        assert starts(shots_of(job).analysis.shots) == FOUND
    with pytest.raises(NoSuchMedia):
        cuts.run(tmp_path / "no.mp4", cuts.Options(), job)
    ffmpeg(*tone(1.0), tmp_path / "tone.wav")
    with pytest.raises(UnsupportedMedia):
        cuts.run(tmp_path / "tone.wav", cuts.Options(), job)
    result = said(job, **SAID, out=tmp_path / "out")
    with result.files["table"].open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["start_frame"]) for row in rows[1:]] == WANTED
    assert [row["found_by"] for row in rows] == ["", "model", "person", "model", "person", "model"]
    assert rows[2]["start_code"] == rows[1]["end_code"] == "00:00:03:03"
    plan = read_plan(result.files["plan"])
    assert [clip.start_frame for clip in plan.clips] == [0, *WANTED]
    assert sum(clip.frames for clip in plan.clips) == 250
    events = re.findall(r"^\d{3} .* C +(\S+) (\S+)", result.files["edl"].read_text(), re.M)
    assert [first for first, _ in events] == [row["start_code"] for row in rows]
    json.dumps(cuts.describe(result))
    assert "f78" in cuts.summarise(result) and "removed" in cuts.summarise(result)


def test_the_command_says_what_it_keeps(job, monkeypatch):
    assert starts(said(job).shots) == FOUND
    monkeypatch.setenv("STUDIO_CACHE_DIR", str(job.settings.cache_dir))
    monkeypatch.setenv("STUDIO_DATA_DIR", str(job.settings.data_dir))

    def studio(*words: str):
        return CliRunner().invoke(app, ["cuts", str(bikes()), *words])

    for pair in ("3.04", "3.04=", "=3.04"):
        wrong = studio("--move", pair).exception
        assert isinstance(wrong, RequestError) and "names no two times" in wrong.message
    made = studio("--remove", "f137", "--move", "3.04=3.12", "--add", "00:00:08:12", "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert [c["frame"] for c in told["cuts"] if c["found_by"] != "removed"] == WANTED
    assert told["cuts"][1]["timecode"] == "00:00:03:03" and told["cuts"][1]["was"]["frame"] == 76
    assert starts(shots_of(job).analysis.shots) == WANTED
    assert "taken back: added" in studio("--undo").stdout


def test_a_screen_shows_each_cut_with_its_pictures_and_keeps_what_is_said(job, tmp_path):
    def act(turn: str, **asked) -> tuple[desk.Result, dict]:
        options = desk.Options("cuts.look", tmp_path / turn, asked)
        result = desk.run([bikes()], options, job)
        return result, json.loads(result.files["cuts"].read_text())

    result, told = act("look-0")
    assert [cut["frame"] for cut in told["cuts"]] == FOUND and not told["decisions"]
    before, after = (cv2.imread(str(tmp_path / "look-0" / n)) for n in told["cuts"][0]["pictures"])
    assert told["cuts"][0]["pictures"] == ["29.jpg", "30.jpg"]
    assert before.shape == after.shape == (102, 240, 3)
    assert np.abs(before.astype(float) - after).mean() > 40, "there is a cut between them"
    assert {name for name, _, _ in json.loads(result.files["cards"].read_text())} == {
        cut["timecode"] for cut in told["cuts"]
    }
    _, told = act("look-1", remove=["f137"], move=[["f76", "f77"]])
    assert starts(shots_of(job).analysis.shots) == [30, 77, 187, 242]
    _, told = act("look-2", undo=True)
    assert [cut["frame"] for cut in told["cuts"]] == FOUND and told["decisions"] == 1
    _, told = act("look-2", undo=True)
    assert told["decisions"] == 1, "begun again after a kill it takes nothing back twice"
    _, told = act("look-3", move=[["f76", "f77"]])
    _, told = act("look-4", move=[["f77", "f78"]])
    assert told["cuts"][1]["was"]["frame"] == 76, "where the model saw it, not the step before"
    work = SimpleNamespace(id="w", values={"folder": "look-4"}, info=probe(bikes()))
    for language, word in (("en", "No cut here"), ("ko", "컷 아님")):
        page = cuts_view.cuts(Say(language), work, told)
        assert page.count(f">{word}<") == 4 and page.count('data-act="undo"') == 1
        assert 'src="/studio/makings/w/stills/look-4/29.jpg"' in page
        assert page.count('data-by="removed"') == 1 and 'data-act="add" data-value="f137"' in page
    assert [is_place(t) for t in ("12.5", "f3", "00:00:01:02", "soon", "")] == [True] * 3 + [
        False
    ] * 2


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_was_made_from_shots_is_made_again(job, tmp_path):
    """A look, the tracks of bodies and the index of a search are those of the cuts as they are
    now."""

    def plan() -> int:
        options = stylize.Options(tmp_path / "out", looks=("ink",), dry_run=True)
        return stylize.run([bikes()], options, job).plan.shots

    def followed() -> tuple[str, ...]:
        found = analysis.run(bikes(), analysis.Options(only=("body_tracks",)), job)
        assert found.analysis.body_tracks is not None
        return found.computed

    assert plan() == 6
    followed()
    assert followed() == (), "stored"
    options = search.IndexOptions(people=False)
    search.add([bikes()], options, job)

    def in_index() -> tuple[list[int], tuple[str, ...]]:
        with open_library(job) as library:
            (media,), notes = renew(library, library.index.media(), job)
            return [span[0] for span in library.index.shots(media.number).spans[1:]], notes

    assert in_index()[0] == FOUND
    said(job, **SAID)
    said(job, remove=("f78",))
    assert plan() == 5
    assert followed() == ("body_tracks",), "bodies are not looked for again, their ways are"
    wanted = [30, 187, 212, 242]
    hits = search.run([], search.Options("bicycle", most=20), job).hits
    assert hits and in_index()[0] == wanted
    edges = {0, *wanted, 250}
    # No answer reaches over a cut that was added, and one does over those that are none.
    assert all(not (h.start_frame < 212 < h.end_frame) for h in hits)
    assert search.add([bikes()], options, job).added[0].state == "known"
    assert any(h.start_frame in edges or h.end_frame in edges for h in hits)
    for _ in range(4):
        said(job, undo=True)
    assert followed() == (), "as before, from the store"
    assert search.add([bikes()], options, job).added[0].state == "renewed"
    assert in_index()[0] == FOUND


def test_no_pipeline_looks_for_shots_by_itself():
    """Corrected cuts reach everybody because there is one place that hands shots on."""
    places = ("pipeline", "shots", "transitions", "models")
    own = re.compile(r"ShotAnalyser\b|store\.get\([^)]*\"shots\"|shots_from_probabilities")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("pipelines", "studio", "ui")
        for path in (ROOT / folder).rglob("*.py")
        if own.search(path.read_text(encoding="utf-8"))
    }
    allowed = {f"pipelines/analysis/{name}.py" for name in places}
    # The rehearsal of a trailer looks at a film that is not there yet.
    assert found == allowed | {"pipelines/trailer/self_check.py"}
