"""The library, the results and the queue on the page: what is there, escaped, in both languages."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest

from studio.accounts.role import ONLY_USER
from studio.jobs.record import (
    JobFailure,
    JobProgress,
    JobRecord,
    JobRequest,
    JobState,
    LogLine,
    Priority,
    StageTime,
)
from ui.web import jobs_view, panels
from ui.web.guard import USER_KEY
from ui.web.messages import Say
from ui.web.runs import view_of
from ui.web.tabs.jobs import JobsTab
from ui.web.tabs.jobs import Visit as JobsVisit
from ui.web.tabs.library import LibraryTab, Visit

EVIL = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture(scope="module")
def tab(page) -> LibraryTab:
    studio = page.studio
    with gr.Blocks(analytics_enabled=False) as blocks:
        header = gr.HTML(js_on_load="trigger('language')")
        with gr.Tabs(), gr.Tab():
            made = LibraryTab(
                (studio.works, studio.subtitles, studio.makings),
                studio.uploads, studio.roots, studio.settings, header, shelf=studio.shelf,
            )  # fmt: skip
            made.build(blocks)
    return made


def request(**cookies: str) -> SimpleNamespace:
    scope = {USER_KEY: ONLY_USER}
    return SimpleNamespace(cookies=cookies, headers={"accept-language": "ko"}, scope=scope)


def event(**data: object) -> SimpleNamespace:
    return SimpleNamespace(_data=data)


def markup(tab, updates: dict, name: str) -> str:
    update = updates[tab.parts[name]]
    return update["value"] if isinstance(update, dict) else update


def test_a_folder_comes_in_by_its_path_and_what_is_no_media_is_named(tab, page, small_clip):
    folder = page.studio.results_dir.parent / "footage" / "day 1"
    folder.mkdir()
    (folder / "하나 <b>.mp4").write_bytes(small_clip.read_bytes())
    (folder / "broken.mov").write_text("no film")
    visit = Visit("en", "")
    assert "Bring your footage in" in markup(tab, tab.poll(replace(visit)), "grid")
    updates = tab.add_path(visit, "day 1")
    assert "broken.mov" in markup(tab, updates, "notice")
    assert "하나 &lt;b&gt;.mp4" in markup(tab, updates, "grid") and "<b>.mp4" not in str(updates)
    for outside in ("/etc", "..", "day 1/../../..", "", None):
        assert "st-problem" in markup(tab, tab.add_path(visit, outside), "notice"), outside
    assert "하나" in markup(tab, tab.filter(visit, "하나 day"), "grid")
    assert "하나" not in markup(tab, tab.filter(visit, "둘"), "grid")
    tab.filter(visit, "")

    # Nothing is sent twice; a poster that was drawn meanwhile is.
    assert tab.poll(visit)[tab.parts["grid"]] == gr.skip()
    (each,) = page.studio.shelf.library.footage(text="하나")
    assert page.client.get(f"/studio/library/{each.id}/poster").status_code in (200, 404)
    job = page.studio.desk.queue.jobs()[-1]
    assert page.studio.desk.queue.wait(job.id, 60).state is JobState.DONE
    assert f"/studio/library/{each.id}/strip" in markup(tab, tab.poll(visit), "grid")
    assert page.client.get(f"/studio/library/{each.id}/strip").headers["content-type"] == (
        "image/jpeg"
    )
    for path in ("unknown/strip", f"{each.id}/proxy", f"{each.id}/..%2f..%2fx"):
        assert page.client.get(f"/studio/library/{path}").status_code == 404

    each.info.path.rename(folder.parent / "moved.mp4")
    assert Say("en")("library.lost") in markup(tab, tab.poll(visit), "grid")
    assert "1 found" in markup(tab, tab.find_again(visit), "notice")
    tab.forget(visit, event(footage=each.id))
    assert not page.studio.shelf.library.footage(text="moved")
    assert (folder.parent / "moved.mp4").exists()
    tab.forget(visit, event(footage="nothing", work=["x"]))


def test_an_upload_stays_and_goes_into_the_open_project(tab, page, small_clip):
    visit = Visit("en", "")
    updates = tab.new_project(visit, "봄 <i>")
    assert [label for label, _ in updates[tab.parts["project"]]["choices"]][1:] == ["봄 <i>"]
    project = page.studio.shelf.library.project(visit.project)
    assert (project.folder / "project.json").exists() and project.folder.is_relative_to(
        page.studio.results_dir
    )
    answer = page.client.put(
        "/studio/uploads", content=small_clip.read_bytes(), headers={"x-file-name": "up.mp4"}
    )
    tab.add_upload(visit, event(token=answer.json()["token"]))
    (each,) = page.studio.shelf.library.footage("", project.id)
    assert not each.info.path.is_relative_to(page.studio.uploads.folder)
    assert len(json.loads((project.folder / "project.json").read_text())["footage"]) == 1
    assert "st-problem" in markup(tab, tab.new_project(visit, "  "), "notice")
    assert "st-problem" in markup(tab, tab.add_upload(visit, event(token="no")), "notice")
    tab.open_project(visit, "somebody else's")
    assert visit.project == ""
    tab.load(visit, request(studio_project=project.id))
    assert (visit.project, visit.language) == (project.id, "ko")


def job(state: JobState, **more) -> JobRecord:
    asked = JobRequest("desk", (f"/a/{EVIL}.mp4",), {"act": "looks.wall", "out": "/x"})
    stages = (StageTime("wall", 0.5, EVIL, 3.0),)
    usual = {
        "number": 7, "id": "ab", "request": asked, "state": state, "wish": "", "ahead": None,
        "progress": JobProgress(stages, 30.0), "attempts": 2, "crashes": 0, "result": None,
        "error": None, "pool": (EVIL,), "submitted_at": 0.0, "started_at": 0.0, "ended_at": 0.0,
        "ran_s": 3.0,
    }  # fmt: skip
    return JobRecord(**{**usual, **more})


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_state_of_a_job_is_told_with_what_may_be_done(language):
    say = Say(language)
    acts = {
        JobState.RUNNING: {"pause", "cancel"},
        JobState.QUEUED: {"first", "earlier", "later", "pause", "cancel"},
        JobState.PAUSED: {"resume", "cancel"},
        JobState.CANCELLING: set(),
        JobState.DONE: set(),
        JobState.FAILED: {"retry"},
        JobState.CANCELLED: {"resume"},
    }
    assert acts.keys() == set(JobState)
    for state, wanted in acts.items():
        found = job(state, ahead=2 if state is JobState.QUEUED else None,
                    error=JobFailure("E", EVIL, EVIL))  # fmt: skip
        shown = jobs_view.jobs(say, [found], "ab", [LogLine(0, EVIL)], workers=1)
        assert set(re.findall(r'data-act="(\w+)"', shown)) == wanted | {"open"}, state
        assert say(f"job.state.{state}") in shown and say("job.desk.looks.wall") in shown
        assert "<img" not in shown
    # Who waits reads for how many, on the list and where the run is followed; the next that it is.
    for ahead, words in ((1, "run.waiting"), (0, "run.next")):
        queued = job(JobState.QUEUED, ahead=ahead)
        assert say(words, ahead=ahead) in panels.progress(say, view_of(queued), "")
        listed = "jobs.ahead" if ahead else words
        assert say(listed, n=ahead) in jobs_view.jobs(say, [queued], "", (), workers=1)
    assert say("jobs.nobody") in jobs_view.jobs(say, [job(JobState.QUEUED)], "", (), workers=0)
    assert say("jobs.none.title") in jobs_view.jobs(say, [], "", (), workers=1)


def test_the_queue_is_ordered_on_the_page_and_another_s_job_is_not_there(page):
    queue = page.studio.desk.queue
    with gr.Blocks(analytics_enabled=False) as blocks:
        header = gr.HTML(js_on_load="trigger('language')")
        with gr.Tabs(), gr.Tab():
            tab = JobsTab(queue, header)
            tab.build(blocks)
    blocker = queue.submit(JobRequest("nothing", (), {}, "ada", Priority.BATCH))
    queue.pause(blocker.id)
    ids = []
    for _ in range(3):
        ids.append(queue.submit(JobRequest("nothing", (), {}, "ada")).id)
        queue.pause(ids[-1])
    visit = JobsVisit("en", "bo")
    for act in ("cancel", "resume", "first", "open"):
        tab.act(visit, event(job=ids[0], act=act))
        assert queue.get(ids[0]).state is JobState.PAUSED
    assert ids[0] not in markup(tab, tab.poll(JobsVisit("en", "bo")), "list")
    mine = JobsVisit("en", "ada")
    assert ids[0] in markup(tab, tab.poll(mine), "list")
    tab.act(mine, event(job=ids[0], act="cancel"))
    assert queue.get(ids[0]).state is JobState.CANCELLED
    assert "st-problem" in markup(tab, tab.act(mine, event(job=ids[0], act="pause")), "problem")
    for forged in (event(), event(job=None, act="__class__"), event(job=ids[1], act="delete")):
        tab.act(mine, forged)
    for each in (blocker.id, *ids[1:]):
        queue.cancel(each)
