"""What the tabs share that make a film anew: a film, a wall of cards to choose from, one picture
before and after, a short preview, the whole, its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any, ClassVar

import gradio as gr

from studio.errors import StudioError
from studio.types.media import MediaInfo
from ui.web import panels, wall
from ui.web.guard import NOBODY, current_user
from ui.web.makings import Made, Making, Makings, Phase
from ui.web.messages import PageError, Say, preferred_language
from ui.web.tabs.texts import filled, html, merged, script
from ui.web.tabs.trailer_layout import Make
from ui.web.tabs.work_tab import WorkTab, project_of

_POLL_S = 0.4
PREVIEW_S = 5.0


@dataclass
class Visit:
    """One open page.

    Attributes:
        language: the page speaks.
        user: whose page it is.
        project: that new works go to, or "".
        film: taken; one at most.
        work: what it follows.
        picked: names of the cards that were chosen, in order.
        values: of the wishes, as they were last.
        keep: what was chosen is for the next film too.
        seen: the phase it shows.
        problem: the error it shows.
    """

    language: str = "en"
    user: str = NOBODY
    project: str = ""
    film: list[MediaInfo] = field(default_factory=list)
    work: str = ""
    picked: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    keep: bool = False
    seen: Phase | None = None
    problem: StudioError | None = None


@dataclass(frozen=True)
class MakingTab(WorkTab):
    """Builds such a tab and answers its events.

    Attributes:
        works: films in the making.
        tabs: to come forward when an address asks for it.
    """

    works: Makings
    tabs: gr.Tabs

    #: Of the tab: in the page's address, in ids and in the keys of its words.
    name: ClassVar[str]
    #: Wishes in the order the events get them.
    wishes: ClassVar[tuple[str, ...]]
    #: Whether it begins with a film.
    takes_film: ClassVar[bool] = True
    #: Whether one picture is drawn before and after whenever something was chosen.
    compares: ClassVar[bool] = True
    #: Keys of what the two sides of the comparison are called.
    sides: ClassVar[tuple[str, str]] = ("making.before", "making.after")
    #: How many cards may be chosen together.
    most_picked: ClassVar[int] = 1

    # What each tab says for itself.

    def lay_wishes(self, make: Make, parts: dict[str, Any]) -> None:
        """Make the components of the wishes."""
        raise NotImplementedError

    def compared(self, work: Making, visit: Visit) -> dict[str, Any]:
        """What the act ``NAME.compare`` wants to know, to draw one picture before and after.

        Raises:
            StudioError: the wishes make no sense.
        """
        raise NotImplementedError

    def making(self, work: Making, visit: Visit, preview: bool) -> tuple[str, Any]:
        """The pipeline that makes the film, or some seconds of it, and its options.

        Raises:
            StudioError: the wishes make no sense.
        """
        raise NotImplementedError

    def told(self, say: Say, made: Made) -> list[str]:
        """Facts about what was made, as lines."""
        return []

    def pick(self, visit: Visit, name: str) -> None:
        """A card was chosen or given back; the oldest gives way where too many are."""
        if name in visit.picked:
            visit.picked.remove(name)
        else:
            visit.picked.append(name)
            del visit.picked[: -self.most_picked]

    def aspect(self, work: Making) -> float:
        """Width over height of the cards' pictures."""
        if work.info is None or work.info.video is None:
            return 1.0
        width, height = work.info.video.display_wh
        return width / height

    def label(self, say: Say, name: str) -> str:
        """What a card is called."""
        key = f"{self.name}.card.{name}"
        return say(key) if say.has(key) else name

    # Laid out

    def build(self, page: gr.Blocks) -> None:
        """Lay the tab out and connect it; to be called inside ``page``."""
        p, make = self.parts, self.texts.make
        p["visit"] = gr.State(Visit())
        p["saved"] = gr.BrowserState("", storage_key=f"studio-{self.name}", secret="studio")
        p["timer"] = gr.Timer(_POLL_S, active=False)
        with gr.Row(elem_classes="st-desk", equal_height=False):
            with gr.Column(elem_classes="st-settings"):
                if self.takes_film:
                    self._film(make)
                title, number = f"{self.name}.wishes", 2 if self.takes_film else 1
                make(html, {"value": lambda say: panels.section(say(title), number=number)})
                self.lay_wishes(make, p)
                self._go(make)
            with gr.Column(elem_classes="st-work", elem_id=f"{self.name}-work"):
                self._work(make)
        self._connect(page)

    def _film(self, make: Make) -> None:
        p, name = self.parts, self.name
        make(html, {"value": lambda say: panels.section(say("film.title"), number=1)})
        p["film"] = html(js_on_load=script("dropzone.js"), elem_id=f"{name}-film")
        with gr.Row(elem_classes="st-pick"):
            p["path"] = make(
                gr.Dropdown,
                {"label": "footage.path", "info": "footage.path.info"},
                choices=[], allow_custom_value=True, value=None, elem_id=f"{name}-path",
            )  # fmt: skip
            p["add"] = make(gr.Button, {"value": "footage.add"}, elem_id=f"{name}-add", size="sm")
        p["notice"] = html(elem_id=f"{name}-notice")

    def _go(self, make: Make) -> None:
        p, name = self.parts, self.name
        with gr.Column(elem_classes="st-go"):
            if self.takes_film:
                p["preview"] = make(
                    gr.Button, {"value": "making.preview"}, elem_id=f"{name}-preview",
                    interactive=False,
                )  # fmt: skip
            p["start"] = make(
                gr.Button, {"value": f"{name}.start"}, variant="primary", elem_id=f"{name}-start",
                interactive=False,
            )  # fmt: skip

    def _work(self, make: Make) -> None:
        p, name = self.parts, self.name
        p["stage"] = html(elem_id=f"{name}-stage")
        p["cancel"] = make(
            gr.Button, {"value": "run.cancel"}, variant="stop", visible=False,
            elem_id=f"{name}-cancel", elem_classes="st-cancel",
        )  # fmt: skip
        with gr.Column(visible=False, elem_classes="st-panel") as p["result_panel"]:
            make(html, {"value": lambda say: panels.section(say("making.result"))})
            p["result"] = html(elem_id=f"{name}-result")
        with gr.Column(visible=False, elem_classes="st-panel") as p["wall_panel"]:
            p["compare"] = html(js_on_load=script("compare.js"), elem_id=f"{name}-compare")
            title = f"{name}.wall"
            make(html, {"value": lambda say: panels.section(say(title), say(f"{title}.text"))})
            p["wall"] = html(js_on_load=script("wall.js"), elem_id=f"{name}-wall")

    def _connect(self, page: gr.Blocks) -> None:
        p = self.parts
        quiet = self.quiet(self.tabs)
        many = {**quiet, "trigger_mode": "multiple"}
        ask = f"""(visit, saved) => [visit, studio.asked("{self.name}", saved)]"""
        show = f"""(...values) => {{
          document.getElementById("{self.name}-work").scrollIntoView({{ block: "start" }});
          return values;
        }}"""
        loaded = page.load(self.load, [p["visit"], p["saved"]], js=ask, **quiet)
        self.header.language(self.speak, p["visit"], **quiet)
        begun = [loaded]
        if self.takes_film:
            named = p["add"].click(self.checking, p["visit"], **quiet)
            begun += [
                p["film"].added(self.add_upload, p["visit"], **many),
                p["film"].removed(self.remove_film, p["visit"], **many),
                named.then(self.add_path, [p["visit"], p["path"]], **quiet),
            ]
        values = [p[name] for name in self.wishes]
        p["wall"].pick(self.picked, [p["visit"], *values], **many)
        for name in self.wishes:
            event = p[name].release if isinstance(p[name], gr.Slider) else p[name].input
            event(self.changed, [p["visit"], *values], **many)
        if self.takes_film:
            p["preview"].click(self.preview, [p["visit"], *values], js=show, **quiet)
        begun.append(p["start"].click(self.start, [p["visit"], *values], js=show, **quiet))
        p["timer"].tick(self.tick, p["visit"], **quiet)
        p["cancel"].click(self.cancel, p["visit"], **quiet)
        for event in begun:
            event.then(
                None, p["saved"], js=f"(id) => studio.setRun(id, '{self.name}')",
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
        work = self.works.open_for(asked or run.get("saved"), visit.user)
        if work is not None and work.kind != self.name:
            work = None
        like = self.works.open_for(run.get("like"), visit.user)
        if like is not None and like.kind == self.name:
            # The same settings, for another film.
            work, asked = (None if self.takes_film else work), self.name
            visit.picked[:], visit.values = like.picked, dict(like.values)
            visit.keep = True
        updates: dict[Any, Any] = {}
        if self.takes_film:
            updates[self.parts["path"]] = gr.update(choices=self._choices(), value=None)
        if asked or run.get("in") == self.name:
            updates[self.tabs] = gr.Tabs(selected=self.name)
        if work is not None:
            visit.work, visit.film[:] = work.id, [work.info] if work.info else []
            visit.picked[:], visit.values = work.picked, dict(work.values)
        elif asked and like is None:
            visit.problem = PageError("run.unknown")
        for name in self.wishes:
            if name in visit.values:
                updates[self.parts[name]] = gr.update(value=visit.values[name])
        brought = self.brought(visit, run, self.name) if self.takes_film else {}
        updates[self.parts["saved"]] = visit.work
        return merged(self._all(visit), updates, brought)

    def remove_film(self, visit: Visit) -> dict[Any, Any]:
        """The film was taken away."""
        visit.film.clear()
        visit.work, visit.problem = "", None
        visit.picked.clear()
        return merged(self._lists(visit), self._state(visit), {self.parts["saved"]: ""})

    def picked(self, visit: Visit, event: gr.EventData, *values: Any) -> dict[Any, Any]:
        """A card was chosen or given back."""
        self._remember(visit, values)
        self.pick(visit, str(event._data.get("card")))
        work = self.works.get(visit.work)
        if work is not None:
            work.picked = tuple(visit.picked)
        return self._compare(visit)

    def changed(self, visit: Visit, *values: Any) -> dict[Any, Any]:
        """A wish changed: the picture that is compared is drawn anew."""
        self._remember(visit, values)
        return self._compare(visit)

    def preview(self, visit: Visit, *values: Any) -> dict[Any, Any]:
        """Make a few seconds."""
        return self._begin(visit, values, Phase.PREVIEW)

    def start(self, visit: Visit, *values: Any) -> dict[Any, Any]:
        """Make the whole."""
        return self._begin(visit, values, Phase.WHOLE)

    # What is done

    def _remember(self, visit: Visit, values: Any) -> None:
        visit.values = dict(zip(self.wishes, values, strict=True))
        work = self.works.get(visit.work)
        if work is not None:
            work.values, work.picked = dict(visit.values), tuple(visit.picked)

    def _begin(self, visit: Visit, values: Any, phase: Phase) -> dict[Any, Any]:
        self._remember(visit, values)
        work = self.works.get(visit.work)
        visit.problem = None
        try:
            if work is None:
                raise PageError("film.none")
            work.make(phase, *self.making(work, visit, phase is Phase.PREVIEW))
        except StudioError as exc:
            visit.problem = exc
        return self._state(visit) | {self.parts["saved"]: visit.work}

    def _compare(self, visit: Visit) -> dict[Any, Any]:
        work = self.works.get(visit.work)
        visit.problem = None
        try:
            if work is not None and work.phase in (Phase.READY, Phase.COMPARE) and self.compares:
                if self._may_start(visit):
                    work.compare(f"{self.name}.compare", self.compared(work, visit))
                else:
                    work.show_no_comparison()
        except StudioError as exc:
            visit.problem = exc
        return self._state(visit)

    def _take(self, visit: Visit, info: MediaInfo | None) -> dict[Any, Any]:
        error: StudioError | None = None
        visit.problem = None
        if info is None:
            error = PageError("upload.gone")
        elif info.video is None:
            error = PageError("footage.no_picture")
        else:
            try:
                work = self.works.begin(info, self.name, user=visit.user, project=visit.project)
                visit.work, visit.film[:] = work.id, [info]
                if not visit.keep:
                    visit.picked.clear()
            except StudioError as exc:
                error = exc
        told = {
            self.parts["notice"]: filled(panels.problem(Say(visit.language), error)),
            self.parts["saved"]: visit.work,
        }
        return merged(self._lists(visit), self._state(visit), told)

    # What is shown

    def _lists(self, visit: Visit) -> dict[Any, Any]:
        if not self.takes_film:
            return {}
        zone = panels.dropzone(Say(visit.language), "film", visit.film, self.uploads.max_bytes)
        return {self.parts["film"]: zone, self.parts["notice"]: filled("")}

    def _all(self, visit: Visit) -> dict[Any, Any]:
        words = self.texts.updates(Say(visit.language))
        return merged(words, self._lists(visit), self._state(visit))

    def _state(self, visit: Visit) -> dict[Any, Any]:
        """Everything that depends on the work."""
        say, p, work = Say(visit.language), self.parts, self.works.get(visit.work)
        phase = work.phase if work is not None else None
        visit.seen = phase
        busy = phase is not None and phase.busy
        idle = phase in (Phase.READY, Phase.COMPARE) or (not self.takes_film and not busy)
        ready = idle and self._may_start(visit)
        shown = work is not None and bool(work.cards)
        updates: dict[Any, Any] = {
            p["timer"]: gr.Timer(active=busy),
            p["start"]: gr.update(interactive=ready),
            p["cancel"]: gr.update(
                visible=busy and phase is not Phase.COMPARE,
                interactive=not (work is not None and work.run.cancelling),
            ),
            p["stage"]: filled(self._stage(say, work, visit)),
            p["wall_panel"]: gr.update(visible=shown),
            p["result_panel"]: gr.update(visible=bool(work and work.made) and not self._hot(phase)),
        }
        if self.takes_film:
            updates[p["preview"]] = gr.update(interactive=ready)
        if work is not None and shown:
            updates[p["wall"]] = wall.wall(
                say,
                work,
                visit.picked,
                lambda name: self.label(say, name),
                f"{self.name}.group",
                self.aspect(work),
            )
            updates[p["compare"]] = filled(wall.compare(say, work, self.sides))
            updates[p["result"]] = wall.result(
                say, work, self.told(say, work.made) if work.made else ()
            )
        return updates

    def _may_start(self, visit: Visit) -> bool:
        """Whether enough was chosen to make something."""
        return bool(visit.picked)

    @staticmethod
    def _hot(phase: Phase | None) -> bool:
        return phase in (Phase.PREVIEW, Phase.WHOLE)

    def _stage(self, say: Say, work: Making | None, visit: Visit) -> str:
        trouble = panels.problem(say, visit.problem or (work.error if work else None))
        if work is None:
            return trouble + self._welcome(say)
        if work.phase is Phase.COMPARE:
            return trouble
        if work.phase.busy:
            return trouble + self._progress(say, work)
        if work.cancelled and not work.cards:
            return f'<p class="st-outdated" role="status">{escape(say("run.cancelled"))}</p>'
        return trouble

    def _progress(self, say: Say, work: Making) -> str:
        if work.phase is Phase.COMPARE:
            return ""
        return panels.progress(say, work.view, say(f"making.{work.phase}"))

    def _welcome(self, say: Say) -> str:
        """What the tab does, while there is nothing to show."""
        key = f"{self.name}.welcome"
        steps = "".join(
            f"<li><b>{escape(say(f'{key}.{n}.title'))}</b>"
            f"<p>{escape(say(f'{key}.{n}.text'))}</p></li>"
            for n in (1, 2, 3)
        )
        return (
            f'<div class="st-welcome"><h2>{escape(say(f"{key}.title"))}</h2>'
            f"<p>{escape(say(f'{key}.text'))}</p><ol>{steps}</ol></div>"
        )
