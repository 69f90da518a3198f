"""The anchor tab: a script read, spoken, shown, approved by somebody and made."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, ClassVar

import gradio as gr

from studio.accounts.role import Role
from studio.errors import StudioError
from ui.web import panels
from ui.web.anchor_panels import approval, heard, reading_table, result, welcome
from ui.web.anchor_voices import voice_choices
from ui.web.anchor_works import FILM, LOOK, READ, SETS, STYLES, VOICE, WISHES, AnchorWork
from ui.web.guard import current_user, require
from ui.web.makings import Makings
from ui.web.messages import PageError, Say, preferred_language
from ui.web.tabs.anchor_consents import ConsentDesk
from ui.web.tabs.making_tab import Visit
from ui.web.tabs.texts import filled, html, merged, script
from ui.web.tabs.trailer_layout import Make
from ui.web.tabs.work_tab import WorkTab, project_of
from ui.web.wall import wall

_POLL_S = 0.4
_CARD_ASPECT = 384 / 432
_FIELDS = ("text", *WISHES)


@dataclass(frozen=True)
class AnchorTab(WorkTab):
    """Builds the tab and answers its events.

    Attributes:
        works: films in the making, segments among them.
        tabs: to come forward when an address asks for it.
    """

    works: Makings
    tabs: gr.Tabs

    name: ClassVar[str] = "anchor"

    @property
    def _consents(self) -> ConsentDesk:
        return ConsentDesk(self.settings, self.roots, self.parts)

    # Laid out

    def build(self, page: gr.Blocks) -> None:
        """Lay the tab out and connect it; to be called inside ``page``."""
        from studio.provenance.identity import identity

        identity(self.settings)  # what works on the files of others may read it, never make it
        p, make = self.parts, self.texts.make
        p["visit"] = gr.State(Visit())
        p["saved"] = gr.BrowserState("", storage_key="studio-anchor", secret="studio")
        p["timer"] = gr.Timer(_POLL_S, active=False)
        with gr.Row(elem_classes="st-desk", equal_height=False):
            with gr.Column(elem_classes="st-settings"):
                self._script(make)
                self._voice(make)
                self._picture(make)
                self._film(make)
            with gr.Column(elem_classes="st-work", elem_id="anchor-work"):
                self._work(make)
        self._connect(page)

    def _script(self, make: Make) -> None:
        p = self.parts
        make(html, {"value": lambda say: panels.section(say("anchor.script"), number=1)})
        p["text"] = make(
            gr.Textbox,
            {"label": "anchor.text", "info": "anchor.text.info", "placeholder": "anchor.example"},
            lines=12, max_lines=24, max_length=60_000, elem_id="anchor-text",
        )  # fmt: skip
        p["language"] = make(
            gr.Dropdown,
            {
                "label": "anchor.language",
                "choices": _choices("anchor.language", "auto", "en", "ko"),
            },
            value="auto", elem_id="anchor-language",
        )  # fmt: skip
        with gr.Row(elem_classes="st-go"):
            p["example"] = make(
                gr.Button, {"value": "anchor.use_example"}, elem_id="anchor-use-example", size="sm"
            )
            p["read"] = make(
                gr.Button, {"value": "anchor.read"}, variant="primary", elem_id="anchor-read"
            )

    def _voice(self, make: Make) -> None:
        p = self.parts
        make(html, {"value": lambda say: panels.section(say("anchor.voice"), number=2)})
        p["voice"] = make(
            gr.Dropdown,
            {
                "label": "anchor.voice.name",
                "choices": lambda say: voice_choices(say, self.settings),
            },
            value="", elem_id="anchor-voice",
        )  # fmt: skip
        p["speed"] = make(
            gr.Slider, {"label": "anchor.speed"}, minimum=0.7, maximum=1.4, step=0.05, value=1.0,
            buttons=[], elem_id="anchor-speed",
        )  # fmt: skip
        with gr.Column(elem_classes="st-go"):
            p["speak"] = make(gr.Button, {"value": "anchor.speak"}, elem_id="anchor-speak")

    def _picture(self, make: Make) -> None:
        p = self.parts
        make(html, {"value": lambda say: panels.section(say("anchor.picture"), number=3)})
        p["set_name"] = make(
            gr.Dropdown, {"label": "anchor.set", "choices": _choices("anchor.set", *SETS)},
            value="skyline", elem_id="anchor-set",
        )  # fmt: skip
        p["style"] = make(
            gr.Dropdown, {"label": "anchor.style", "choices": _choices("anchor.style", *STYLES)},
            value="civic", elem_id="anchor-style",
        )  # fmt: skip
        p["aspect"] = make(
            gr.Radio,
            {"label": "anchor.aspect"},
            choices=["16:9", "9:16"], value="16:9", elem_id="anchor-aspect",
        )  # fmt: skip
        p["portrait"] = make(
            gr.Textbox, {"label": "anchor.portrait", "info": "anchor.portrait.info"},
            max_lines=1, max_length=500, elem_id="anchor-portrait",
        )  # fmt: skip
        self._consents.build(make)
        with gr.Column(elem_classes="st-go"):
            p["show"] = make(gr.Button, {"value": "anchor.show"}, elem_id="anchor-show")

    def _film(self, make: Make) -> None:
        p = self.parts
        make(html, {"value": lambda say: panels.section(say("anchor.film"), number=4)})
        p["small"] = make(
            gr.Checkbox, {"label": "anchor.small"}, value=False, elem_id="anchor-small"
        )
        with gr.Column(elem_classes="st-go"):
            p["make"] = make(
                gr.Button, {"value": "anchor.make"}, variant="primary", elem_id="anchor-make"
            )

    def _work(self, make: Make) -> None:
        p = self.parts
        p["stage"] = html(elem_id="anchor-stage")
        p["cancel"] = make(
            gr.Button, {"value": "run.cancel"}, variant="stop", visible=False,
            elem_id="anchor-cancel", elem_classes="st-cancel",
        )  # fmt: skip
        with gr.Column(visible=False, elem_classes="st-panel") as p["result_panel"]:
            make(html, {"value": lambda say: panels.section(say("making.result"))})
            p["result"] = html(elem_id="anchor-result")
        with gr.Column(visible=False, elem_classes="st-panel") as p["approval_panel"]:
            make(html, {"value": lambda say: panels.section(
                say("anchor.approval"), say("anchor.approval.text"))})  # fmt: skip
            p["approval"] = html(elem_id="anchor-approval")
            with gr.Row(elem_classes="st-sign") as p["sign"]:
                p["person"] = make(
                    gr.Textbox, {"label": "anchor.person"}, max_lines=1, max_length=80,
                    elem_id="anchor-person",
                )  # fmt: skip
                p["remark"] = make(
                    gr.Textbox, {"label": "anchor.remark"}, max_lines=1, max_length=300,
                    elem_id="anchor-remark",
                )  # fmt: skip
                p["approve"] = make(
                    gr.Button, {"value": "anchor.approve"}, elem_id="anchor-approve"
                )
        with gr.Column(visible=False, elem_classes="st-panel") as p["wall_panel"]:
            make(html, {"value": lambda say: panels.section(
                say("anchor.wall"), say("anchor.wall.text"))})  # fmt: skip
            p["wall"] = html(js_on_load=script("wall.js"), elem_id="anchor-wall")
        with gr.Column(visible=False, elem_classes="st-panel") as p["voice_panel"]:
            make(html, {"value": lambda say: panels.section(say("anchor.heard"))})
            p["heard"] = html(elem_id="anchor-heard")
        with gr.Column(visible=False, elem_classes="st-panel") as p["reading_panel"]:
            make(html, {"value": lambda say: panels.section(
                say("anchor.reading"), say("anchor.reading.text"))})  # fmt: skip
            p["reading"] = html(js_on_load=script("anchor.js"), elem_id="anchor-reading")

    def _connect(self, page: gr.Blocks) -> None:
        p = self.parts
        quiet = self.quiet(self.tabs)
        many = {**quiet, "trigger_mode": "multiple"}
        ask = """(visit, saved) => [visit, studio.asked("anchor", saved)]"""
        show = """(...values) => {
          document.getElementById("anchor-work").scrollIntoView({ block: "start" });
          return values;
        }"""
        fields = [p["visit"], *(p[name] for name in _FIELDS)]
        loaded = page.load(self.load, [p["visit"], p["saved"]], js=ask, **quiet)
        self.header.language(self.speak, p["visit"], **quiet)
        p["example"].click(self.example, p["visit"], **quiet)
        begun = [loaded]
        for name, act in (
            ("read", self.read), ("speak", self.say), ("show", self.show), ("make", self.make),
        ):  # fmt: skip
            begun.append(p[name].click(act, fields, js=show, **quiet))
        for name in WISHES:
            event = p[name].release if isinstance(p[name], gr.Slider) else p[name].input
            event(self.changed, fields, **many)
        p["wall"].pick(self.picked, fields, **many)
        p["reading"].edit(self.edited, p["visit"], **many)
        p["approve"].click(self.approve, [p["visit"], p["person"], p["remark"]], **quiet)
        self._consents.connect(quiet)
        p["timer"].tick(self.tick, p["visit"], **quiet)
        p["cancel"].click(self.cancel, p["visit"], **quiet)
        for event in begun:
            event.then(
                None, p["saved"], js="(id) => studio.setRun(id, 'anchor')",
                api_visibility="private",
            )  # fmt: skip

    # Events

    def load(self, visit: Visit, run: dict[str, Any], request: gr.Request) -> dict[Any, Any]:
        """A page was opened: in its language, and at the work its address names."""
        visit.language = preferred_language(
            request.cookies.get("studio_language"), request.headers.get("accept-language", "")
        )
        visit.user = current_user(request)
        visit.project = project_of(request, self.works.desk.library, visit.user)
        asked = run.get("asked")
        work = self._own(asked or run.get("saved"), visit)
        like = self._own(run.get("like"), visit)
        if like is not None:  # the same script and wishes, as a segment of its own
            work = None
            visit.picked[:] = like.picked
        updates: dict[Any, Any] = {}
        if asked or run.get("in") == self.name:
            updates[self.tabs] = gr.Tabs(selected=self.name)
        if work is not None:
            visit.work = work.id
        elif asked and like is None:
            visit.problem = PageError("run.unknown")
        shown = like or work
        for name in _FIELDS if shown is not None else ():
            if name in shown.values:
                updates[self.parts[name]] = gr.update(value=shown.values[name])
        updates[self.parts["saved"]] = visit.work
        portrait = str(shown.values.get("portrait") or "") if shown is not None else ""
        return merged(self._all(visit), updates, self._consents.state(visit, portrait, request))

    def example(self, visit: Visit) -> dict[Any, Any]:
        """Put a script that shows what a script may hold."""
        return {self.parts["text"]: Say(visit.language)("anchor.example")}

    def read(self, visit: Visit, request: gr.Request, *values: Any) -> dict[Any, Any]:
        """Read the script; a new segment is begun where there is none."""
        return self._act(visit, values, request, READ)

    def say(self, visit: Visit, request: gr.Request, *values: Any) -> dict[Any, Any]:
        """Say it."""
        return self._act(visit, values, request, VOICE)

    def show(self, visit: Visit, request: gr.Request, *values: Any) -> dict[Any, Any]:
        """Draw a frame of each line."""
        return self._act(visit, values, request, LOOK)

    def make(self, visit: Visit, request: gr.Request, *values: Any) -> dict[Any, Any]:
        """Make the film."""
        return self._act(visit, values, request, FILM)

    def changed(self, visit: Visit, *values: Any) -> dict[Any, Any]:
        """A wish changed: what was approved may no longer be what would be made."""
        self._remember(visit, values)
        return self._state(visit)

    def picked(self, visit: Visit, event: gr.EventData, *values: Any) -> dict[Any, Any]:
        """A presenter was chosen."""
        self._remember(visit, values)
        work = self._work_of(visit)
        name = str(event._data.get("card"))
        if work is not None and any(card.name == name for card in work.cards):
            work.picked = () if work.picked == (name,) else (name,)
            work.keep()
        return self._state(visit)

    def edited(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """Somebody said how a line is to be read."""
        work = self._work_of(visit)
        visit.problem = None
        try:
            if work is not None:
                work.edit(str(event._data.get("line")), str(event._data.get("value")))
        except StudioError as exc:
            visit.problem = exc
        return self._state(visit)

    def approve(
        self, visit: Visit, person: str, remark: str, request: gr.Request
    ) -> dict[Any, Any]:
        """Somebody approves, by name, what is shown."""
        work = self._work_of(visit)
        visit.problem = None
        try:
            shown = work.request(self.settings) if work is not None else None
            if work is None or shown is None:
                raise PageError("anchor.stale")
            work.approve(
                person or "", remark or "", shown.script_sha256, visit.user, self.settings,
                lambda: require(request, Role.APPROVER) and None,
            )  # fmt: skip
        except StudioError as exc:
            visit.problem = exc
        return self._state(visit)

    # What is done

    def _own(self, work_id: object, visit: Visit) -> AnchorWork | None:
        work = self.works.open_for(work_id, visit.user)
        return work if isinstance(work, AnchorWork) else None

    def _work_of(self, visit: Visit) -> AnchorWork | None:
        work = self.works.get(visit.work)
        return work if isinstance(work, AnchorWork) else None

    def _remember(self, visit: Visit, values: Any) -> None:
        work = self._work_of(visit)
        given = dict(zip(_FIELDS, values, strict=True))
        given.pop("text")  # the script is taken when it is read
        if work is not None:
            work.values |= given

    def _act(self, visit: Visit, values: Any, request: gr.Request, doing: str) -> dict[Any, Any]:
        visit.problem = None
        try:
            require(request, Role.EDITOR)
            given = dict(zip(_FIELDS, values, strict=True))
            text = str(given.pop("text") or "")
            if given["portrait"]:
                given["portrait"] = str(self.roots.resolve(str(given["portrait"])))
            work = self._work_of(visit)
            if work is None:
                work = self._fresh(text, visit)
            if work.phase.busy:
                raise PageError("run.busy")
            work.values |= given
            if doing == READ or work.values.get("text") != text:
                work.read(text)  # what is not read yet is neither said nor shown
            else:
                {VOICE: work.speak, LOOK: work.show, FILM: work.make_film}[doing]()
        except StudioError as exc:
            visit.problem = exc
        return self._state(visit) | {self.parts["saved"]: visit.work}

    def _fresh(self, text: str, visit: Visit) -> AnchorWork:
        first = next((line.strip("# ").strip() for line in text.splitlines() if line.strip()), "")
        if not first:
            raise PageError("anchor.no_script")
        made = self.works.fresh(first[:40], visit.user, visit.project, self.name)
        assert isinstance(made, AnchorWork)
        made.picked = tuple(visit.picked)
        visit.work = made.id
        return made

    # What is shown

    def _all(self, visit: Visit) -> dict[Any, Any]:
        return merged(self.texts.updates(Say(visit.language)), self._state(visit))

    def _state(self, visit: Visit) -> dict[Any, Any]:
        """Everything that depends on the work."""
        say, p, work = Say(visit.language), self.parts, self._work_of(visit)
        busy = work is not None and work.phase.busy
        visit.seen = work.phase if work is not None else None
        rows = work.rows() if work is not None else []
        files = work.made.files if work is not None and work.made is not None else {}
        read = bool(rows) and not busy
        shown = None
        try:
            if work is not None and not (busy and work.doing == LOOK):
                shown = work.request(self.settings)
        except StudioError as exc:
            visit.problem = visit.problem or exc
        updates: dict[Any, Any] = {
            p["timer"]: gr.Timer(active=busy),
            p["cancel"]: gr.update(
                visible=busy, interactive=not (work is not None and work.run.cancelling)
            ),
            p["read"]: gr.update(interactive=not busy),
            p["stage"]: filled(self._stage(say, work, visit)),
            p["reading_panel"]: gr.update(visible=bool(rows)),
            p["reading"]: reading_table(say, rows, busy),
            p["voice_panel"]: gr.update(visible="voice" in files),
            p["wall_panel"]: gr.update(visible=bool(work and work.cards)),
            p["approval_panel"]: gr.update(visible="look" in files),
            p["sign"]: gr.update(visible=shown is not None and not shown.stands and not busy),
            p["result_panel"]: gr.update(visible="film" in files and not busy),
        }
        for name in ("speak", "show", "make"):
            updates[p[name]] = gr.update(interactive=read)
        if work is not None:
            updates[p["heard"]] = filled(heard(say, work))
            updates[p["approval"]] = filled(approval(say, work, shown, busy))
            updates[p["result"]] = filled(result(say, work))
            updates[p["wall"]] = wall(
                say, work, work.picked, lambda n: _called(say, n), "anchor.group",
                _CARD_ASPECT,
            )  # fmt: skip
        return updates

    def _stage(self, say: Say, work: AnchorWork | None, visit: Visit) -> str:
        trouble = panels.problem(say, visit.problem or (work.error if work else None))
        if work is None:
            return trouble + welcome(say)
        if work.phase.busy:
            return trouble + self._progress(say, work)
        if work.cancelled:
            said = escape(say("run.cancelled"))
            return f'{trouble}<p class="st-outdated" role="status">{said}</p>'
        return trouble

    def _progress(self, say: Say, work: Any) -> str:
        return panels.progress(say, work.view, say(f"anchor.doing.{work.doing}"))


def _called(say: Say, name: str) -> str:
    key = f"anchor.card.{name}"
    return say(key) if say.has(key) else name.title()


def _choices(head: str, *names: str) -> Any:
    return lambda say: [(say(f"{head}.{name}"), name) for name in names]
