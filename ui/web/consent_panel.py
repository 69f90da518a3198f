"""The register of consents, each with a way to take it back."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import TYPE_CHECKING

from ui.web.messages import Say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.anchor.policy import Recorded


def consent_list(
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
    return "".join(
        _row(say, row, row.consent.subject_sha256 == chosen, may_revoke, asks_name)
        for row in reversed(rows)
    )


def standing_of(row: Recorded, today: date | None = None) -> str:
    """``stands``, ``ended`` or ``revoked``."""
    until = row.consent.until
    if row.revoked:
        return "revoked"
    if until and (today or date.today()) > date.fromisoformat(until):
        return "ended"
    return "stands"


def _row(say: Say, row: Recorded, mine: bool, may_revoke: bool, asks_name: bool) -> str:
    consent, standing = row.consent, standing_of(row)
    ends = consent.until or say("consent.no_end")
    if row.revoked:
        ends = say("consent.revoked", day=row.revoked, by=row.revoked_by)
    elif standing == "ended":
        ends = say("consent.ended", day=consent.until)
    purposes = ", ".join(say(f"consent.purpose.{p}") for p in consent.purposes)
    cells = {
        "whose": escape(say(f"consent.kind.{consent.kind}")),
        "what": f"{escape(purposes)} <code>{consent.subject_sha256[:12]}…</code>",
        "until": escape(ends),
        "record": f"{escape(consent.recorded_by)}, {escape(row.at[:10])} "
        f"<code>{consent.id}</code><br>{escape(consent.evidence or consent.statement)}",
    }
    body = "".join(
        f"<dt>{escape(say(f'consent.column.{name}'))}</dt><dd>{cell}</dd>"
        for name, cell in cells.items()
    )
    points = f"<p><em>{escape(say('consent.this_portrait'))}</em></p>" if mine else ""
    back = ""
    if standing == "stands" and may_revoke:
        back = _take_back(say, consent.id, consent.person, asks_name)
    kind = "st-approved" if standing == "stands" else "st-outdated"
    return (
        f'<section class="{kind}" data-standing="{standing}"><h4>{escape(consent.person)}</h4>'
        f'{points}<dl class="st-hashes">{body}</dl>{back}</section>'
    )


def _take_back(say: Say, consent_id: str, person: str, asks_name: bool) -> str:
    name = say("consent.by")
    reason = say("consent.reason")
    # Gradio gives no look to what it did not make.
    look = (
        'style="display:block;width:100%;min-height:36px;margin-top:8px;padding:6px 10px;'
        "border:1px solid var(--st-edge);border-radius:8px;background:var(--st-panel);"
        'color:var(--st-text);font:inherit"'
    )
    by = f'<input {look} data-by placeholder="{escape(name)}" aria-label="{escape(name)}">'
    return (
        f"<details><summary>{escape(say('consent.take_back'))}</summary>"
        f"{by if asks_name else ''}"
        f'<input {look} data-reason placeholder="{escape(reason)}" aria-label="{escape(reason)}">'
        f'<button {look} type="button" data-revoke="{escape(consent_id)}">'
        f"{escape(say('consent.revoke', person=person))}</button></details>"
    )
