"""What must be on record before a segment may be made or aired, as values; pure.

A consent names one likeness or voice by the hash of the picture or sound, whose it is, what for
and until when, and the hash of the evidence. An approval is bound to the exact script by its
hash, and to whatever else is aired with it. :mod:`pipelines.anchor.consents` and
:mod:`pipelines.anchor.approvals` keep both; :mod:`pipelines.anchor.disclosure` is the gate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from studio.archive.chained_log import digest_of
from studio.codec import to_json
from studio.errors import ConsentMissing, PolicyError
from studio.types.script import Script

#: Whose likeness it is: somebody living, somebody dead, or nobody's who ever sat for it.
ConsentKind = Literal["person", "deceased", "artwork"]
#: A face that is made to speak, and a voice that is aired.
Purpose = Literal["anchor", "voice"]
Act = Literal["approved", "withdrawn"]

KINDS: tuple[str, ...] = get_args(ConsentKind)
PURPOSES: tuple[str, ...] = get_args(Purpose)


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
    """The leave to use one likeness or voice.

    Of a living person it rests on evidence, and ends on a day. Of a portrait of somebody dead,
    or of a painting or invented face, whoever records it declares in words why it may be used.

    Attributes:
        person: whose it is, or what it is called.
        kind: what that is.
        subject_sha256: hash of the picture or sound it is about.
        purposes: what for, of :data:`PURPOSES`; nothing else is covered.
        recorded_by: who put it on record, and answers for it.
        until: last day it is good for, ``2027-12-31``; empty for no end, never for a person's.
        evidence_sha256: hash of the file that proves it; empty only where nobody living is shown.
        evidence: name of that file.
        statement: why it may be used, in words.
    """

    person: str
    kind: ConsentKind
    subject_sha256: str
    purposes: tuple[Purpose, ...]
    recorded_by: str
    until: str = ""
    evidence_sha256: str = ""
    evidence: str = ""
    statement: str = ""

    def __post_init__(self) -> None:
        if not (self.person.strip() and self.recorded_by.strip() and self.purposes):
            raise ValueError("a consent names a person, a purpose and who recorded it")
        if self.kind == "person" and not (self.evidence_sha256 and self.until):
            raise ValueError("the consent of a living person needs evidence and a last day")
        if self.kind != "person" and not self.statement.strip():
            raise ValueError(f"a consent of the kind {self.kind} states why it may be used")
        for digest in (self.subject_sha256, self.evidence_sha256 or "0" * 64):
            if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
                raise ValueError(f"{digest[:20]!r} is no SHA-256")
        if self.until:
            date.fromisoformat(self.until)

    @property
    def id(self) -> str:
        """Twelve digits of its hash: the same words and files give the same record."""
        return digest_of(to_json(self))[:12]


@dataclass(frozen=True)
class Recorded:
    """A consent on record.

    Attributes:
        consent: what was recorded.
        at: when, ISO 8601 in UTC.
        revoked: day it was taken back; empty while it stands.
        revoked_by, reason: by whom and why.
    """

    consent: Consent
    at: str
    revoked: str = ""
    revoked_by: str = ""
    reason: str = ""


HINT = "Record one: studio consent add FILE --person NAME … ; drawn presenters need none."


def require_consent(
    found: Recorded, subject_sha256: str, purpose: str, today: date, subject: str
) -> Consent:
    """The consent, if it covers a picture or sound for a purpose today. Pure.

    Args:
        found: on record.
        subject_sha256: hash of the picture or sound to be used.
        purpose: what it is to be used for.
        today: the day.
        subject: name of the file, for what is said.

    Raises:
        ConsentMissing: it is about something else, for something else, over or revoked.
    """
    consent = found.consent
    who = f"The consent of {consent.person} ({consent.id})"
    if subject_sha256 != consent.subject_sha256:
        raise ConsentMissing(f"{who} is about another file than {subject}.", HINT)
    if found.revoked:
        raise ConsentMissing(f"{who} was revoked on {found.revoked}.", HINT)
    if consent.until and today > date.fromisoformat(consent.until):
        raise ConsentMissing(f"{who} ended on {consent.until}.", HINT)
    if purpose not in consent.purposes:
        raise ConsentMissing(f"{who} is for {', '.join(consent.purposes)}, not {purpose}.", HINT)
    return consent


@dataclass(frozen=True)
class Airing:
    """All that is to be aired: what an approval is bound to, and consents are needed for.

    Attributes:
        script: what is said and shown.
        presenter: name of who says it.
        portrait: the picture a presenter is made from; None for a drawn one.
        voice_over: a recording of a person's voice; None for a made voice.
        aired: name of everything else that decides what is seen and heard (readings, voice,
            style, set, each picture, table and piece of footage) to a digest of it.
        draft: whether only a draft is wanted, approved or not.
    """

    script: Script
    presenter: str
    portrait: Path | None = None
    voice_over: Path | None = None
    aired: Mapping[str, str] = field(default_factory=dict)
    draft: bool = False

    def inputs(self) -> dict[str, str]:
        """Everything beside the script by name, the files read now.

        Raises:
            PolicyError: a file cannot be read.
        """
        found = {**self.aired, "presenter": self.presenter}
        for name, path in (("portrait", self.portrait), ("voice-over", self.voice_over)):
            if path is not None:
                found[name] = file_digest(path)
        return dict(sorted(found.items()))


@dataclass(frozen=True)
class Approval:
    """One row of the log of approvals.

    Attributes:
        act: approved or withdrawn.
        script_sha256: :attr:`Script.digest` of exactly what was approved.
        person: who approved, by name.
        at: when, ISO 8601 in UTC.
        inputs: what else was aired with it, :meth:`Airing.inputs`; empty in a withdrawal.
        remark: in words.
        account: who was signed in; empty on a machine without accounts.
        digest: of the row, which the next one carries.
    """

    act: Act
    script_sha256: str
    person: str
    at: str
    inputs: dict[str, str] = field(default_factory=dict)
    remark: str = ""
    account: str = ""
    digest: str = ""


def standing_approval(
    rows: tuple[Approval, ...], script_sha256: str, inputs: Mapping[str, str]
) -> tuple[Approval | None, str]:
    """The approval that stands for exactly this, or None and why not, in words. Pure."""
    mine = [row for row in rows if row.script_sha256 == script_sha256]
    if not mine:
        return None, "nobody has approved this script"
    if mine[-1].act == "withdrawn":
        return None, f"{mine[-1].person} withdrew the approval"
    last = max((i for i, row in enumerate(mine) if row.act == "withdrawn"), default=-1)
    for row in reversed(mine[last + 1 :]):
        if row.inputs == inputs:
            return row, ""
    approved = mine[-1].inputs
    changed = sorted(n for n in {*approved, *inputs} if approved.get(n) != inputs.get(n))
    return None, f"changed since {mine[-1].person} approved it: {', '.join(changed)}"
