"""The trailer tab: footage, wishes, plan, render, files."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import gradio as gr

from pipelines.trailer import arrange
from studio.errors import StudioError
from studio.types.media import MediaInfo
from studio.types.timeline import Clip
from ui.web import panels
from ui.web.guard import NOBODY, current_user
from ui.web.inspector import inspector
from ui.web.messages import PageError, Say, preferred_language
from ui.web.strip import notes, overview, strip
from ui.web.tabs.texts import filled, merged
from ui.web.tabs.trailer_layout import WISHES, lay_out, options_of, wishes_of
from ui.web.tabs.work_tab import WorkTab, project_of
from ui.web.works import Change, Phase, Version, Work, Works, frame_times

_POLL_S = 0.5
#: The run in the page's address, and the one that the browser remembers.
_ASK_ADDRESS = """(visit, saved) => [visit, studio.asked("run", saved)]"""
#: Brings the progress into view, which on a phone lies below the settings.
_SHOW_WORK = """(...values) => {
  document.getElementById("work").scrollIntoView({ block: "start" });
  return values;
}"""


@dataclass
class Visit:
    """One open page. Its footage is gone with it; its work is not.

    Attributes:
        language: the page speaks.
        user: whose page it is.
        project: that new works go to, or "".
        footage: taken so far.
        music: to lay under it.
        work: what it follows.
        version: the cut it shows.
        selected: id of the item that is open.
        seen: the phase it shows.
        problem: the error it shows.
    """

    language: str = "en"
    user: str = NOBODY
    project: str = ""
    footage: list[MediaInfo] = field(default_factory=list)
    music: list[MediaInfo] = field(default_factory=list)
    work: str = ""
    version: int = 0
    selected: str = ""
    seen: Phase | None = None
    problem: StudioError | None = None


@dataclass(frozen=True)
class TrailerTab(WorkTab):
    """Builds the tab and answers its events.

    The page's head is translated with this tab.

    Attributes:
        works: trailers in the making.
        tabs: to come forward when an address asks for it.
    """

    works: Works
    tabs: gr.Tabs

    def build(self, page: gr.Blocks) -> None:
        """Lay the tab out and connect it; to be called inside ``page``."""
        self.parts["visit"] = gr.State(Visit())
        self.parts["saved"] = gr.BrowserState("", storage_key="studio-run", secret="studio")
        self.parts["timer"] = gr.Timer(_POLL_S, active=False)
        self.parts.update(lay_out(self.texts))
        self._connect(page)

    # Events

    def _connect(self, page: gr.Blocks) -> None:
        p = self.parts
        quiet = self.quiet(self.header, self.tabs)
        wishes = [p[name] for name in WISHES]
        many = {**quiet, "trigger_mode": "multiple"}
        loaded = page.load(self.load, [p["visit"], p["saved"]], js=_ASK_ADDRESS, **quiet)
        self.header.language(self.speak, p["visit"], **quiet)
        p["footage"].added(self.add_upload, p["visit"], **many)
        p["music"].added(self.add_music, p["visit"], **many)
        for kind in ("footage", "music"):
            p[kind].removed(getattr(self, f"remove_{kind}"), p["visit"], **many)
        p["add"].click(self.checking, p["visit"], **quiet).then(
            self.add_path, [p["visit"], p["path"]], **quiet
        )
        started = p["start"].click(self.start, [p["visit"], *wishes], js=_SHOW_WORK, **quiet)
        p["timer"].tick(self.tick, p["visit"], **quiet)
        p["cancel"].click(self.cancel, p["visit"], **quiet)
        p["strip"].keep(self.keep, p["visit"], **many)
        for name in ("strip", "inspector"):
            p[name].act(self.act, p["visit"], **many)
        p["undo"].click(self.undo, p["visit"], **many)
        p["redo"].click(self.redo, p["visit"], **many)
        p["version"].input(self.pick_version, [p["visit"], p["version"]], **quiet)
        p["render"].click(self.render, p["visit"], js=_SHOW_WORK, **quiet)
        left = p["again"].click(self.again, p["visit"], **quiet)
        for event in (loaded, started, left):  # not on its change: that comes before the load
            event.then(None, p["saved"], js="(id) => studio.setRun(id)", api_visibility="private")

    def load(self, visit: Visit, run: dict[str, Any], request: gr.Request) -> dict[Any, Any]:
        """A page was opened: in its language, and at the work it was left at."""
        visit.language = preferred_language(
            request.cookies.get("studio_language"), request.headers.get("accept-language", "")
        )
        visit.user = current_user(request)
        visit.project = project_of(request, self.works.desk.library, visit.user)
        work = self.works.open_for(run.get("asked") or run.get("saved"), visit.user)
        like = self.works.open_for(run.get("like"), visit.user)
        updates: dict[Any, Any] = {
            self.parts["path"]: gr.update(choices=self._choices(), value=None)
        }
        if work is not None:
            visit.work = work.id
            visit.footage[:], visit.music[:] = work.footage, work.music
        elif run.get("asked"):
            visit.problem = PageError("run.unknown")
        shown = like or work
        if shown is not None:
            for name, value in wishes_of(shown.options).items():
                updates[self.parts[name]] = gr.update(value=value)
        updates[self.parts["saved"]] = visit.work
        brought = self.brought(visit, run, "trailer")
        if run.get("asked") or run.get("in") == "trailer":
            updates[self.tabs] = gr.Tabs(selected="trailer")
        return merged(self._all(visit), updates, brought)

    def remove_footage(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """A file was taken off the list."""
        _pop(visit.footage, event._data.get("index"))
        return self._lists(visit)

    def add_music(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """A piece of music arrived; there is one at most."""
        upload = self.uploads.get(str(event._data.get("token")), visit.user)
        if upload is None or upload.info is None or upload.info.audio is None:
            say = Say(visit.language)
            return {self.parts["notice"]: filled(panels.problem(say, PageError("music.silent")))}
        visit.music[:] = [upload.info]
        return self._lists(visit)

    def remove_music(self, visit: Visit) -> dict[Any, Any]:
        """The music was taken away."""
        visit.music.clear()
        return self._lists(visit)

    def start(self, visit: Visit, *values: Any) -> dict[Any, Any]:
        """Make a plan of the footage and the wishes."""
        visit.problem = None
        try:
            work = self.works.begin(
                visit.footage,
                visit.music,
                options_of(values),
                user=visit.user,
                project=visit.project,
            )
        except StudioError as exc:
            visit.problem = exc
            return self._state(visit)
        visit.work, visit.version, visit.selected = work.id, 0, ""
        return self._state(visit) | {self.parts["saved"]: work.id}

    def keep(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """A clip was dropped or taken back."""
        work = self.works.get(visit.work)
        if work is None or not work.versions:
            return {self.parts["timer"]: gr.skip()}
        data = dict(event._data)
        visit.problem = None
        try:
            work.keep_item(visit.version, str(data.get("item")), bool(data.get("wanted")))
        except StudioError as exc:
            visit.problem = exc
        return self._edited(visit, work)

    def act(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """A clip was opened, put elsewhere, trimmed or swapped."""
        work = self.works.get(visit.work)
        if work is None or not work.versions:
            return {self.parts["timer"]: gr.skip()}
        data = dict(event._data)
        kind, item = str(data.get("act")), str(data.get("item") or visit.selected)
        visit.problem = None
        if kind in ("open", "close"):
            visit.selected = item if kind == "open" and visit.selected != item else ""
        else:
            try:
                if kind in ("undo", "redo"):
                    work.step(visit.version, back=kind == "undo")
                if kind == "mark":
                    data = _marked(work.versions[visit.version], item, data)
                    kind = str(data["act"])
                change = _change(kind, item, data)
                if change is not None:
                    work.change(visit.version, change)
            except StudioError as exc:
                visit.problem = exc
        return self._edited(visit, work)

    def undo(self, visit: Visit) -> dict[Any, Any]:
        """Take the last edit back."""
        return self._stepped(visit, back=True)

    def redo(self, visit: Visit) -> dict[Any, Any]:
        """Do again what was taken back."""
        return self._stepped(visit, back=False)

    def _stepped(self, visit: Visit, *, back: bool) -> dict[Any, Any]:
        work = self.works.get(visit.work)
        if work is None or not work.versions:
            return {self.parts["timer"]: gr.skip()}
        visit.problem = None
        work.step(visit.version, back=back)
        return self._edited(visit, work)

    def pick_version(self, visit: Visit, number: int) -> dict[Any, Any]:
        """Another cut is to be shown."""
        work = self.works.get(visit.work)
        if work is not None and isinstance(number, int) and 0 <= number < len(work.versions):
            visit.version, visit.selected = number, ""
        return self._state(visit)

    def render(self, visit: Visit) -> dict[Any, Any]:
        """Render the cut that is shown."""
        work = self.works.get(visit.work)
        visit.problem = None
        try:
            if work is not None:
                work.render(visit.version)
        except StudioError as exc:
            visit.problem = exc
        return self._state(visit)

    def again(self, visit: Visit) -> dict[Any, Any]:
        """Put this work aside and begin another; the footage stays."""
        visit.work, visit.version, visit.problem, visit.selected = "", 0, None, ""
        return self._state(visit) | {self.parts["saved"]: ""}

    # What is shown

    def _take(self, visit: Visit, info: MediaInfo | None) -> dict[Any, Any]:
        say = Say(visit.language)
        error = None
        if info is None:
            error = PageError("upload.gone")
        elif info.video is None:
            error = PageError("footage.no_picture")
        elif all(info.content_hash != taken.content_hash for taken in visit.footage):
            visit.footage.append(info)
        return self._lists(visit) | {self.parts["notice"]: filled(panels.problem(say, error))}

    def _lists(self, visit: Visit) -> dict[Any, Any]:
        say = Say(visit.language)
        limit = self.uploads.max_bytes
        return {
            self.parts[kind]: panels.dropzone(say, kind, files, limit)
            for kind, files in (("footage", visit.footage), ("music", visit.music))
        } | {self.parts["notice"]: filled("")}

    def _all(self, visit: Visit) -> dict[Any, Any]:
        say = Say(visit.language)
        words = self.texts.updates(say) | {self.header: panels.header(say)}
        return merged(words, self._lists(visit) | self._state(visit))

    def _state(self, visit: Visit) -> dict[Any, Any]:
        """Everything that depends on the work."""
        say, parts, work = Say(visit.language), self.parts, self.works.get(visit.work)
        phase = work.phase if work is not None else None
        visit.seen = phase
        busy = phase is not None and phase.busy
        updates: dict[Any, Any] = {
            parts["timer"]: gr.Timer(active=busy),
            parts["start"]: gr.update(interactive=not busy),
            parts["cancel"]: gr.update(
                visible=busy, interactive=not (work is not None and work.run.cancelling)
            ),
            parts["stage"]: filled(self._stage(say, work, visit)),
            parts["plan"]: gr.update(visible=bool(work and work.versions)),
            parts["result"]: gr.update(visible=False),
        }
        if work is not None and work.versions:
            updates |= self._cut(say, work, visit)
        return updates

    def _stage(self, say: Say, work: Work | None, visit: Visit) -> str:
        trouble = panels.problem(say, visit.problem or (work.error if work else None))
        if work is None:
            return trouble + panels.welcome(say)
        if work.phase.busy:
            return trouble + self._progress(say, work)
        if work.cancelled:
            return f'<p class="st-outdated" role="status">{say("run.cancelled")}</p>'
        return trouble

    def _progress(self, say: Say, work: Work) -> str:
        title = say("run.planning" if work.phase is Phase.PLANNING else "run.rendering")
        return panels.progress(say, work.view, title)

    def _edited(self, visit: Visit, work: Work) -> dict[Any, Any]:
        say = Say(visit.language)
        told = filled(self._stage(say, work, visit))
        return self._cut(say, work, visit) | {self.parts["stage"]: told}

    def _cut(self, say: Say, work: Work, visit: Visit) -> dict[Any, Any]:
        parts, number = self.parts, min(visit.version, len(work.versions) - 1)
        version = work.versions[number]
        busy = work.phase.busy
        count = len(work.versions)
        told = version.result.notes if version.result else version.timeline.notes
        return {
            parts["overview"]: overview(say, version),
            parts["render"]: gr.update(
                interactive=not busy and bool(version.kept.clips),
                value=say("render.again" if version.result else "render.start"),
            ),
            parts["strip"]: strip(say, work, number, visit.selected),
            parts["inspector"]: filled(inspector(say, work, number, visit.selected)),
            parts["undo"]: gr.update(interactive=bool(version.past)),
            parts["redo"]: gr.update(interactive=bool(version.future)),
            parts["notes"]: filled(notes(say, told)),
            parts["version"]: gr.update(
                choices=[(say("plan.version_n", n=n + 1), n) for n in range(count)],
                value=number,
                visible=count > 1,
            ),
            parts["result"]: gr.update(visible=version.result is not None),
            parts["files"]: panels.results(say, work, number),
        }


def _change(kind: str, item: str, data: dict[str, Any]) -> Change | None:
    """What an act of the page does to a cut; None where it means nothing here."""
    by = data.get("by")
    by = by if isinstance(by, int) and not isinstance(by, bool) and abs(by) <= 10_000 else 0
    if kind == "move":
        return lambda plan, made: arrange.moved(plan, made, item, by)
    if kind in ("head", "tail"):
        ends = {kind: by}
        return lambda plan, made: arrange.trimmed(plan, made, item, times=frame_times, **ends)
    if kind == "swap":
        other = str(data.get("with") or "")
        return lambda plan, made: arrange.swapped(plan, made, item, other)
    if kind == "keep":
        wanted = bool(data.get("wanted"))
        return lambda plan, made: arrange.kept(plan, made, item, wanted)
    return None


def _marked(version: Version, item_id: str, data: dict[str, Any]) -> dict[str, Any]:
    """A mark set while the footage plays, as a trim: ``at`` is seconds on the footage's clock, of
    the frame that is shown; it becomes the clip's first (``head``) or last (``tail``)."""
    nothing = {"act": ""}
    item = next((each for each in version.items if each.id == item_id), None)
    at, edge = data.get("at"), data.get("edge")
    if not isinstance(item, Clip) or not isinstance(at, int | float) or not 0 <= at < 1e6:
        return nothing
    times = frame_times(version.timeline.source(item.source))
    # A browser's clock is a float that may fall a hair before the frame it shows.
    frame = times.frame_at(Fraction(at) + Fraction(1, 2000))
    rate = version.timeline.rate
    if edge == "head":
        return {"act": "head", "by": rate.nearest(times.start(frame) - item.start)}
    if edge == "tail":
        return {"act": "tail", "by": rate.nearest(times.start(frame + 1) - item.end)}
    return nothing


def _pop(files: list[MediaInfo], index: object) -> None:
    if isinstance(index, int) and 0 <= index < len(files):
        del files[index]
