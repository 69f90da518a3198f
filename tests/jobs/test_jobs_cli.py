"""``studio jobs``: a command's words as a job, and the list from the terminal."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import registry
from studio.codec import from_json
from studio.errors import NoSuchMedia, RequestError, UnknownJob
from studio.jobs.queue import JobQueue, jobs_path
from studio.jobs.record import JobState, Priority
from studio.settings import Settings
from ui.cli import app
from ui.submitting import request_of

#: Words, the pipeline they ask for, its sources, and some options that have to come through.
COMMANDS = {
    "trailer a.mp4 b.mp4 --out o --length 12.5 --aspect 9:16 --music m.wav": (
        "trailer", ["a.mp4", "b.mp4"],
        {"length_s": 12.5, "aspect": "9:16", "music": Path("m.wav")},
    ),
    "trailer --from-plan p.json --out o": ("trailer", [], {"from_plan": Path("p.json")}),
    "analyze a.mp4 --only shots --sample-rate 0.5": ("analysis", ["a.mp4"], {"only": ("shots",)}),
    "subtitles a.mp4 --name S1=Ada --burn-in --out o": (
        "subtitles", ["a.mp4"], {"names": (("S1", "Ada"),), "burn_in": True},
    ),
    "subtitles draft a.mp4 --format ass": ("subtitles", ["a.mp4"], {"formats": ("ass",)}),
    "stylize a.mp4 --look starry --look warm --strength 0.4": (
        "stylize", ["a.mp4"], {"looks": ("starry", "warm"), "strength": 0.4},
    ),
    "people identify a.mp4 --name 1=Ada": ("people", ["a.mp4"], {"names": (("1", "Ada"),)}),
    "avatar a.mp4 --avatar cat": ("avatar", ["a.mp4"], {"avatar": "cat"}),
    "generate faces --count 3 --add smiling:0.5": (
        "generate", [], {"count": 3, "add": (("smiling", 0.5),)},
    ),
    "train gan --from pictures --minutes 2": ("train", ["pictures"], {"minutes": 2.0}),
}  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS)
def test_a_commands_words_become_the_pipelines_options(words):
    name, sources, options = COMMANDS[words]
    asked = request_of(words.split(), owner="ada", interactive=False)
    assert (asked.pipeline, asked.owner, asked.priority) == (name, "ada", Priority.BATCH)
    assert asked.sources == tuple(str(Path.cwd() / source) for source in sources)
    stored = json.loads(json.dumps(asked.options))
    read = from_json(registry.find(name).options, stored)
    assert {key: getattr(read, key) for key in options} == options


def test_previews_and_machine_settings_come_through():
    words = ["studio", "stylize", "a.mp4", "--look", "warm", "--preview", "2", "--memory-budget"]
    asked = request_of([*words, "1GiB"], owner="ada", interactive=False)
    assert asked.priority is Priority.INTERACTIVE
    assert asked.settings == {"memory_budget_bytes": 1 << 30}
    assert asked.cwd == Path.cwd()


@pytest.mark.parametrize("words", ["models remove x", "people add A a.jpg", "subtitles lint x", ""])
def test_what_is_no_pipeline_is_no_job(words):
    with pytest.raises(RequestError, match="no command that can be a job"):
        request_of(words.split(), owner="ada", interactive=False)


def test_every_pipeline_can_be_found_and_takes_what_it_says():
    for name in registry.names():
        found = registry.find(name)
        assert found.name == name
        assert "out" in found.options.__dataclass_fields__
    with pytest.raises(RequestError, match="No pipeline is called"):
        registry.find("os")
    with pytest.raises(RequestError, match="takes one"):
        registry.find("analysis").run((), None, None)


def test_the_list_from_the_terminal(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDIO_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("STUDIO_CACHE_DIR", str(tmp_path / "cache"))

    def say(*words):
        return CliRunner().invoke(app, ["jobs", *words])

    film = tmp_path / "a.mp4"
    wanted = ("--", "stylize", str(film), "--look", "warm")
    assert isinstance(say("submit", *wanted).exception, NoSuchMedia)
    film.touch()
    job = json.loads(say("submit", "--json", *wanted).stdout)
    queue = JobQueue.open(jobs_path(Settings()))
    assert queue.get(job["id"]).state is JobState.QUEUED

    assert "Nobody does them now" in say("list").stdout
    dry = say("submit", "--dry-run", *wanted)
    assert json.loads(dry.stdout)["pipeline"] == "stylize"
    assert say("pause", "1").exit_code == 0
    assert queue.get(job["id"]).state is JobState.PAUSED
    (listed,) = json.loads(say("list", "--json").stdout)["jobs"]
    assert (listed["number"], listed["state"]) == (1, "paused")
    wrong = say("retry", job["id"][:5]).exception
    assert isinstance(wrong, RequestError)
    assert "paused" in wrong.message
    assert isinstance(say("show", "99").exception, UnknownJob)
    assert say("report", "1", "--out", str(tmp_path / "report.json")).exit_code == 0
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["job"]["request"]["options"]["looks"] == ["warm"]
    assert [line["text"] for line in written["log"]] == ["queued", "paused"]
    assert 'studio_jobs{state="paused"} 1' in say("metrics").stdout
    assert "paused" in say("show", "1").stdout
    assert say("resume", "1", "--json").exit_code == 0
    assert say("move", "1").exit_code == 0
    assert say("cancel", "1").exit_code == 0
    assert queue.get(job["id"]).state is JobState.CANCELLED
