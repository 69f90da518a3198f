"""What the tabs share that understand footage of the library: choose it, follow a work, tell what
went wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from studio.archive.library import Footage
from studio.errors import StudioError
from ui.web import panels, study_view
from ui.web.guard import NOBODY, current_user
from ui.web.makings import Makings
from ui.web.messages import PageError, Say, preferred_language
from ui.web.study_works import StudyWork
from ui.web.tabs.texts import filled, html, merged, script
from ui.web.tabs.trailer_layout import Make
from ui.web.tabs.work_tab import WorkTab, project_of

_POLL_S = 0.4


@dataclass
class Visit:
    """One open page.

    Attributes:
        language: the page speaks.
        user: whose page it is.
        project: that new works go to, or "".
        chosen: ids of footage, in the order it was chosen.
        work: what it follows.
        seen: what it shows of it.
        problem: the error it shows.
        more: what one tab alone remembers.
    """

    language: str = "en"
    user: str = NOBODY
    project: str = ""
    chosen: list[str] = field(default_factory=list)
    work: str = ""
    seen: Any = None
    problem: StudioError | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyTab(WorkTab):
    """Builds such a tab and answers its events.

    Attributes:
        works: knows the works of this kind.
        tabs: to come forward when an address asks for it.
    """

    works: Makings
    tabs: gr.Tabs

    #: Of the tab, of its kind of work, and the beginning of its messages' keys.
    name: ClassVar[str]
    #: Whether several films may be chosen.
    many: ClassVar[bool] = False

    # What each tab says for itself.

    def lay_settings(self, make: Make) -> None:
        """Lay the settings out, at the side."""
        raise NotImplementedError

    def lay_top(self, make: Make) -> None:
        """Lay out what stands above the progress; nothing in most tabs."""

    def lay_work(self, make: Make) -> None:
        """Lay out what is made, below the progress."""
        raise NotImplementedError

    def connect(self, quiet: dict[str, Any], many: dict[str, Any]) -> list[Any]:
        """Connect the tab's own events; those that begin a work are given back."""
        raise NotImplementedError

    def show(self, say: Say, visit: Visit, work: Any) -> dict[Any, Any]:
        """Updates of the tab's own components; ``work`` may be None."""
        raise NotImplementedError

    def opened(self, visit: Visit, work: Any) -> dict[Any, Any]:
        """A work was opened by its address: settings as they were for it."""
        return {}

    # Laid out

    def build(self, page: gr.Blocks) -> None:
        """Lay the tab out and connect it; to be called inside ``page``."""
        p, make, name = self.parts, self.texts.make, self.name
        p["visit"] = gr.State(Visit())
        p["saved"] = gr.BrowserState("", storage_key=f"studio-{name}", secret="studio")
        p["timer"] = gr.Timer(_POLL_S, active=False)
        with gr.Row(elem_classes="st-desk", equal_height=False):
            with gr.Column(elem_classes="st-settings"):
                self.lay_settings(make)
            with gr.Column(elem_classes="st-work", elem_id=f"{name}-work"):
                self.lay_top(make)
                p["stage"] = html(elem_id=f"{name}-stage")
                p["cancel"] = make(
                    gr.Button, {"value": "run.cancel"}, variant="stop", visible=False,
                    elem_id=f"{name}-cancel", elem_classes="st-cancel",
                )  # fmt: skip
                self.lay_work(make)
        self._connect(page)

    def lay_chooser(self, make: Make, number: int) -> None:
        """Footage of the library, to be chosen by its picture."""
        title = f"{self.name}.footage"
        make(html, {"value": lambda say: panels.section(say(title), say("study.from"), number)})
        self.parts["chooser"] = html(js_on_load=script("study.js"), elem_id=f"{self.name}-chooser")

    def _connect(self, page: gr.Blocks) -> None:
        p, name = self.parts, self.name
        quiet = self.quiet(self.tabs)
        many = {**quiet, "trigger_mode": "multiple"}
        ask = f"""(visit, saved) => [visit, studio.asked("{name}", saved)]"""
        begun = [page.load(self.load, [p["visit"], p["saved"]], js=ask, **quiet)]
        self.header.language(self.speak, p["visit"], **quiet)
        if "chooser" in p:
            p["chooser"].act(self.choose, p["visit"], **many)
        begun += self.connect(quiet, many)
        p["timer"].tick(self.tick, p["visit"], **quiet)
        p["cancel"].click(self.cancel, p["visit"], **quiet)
        for event in begun:
            event.then(
                None, p["saved"], js=f"(id) => studio.setRun(id, '{name}')",
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
        asked, here = run.get("asked"), run.get("in") == self.name
        updates: dict[Any, Any] = {}
        if asked or here:
            updates[self.tabs] = gr.Tabs(selected=self.name)
        # Footage that was brought from the library, or the settings of another run, begin anew.
        wanted = None if here and (run.get("use") or run.get("like")) else asked or run.get("saved")
        work = self._own(wanted, visit)
        if work is not None:
            visit.work = work.id
        elif asked and wanted:
            visit.problem = PageError("run.unknown")
        like = self._own(run.get("like"), visit) if here else None
        shown = work or like
        if shown is not None:
            visit.chosen[:] = shown.values.get("chosen", [])
            updates |= self.opened(visit, shown)
        if here and run.get("use"):
            visit.chosen[:] = [str(run["use"])]
        updates[self.parts["saved"]] = visit.work
        return merged(self._all(visit), updates)

    def choose(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """Footage was chosen or given back, or the list is looked at again."""
        wanted = event._data.get("footage")
        if wanted:
            known = {each.id for each in self.footage(visit)}
            if wanted in visit.chosen:
                visit.chosen.remove(str(wanted))
            elif wanted in known:
                visit.chosen[:] = [*visit.chosen, str(wanted)] if self.many else [str(wanted)]
            self.chose(visit)
            return self._state(visit)
        return {self.parts["chooser"]: self._chooser(visit)}

    def chose(self, visit: Visit) -> None:
        """What is chosen has changed."""

    def tick(self, visit: Visit) -> dict[Any, Any]:  # type: ignore[override]
        """A moment went by: the progress, and everything where something has changed."""
        work = self.work_of(visit)
        if work is None or work.state_seen != visit.seen:
            return self._state(visit)
        return {self.parts["stage"]: filled(self._stage(Say(visit.language), work, visit))}

    # What is done

    def footage(self, visit: Visit) -> list[Footage]:
        """The user's footage with a picture, of the project that is open."""
        found = self.works.desk.library.footage(visit.user, visit.project)
        return [each for each in found if each.info.video is not None]

    def chosen(self, visit: Visit) -> list[Footage]:
        """What is chosen.

        Raises:
            PageError: nothing is, or it is not where it was.
        """
        known = {each.id: each for each in self.works.desk.library.footage(visit.user)}
        found = [known[name] for name in visit.chosen if name in known]
        if not found:
            raise PageError("study.none")
        for each in found:
            if not each.present:
                raise PageError("library.gone", name=each.info.path.name)
        return found

    def work_of(self, visit: Visit) -> Any:
        """The work that the page follows, or None."""
        work = self.works.get(visit.work)
        return work if isinstance(work, StudyWork) and work.kind == self.name else None

    def work_for(self, visit: Visit, title: str) -> Any:
        """The work that the page follows, or a new one."""
        work = self.work_of(visit)
        if work is None:
            work = self.works.fresh(title, visit.user, visit.project, self.name)
            visit.work = work.id
        return work

    def attempt(self, visit: Visit, act: Callable[[], Any]) -> dict[Any, Any]:
        """Do something, tell why where it cannot be done, and show what there is."""
        visit.problem = None
        try:
            self.works.desk.may_work(visit.user)
            act()
        except StudioError as exc:
            visit.problem = exc
        return self._state(visit) | {self.parts["saved"]: visit.work}

    def _own(self, work_id: object, visit: Visit) -> StudyWork | None:
        work = self.works.open_for(work_id, visit.user)
        return work if isinstance(work, StudyWork) and work.kind == self.name else None

    # What is shown

    def _all(self, visit: Visit) -> dict[Any, Any]:
        return merged(self.texts.updates(Say(visit.language)), self._state(visit))

    def _chooser(self, visit: Visit) -> str:
        folder = self.settings.cache_dir / "library"
        return study_view.chooser(
            Say(visit.language), self.footage(visit), visit.chosen, folder, many=self.many
        )

    def _state(self, visit: Visit) -> dict[Any, Any]:
        """Everything that depends on the work."""
        say, p, work = Say(visit.language), self.parts, self.work_of(visit)
        visit.seen = work.state_seen if work is not None else None
        busy = work is not None and work.busy
        updates: dict[Any, Any] = {
            p["timer"]: gr.Timer(active=busy),
            p["cancel"]: gr.update(
                visible=busy, interactive=not (work is not None and work.run.cancelling)
            ),
            p["stage"]: filled(self._stage(say, work, visit)),
        }
        if "chooser" in p:
            updates[p["chooser"]] = self._chooser(visit)
        return merged(updates, self.show(say, visit, work))

    def _stage(self, say: Say, work: Any, visit: Visit) -> str:
        trouble = panels.problem(say, visit.problem or (work.error if work else None))
        if work is None:
            return trouble + self._welcome(say)
        if work.busy:
            return trouble + self._progress(say, work)
        if work.cancelled:
            text = escape(say("run.cancelled"))
            return f'{trouble}<p class="st-outdated" role="status">{text}</p>'
        return trouble if work.runs else trouble + ("" if trouble else self._welcome(say))

    def _progress(self, say: Say, work: Any) -> str:
        return panels.progress(say, work.view, say(f"{self.name}.doing.{work.doing}"))

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


def gallery_dir(tab: StudyTab) -> Path:
    """Where known people are kept, for all who use this machine."""
    from pipelines.people.options import GALLERY

    return tab.settings.data_dir / GALLERY
