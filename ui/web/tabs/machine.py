"""The models tab: what is on this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

import gradio as gr

from studio.settings import Settings
from ui.web import panels
from ui.web.guard import current_user
from ui.web.messages import Say, preferred_language
from ui.web.tabs.texts import Texts, html, script


@dataclass
class Visit:
    """One open page: the language it speaks, and what it shows is read when it is opened."""

    language: str = "en"


@dataclass(frozen=True)
class ModelsTab:
    """Builds the tab and answers its events.

    Attributes:
        settings: of the machine.
        header: the page's head.
        texts: components whose words change with the language.
        parts: components by name.
    """

    settings: Settings
    header: gr.HTML
    texts: Texts = field(default_factory=Texts)
    parts: dict[str, Any] = field(default_factory=dict)

    def build(self, page: gr.Blocks) -> None:
        """Lay the tab out and connect it; to be called inside it."""
        p, make = self.parts, self.texts.make
        p["visit"] = gr.State(Visit())
        with gr.Column(elem_classes="st-panel st-single"):
            make(html, {"value": lambda s: panels.section(s("models.title"), s("models.text"))})
            p["models"] = html(" ", js_on_load=script("models.js"), elem_id="models-list")
        quiet: dict[str, Any] = {
            "queue": False, "api_visibility": "private", "show_progress": "hidden",
            "show_progress_on": p["visit"],
            "outputs": [p["models"], *self.texts.components],
        }  # fmt: skip
        page.load(self.load, p["visit"], **quiet)
        self.header.language(self.speak, p["visit"], **quiet)
        p["models"].shown(self.list_models, p["visit"], **{**quiet, "outputs": [p["models"]]})

    def load(self, visit: Visit, request: gr.Request) -> dict[Any, Any]:
        """A page was opened."""
        current_user(request)
        visit.language = preferred_language(
            request.cookies.get("studio_language"), request.headers.get("accept-language", "")
        )
        return self.texts.updates(Say(visit.language))

    def speak(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """Another language was chosen."""
        visit.language = Say(str(event._data.get("language"))).language
        return self.texts.updates(Say(visit.language)) | self.list_models(visit)

    def list_models(self, visit: Visit) -> dict[Any, Any]:
        """The models are looked at: where each stands now."""
        from studio import catalog

        say = Say(visit.language)
        rows = catalog.list_models(self.settings.cache_dir)
        commands = {spec.name: catalog.command(spec) for spec in catalog.all_specs()}
        return {self.parts["models"]: models_table(say, rows, commands)}


def models_table(say: Say, rows: list[dict[str, Any]], commands: dict[str, str]) -> str:
    """Every model: what it is for, whose it is, whether it is here and how it gets here."""
    found = []
    for row in sorted(rows, key=lambda row: (row["state"] != "ok", row["name"])):
        here = row["state"] == "ok"
        command, key = commands[row["name"]], f"models.role.{row['name']}"
        get = "" if here else f"<code>{escape(command)}</code>"
        state = say("models.here") if here else say("models.missing")
        source = escape(row["source"])
        if row["source"].startswith("https://"):
            source = f'<a href="{source}" rel="noreferrer noopener">{source[8:]}</a>'
        found.append(
            f"<li{' data-missing' if not here else ''}><div><b>{escape(row['name'])}</b>"
            f"<span>{escape(say(key) if say.has(key) else row['role'])}</span></div>"
            f'<div><span class="st-state">{escape(state)}</span>{get}</div>'
            f'<div lang="en"><span>{escape(row["licence"])}</span><small>{source}</small></div>'
            f"<div><span>{say.size(row['resident_bytes'])}</span></div></li>"
        )
    here = sum(row["state"] == "ok" for row in rows)
    count = escape(say("models.count", here=here, all=len(rows)))
    return f'<p class="st-status">{count}</p><ul class="st-models">{"".join(found)}</ul>'
