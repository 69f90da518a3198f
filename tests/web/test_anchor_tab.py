"""The anchor tab behind the browser: readings that are edited, and approvals of what was shown."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from gradio.helpers import special_args

from pipelines import anchor
from pipelines.anchor import approvals, segment
from pipelines.anchor.consents import ConsentRegister
from pipelines.anchor.policy import Airing
from pipelines.anchor.script import read_script
from studio.accounts.role import Role, User
from studio.archive.library import Library, library_path
from studio.errors import NotAllowed, PolicyError
from studio.jobs.job import Job
from studio.jobs.queue import JobQueue, jobs_path
from studio.jobs.record import JobState
from studio.settings import Settings
from ui.web.anchor_panels import approval, reading_table
from ui.web.anchor_works import AnchorWork
from ui.web.consent_panel import consent_list, standing_of
from ui.web.desk import Desk
from ui.web.guard import USER_KEY, require
from ui.web.makings import Makings
from ui.web.messages import PageError, Say
from ui.web.roots import MediaRoots
from ui.web.tabs.anchor_consents import _FIELDS, ConsentDesk

SCRIPT = "# 뉴스 <b>\n\n오늘 오전 7시 30분에 시작합니다.\n고맙습니다."


@pytest.fixture()
def work(tmp_path):
    """A segment that was read, as its job leaves it."""
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")
    queue = JobQueue.open(jobs_path(settings))
    desk = Desk(queue, Library.open(library_path(settings)), tmp_path / "results")
    made = Makings(desk).fresh("뉴스", "", "", "anchor")
    assert isinstance(made, AnchorWork)
    made.read(SCRIPT)
    (job,) = queue.jobs(None)
    assert (job.request.pipeline, job.request.options["act"]) == ("desk", "anchor.read")
    assert made.phase.busy
    with pytest.raises(PageError, match=r"going on|already"):
        made.speak()
    queue.cancel(job.id)
    made._desk._seen.clear()
    assert made.phase is not None and made.view.state is JobState.CANCELLED
    options = anchor.Options(made.folder, stop_after="reading")
    anchor.run(made.folder / "script.md", options, Job(settings))
    return SimpleNamespace(made=made, settings=settings, queue=queue)


def looked(work) -> None:
    """As the job leaves it that draws a frame of each line."""
    made, job = work.made, Job(work.settings)
    made.values["looked"] = made._aired()
    script = read_script(made.folder / "script.md")
    options = made._options()
    ready = segment.make_ready(script, made.folder / "script.md", options, job)
    reading = anchor.run(made.folder / "script.md", anchor.Options(made.folder, dry_run=True,
                         stop_after="reading"), job).readings.lines  # fmt: skip
    airing = segment.airing_of(script, reading, ready, "espeak", options)
    approvals.write_request(made.folder, airing)


def test_a_reading_is_changed_and_given_back(work):
    made = work.made
    first = made.rows()[0]
    assert "일곱 시 삼십 분" in first.read and first.read == first.by_rules
    made.edit(first.id, "  오늘 아침   일곱 시 반에 시작합니다. ")
    assert made.rows()[0].read == "오늘 아침 일곱 시 반에 시작합니다."
    found = anchor.run(
        made.folder / "script.md",
        anchor.Options(made.folder, stop_after="reading"),
        Job(work.settings),
    )
    assert found.readings.edited == (first.id,)  # the pipeline takes it as a person's edit
    markup = reading_table(Say("ko"), made.rows(), busy=False)
    assert markup.count("<textarea") == 2 and markup.count("data-restore") == 1
    made.edit(first.id, "")
    assert made.rows()[0].read == first.by_rules
    with pytest.raises(PageError):
        made.edit("nothing", "x")
    with pytest.raises(PageError):
        made.read("   ")


def test_what_was_shown_is_what_is_approved(work):
    made, settings = work.made, work.settings
    assert made.request(settings) is None
    with pytest.raises(PageError, match="no longer"):
        made.approve("Kim", "", "0" * 64, "", settings, lambda: None)
    looked(work)
    shown = made.request(settings)
    assert shown.stands == "" and "nobody" in shown.why and shown.inputs["presenter"] == "minjun"
    with pytest.raises(PageError, match="no longer"):
        made.approve("Kim", "", "0" * 64, "", settings, lambda: None)
    with pytest.raises(PolicyError, match="name of a person"):
        made.approve(" ", "", shown.script_sha256, "", settings, lambda: None)
    made.approve("Kim", "read aloud", shown.script_sha256, "", settings, lambda: None)
    assert made.request(settings).stands == "Kim"
    # Another wish, another reading: what was shown is no longer what would be made.
    made.values["aspect"] = "9:16"
    assert made.request(settings) is not None  # the same segment in another shape
    made.values["style"] = "daybreak"
    assert made.request(settings) is None
    made.values["style"] = "civic"
    made.values.pop("style")
    made.edit(made.rows()[0].id, "전혀 다른 말.")
    assert made.request(settings) is None


def test_only_an_approver_approves(work):
    looked(work)
    made, settings = work.made, work.settings
    shown = made.request(settings)

    def asked_by(role):
        request = SimpleNamespace(scope={USER_KEY: User("eve", role)})
        return lambda: require(request, Role.APPROVER) and None

    for role in (Role.VIEWER, Role.EDITOR):
        with pytest.raises(NotAllowed, match="role approver"):
            made.approve("Eve", "", shown.script_sha256, "eve", settings, asked_by(role))
    assert not approvals.read_log(settings)
    made.approve("Eve", "", shown.script_sha256, "eve", settings, asked_by(Role.APPROVER))
    assert approvals.read_log(settings)[0].account == "eve"


def test_wishes_hold_neither_approval_nor_consent(work):
    """Nothing that comes from the browser reaches those options of the pipeline."""
    made = work.made
    made.values |= {"approve_by": "Eve", "consent": "x.toml", "draft": False, "out": "/tmp"}
    options = made._options()
    assert (options.approve_by, options.consent, options.out) == ("", None, made.folder)


def test_the_panels_escape_what_is_not_theirs(work):
    looked(work)
    made = work.made
    from ui.web.makings import Made

    made.made = Made({"look": made.folder / "look.jpg"})
    request = made.request(work.settings)
    markup = approval(Say("en"), made, request)
    assert request.script_sha256 in markup and "Not approved" in markup
    assert "<b>" not in reading_table(Say("en"), made.rows(), busy=True)
    assert re.search(r"<textarea[^>]* disabled", reading_table(Say("en"), made.rows(), busy=True))
    airing = Airing(read_script(made.folder / "script.md"), "<i>x</i>")
    approvals.write_request(made.folder, airing)
    assert "<i>" not in approval(Say("en"), made, made.request(work.settings))


def test_every_presenter_set_and_style_has_a_name():
    from pipelines.anchor import sets, styles
    from pipelines.anchor.presenters.drawn import CAST
    from ui.web.anchor_works import SETS, STYLES

    assert sorted(SETS) == sorted(sets.names()) and sorted(STYLES) == sorted(styles.names())
    for say in (Say("en"), Say("ko")):
        assert all(say.has(f"anchor.card.{look.name}") for look in CAST)
        assert all(say.has(f"anchor.set.{name}") for name in SETS)
        assert all(say.has(f"anchor.style.{name}") for name in STYLES)


def _asking(role: Role, name: str = "kim") -> SimpleNamespace:
    return SimpleNamespace(scope={USER_KEY: User(name, role)})


def test_consents_are_recorded_shown_and_taken_back(tmp_path):
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")
    media = tmp_path / "media"
    media.mkdir()
    for name in ("ada.png", "letter.txt"):
        (media / name).write_text(name, encoding="utf-8")
    (tmp_path / "outside.png").write_text("x", encoding="utf-8")
    names = [f"consent_{n}" for n in (*_FIELDS, "said", "list", "add")]
    desk = ConsentDesk(settings, MediaRoots([media]), {n: n for n in names})
    visit = SimpleNamespace(language="en", user="kim")
    good = {
        "subject": "ada.png", "person": "Ada <b>", "kind": "person", "purposes": ["anchor"],
        "until": "2099-12-31", "evidence": "letter.txt", "statement": "", "by": "somebody else",
    }  # fmt: skip

    def add(role: Role = Role.APPROVER, **changes: object) -> dict[str, Any]:
        values = (good | changes).values()
        # Handed over as Gradio does, which puts who asks among the fields by the signature.
        given, *_ = special_args(desk.add, [visit, "ada.png", *values], _asking(role))
        return desk.add(*given)

    for changes, said in (
        ({"role": Role.EDITOR}, "takes the role"),
        ({"subject": ""}, "No file was named"),
        ({"subject": str(tmp_path / "outside.png")}, "outside"),
        ({"evidence": "", "until": ""}, "evidence and a last day"),
        ({"kind": "artwork", "evidence": ""}, "states why"),
    ):
        shown = add(**changes)
        assert said in shown["consent_said"]["value"] and "consent_subject" not in shown
    assert ConsentRegister(settings).all() == ()
    shown = add()
    (row,) = ConsentRegister(settings).all()
    assert row.consent.recorded_by == "kim", "whoever is signed in answers for it"
    assert shown["consent_subject"]["value"] == "" and shown["consent_by"]["visible"] is False
    table = shown["consent_list"]
    assert "Ada &lt;b&gt;" in table and "The portrait chosen above" in table
    assert f'data-revoke="{row.consent.id}"' in table and "data-by" not in table
    # Who only edits sees it, and cannot take it back.
    seen = desk.shown(visit, "", _asking(Role.EDITOR))
    assert "data-revoke" not in seen["consent_list"] and "Ada" in seen["consent_list"]
    assert seen["consent_add"]["interactive"] is False
    event = SimpleNamespace(_data={"id": row.consent.id, "by": "eve", "reason": "asked to"})
    refused = desk.revoke(visit, "", event, _asking(Role.EDITOR))
    assert "takes the role" in refused["consent_said"]["value"]
    desk.revoke(visit, "", event, _asking(Role.APPROVER))
    (row,) = ConsentRegister(settings).all()
    assert row.revoked and row.revoked_by == "kim" and row.reason == "asked to"
    table = consent_list(Say("ko"), [row], chosen="", may_revoke=True, asks_name=True)
    assert "철회함" in table and "data-revoke" not in table
    ended = replace(row, revoked="", consent=replace(row.consent, until="2020-01-01"))
    assert standing_of(ended) == "ended" and standing_of(replace(row, revoked="")) == "stands"
