"""The library tab: footage by reference, projects, and what was made so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from studio.archive.work_rows import forget_work
from studio.errors import StudioError
from studio.jobs.probing import examine_named
from studio.types.media import MediaInfo
from ui.web import panels, shelf_view
from ui.web.desk import DeskWork, DeskWorks
from ui.web.guard import NOBODY, current_user
from ui.web.messages import PageError, Say, preferred_language
from ui.web.shelf import Shelf
from ui.web.tabs.texts import filled, html, merged, script
from ui.web.tabs.trailer_layout import Make
from ui.web.tabs.work_tab import WorkTab, project_of
from ui.web.uploads import kept_upload

_MOST_RESULTS = 48
#: Works that ask, and make nothing to keep.
_QUESTIONS = ("search", "people")


@dataclass
class Visit:
    """One open page.

    Attributes:
        language: the page speaks.
        user: whose page it is.
        project: that is open, or "".
        text: what footage is filtered by.
        everything: show what belongs to no project, too.
        shown: what was drawn last, so that nothing is sent twice.
        work: none; other tabs follow one.
        seen: none.
    """

    language: str = "en"
    user: str = NOBODY
    project: str = ""
    text: str = ""
    everything: bool = False
    shown: str = ""
    work: str = ""
    seen: Any = None


@dataclass(frozen=True)
class LibraryTab(WorkTab):
    """Builds the tab and answers its events.

    Attributes:
        works: the collections of works whose results are shown.
        shelf: the library.
    """

    works: Sequence[DeskWorks[Any]]
    shelf: Shelf = field(kw_only=True)

    def build(self, page: gr.Blocks) -> None:
        """Lay the tab out and connect it; to be called inside ``page``."""
        p, make = self.parts, self.texts.make
        p["visit"] = gr.State(Visit())
        with gr.Row(elem_classes="st-desk", equal_height=False):
            with gr.Column(elem_classes="st-settings"):
                self._lay_entrance(make)
            with gr.Column(elem_classes="st-work"):
                self._lay_shelves(make)
        self._connect(page)

    def _lay_entrance(self, make: Make) -> None:
        p = self.parts
        make(html, {"value": lambda say: panels.section(say("library.add"))})
        p["drop"] = html(js_on_load=script("dropzone.js"), elem_id="library-drop")
        with gr.Row(elem_classes="st-pick"):
            p["path"] = make(
                gr.Textbox, {"label": "library.path", "info": "library.path.info"},
                max_length=1000, elem_id="library-path",
            )  # fmt: skip
            p["add"] = make(gr.Button, {"value": "footage.add"}, elem_id="library-add", size="sm")
        p["notice"] = html(elem_id="library-notice")
        make(
            html,
            {"value": lambda say: panels.section(say("project.title"), say("project.text"))},
        )
        p["project"] = make(
            gr.Dropdown, {"label": "project.open"}, choices=[("", "")], value="", filterable=False,
            elem_id="project",
        )  # fmt: skip
        p["project_facts"] = html(elem_id="project-facts")
        with gr.Row(elem_classes="st-pick"):
            p["name"] = make(
                gr.Textbox, {"label": "project.new"}, max_length=80, elem_id="project-name"
            )
            p["new"] = make(gr.Button, {"value": "project.make"}, elem_id="project-new", size="sm")

    def _lay_shelves(self, make: Make) -> None:
        p = self.parts
        with gr.Column(elem_classes="st-panel"):
            make(
                html,
                {"value": lambda say: panels.section(say("library.footage"), say("library.text"))},
            )
            with gr.Row(elem_classes="st-pick"):
                p["filter"] = make(
                    gr.Textbox, {"placeholder": "library.filter", "label": "library.filter"},
                    max_length=200, elem_id="library-filter", show_label=False,
                )  # fmt: skip
                p["again"] = make(
                    gr.Button, {"value": "library.find"}, elem_id="library-find", size="sm"
                )
            p["grid"] = html(js_on_load=script("library.js"), elem_id="library-grid")
        with gr.Column(elem_classes="st-panel"):
            make(
                html,
                {"value": lambda say: panels.section(say("gallery.title"), say("gallery.text"))},
            )
            p["gallery"] = html(js_on_load=script("library.js"), elem_id="gallery")

    def _connect(self, page: gr.Blocks) -> None:
        p = self.parts
        quiet = self.quiet()
        many = {**quiet, "trigger_mode": "multiple"}
        loaded = page.load(self.load, p["visit"], **quiet)
        loaded.then(None, js="() => studio.shown()", api_visibility="private")
        self.header.language(self.speak, p["visit"], **quiet)
        p["drop"].added(self.add_upload, p["visit"], **many)
        p["add"].click(self.checking, p["visit"], **quiet).then(
            self.add_path, [p["visit"], p["path"]], **quiet
        )
        p["filter"].input(self.filter, [p["visit"], p["filter"]], **quiet)
        p["again"].click(self.find_again, p["visit"], **quiet)
        for name in ("grid", "gallery"):
            # Told of few components: a browser looks at each that an event might change.
            shown = {**quiet, "outputs": [p["grid"], p["gallery"]]}
            p[name].poll(self.poll, p["visit"], **shown)
            p[name].forget(self.forget, p["visit"], **many)
        chosen = p["project"].input(self.open_project, [p["visit"], p["project"]], **quiet)
        made = p["new"].click(self.new_project, [p["visit"], p["name"]], **quiet)
        for event in (chosen, made):
            event.then(
                None, p["project"], js="(id) => studio.setProject(id)", api_visibility="private"
            )

    # Events

    def load(self, visit: Visit, request: gr.Request) -> dict[Any, Any]:
        """A page was opened."""
        visit.language = preferred_language(
            request.cookies.get("studio_language"), request.headers.get("accept-language", "")
        )
        visit.user = current_user(request)
        visit.project = project_of(request, self.shelf.library, visit.user)
        known = self.shelf.library.footage(visit.user)[:200]
        self.shelf.prepare([each.info for each in known if each.present], visit.user)
        return self._all(visit)

    def add_upload(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """A file arrived; in the library it stays, while other uploads are deleted some day."""
        upload = self.uploads.get(str(event._data.get("token")), visit.user)
        if upload is None or upload.info is None:
            problem = panels.problem(Say(visit.language), PageError("upload.gone"))
            return {self.parts["notice"]: filled(problem)}
        return self._added(visit, [kept_upload(upload, self.settings)])

    def add_path(self, visit: Visit, text: str | None) -> dict[Any, Any]:
        """A file or a folder was named."""
        try:
            path = self._folder(text or "") or self.roots.resolve(text or "")
        except StudioError as exc:
            return {self.parts["notice"]: filled(panels.problem(Say(visit.language), exc))}
        return self._added(visit, [path]) | {self.parts["path"]: gr.update(value="")}

    def filter(self, visit: Visit, text: str | None) -> dict[Any, Any]:
        """Only some of it is to be seen."""
        visit.text = (text or "")[:200]
        return self._state(visit)

    def find_again(self, visit: Visit) -> dict[Any, Any]:
        """Footage that has vanished is looked for in the folders the page may open."""
        say = Say(visit.language)
        try:
            found = self.shelf.library.find_again(
                self.roots.folders, self.settings, visit.user, look=examine_named
            )
        except StudioError as exc:
            return {self.parts["notice"]: filled(panels.problem(say, exc))}
        words = escape(say("library.found", n=len(found)))
        notice = {self.parts["notice"]: filled(f'<p class="st-status" role="status">{words}</p>')}
        return merged(self._state(visit), notice)

    def forget(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """Footage or a result is to be forgotten; no file is touched."""
        data = dict(event._data)
        try:
            if data.get("footage"):
                self.shelf.library.remove(str(data["footage"]), visit.user, visit.project)
            elif any(w.open_for(data.get("work"), visit.user) for w in self.works):
                forget_work(self.shelf.library, str(data["work"]))
        except StudioError:
            pass  # it is gone already
        return self._state(visit)

    def open_project(self, visit: Visit, project_id: str | None) -> dict[Any, Any]:
        """Another project, or none; the page is loaded anew for the other tabs."""
        known = {project.id for project in self.shelf.library.projects(visit.user)}
        visit.project = project_id if project_id in known else ""
        return self._state(visit)

    def new_project(self, visit: Visit, name: str | None) -> dict[Any, Any]:
        """A project in a folder of its own, among the results."""
        say = Say(visit.language)
        assert self.shelf.desk is not None
        top = self.shelf.desk.results_dir / visit.user / "projects"
        try:
            project = self.shelf.library.new_project_below(top, name or "", visit.user)
        except StudioError as exc:
            return {self.parts["notice"]: filled(panels.problem(say, exc))}
        visit.project = project.id
        return merged(self._state(visit), {self.parts["name"]: gr.update(value="")})

    def poll(self, visit: Visit) -> dict[Any, Any]:
        """A moment went by while the tab is looked at."""
        grid, results = self._shelves(visit)
        if grid + results == visit.shown:
            return {self.parts["grid"]: gr.skip()}
        visit.shown = grid + results
        return {self.parts["grid"]: grid, self.parts["gallery"]: results}

    # What is shown

    def _added(self, visit: Visit, paths: list[Path]) -> dict[Any, Any]:
        say = Say(visit.language)
        try:
            added, refused = self.shelf.add(paths, visit.user, visit.project)
        except StudioError as exc:
            return {self.parts["notice"]: filled(panels.problem(say, exc))}
        told = shelf_view.told(say, added, refused)
        if not added and not refused:
            told = panels.problem(say, PageError("library.empty_folder"))
        return merged(self._state(visit), {self.parts["notice"]: filled(told)})

    def _folder(self, text: str) -> Path | None:
        """A folder inside the declared ones; None where the text names none."""
        text = text.strip().strip('"')
        if not text or "\0" in text:
            return None
        for root in self.roots.folders:
            try:
                path = (root / text).resolve()
            except (OSError, RuntimeError):
                continue
            inside = any(path.is_relative_to(top) for top in self.roots.folders)
            if inside and path.is_dir():
                return path
        return None

    def _take(self, visit: Visit, info: MediaInfo | None) -> dict[Any, Any]:
        raise NotImplementedError("uploads are taken by add_upload")

    def _all(self, visit: Visit) -> dict[Any, Any]:
        say = Say(visit.language)
        zone = panels.dropzone(say, "footage", (), self.uploads.max_bytes)
        words = self.texts.updates(say)
        return merged(words, {self.parts["drop"]: zone}, self._state(visit))

    def _state(self, visit: Visit) -> dict[Any, Any]:
        say, p = Say(visit.language), self.parts
        known = self.shelf.library.projects(visit.user)
        grid, results = self._shelves(visit)
        visit.shown = grid + results
        return {
            p["grid"]: grid,
            p["gallery"]: results,
            p["project"]: gr.update(
                choices=[(say("project.all"), ""), *((x.name, x.id) for x in known)],
                value=visit.project,
            ),
            p["project_facts"]: shelf_view.projects(say, known, visit.project),
            p["notice"]: filled("".join(f"<p>{escape(n)}</p>" for n in self.shelf.library.notes)),
        }

    def _shelves(self, visit: Visit) -> tuple[str, str]:
        say, library = Say(visit.language), self.shelf.library
        shown = library.footage(visit.user, visit.project, visit.text)
        some = bool(shown) or bool(library.footage(visit.user, visit.project))
        works: list[DeskWork] = [work for kind in self.works for work in kind.all_of(visit.user)]
        works = [work for work in works if work.kind not in _QUESTIONS]
        if visit.project:
            works = [work for work in works if work.project == visit.project]
        works.sort(key=lambda work: -work.changed_at)
        return (
            shelf_view.grid(say, self.shelf, shown, any_at_all=some),
            shelf_view.gallery(say, works[:_MOST_RESULTS]),
        )
