"""The settings tab: what a person may change, written into ``studio.toml``."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio import settings_file
from studio.accounts.role import Role
from studio.errors import NotAllowed, StudioError
from studio.models.records import StatusBoard
from studio.settings import Settings
from ui.web import panels
from ui.web.guard import NOBODY, current_user
from ui.web.messages import PageError, Say, preferred_language
from ui.web.tabs.texts import Texts, filled, html, merged

if TYPE_CHECKING:
    from ui.web.app import Studio

_GB = 10**9


@dataclass(frozen=True)
class Field:
    """A setting that can be changed here.

    Attributes:
        name: in :class:`Settings`.
        group: it stands in.
        choices: where it is one of a few; each is the message ``settings.NAME.CHOICE``.
        unit: of the setting, in that of the page: bytes in GB.
        whole: whether it is counted.
        at_once: whether the page goes by it from now on; else the studio is started again.
    """

    name: str
    group: str
    choices: tuple[str, ...] = ()
    unit: float = 1
    whole: bool = False
    at_once: bool = False


FIELDS = (
    Field("language", "page", ("", "en", "ko"), at_once=True),
    Field("light", "page", ("", "light", "dark"), at_once=True),
    Field("proxies", "page", at_once=True),
    Field("results_dir", "work"),
    Field("device", "memory", ("auto", "cpu", "cuda")),
    Field("threads", "memory", whole=True),
    Field("memory_budget_bytes", "memory", unit=_GB),
    Field("memory_headroom_bytes", "memory", unit=_GB),
    Field("model_idle_s", "memory", unit=60),
    Field("max_file_bytes", "limits", unit=_GB),
    Field("max_duration_s", "limits", unit=3600),
    Field("max_pixels", "limits", unit=1e6),
)
#: Shown, and changed in the file alone: what lies in them would be left behind.
_FIXED = ("cache_dir", "data_dir")
#: What is wrong with a number, in the page's own words.
_WRONG = ("greater_than", "greater_than_equal")


@dataclass
class Visit:
    """One open page.

    Attributes:
        language: the page speaks.
        user: whose page it is.
    """

    language: str = "en"
    user: str = NOBODY


@dataclass(frozen=True)
class SettingsTab:
    """Builds the tab and answers its events.

    Attributes:
        studio: what stands behind the page.
        header: the page's head.
        texts: components whose words change with the language.
        parts: components by name.
    """

    studio: Studio
    header: gr.HTML
    texts: Texts = field(default_factory=Texts)
    parts: dict[str, Any] = field(default_factory=dict)

    def build(self, page: gr.Blocks) -> None:
        """Lay the tab out and connect it; to be called inside it."""
        p, make = self.parts, self.texts.make
        p["visit"] = gr.State(Visit())
        with gr.Column(elem_classes="st-panel st-single"):
            make(html, {"value": _section("settings.title", "settings.text")})
            p["told"] = html(elem_id="settings-told")
            for group, at_once in dict.fromkeys((each.group, each.at_once) for each in FIELDS):
                make(html, {"value": _heading(group, at_once)})
                with gr.Column(elem_classes="st-fields"):
                    for each in FIELDS:
                        if each.group == group:
                            p[each.name] = self._component(each)
            p["save"] = make(
                gr.Button, {"value": "settings.save"}, variant="primary", elem_id="settings-save",
                elem_classes="st-single-act",
            )  # fmt: skip
            p["fixed"] = html(elem_id="settings-list")
        with gr.Column(elem_classes="st-panel st-single"):
            make(html, {"value": _section("settings.release.title", "settings.release.text")})
            p["release"] = make(
                gr.Button, {"value": "settings.release"}, elem_id="release",
                elem_classes="st-single-act",
            )  # fmt: skip
            p["released"] = html(elem_id="released")
        shown = [part for name, part in p.items() if name not in ("visit", "released")]
        quiet: dict[str, Any] = {
            "queue": False, "api_visibility": "private", "show_progress": "hidden",
            "show_progress_on": p["visit"],
            "outputs": list({c._id: c for c in (*shown, *self.texts.components)}.values()),
        }  # fmt: skip
        values = [p[each.name] for each in FIELDS]
        page.load(self.load, p["visit"], **quiet)
        self.header.language(self.speak, p["visit"], **quiet)
        p["save"].click(self.save, [p["visit"], *values], **quiet)
        p["release"].click(self.release, p["visit"], **{**quiet, "outputs": [p["released"]]})

    def _component(self, each: Field) -> Any:
        make, name = self.texts.make, each.name
        words: dict[str, Any] = {"label": f"settings.{name}", "info": _info(each)}
        look: dict[str, Any] = {"elem_id": f"set-{name}"}
        if each.choices:
            words["choices"] = lambda say: [
                (say(f"settings.{name}.{choice or 'auto'}"), choice) for choice in each.choices
            ]
            return make(gr.Radio, words, **look)
        if name == "proxies":
            return make(gr.Checkbox, words, **look)
        if name == "results_dir":
            return make(gr.Textbox, words, max_length=1000, **look)
        return make(gr.Number, words, precision=0 if each.whole else None, **look)

    # Events

    def load(self, visit: Visit, request: gr.Request) -> dict[Any, Any]:
        """A page was opened."""
        visit.user = current_user(request)
        visit.language = preferred_language(
            request.cookies.get("studio_language"), request.headers.get("accept-language", "")
        )
        return self._all(visit)

    def speak(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """Another language was chosen; what was typed stays."""
        visit.language = Say(str(event._data.get("language"))).language
        say = Say(visit.language)
        return merged(self.texts.updates(say), {self.parts["fixed"]: _fixed(say, self.studio)})

    def save(self, visit: Visit, *values: Any) -> dict[Any, Any]:
        """Write down what differs from what was there."""
        say = Say(visit.language)
        changed: dict[str, Any] = {}
        try:
            self._check_allowed(visit)
            for each, shown in zip(FIELDS, values, strict=True):
                wanted = self._wanted(each, shown)
                if wanted != settings_file.now(each.name):
                    changed[each.name] = None if wanted == _usual(each.name) else wanted
            path = settings_file.change(changed) if changed else None
        except settings_file.BadSetting as exc:
            return {self.parts["told"]: filled(panels.problem(say, _told(say, exc)))}
        except StudioError as exc:
            return {self.parts["told"]: filled(panels.problem(say, exc))}
        told = say("settings.same") if path is None else say("settings.saved", path=path)
        late = [each.name for each in FIELDS if each.name in changed and not each.at_once]
        if late:
            names = ", ".join(say(f"settings.{name}") for name in late)
            told = f"{told} {say('settings.restart', names=names)}"
        words = f'<p class="st-approved" role="status">{escape(told)}</p>'
        return merged(self._all(visit), {self.parts["told"]: filled(words)})

    def release(self, visit: Visit) -> dict[Any, Any]:
        """Ask every process to let go of models that nothing uses."""
        StatusBoard(self._settings.cache_dir / "pool").ask_release()
        words = escape(Say(visit.language)("settings.released"))
        return {self.parts["released"]: filled(f'<p class="st-status" role="status">{words}</p>')}

    # What is shown

    @property
    def _settings(self) -> Settings:
        return self.studio.settings

    def _check_allowed(self, visit: Visit) -> None:
        if self.studio.accounts is not None:
            self.studio.accounts.check_role(visit.user, Role.ADMIN)

    def _all(self, visit: Visit) -> dict[Any, Any]:
        say, p = Say(visit.language), self.parts
        told, may = "", True
        try:
            self._check_allowed(visit)
        except NotAllowed:
            told, may = f'<p class="st-status">{escape(say("settings.not_yours"))}</p>', False
        updates: dict[Any, Any] = {
            p["told"]: filled(told),
            p["fixed"]: _fixed(say, self.studio),
            p["save"]: gr.update(interactive=may),
        }
        for each in FIELDS:
            value = settings_file.now(each.name)
            if each.unit != 1:
                value = round(value / each.unit, 2)
            elif isinstance(value, Path):
                value = str(value)
            free = may and not settings_file.from_environment(each.name)
            updates[p[each.name]] = gr.update(value=value, interactive=free)
        return merged(self.texts.updates(say), updates)

    def _wanted(self, each: Field, shown: Any) -> Any:
        """What a component says, as the setting has it; emptied, it goes back to how it comes."""
        if shown is None or (isinstance(shown, str) and not shown.strip()):
            return _usual(each.name)
        if each.name == "results_dir":
            return self._folder(str(shown).strip())
        if each.unit == 1:
            return shown
        stands = settings_file.now(each.name)
        if round(stands / each.unit, 2) == shown:
            return stands  # not touched: what was rounded to be shown is not written back
        real = shown * each.unit
        return real if each.name.endswith("_s") else round(real)

    def _folder(self, text: str) -> Path:
        """Where results may go: a folder that may be written to, inside those the page knows."""
        path = Path(text).expanduser().resolve()
        tops = (*self.studio.roots.folders, self._settings.data_dir.resolve())
        if not any(path.is_relative_to(top) for top in tops):
            raise PageError("settings.outside", folder=path)
        if not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
            raise PageError("settings.no_folder", folder=path)
        return path


def _section(title: str, text: str) -> Callable[[Say], str]:
    return lambda say: panels.section(say(title), say(text))


def _heading(group: str, at_once: bool) -> Callable[[Say], str]:
    def words(say: Say) -> str:
        when = say("settings.at_once" if at_once else "settings.later")
        title = escape(say(f"settings.group.{group}"))
        return f'<div class="st-group"><h3>{title}</h3><p>{escape(when)}</p></div>'

    return words


def _info(each: Field) -> Callable[[Say], str]:
    """What it means; or that it is not for the page to set."""
    if settings_file.from_environment(each.name):
        return lambda say: say("settings.by_variable", variable=f"STUDIO_{each.name.upper()}")
    return lambda say: say(f"settings.{each.name}.info")


def _usual(name: str) -> Any:
    return Settings.model_fields[name].get_default(call_default_factory=True)


def _told(say: Say, error: settings_file.BadSetting) -> StudioError:
    """In the page's language, where it is a number out of its range."""
    if error.name and error.kind in _WRONG:
        return PageError("settings.bad", name=say(f"settings.{error.name}"), least=f"{error.least}")
    return error


def _fixed(say: Say, studio: Studio) -> str:
    """Where everything lies while the studio runs."""
    folders = {"results_dir": studio.results_dir}
    folders |= {name: getattr(studio.settings, name) for name in _FIXED}
    rows = "".join(
        f"<li><div><b>{escape(say(f'settings.{name}'))}</b>"
        f"<code>STUDIO_{name.upper()}</code></div>"
        f"<div><span>{escape(str(path))}</span></div></li>"
        for name, path in folders.items()
    )
    title = escape(say("settings.group.folders"))
    return f'<div class="st-set"><h3>{title}</h3><ul>{rows}</ul></div>'
