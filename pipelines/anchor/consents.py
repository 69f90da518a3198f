"""The register of consents: recorded, listed, revoked, and asked by the gate.

It lies in the settings' data folder: a log that only grows, and beside it a copy of every file
of evidence under its hash, readable by its owner alone.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipelines.anchor.policy import (
    HINT,
    KINDS,
    PURPOSES,
    Consent,
    Purpose,
    Recorded,
    file_digest,
    require_consent,
)
from studio.archive.chained_log import append_row, read_rows
from studio.codec import from_json, to_json
from studio.errors import ConsentMissing, NoSuchMedia, PolicyError, RequestError
from studio.media.writer import write_beside
from studio.settings import Settings

_KEYS = ("person", "kind", "subject", "purposes", "until", "evidence", "statement", "recorded_by")


@dataclass(frozen=True)
class Draft:
    """A consent to be recorded, with its evidence where it lies now."""

    consent: Consent
    evidence: Path | None


def consent_of(
    subject: Path,
    *,
    person: str,
    recorded_by: str,
    kind: str = "person",
    purposes: tuple[str, ...] = ("anchor",),
    until: str = "",
    evidence: Path | None = None,
    statement: str = "",
) -> Draft:
    """A consent from what a person says; the files are read for their hashes.

    Raises:
        RequestError: something it needs is missing or no day, kind or purpose.
        PolicyError: a file cannot be read.
    """
    if kind not in KINDS:
        raise RequestError(f"{kind!r} is no kind of consent.", f"There are {', '.join(KINDS)}.")
    for purpose in purposes:
        if purpose not in PURPOSES:
            raise RequestError(
                f"{purpose!r} is nothing a consent can be for.", f"There are {', '.join(PURPOSES)}."
            )
    body = {
        "person": person.strip(),
        "kind": kind,
        "subject_sha256": file_digest(subject),
        "purposes": list(dict.fromkeys(purposes)),
        "recorded_by": recorded_by.strip(),
        "until": until,
        "evidence_sha256": file_digest(evidence) if evidence is not None else "",
        "evidence": evidence.name if evidence is not None else "",
        "statement": statement.strip(),
    }
    try:
        return Draft(from_json(Consent, body), evidence)
    except RequestError as exc:
        raise RequestError(
            f"This is no consent: {exc.message.removeprefix('$: ')}.",
            "A living person's needs --evidence and --until; another kind --statement.",
        ) from exc


def read_consent_file(path: Path) -> tuple[Draft, Path]:
    """A record that lies beside a script, and the picture or sound it is about.

    TOML or JSON with the keys ``person``, ``kind``, ``subject``, ``purposes``, ``until``,
    ``evidence``, ``statement`` and ``recorded_by``; files are named relative to it.

    Raises:
        NoSuchMedia: it does not exist.
        RequestError: it is not such a file, or something is missing from it.
        PolicyError: a file it names cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as exc:
        raise NoSuchMedia(f"{path} does not exist.", "Check the name: --consent FILE") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise RequestError(f"{path.name} cannot be read: {exc}.", "Give TOML or JSON.") from exc
    try:
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except ValueError as exc:
        raise RequestError(f"{path.name} is no TOML or JSON: {exc}.", "Mend it.") from exc
    values: Mapping[str, Any] = found if isinstance(found, dict) else {}
    wrong = [key for key in values if key not in _KEYS]
    plain = all(isinstance(values.get(k, ""), str) for k in _KEYS if k != "purposes")
    purposes = values.get("purposes", ["anchor"])
    listed = isinstance(purposes, list) and all(isinstance(p, str) for p in purposes)
    if wrong or not plain or not listed or not values.get("subject"):
        raise RequestError(
            f"{path.name} is no record of a consent" + (f": {wrong[0]}?" if wrong else "."),
            f"Its keys are {', '.join(_KEYS)}; purposes is a list.",
        )
    folder = path.parent
    draft = consent_of(
        folder / values["subject"],
        person=values.get("person", ""),
        recorded_by=values.get("recorded_by", ""),
        kind=values.get("kind", "person"),
        purposes=tuple(purposes),
        until=values.get("until", ""),
        evidence=folder / values["evidence"] if values.get("evidence") else None,
        statement=values.get("statement", ""),
    )
    return draft, folder / values["subject"]


class ConsentRegister:
    """The consents of a machine.

    Args:
        settings: whose data folder it lies in.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data_dir / "consents"
        self.path = self._folder / "consents.jsonl"

    def add(self, draft: Draft) -> Recorded:
        """Put a consent on record and keep a copy of its evidence; again is no change.

        A consent that was revoked is not given back by being recorded again: that takes a new
        one, with other words or other evidence.

        Raises:
            ConsentMissing: this very consent was revoked.
            PolicyError: its log was tampered with, or the evidence cannot be read.
            EncodeFailed: it cannot be written.
        """
        consent = draft.consent
        before = self._by_id().get(consent.id)
        if before is not None and before.revoked:
            raise ConsentMissing(
                f"The consent of {consent.person} ({consent.id}) was revoked on {before.revoked}.",
                "A new one needs new evidence.",
            )
        if draft.evidence is not None:
            self._keep(draft.evidence, consent)
        if before is not None:
            return before
        at = _now()
        append_row(self.path, {"act": "recorded", "consent": to_json(consent), "at": at})
        return Recorded(consent, at)

    def revoke(self, consent_id: str, by: str, reason: str = "") -> Recorded:
        """Take a consent back, from today on.

        Args:
            consent_id: its id, or the first digits of it if no other begins so.
            by: who takes it back.
            reason: in words.

        Raises:
            RequestError: there is no such consent, or more than one.
            PolicyError: nobody is named, or the log was tampered with.
        """
        if not by.strip():
            raise PolicyError("Taking a consent back needs a name.", "Give it: --by NAME")
        rows = self._by_id()
        found = [row for key, row in rows.items() if consent_id and key.startswith(consent_id)]
        if len(found) != 1:
            raise RequestError(
                f"{len(found)} consents begin with {consent_id!r}.", "See: studio consent list"
            )
        row = found[0]
        if row.revoked:
            return row
        day = date.today().isoformat()
        body = {
            "act": "revoked",
            "id": row.consent.id,
            "day": day,
            "by": by.strip(),
            "reason": reason,
            "at": _now(),
        }
        append_row(self.path, body)
        return replace(row, revoked=day, revoked_by=by.strip(), reason=reason)

    def all(self) -> tuple[Recorded, ...]:
        """Every consent on record, oldest first, those taken back among them.

        Raises:
            PolicyError: the log was tampered with.
        """
        return tuple(self._by_id().values())

    def require(self, subject: Path, purpose: Purpose, today: date | None = None) -> Consent:
        """The consent that covers a picture or sound for a purpose.

        Raises:
            ConsentMissing: there is none, or it is for something else, over, revoked, or its
                evidence is no longer what was recorded.
            PolicyError: a file cannot be read, or the log was tampered with.
        """
        digest = file_digest(subject)
        refused: ConsentMissing | None = None
        for row in self._by_id().values():
            if row.consent.subject_sha256 != digest:
                continue
            try:
                consent = require_consent(row, digest, purpose, today or date.today(), subject.name)
                self._check_evidence(consent)
                return consent
            except ConsentMissing as exc:
                refused = exc
        if refused is not None:
            raise refused
        what = "the voice in " if purpose == "voice" else ""
        raise ConsentMissing(f"No consent is on record for {what}{subject.name}.", HINT)

    def evidence_of(self, consent: Consent) -> Path | None:
        """Where the copy of its evidence lies; None where it has none."""
        if not consent.evidence_sha256:
            return None
        ending = Path(consent.evidence).suffix[:12]
        return self._folder / "evidence" / f"{consent.evidence_sha256}{ending}"

    def _by_id(self) -> dict[str, Recorded]:
        found: dict[str, Recorded] = {}
        for number, row in enumerate(read_rows(self.path), start=1):
            body = row.body
            try:
                if body["act"] == "recorded":
                    consent = from_json(Consent, body["consent"])
                    found[consent.id] = Recorded(consent, str(body["at"]))
                else:
                    found[body["id"]] = replace(
                        found[body["id"]],
                        revoked=str(body["day"]),
                        revoked_by=str(body["by"]),
                        reason=str(body["reason"]),
                    )
            except (KeyError, RequestError) as exc:
                raise PolicyError(
                    f"{self.path.name}:{number} is no entry of consents.",
                    "Restore the register from a copy.",
                ) from exc
        return found

    def _keep(self, evidence: Path, consent: Consent) -> None:
        kept = self.evidence_of(consent)
        assert kept is not None
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with write_beside(kept) as beside:
            try:
                shutil.copyfile(evidence, beside)
            except FileNotFoundError as exc:
                raise PolicyError(f"{evidence} cannot be read.", "Check the name.") from exc
            beside.chmod(0o600)
            if file_digest(beside) != consent.evidence_sha256:
                raise PolicyError(f"{evidence.name} changed while it was read.", "Try again.")

    def _check_evidence(self, consent: Consent) -> None:
        kept = self.evidence_of(consent)
        if kept is None:
            return
        if not kept.is_file() or file_digest(kept) != consent.evidence_sha256:
            raise ConsentMissing(
                f"The evidence of the consent of {consent.person} ({consent.id}) is gone from the "
                "register, or is not the file that was recorded.",
                "Record the consent again with its evidence: studio consent add …",
            )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
