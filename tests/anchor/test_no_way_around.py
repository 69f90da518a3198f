"""Consent, approval and label from the Python API, the command, the page and the remote calls:
each way around them that somebody could try."""

from __future__ import annotations

import ast
import dataclasses
import json
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from pipelines import anchor
from pipelines.anchor import approvals
from pipelines.anchor.consents import ConsentRegister, consent_of
from pipelines.anchor.disclosure import gate
from pipelines.anchor.policy import Airing
from pipelines.anchor.programme.film import render_segment, sheet, stamped
from pipelines.anchor.script import parse_script
from studio.errors import ConsentMissing, DisclosureRequired, NotAllowed, PolicyError, RequestError
from studio.jobs.job import Job
from studio.settings import Settings
from studio.types.timecode import FrameRate
from tests.footage import ffmpeg

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture()
def house(tmp_path):
    """A machine, a script, a photo, a recording and a letter that nobody has put on record."""
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")
    (tmp_path / "script.md").write_text("# News\n\nGood evening.", encoding="utf-8")
    (tmp_path / "letter.txt").write_text("I agree.", encoding="utf-8")
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=200x200:d=1", "-frames:v", 1, tmp_path / "ada.png")
    ffmpeg("-f", "lavfi", "-i", "sine=300:d=1", tmp_path / "ada.wav")
    return SimpleNamespace(settings=settings, folder=tmp_path, script=tmp_path / "script.md")


def leave(house, name, **changes):
    words = {
        "person": "Ada",
        "recorded_by": "Kim",
        "until": (date.today() + timedelta(days=3)).isoformat(),
        "evidence": house.folder / "letter.txt",
    }
    return consent_of(house.folder / name, **(words | changes))


@pytest.mark.parametrize(
    "shown",
    [
        {"presenter": "ada.png"},
        {"voice_over": "ada.wav"},
        {"voice_over": "ada.wav", "stop_after": "voice"},
        {"voice_over": "ada.wav", "stop_after": "programme"},
        {"presenter": "ada.png", "draft": True},
        {"presenter": "ada.png", "approve_by": "Eve"},
    ],
)
def test_without_consent_nothing_is_begun(house, shown):
    out = house.folder / "out"
    given = {k: _named(house, k, v) for k, v in shown.items()}
    with pytest.raises(ConsentMissing, match="No consent is on record"):
        anchor.run(house.script, anchor.Options(out, **given), Job(house.settings))
    assert not out.exists() or not any(out.iterdir())
    assert approvals.read_log(house.settings) == ()


def _named(house, key, value):
    if key == "presenter":
        return str(house.folder / value)
    return house.folder / value if key == "voice_over" else value


def test_a_consent_for_one_thing_is_none_for_another(house):
    register = ConsentRegister(house.settings)
    register.add(leave(house, "ada.png", purposes=("voice",)))
    register.add(leave(house, "ada.wav"))
    options = anchor.Options(house.folder / "out", presenter=str(house.folder / "ada.png"))
    job = Job(house.settings)
    with pytest.raises(ConsentMissing, match="for voice, not anchor"):
        anchor.run(house.script, options, job)
    options = anchor.Options(house.folder / "out", voice_over=house.folder / "ada.wav")
    with pytest.raises(ConsentMissing, match="for anchor, not voice"):
        anchor.run(house.script, options, job)
    # A record that was taken back is not given back by the file it came from.
    record = house.folder / "ada.json"
    body = {"person": "Ada", "subject": "ada.png", "recorded_by": "Kim", "until": "2999-01-01"}
    record.write_text(json.dumps(body | {"evidence": "letter.txt"}))
    from pipelines.anchor.consents import read_consent_file

    row = register.add(read_consent_file(record)[0])
    register.revoke(row.consent.id, "Ada")
    options = anchor.Options(
        house.folder / "out", presenter=str(house.folder / "ada.png"), consent=record
    )
    with pytest.raises(ConsentMissing, match="was revoked"):
        anchor.run(house.script, options, job)


def test_frames_are_encoded_for_a_disclosure_of_the_gate_alone(house):
    script = parse_script("Good evening.", "a")
    given = gate(Airing(script, "daniel"), house.settings)
    drawn = SimpleNamespace(name="daniel", people=False)
    portrait = SimpleNamespace(name="daniel", people=True)
    programme = SimpleNamespace(size_wh=(640, 360), stretches=(), materials={})

    def render(disclosure, presenter=drawn, of=script):
        stage = SimpleNamespace(presenter=presenter, programme=programme)
        render_segment(
            stage, of, None, disclosure, house.folder / "a.mp4", house.folder / "p",
            Job(house.settings), mark=None,
        )  # fmt: skip

    unmarked = dataclasses.replace(given, watermark="")
    for forged in (unmarked, dataclasses.replace(given, label="News"), SimpleNamespace()):
        with pytest.raises((DisclosureRequired, AttributeError)):
            render(forged)
    with pytest.raises(DisclosureRequired, match="another script"):
        render(given, of=parse_script("Good night.", "a"))
    with pytest.raises(ConsentMissing, match="shows a person"):
        render(given, presenter=portrait)
    stage = SimpleNamespace(programme=programme)
    with pytest.raises(DisclosureRequired):
        next(stamped(stage, 0, 1, unmarked))
    with pytest.raises(DisclosureRequired):
        sheet(SimpleNamespace(programme=programme_of_one()), unmarked, house.folder / "s.jpg",
              Job(house.settings))  # fmt: skip
    assert not (house.folder / "a.mp4").exists() and not (house.folder / "s.jpg").exists()


def programme_of_one():
    stretch = SimpleNamespace(start=0, end=1)
    return SimpleNamespace(size_wh=(640, 360), stretches=(stretch,), materials={})


def test_there_is_one_place_that_encodes_a_segment():
    """Whatever writes films or pictures is called in one file of the pipeline, where each frame
    is stamped first; and nothing there takes leave from anybody but the gate."""
    writers = {
        "compose_film", "write_film", "render_film", "render_alpha_film", "render_preview",
        "render_timeline", "encode_picture", "write_still", "imwrite", "VideoWriter", "jpeg_bytes",
    }  # fmt: skip
    found = {}
    for path in (ROOT / "pipelines" / "anchor").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        names |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        if used := names & writers:
            found[path.relative_to(ROOT / "pipelines" / "anchor").as_posix()] = used
    # What `segment.py` encodes is a sample for an estimate, in a temporary folder.
    assert found.pop("segment.py", {"encode_picture"}) == {"encode_picture"}
    assert found == {"programme/film.py": {"compose_film", "jpeg_bytes"}}
    source = (ROOT / "pipelines/anchor/programme/film.py").read_text("utf-8")
    assert source.count("pictures(") == 1 and "for rgb in pictures(" in source
    made = [
        path.name
        for path in (ROOT / "pipelines").rglob("*.py")
        if "Disclosure(" in path.read_text("utf-8").replace("class Disclosure(", "")
    ]
    assert made == ["disclosure.py"]


def test_no_option_leaves_anything_out(house, monkeypatch):
    from ui.cli import app

    monkeypatch.setenv("STUDIO_DATA_DIR", str(house.settings.data_dir))
    monkeypatch.setenv("STUDIO_CACHE_DIR", str(house.settings.cache_dir))
    names = {field.name for field in dataclasses.fields(anchor.Options)}
    assert not [n for n in names if any(w in n for w in ("label", "mark", "disclos", "sign"))]
    out = ["--out", str(house.folder / "out")]
    run = CliRunner().invoke
    for given, said in (
        (["--presenter", str(house.folder / "ada.png")], "No consent is on record"),
        (["--voice-over", str(house.folder / "ada.wav")], "No consent is on record"),
        (["--presenter", str(house.folder / "ada.png"), "--approve-by", "Eve"], "No consent"),
        (["--draft", "--approve-by", "Eve"], "contradict"),
    ):
        done = run(app, ["anchor", str(house.script), *out, *given])
        assert isinstance(done.exception, PolicyError | RequestError), given
        assert said in str(done.exception)
        assert done.exception.exit_code == 2
    for given in (["--no-label"], ["--final"], ["--no-watermark"]):
        assert run(app, ["anchor", str(house.script), *out, *given]).exit_code == 2
    assert not approvals.read_log(house.settings)


def test_the_commands_of_consent_and_approval(house, monkeypatch):
    from ui.cli import app

    monkeypatch.setenv("STUDIO_DATA_DIR", str(house.settings.data_dir))

    def run(*words):
        done = CliRunner().invoke(app, [str(w) for w in words])
        return done, json.loads(done.stdout) if done.exit_code == 0 and "--json" in words else None

    photo, letter = house.folder / "ada.png", house.folder / "letter.txt"
    done, _ = run("consent", "add", photo, "--person", "Ada", "--by", "Kim")
    assert isinstance(done.exception, RequestError)  # no evidence, no last day
    _, said = run("consent", "add", photo, "--person", "Ada", "--by", "Kim", "--evidence", letter,
                  "--until", "2999-01-01", "--json")  # fmt: skip
    (row,) = said["consents"]
    assert row["consent"]["person"] == "Ada" and row["revoked"] == ""
    done, _ = run("consent", "list")
    assert row["id"] in done.stdout and "until 2999-01-01" in done.stdout
    run("consent", "revoke", row["id"], "--by", "Ada")
    _, said = run("consent", "list", "--json")
    assert said["consents"][0]["revoked_by"] == "Ada"

    job, out = Job(house.settings), house.folder / "out"
    anchor.run(house.script, anchor.Options(out, stop_after="reading"), job)
    done, _ = run("approve", out, "--by", "Kim")
    assert isinstance(done.exception, RequestError)  # nothing was planned to be aired
    script = parse_script(house.script.read_text(), "a")
    approvals.write_request(out, Airing(script, "daniel"))
    _, said = run("approve", out, "--dry-run", "--json")
    assert said["script_sha256"] == script.digest and "entry" not in said
    done, _ = run("approve", out)
    assert isinstance(done.exception, PolicyError)  # nobody is named
    _, said = run("approve", out, "--by", "Kim", "--remark", "read aloud", "--json")
    assert (
        said["entry"]["person"] == "Kim" and not gate(Airing(script, "daniel"), job.settings).draft
    )
    run("approve", out, "--by", "Kim", "--withdraw")
    assert gate(Airing(script, "daniel"), job.settings).draft
    _, said = run("approve", "--list", "--json")
    assert [entry["act"] for entry in said["log"]] == ["approved", "withdrawn"]


def test_a_script_names_no_files_of_others(house):
    """On a machine of several: neither by an absolute path, nor upwards, nor through a link."""
    mine, theirs = house.folder / "mine", house.folder / "theirs"
    for folder in (mine, theirs):
        folder.mkdir()
        (folder / "poll.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (mine / "link.csv").symlink_to(theirs / "poll.csv")
    script = mine / "news.md"
    job = Job(house.settings)
    job.may_read = (mine,)
    made = mine / "out"
    named = anchor.Options(made, stop_after="script")
    for cue in (theirs / "poll.csv", "../theirs/poll.csv", "link.csv", theirs / "absent.csv"):
        for kind in ("graphic", "b-roll", "over-the-shoulder"):
            script.write_text(f"# News\n\nGood [{kind}: {cue}] evening.", encoding="utf-8")
            with pytest.raises(RequestError, match=r"news\.md:3:6: .*outside the folders"):
                anchor.run(script, named, job)
    script.write_text("# News\n\nGood [graphic: poll.csv] evening.", encoding="utf-8")
    for wish in (
        {"presenter": str(house.folder / "ada.png")},
        {"set_name": "../ada.png"},
        {"style": str(theirs / "house.toml")},
    ):
        with pytest.raises(RequestError, match="lies outside the folders"):
            anchor.run(script, replace(named, **wish), job)
    # A plan that says where its files lie cannot say anything else.
    assert anchor.run(script, named, job).files["script"].is_file()
    plan = json.loads((made / "script.json").read_text())
    plan["media_folder"] = str(theirs)
    (mine / "script.json").write_text(json.dumps(plan), encoding="utf-8")
    with pytest.raises(RequestError, match="outside the folders"):
        anchor.run(mine / "script.json", named, job)
    # At a terminal of one's own it stays as it was.
    assert anchor.run(mine / "script.json", named, Job(house.settings)).script.lines()


def test_a_job_of_the_page_is_held_to_its_folders(house):
    from studio.jobs.execution import _run
    from studio.jobs.record import JobRequest

    seen = []
    pipeline = SimpleNamespace(
        before=lambda settings: None, run=lambda sources, options, job: seen.append(job)
    )
    for reads in (None, (str(house.folder),)):
        request = JobRequest(
            "anchor", (str(house.script),), {}, cwd=house.folder, reads=reads,
            writes=(str(house.folder / "out"),),
        )  # fmt: skip
        _run(pipeline, request, None, Job(house.settings))
    assert seen[0].may_read is None and seen[0].may_open(Path("/etc/passwd"))
    assert not seen[1].may_open(Path("/etc/passwd")) and seen[1].may_open(house.script)
    assert seen[1].may_open(house.folder / "out" / "new.txt")


def test_from_afar_nobody_approves(house):
    from studio.accounts.role import Role, User
    from studio.jobs.queue import JobQueue, jobs_path
    from ui.remote.calls import Calls
    from ui.remote.ways import ways
    from ui.web.roots import MediaRoots

    queue = JobQueue.open(jobs_path(house.settings))
    calls = Calls(queue, MediaRoots([house.folder]), house.folder / "results")
    for role in (Role.EDITOR, Role.APPROVER, Role.ADMIN):
        with pytest.raises(NotAllowed, match="by a person"):
            calls.submit(
                User("eve", role), "anchor", [str(house.script)], {"approve_by": "Eve"}, False
            )
    submit = next(way for way in ways(calls) if way.name == "submit_anchor")
    assert "approve_by" not in submit.parameters.model_fields
    assert "presenter" in submit.parameters.model_fields
    assert not queue.jobs(None)


@pytest.mark.slow
def test_a_whole_film_a_poisoned_part_and_a_leave_taken_back(house, monkeypatch):
    """A real draft and a real approved film; a stored part without its label; an approval that
    is withdrawn while the film is made."""
    from pipelines.anchor.programme import film
    from studio.media.composed_film import coded
    from studio.media.disclosure_label import audit_label, stamp_for
    from studio.media.encoder import PictureFormat, encode_picture, frames_in
    from studio.media.probe import frame_times, probe
    from studio.media.render_estimate import workers_of
    from studio.provenance.reading import read_provenance

    out, job = house.folder / "out", Job(house.settings)
    small = {"height_px": 360, "fps": "24"}
    draft = anchor.run(house.script, anchor.Options(out, **small), job)
    path = draft.files["film"]
    assert "draft" in path.name and "nobody has approved" in draft.draft
    info = probe(path)
    times = frame_times(info)
    assert audit_label(
        info, times, stamp_for((640, 360), "AI-generated", "DRAFT – NOT APPROVED")
    ).passed
    assert read_provenance(path, house.settings).state == "intact"

    options = anchor.Options(out, approve_by="Kim", **small)
    final = anchor.run(house.script, options, job)
    path = final.files["film"]
    assert "draft" not in path.name and final.draft == "" and final.drawn == 3
    info = probe(path)
    assert not audit_label(
        info, frame_times(info), stamp_for((640, 360), "AI-generated", "DRAFT – NOT APPROVED")
    ).passed
    house_said = read_provenance(path, house.settings).manifests[0].house
    assert house_said["approved_by"] == "Kim"

    # One stored part is changed for pictures without a label, of the same length.
    parts = sorted((out / "film-parts-16x9").glob("segment-*.mp4"))
    form = PictureFormat(
        (640, 360),
        FrameRate(Fraction(24)),
        max(1, 2 * job.settings.cores // workers_of(job.settings)),
    )
    grey = np.full((360, 640, 3), 90, np.uint8)
    encode_picture(parts[0], (coded(grey) for _ in range(frames_in(parts[0]))), form)
    path.unlink()
    with pytest.raises(DisclosureRequired, match="lacks its label"):
        anchor.run(house.script, anchor.Options(out, **small), job)
    assert not path.exists()
    parts[0].unlink()

    # The approval is withdrawn after the gate was passed and before the film is let out.
    real = film.stamped

    def meanwhile(*given):
        script = parse_script(house.script.read_text(), "a")
        if not gate(Airing(script, "daniel"), house.settings).why_draft.startswith("Kim withdrew"):
            approvals.withdraw(final.script.digest, "Kim", house.settings)
        yield from real(*given)

    monkeypatch.setattr(film, "stamped", meanwhile)
    with pytest.raises(DisclosureRequired, match="no longer: Kim withdrew"):
        anchor.run(house.script, anchor.Options(out, **small), job)
    assert not path.exists()
