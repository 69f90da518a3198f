"""Consent and approval: what must be on record before a segment may be made or aired.

Both are files that anybody can read. A consent names one person's likeness or voice by the hash
of the picture or sound, what for and until when, and the hash of the evidence. An approval is
bound to the exact script by its hash. The log only grows: each entry carries the hash of the one
before, so what was taken out or changed is found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from studio.codec import from_json, to_json
from studio.errors import ConsentMissing, DisclosureRequired, PolicyError
from studio.media.writer import write_beside
from studio.types.script import Script

#: What the chain of a log begins with.
FIRST = "0" * 64
Act = Literal["approved", "withdrawn"]


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises:
        PolicyError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise PolicyError(f"{path} cannot be read: {exc.strerror}.", "Check the name.") from exc


@dataclass(frozen=True)
class Consent:
    """One person's leave to use one likeness or voice.

    Attributes:
        person: whose it is.
        subject_sha256: hash of the picture or sound it is about.
        purposes: what for, ``anchor``; nothing else is covered.
        until: last day it is good for, ``2027-12-31``.
        evidence: name of the file that proves it.
        evidence_sha256: its hash.
        recorded_by: who put it on record.
        revoked: day it was taken back; empty while it stands.
    """

    person: str
    subject_sha256: str
    purposes: tuple[str, ...]
    until: str
    evidence: str
    evidence_sha256: str
    recorded_by: str
    revoked: str = ""

    def __post_init__(self) -> None:
        if not (self.person.strip() and self.recorded_by.strip() and self.purposes):
            raise ValueError("a consent names a person, a purpose and who recorded it")
        for digest in (self.subject_sha256, self.evidence_sha256):
            if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
                raise ValueError(f"{digest[:20]!r} is no SHA-256")
        for day in filter(None, (self.until, self.revoked)):
            date.fromisoformat(day)


def require_consent(
    consent: Consent | None, subject: Path, evidence: Path, purpose: str, today: date
) -> Consent:
    """The consent, if it covers a picture or sound for a purpose today.

    Args:
        consent: on record, if any.
        subject: the picture or sound to be used.
        evidence: the file that proves it; read and compared.
        purpose: what it is to be used for.
        today: the day.

    Raises:
        ConsentMissing: there is none, or it is for something else, over, revoked, or its
            evidence is not the file that was recorded.
        PolicyError: a file cannot be read.
    """
    hint = "Record a consent with its evidence, or use a drawn presenter: they need none."
    if consent is None:
        raise ConsentMissing(f"No consent is on record for {subject.name}.", hint)
    who = f"The consent of {consent.person}"
    if consent.revoked:
        raise ConsentMissing(f"{who} was revoked on {consent.revoked}.", hint)
    if today > date.fromisoformat(consent.until):
        raise ConsentMissing(f"{who} ended on {consent.until}.", hint)
    if purpose not in consent.purposes:
        raise ConsentMissing(f"{who} is for {', '.join(consent.purposes)}, not {purpose}.", hint)
    if file_digest(subject) != consent.subject_sha256:
        raise ConsentMissing(f"{who} is about another file than {subject.name}.", hint)
    if file_digest(evidence) != consent.evidence_sha256:
        raise ConsentMissing(f"{evidence.name} is not the evidence that was recorded.", hint)
    return consent


@dataclass(frozen=True)
class Entry:
    """One row of the log.

    Attributes:
        act: approved or withdrawn.
        script_sha256: :attr:`Script.digest` of exactly what was approved.
        person: who approved, by name.
        at: when, ISO 8601 in UTC.
        before: hash of the entry before; :data:`FIRST` for the first.
        remark: in words.
    """

    act: Act
    script_sha256: str
    person: str
    at: str
    before: str
    remark: str = ""

    @property
    def digest(self) -> str:
        """What the next entry carries."""
        return hashlib.sha256(_canonical(to_json(self)).encode("utf-8")).hexdigest()


def _canonical(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_log(path: Path) -> tuple[Entry, ...]:
    """The entries of a log, oldest first; none where there is no file.

    Raises:
        PolicyError: the chain is broken: something was changed, taken out or put in between.
    """
    try:
        rows = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as exc:
        raise PolicyError(f"The approval log {path} cannot be read.", "Restore it.") from exc
    entries: list[Entry] = []
    before = FIRST
    for number, row in enumerate(rows, start=1):
        try:
            entry = from_json(Entry, json.loads(row))
        except Exception as exc:  # whatever is no entry breaks the chain
            raise _broken(path, number, "is no entry") from exc
        if entry.before != before:
            raise _broken(path, number, "does not follow the one before it")
        entries.append(entry)
        before = entry.digest
    return tuple(entries)


def _broken(path: Path, number: int, how: str) -> PolicyError:
    return PolicyError(
        f"{path.name}:{number}: the approval log was tampered with: this entry {how}.",
        "Restore it from a copy, or begin a new log and approve again.",
    )


def append_entry(path: Path, act: Act, script: Script, person: str, remark: str = "") -> Entry:
    """Approve a script, or withdraw an approval; the log grows by one entry.

    The end of the log itself is only as safe as its place: an entry taken from the end leaves
    a shorter log that is whole. Whoever aired a segment keeps the digest of its approval.

    Raises:
        PolicyError: nobody is named, or the chain is broken.
        EncodeFailed: the log cannot be written.
    """
    if not person.strip():
        raise PolicyError("An approval needs the name of a person.", "Give it: --approve-by NAME")
    entries = read_log(path)
    before = entries[-1].digest if entries else FIRST
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Entry(act, script.digest, person.strip(), now, before, remark)
    rows = [_canonical(to_json(e)) for e in (*entries, entry)]
    with write_beside(path) as beside:
        beside.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return entry


def approval_of(path: Path, script: Script) -> Entry | None:
    """The approval that stands for exactly this script; None where there is none.

    Raises:
        PolicyError: the chain is broken.
    """
    mine = [entry for entry in read_log(path) if entry.script_sha256 == script.digest]
    return mine[-1] if mine and mine[-1].act == "approved" else None


def require_approval(path: Path, script: Script) -> Entry:
    """The approval of exactly this script.

    Raises:
        DisclosureRequired: there is none: what is made is a draft, and must say so.
        PolicyError: the chain is broken.
    """
    found = approval_of(path, script)
    if found is None:
        raise DisclosureRequired(
            f"Nobody has approved the script {script.digest[:12]}…: without that it is a draft.",
            "Have it approved by name, or make the draft with its watermark.",
        )
    return found
