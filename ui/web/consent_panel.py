"""The register of consents as a table, each with a way to take it back."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import TYPE_CHECKING

from ui.web.messages import Say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.anchor.policy import Recorded


def consent_table(
    say: Say, rows: Sequence[Recorded], *, chosen: str, may_revoke: bool, asks_name: bool
) -> str:
    """Every consent on record, newest first.

    Args:
        say: the page's language.
        rows: of the register, oldest first.
        chosen: SHA-256 of the portrait that is chosen; "" for none.
        may_revoke: whether whoever looks may take one back.
        asks_name: whether whoever takes one back has to say who it is.
    """
    if not rows:
        return f'<p class="st-outdated">{escape(say("consent.none"))}</p>'
    labels = [say(f"consent.column.{name}") for name in ("whose", "what", "until", "record")]
    heads = "".join(f'<th scope="col">{escape(label)}</th>' for label in labels)
    body = "".join(
        _row(say, row, labels, row.consent.subject_sha256 == chosen, may_revoke, asks_name)
        for row in reversed(rows)
    )
    return f'<table class="st-reading"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'


def standing_of(row: Recorded, today: date | None = None) -> str:
    """``stands``, ``ended`` or ``revoked``."""
    until = row.consent.until
    if row.revoked:
        return "revoked"
    if until and (today or date.today()) > date.fromisoformat(until):
        return "ended"
    return "stands"


def _row(
    say: Say, row: Recorded, labels: Sequence[str], mine: bool, may_revoke: bool, asks_name: bool
) -> str:
    consent, standing = row.consent, standing_of(row)
    what = ", ".join(say(f"consent.purpose.{p}") for p in consent.purposes)
    ends = consent.until or say("consent.no_end")
    if row.revoked:
        ends = say("consent.revoked", day=row.revoked, by=row.revoked_by)
    elif standing == "ended":
        ends = say("consent.ended", day=consent.until)
    who = f"<b>{escape(consent.person)}</b><br>{escape(say(f'consent.kind.{consent.kind}'))}"
    if mine:
        who += f"<br><em>{escape(say('consent.this_portrait'))}</em>"
    why = consent.evidence or consent.statement
    record = (
        f"{escape(consent.recorded_by)}, {escape(row.at[:10])}<br>"
        f"<code>{consent.id}</code> · {escape(why)}"
    )
    cells = [who, f"{escape(what)}<br><code>{consent.subject_sha256[:12]}…</code>", escape(ends)]
    if standing == "stands" and may_revoke:
        record += _take_back(say, consent.id, consent.person, asks_name)
    kind = " data-edited" if mine and standing == "stands" else ""
    body = "".join(
        f'<td data-label="{escape(label)}">{cell}</td>'
        for label, cell in zip(labels, [*cells, record], strict=True)
    )
    return f'<tr{kind} data-standing="{standing}">{body}</tr>'


def _take_back(say: Say, consent_id: str, person: str, asks_name: bool) -> str:
    name = say("consent.by")
    reason = say("consent.reason")
    by = f'<input data-by placeholder="{escape(name)}" aria-label="{escape(name)}">'
    return (
        f"<details><summary>{escape(say('consent.take_back'))}</summary>"
        f"{by if asks_name else ''}"
        f'<input data-reason placeholder="{escape(reason)}" aria-label="{escape(reason)}">'
        f'<button type="button" data-revoke="{escape(consent_id)}">'
        f"{escape(say('consent.revoke', person=person))}</button></details>"
    )
