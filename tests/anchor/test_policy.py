"""Consent and approval: what opens the gate, and everything that does not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from pipelines.anchor.policy import (
    Consent,
    append_entry,
    approval_of,
    file_digest,
    read_log,
    require_approval,
    require_consent,
)
from pipelines.anchor.script import parse_script
from studio.errors import ConsentMissing, DisclosureRequired, PolicyError

TODAY = date(2026, 11, 22)


def test_only_a_consent_that_covers_it_opens_the_gate(tmp_path):
    photo, letter = tmp_path / "ada.png", tmp_path / "letter.pdf"
    photo.write_bytes(b"a face")
    letter.write_bytes(b"signed")
    consent = Consent(
        "Ada",
        file_digest(photo),
        ("anchor",),
        "2026-11-22",
        letter.name,
        file_digest(letter),
        "Kim",
    )
    assert require_consent(consent, photo, letter, "anchor", TODAY) is consent
    for other, said in (
        (None, "No consent"),
        (replace(consent, until="2026-11-21"), "ended on 2026-11-21"),
        (replace(consent, revoked="2026-11-01"), "revoked"),
        (replace(consent, purposes=("dubbing",)), "not anchor"),
        (replace(consent, subject_sha256="0" * 64), "another file"),
        (replace(consent, evidence_sha256="0" * 64), "not the evidence"),
    ):
        with pytest.raises(ConsentMissing, match=said):
            require_consent(other, photo, letter, "anchor", TODAY)
    letter.write_bytes(b"signed?")
    with pytest.raises(ConsentMissing, match="not the evidence"):
        require_consent(consent, photo, letter, "anchor", TODAY)
    with pytest.raises(PolicyError, match="cannot be read"):
        require_consent(consent, tmp_path / "none", letter, "anchor", TODAY)
    for bad in ({"person": " "}, {"until": "soon"}, {"subject_sha256": "abc"}, {"purposes": ()}):
        with pytest.raises(ValueError):
            replace(consent, **bad)


def test_an_approval_is_of_exactly_one_script(tmp_path):
    log = tmp_path / "approvals.jsonl"
    script = parse_script("One.", "a")
    other = parse_script("One!", "a")
    with pytest.raises(DisclosureRequired, match="draft"):
        require_approval(log, script)
    append_entry(log, "approved", script, "Ada Moreno", "checked")
    assert require_approval(log, script).person == "Ada Moreno"
    assert approval_of(log, other) is None
    append_entry(log, "withdrawn", script, "Ada Moreno")
    with pytest.raises(DisclosureRequired):
        require_approval(log, script)
    append_entry(log, "approved", script, "Kim")
    assert require_approval(log, script).person == "Kim" and len(read_log(log)) == 3
    with pytest.raises(PolicyError, match="name of a person"):
        append_entry(log, "approved", script, "  ")


def test_a_log_that_was_tampered_with_is_found(tmp_path):
    log = tmp_path / "approvals.jsonl"
    for text in ("One.", "Two.", "Three."):
        append_entry(log, "approved", parse_script(text, "a"), "Ada")
    rows = log.read_text().splitlines()
    forged = json.loads(rows[1]) | {"person": "Eve"}
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
            read_log(log)
        with pytest.raises(PolicyError, match="tampered"):
            append_entry(log, "approved", parse_script("One.", "a"), "Ada")
        with pytest.raises(PolicyError, match="tampered"):
            require_approval(log, parse_script("One.", "a"))
