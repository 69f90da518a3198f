"""Consent and approval: what opens the gate, and everything that does not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.anchor import approvals
from pipelines.anchor.consents import ConsentRegister, consent_of, read_consent_file
from pipelines.anchor.disclosure import Disclosure, gate
from pipelines.anchor.policy import Airing, Consent
from pipelines.anchor.script import parse_script, script_text
from studio.errors import ConsentMissing, DisclosureRequired, PolicyError, RequestError
from studio.settings import Settings

TODAY = date(2026, 11, 22)


@pytest.fixture()
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")


@pytest.fixture()
def photo(tmp_path):
    path = tmp_path / "ada.png"
    path.write_bytes(b"a face")
    (tmp_path / "letter.pdf").write_bytes(b"signed")
    return path


def leave(photo: Path, **changes) -> object:
    words = {
        "person": "Ada",
        "recorded_by": "Kim",
        "until": "2026-11-22",
        "evidence": photo.with_name("letter.pdf"),
    }
    return consent_of(photo, **(words | changes))


def airing(photo: Path | None = None, text: str = "One.", **changes) -> Airing:
    return Airing(parse_script(text, "a"), "ada" if photo else "mina", photo, **changes)


def test_only_a_consent_that_covers_it_opens_the_gate(settings, photo):
    register = ConsentRegister(settings)
    wanted = airing(photo)
    with pytest.raises(ConsentMissing, match="No consent is on record"):
        gate(wanted, settings, today=TODAY)
    register.add(leave(photo, purposes=("voice",)))
    with pytest.raises(ConsentMissing, match="for voice, not anchor"):
        gate(wanted, settings, today=TODAY)
    row = register.add(leave(photo))
    given = gate(wanted, settings, today=TODAY)
    assert [(c.purpose, c.consent) for c in given.covers] == [("anchor", row.consent)]
    assert given.inputs["portrait"] == row.consent.subject_sha256
    with pytest.raises(ConsentMissing, match="ended on 2026-11-22"):
        gate(wanted, settings, today=TODAY + timedelta(days=1))
    # The evidence is kept, for its owner alone, and must stay what it was.
    kept = register.evidence_of(row.consent)
    assert kept.read_bytes() == b"signed" and kept.stat().st_mode & 0o077 == 0
    kept.write_bytes(b"signed?")
    with pytest.raises(ConsentMissing, match="not the file that was recorded"):
        gate(wanted, settings, today=TODAY)
    register.add(leave(photo))
    gate(wanted, settings, today=TODAY)
    # One byte of another picture, and it is another picture.
    photo.write_bytes(b"a face.")
    with pytest.raises(ConsentMissing, match="No consent is on record"):
        gate(wanted, settings, today=TODAY)
    with pytest.raises(PolicyError, match="cannot be read"):
        gate(airing(photo.with_name("none")), settings, today=TODAY)


def test_what_is_taken_back_stays_back(settings, photo):
    register = ConsentRegister(settings)
    row = register.add(leave(photo))
    with pytest.raises(PolicyError, match="needs a name"):
        register.revoke(row.consent.id, " ")
    with pytest.raises(RequestError, match="0 consents"):
        register.revoke("zz", "Ada")
    assert register.revoke(row.consent.id[:6], "Ada", "changed my mind").revoked_by == "Ada"
    with pytest.raises(ConsentMissing, match="was revoked on"):
        gate(airing(photo), settings, today=TODAY)
    with pytest.raises(ConsentMissing, match="was revoked on"):
        register.add(leave(photo))
    photo.with_name("letter.pdf").write_bytes(b"signed once more")
    register.add(leave(photo))
    gate(airing(photo), settings, today=TODAY)
    assert [bool(r.revoked) for r in ConsentRegister(settings).all()] == [True, False]


def test_each_kind_of_portrait_says_why_it_may_be_used(settings, photo):
    for bad, said in (
        ({"evidence": None}, "evidence and a last day"),
        ({"until": ""}, "evidence and a last day"),
        ({"until": "soon"}, "soon"),
        ({"person": " "}, "names a person"),
        ({"recorded_by": ""}, "who recorded it"),
        ({"kind": "artwork"}, "states why"),
        ({"kind": "deceased"}, "states why"),
    ):
        with pytest.raises(RequestError, match=said):
            leave(photo, **bad)
    for bad in ({"kind": "friend"}, {"purposes": ("dubbing",)}):
        with pytest.raises(RequestError, match=r"friend|dubbing"):
            leave(photo, **bad)
    painting = {"kind": "artwork", "evidence": None, "until": "", "person": "Mona Lisa"}
    why = "Painted about 1503; in the public domain."
    ConsentRegister(settings).add(leave(photo, statement=why, **painting))
    assert gate(airing(photo), settings).covers[0].consent.statement == why
    # A voice is another matter than a face.
    with pytest.raises(ConsentMissing, match="not voice"):
        gate(airing(voice_over=photo), settings)


def test_a_record_beside_the_script_is_a_consent(settings, photo):
    record = photo.with_name("ada.toml")
    record.write_text(
        'person = "Ada"\nsubject = "ada.png"\npurposes = ["anchor", "voice"]\n'
        'until = "2030-01-01"\nevidence = "letter.pdf"\nrecorded_by = "Kim"\n'
    )
    draft, subject = read_consent_file(record)
    assert subject.name == "ada.png" and draft.consent.purposes == ("anchor", "voice")
    ConsentRegister(settings).add(draft)
    assert len(gate(airing(photo, voice_over=photo), settings, today=TODAY).covers) == 2
    for text in ("person = 3", "persn = 'a'", "= =", "subject = 'ada.png'\npurposes = 'anchor'"):
        record.write_text(text)
        with pytest.raises(RequestError):
            read_consent_file(record)


def test_an_approval_is_of_exactly_this(settings, tmp_path):
    wanted = airing(aired={"readings": "1" * 64, "voice": "joe"})
    first = gate(wanted, settings)
    assert first.draft and first.watermark and "nobody has approved" in first.why_draft
    with pytest.raises(DisclosureRequired, match="nobody has approved"):
        approvals.require_approval(wanted, settings)
    approvals.approve(wanted, "Ada Moreno", settings, remark="checked")
    given = gate(wanted, settings)
    assert not given.draft and given.approval.person == "Ada Moreno" and given.watermark == ""
    for other, said in (
        (airing(text="One!"), "nobody has approved"),
        (replace(wanted, aired={**wanted.aired, "readings": "2" * 64}), "Ada Moreno.*: readings$"),
        (replace(wanted, presenter="joon"), "presenter"),
        (replace(wanted, draft=True), "asked for"),
    ):
        made = gate(other, settings)
        assert made.draft and made.watermark
        assert re.search(said, made.why_draft)
    approvals.withdraw(wanted.script.digest, "Ada Moreno", settings)
    assert "withdrew" in gate(wanted, settings).why_draft
    approvals.approve(wanted, "Kim", settings)
    assert gate(wanted, settings).approval.person == "Kim"
    assert [e.act for e in approvals.read_log(settings)] == ["approved", "withdrawn", "approved"]
    with pytest.raises(PolicyError, match="name of a person"):
        approvals.approve(wanted, "  ", settings)

    def nobody() -> None:
        raise PolicyError("not you")

    with pytest.raises(PolicyError, match="not you"):
        approvals.approve(wanted, "Eve", settings, allow=nobody)
    assert len(approvals.read_log(settings)) == 3


def test_a_request_is_of_what_was_planned(settings, tmp_path):
    wanted = airing(aired={"voice": "joe"})
    with pytest.raises(RequestError, match="no segment"):
        approvals.read_request(tmp_path)
    (tmp_path / "script.json").write_text(script_text(wanted.script))
    approvals.write_request(tmp_path, wanted)
    read = approvals.read_request(tmp_path)
    assert read.inputs() == wanted.inputs() and read.script.digest == wanted.script.digest
    approvals.approve(read, "Ada", settings)
    assert not gate(wanted, settings).draft
    (tmp_path / "script.json").write_text(script_text(airing(text="Two.").script))
    with pytest.raises(RequestError, match="edited since"):
        approvals.read_request(tmp_path)


def test_a_log_that_was_tampered_with_is_found(settings):
    for text in ("One.", "Two.", "Three."):
        approvals.approve(airing(text=text), "Ada", settings)
    log = approvals.log_path(settings)
    assert log.stat().st_mode & 0o077 == 0
    rows = log.read_text().splitlines()
    forged = json.loads(rows[1])
    forged["body"]["person"] = "Eve"
    for changed in (
        [rows[0], json.dumps(forged), rows[2]],
        [rows[0], rows[2]],
        [rows[1], rows[2]],
        [rows[0], rows[1], rows[1], rows[2]],
        [rows[1], rows[0], rows[2]],
        [rows[0], "not json", rows[2]],
    ):
        log.write_text("\n".join(changed) + "\n")
        with pytest.raises(PolicyError, match="tampered"):
            approvals.approve(airing(), "Ada", settings)
        with pytest.raises(PolicyError, match="tampered"):
            gate(airing(), settings)


def test_a_disclosure_comes_from_the_gate_alone(settings, photo):
    drafted = gate(airing(), settings)
    stamp = drafted.stamp((640, 360))
    assert len(stamp.marked) and stamp.box_xyxy == drafted.label_xyxy((640, 360))
    drafted.require(drafted.airing.script.digest, "mina", people=False)
    forged = [
        replace(drafted, watermark=""),
        replace(drafted, label=" "),
        replace(drafted, seal=""),
        replace(drafted, airing=airing(text="Two.")),
        Disclosure(drafted.airing, {}, "AI", "", "", None, (), "top-left", "0" * 64),
    ]
    slid = replace(drafted)
    object.__setattr__(slid, "watermark", "")
    for one in (*forged, slid):
        with pytest.raises(DisclosureRequired, match="did not come from the gate"):
            one.stamp((640, 360))
        with pytest.raises(DisclosureRequired):
            one.require(one.airing.script.digest, one.airing.presenter, people=False)
    with pytest.raises(DisclosureRequired, match="another script"):
        drafted.require("0" * 64, "mina", people=False)
    with pytest.raises(ConsentMissing, match="shows a person"):
        drafted.require(drafted.airing.script.digest, "mina", people=True)


def test_a_consent_is_what_it_says():
    good = Consent("Ada", "person", "0" * 64, ("anchor",), "Kim", "2027-01-01", "1" * 64, "a.pdf")
    assert len(good.id) == 12 and replace(good, person="Eve").id != good.id
    for bad in ({"until": "soon"}, {"subject_sha256": "abc"}, {"purposes": ()}):
        with pytest.raises(ValueError):
            replace(good, **bad)
