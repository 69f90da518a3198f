"""Consents on the anchor tab: on record, put on record, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from studio.accounts.role import Role
from studio.errors import NotAllowed, StudioError
from studio.settings import Settings
from ui.web import panels
from ui.web.consent_panel import consent_list
from ui.web.guard import current_user, require
from ui.web.messages import PageError, Say
from ui.web.roots import MediaRoots
from ui.web.tabs.texts import filled, html, script
from ui.web.tabs.trailer_layout import Make

KINDS, PURPOSES = ("person", "deceased", "artwork"), ("anchor", "voice")
_FIELDS = ("subject", "person", "kind", "purposes", "until", "evidence", "statement", "by")


@dataclass(frozen=True)
class ConsentDesk:
    """Part of the tab. Whoever approves records and takes back; whoever edits sees.

    Attributes:
        settings: where the register lies.
        roots: folders that files may be picked from.
        parts: components of the tab by name; this adds its own.
    """

    settings: Settings
    roots: MediaRoots
    parts: dict[str, Any]

    def build(self, make: Make) -> None:
        """Lay it out."""
        p = self.parts
        with make(gr.Accordion, {"label": "consent.title"}, open=False, elem_id="anchor-consents"):
            p["consent_said"] = html(elem_id="consent-said")
            p["consent_list"] = html(js_on_load=script("consents.js"), elem_id="consent-list")
            make(html, {"value": lambda say: panels.section(
                say("consent.new"), say("consent.new.text"))})  # fmt: skip
            for name in ("subject", "person"):
                p[f"consent_{name}"] = self._line(make, name)
            p["consent_kind"] = make(
                gr.Radio,
                {"label": "consent.kind", "choices": _named("consent.kind", KINDS)},
                value="person", elem_id="consent-kind",
            )  # fmt: skip
            p["consent_purposes"] = make(
                gr.CheckboxGroup,
                {"label": "consent.purposes", "choices": _named("consent.purpose", PURPOSES)},
                value=["anchor"], elem_id="consent-purposes",
            )  # fmt: skip
            for name in ("until", "evidence", "statement", "by"):
                p[f"consent_{name}"] = self._line(make, name)
            with gr.Column(elem_classes="st-go"):
                p["consent_add"] = make(gr.Button, {"value": "consent.add"}, elem_id="consent-add")

    def _line(self, make: Make, name: str) -> gr.Textbox:
        words: dict[str, Any] = {"label": f"consent.{name}"}
        if Say("en").has(f"consent.{name}.info"):
            words["info"] = f"consent.{name}.info"
        return make(gr.Textbox, words, max_lines=1, max_length=500, elem_id=f"consent-{name}")

    def connect(self, quiet: dict[str, Any]) -> None:
        """Answer its events."""
        p = self.parts
        fields = [p[f"consent_{name}"] for name in _FIELDS]
        p["consent_add"].click(self.add, [p["visit"], p["portrait"], *fields], **quiet)
        p["consent_list"].revoke(self.revoke, [p["visit"], p["portrait"]], **quiet)
        p["portrait"].blur(self.shown, [p["visit"], p["portrait"]], **quiet)

    # Events

    def add(self, visit: Any, request: gr.Request, portrait: str, *values: Any) -> dict[Any, Any]:
        """Put a consent on record."""
        from pipelines.anchor.consents import ConsentRegister, consent_of

        given = dict(zip(_FIELDS, values, strict=True))
        words = {name: str(given[name] or "").strip() for name in _FIELDS if name != "purposes"}
        problem: StudioError | None = None
        said = ""
        try:
            account = require(request, Role.APPROVER)
            if not words["subject"]:
                raise PageError("consent.no_subject")
            evidence = self.roots.resolve(words["evidence"]) if words["evidence"] else None
            draft = consent_of(
                self.roots.resolve(words["subject"]),
                person=words["person"],
                recorded_by=account or words["by"],
                kind=words["kind"],
                purposes=tuple(str(p) for p in given["purposes"] or ()),
                until=words["until"],
                evidence=evidence,
                statement=words["statement"],
            )
            row = ConsentRegister(self.settings).add(draft)
            said = Say(visit.language)("consent.added", person=row.consent.person)
        except StudioError as exc:
            problem = exc
        updates = self.state(visit, portrait, request, problem, said)
        if problem is None:
            for name in ("subject", "person", "until", "evidence", "statement"):
                updates[self.parts[f"consent_{name}"]] = gr.update(value="")
        return updates

    def revoke(
        self, visit: Any, portrait: str, event: gr.EventData, request: gr.Request
    ) -> dict[Any, Any]:
        """Take one back: from now on nothing is made with it, nor let out."""
        from pipelines.anchor.consents import ConsentRegister

        problem: StudioError | None = None
        said = ""
        try:
            account = require(request, Role.APPROVER)
            data = event._data
            row = ConsentRegister(self.settings).revoke(
                str(data.get("id")), account or str(data.get("by") or ""), str(data.get("reason"))
            )
            said = Say(visit.language)("consent.taken_back", person=row.consent.person)
        except StudioError as exc:
            problem = exc
        return self.state(visit, portrait, request, problem, said)

    def shown(self, visit: Any, portrait: str, request: gr.Request) -> dict[Any, Any]:
        """Another portrait was named: the consent for it is pointed at."""
        return self.state(visit, portrait, request)

    def state(
        self,
        visit: Any,
        portrait: str | None,
        request: gr.Request,
        problem: StudioError | None = None,
        said: str = "",
    ) -> dict[Any, Any]:
        """The register as it stands."""
        from pipelines.anchor.consents import ConsentRegister

        say, p = Say(visit.language), self.parts
        try:
            current_user(request)
            rows = ConsentRegister(self.settings).all()
        except StudioError as exc:
            problem, rows = problem or exc, ()
        note = f'<p class="st-approved" role="status">{escape(said)}</p>' if said else ""
        table = consent_list(
            say,
            rows,
            chosen=self._digest(portrait),
            may_revoke=_may(request),
            asks_name=not visit.user,
        )
        return {
            p["consent_said"]: filled(panels.problem(say, problem) + note),
            p["consent_list"]: table,
            p["consent_by"]: gr.update(visible=not visit.user),
            p["consent_add"]: gr.update(interactive=_may(request)),
        }

    def _digest(self, portrait: str | None) -> str:
        from pipelines.anchor.policy import file_digest

        if not portrait or Path(portrait).suffix.lower() in ("", ".mp4", ".mov"):
            return ""
        try:
            return file_digest(self.roots.resolve(portrait))
        except StudioError:
            return ""  # what is wrong with it is said where it is used


def _may(request: gr.Request) -> bool:
    try:
        require(request, Role.APPROVER)
    except NotAllowed:
        return False
    return True


def _named(head: str, names: tuple[str, ...]) -> Any:
    return lambda say: [(say(f"{head}.{name}"), name) for name in names]
