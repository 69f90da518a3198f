"""The models tab and the settings tab: what is on this machine, and how it is changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any

import gradio as gr

from studio.models.records import StatusBoard
from studio.settings import Settings
from ui.web import panels
from ui.web.guard import current_user
from ui.web.messages import Say, preferred_language
from ui.web.tabs.texts import Texts, filled, html, script

#: Settings in groups, as people look for them.
_GROUPS = {
    "folders": ("cache_dir", "data_dir"),
    "memory": (
        "device", "memory_budget_bytes", "host_budget_bytes", "memory_headroom_bytes",
        "model_idle_s", "threads",
    ),
    "limits": ("max_file_bytes", "max_duration_s", "max_pixels", "max_streams"),
}  # fmt: skip


@dataclass
class Visit:
    """One open page: the language it speaks, and what it shows is read when it is opened."""

    language: str = "en"


@dataclass(frozen=True)
class MachineTabs:
    """Builds both tabs and answers their events.

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
        """Lay both out and connect them; to be called inside the page's tabs."""
        p, make = self.parts, self.texts.make
        models = make(gr.Tab, {"label": "models.tab"}, id="models")
        with models, gr.Column(elem_classes="st-panel st-single"):
            p["visit"] = gr.State(Visit())  # not beside the tabs: it would count as one of them
            make(html, {"value": _section("models.title", "models.text")})
            p["models"] = html(" ", js_on_load=script("models.js"), elem_id="models-list")
        settings = make(gr.Tab, {"label": "settings.tab"}, id="settings")
        with settings, gr.Column(elem_classes="st-panel st-single"):
            make(html, {"value": _section("settings.title", "settings.text")})
            p["settings"] = html(elem_id="settings-list")
            p["release"] = make(gr.Button, {"value": "settings.release"}, elem_id="release")
            p["released"] = html(elem_id="released")
        quiet: dict[str, Any] = {
            "queue": False, "api_visibility": "private", "show_progress": "hidden",
            "outputs": [p["models"], p["settings"], *self.texts.components],
        }  # fmt: skip
        page.load(self.load, p["visit"], **quiet)
        self.header.language(self.speak, p["visit"], **quiet)
        p["models"].shown(self.list_models, p["visit"], **{**quiet, "outputs": [p["models"]]})
        p["release"].click(self.release, p["visit"], **{**quiet, "outputs": [p["released"]]})

    def load(self, visit: Visit, request: gr.Request) -> dict[Any, Any]:
        """A page was opened."""
        current_user(request)
        visit.language = preferred_language(
            request.cookies.get("studio_language"), request.headers.get("accept-language", "")
        )
        return self._words(visit)

    def speak(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """Another language was chosen."""
        visit.language = Say(str(event._data.get("language"))).language
        return self._words(visit) | self.list_models(visit)

    def list_models(self, visit: Visit) -> dict[Any, Any]:
        """The models are looked at: where each stands now."""
        from studio import catalog

        say = Say(visit.language)
        rows = catalog.list_models(self.settings.cache_dir)
        commands = {spec.name: catalog.command(spec) for spec in catalog.all_specs()}
        return {self.parts["models"]: models_table(say, rows, commands)}

    def release(self, visit: Visit) -> dict[Any, Any]:
        """Ask every process to let go of models that nothing uses."""
        say = Say(visit.language)
        StatusBoard(self.settings.cache_dir / "pool").ask_release()
        words = escape(say("settings.released"))
        return {self.parts["released"]: filled(f'<p class="st-status" role="status">{words}</p>')}

    def _words(self, visit: Visit) -> dict[Any, Any]:
        say = Say(visit.language)
        return self.texts.updates(say) | {
            self.parts["settings"]: settings_table(say, self.settings)
        }


def _section(title: str, text: str) -> Callable[[Say], str]:
    return lambda say: panels.section(say(title), say(text))


def models_table(say: Say, rows: list[dict[str, Any]], commands: dict[str, str]) -> str:
    """Every model: what it is for, whose it is, whether it is here and how it gets here."""
    found = []
    for row in sorted(rows, key=lambda row: (row["state"] != "ok", row["name"])):
        here = row["state"] == "ok"
        command = commands[row["name"]]
        get = "" if here else f"<code>{escape(command)}</code>"
        state = say("models.here") if here else say("models.missing")
        source = escape(row["source"])
        if row["source"].startswith("https://"):
            source = f'<a href="{source}" rel="noreferrer noopener">{source[8:]}</a>'
        found.append(
            f"<li{' data-missing' if not here else ''}><div><b>{escape(row['name'])}</b>"
            f'<span lang="en">{escape(row["role"])}</span></div>'
            f'<div><span class="st-state">{escape(state)}</span>{get}</div>'
            f'<div lang="en"><span>{escape(row["licence"])}</span><small>{source}</small></div>'
            f"<div><span>{say.size(row['resident_bytes'])}</span></div></li>"
        )
    here = sum(row["state"] == "ok" for row in rows)
    count = escape(say("models.count", here=here, all=len(rows)))
    return f'<p class="st-status">{count}</p><ul class="st-models">{"".join(found)}</ul>'


def settings_table(say: Say, settings: Settings) -> str:
    """Every setting: what it is, its value, and what sets it."""
    parts = []
    for group, names in _GROUPS.items():
        rows = "".join(
            f"<li><div><b>{escape(say(f'settings.{name}'))}</b>"
            f"<code>STUDIO_{name.upper()}</code></div>"
            f"<div><span>{escape(_value(say, name, getattr(settings, name)))}</span>"
            f"<small>{escape(say(_origin(name, settings)))}</small></div></li>"
            for name in names
        )
        parts.append(f"<h3>{escape(say(f'settings.group.{group}'))}</h3><ul>{rows}</ul>")
    return f'<div class="st-set">{"".join(parts)}</div>'


def _value(say: Say, name: str, value: Any) -> str:
    if name in ("memory_budget_bytes", "host_budget_bytes") and not value:
        return say("settings.half")
    if name == "threads" and not value:
        return say("settings.cores", n=os.cpu_count() or 1)
    if name.endswith("_bytes"):
        return say.size(value)
    if name.endswith("_s"):
        return say.duration(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _origin(name: str, settings: Settings) -> str:
    if f"STUDIO_{name.upper()}" in os.environ:
        return "settings.from.environment"
    usual = type(settings).model_fields[name].get_default(call_default_factory=True)
    return "settings.from.default" if getattr(settings, name) == usual else "settings.from.file"
