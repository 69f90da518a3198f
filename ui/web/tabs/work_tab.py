"""What every tab does that takes files, starts a work and follows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any, Protocol

import gradio as gr

from studio.archive.library import Library
from studio.errors import StudioError
from studio.settings import Settings
from studio.types.media import MediaInfo
from ui.web import panels
from ui.web.messages import PageError, Say
from ui.web.roots import MediaRoots
from ui.web.tabs.texts import Texts, filled
from ui.web.uploads import Uploads


class OpenPage(Protocol):
    """What every tab remembers of one open page.

    Attributes:
        language: the page speaks.
        user: whose page it is.
        work: it follows.
        seen: the phase it shows.
    """

    language: str
    user: str
    work: str
    seen: Any


def project_of(request: gr.Request, library: Library, user: str) -> str:
    """The project that a browser has open: its id, or "" where it is none of the user's."""
    wanted = request.cookies.get("studio_project") or ""
    known = {project.id for project in library.projects(user)} if wanted else set()
    return wanted if wanted in known else ""


@dataclass(frozen=True)
class WorkTab:
    """The events that all such tabs answer alike.

    Attributes:
        works: in the making.
        uploads: files from the browser.
        roots: folders that may be picked from.
        settings: limits of the probe.
        header: the page's head.
        texts: components whose words change with the language.
        parts: components by name.
    """

    works: Any
    uploads: Uploads
    roots: MediaRoots
    settings: Settings
    header: gr.HTML
    texts: Texts = field(default_factory=Texts, kw_only=True)
    parts: dict[str, Any] = field(default_factory=dict, kw_only=True)

    # What each tab says for itself.

    def _take(self, visit: Any, info: MediaInfo | None) -> dict[Any, Any]:
        """A file arrived, or was gone before it did."""
        raise NotImplementedError

    def _all(self, visit: Any) -> dict[Any, Any]:
        """Everything, in the page's language."""
        raise NotImplementedError

    def _state(self, visit: Any) -> dict[Any, Any]:
        """Everything that depends on the work."""
        raise NotImplementedError

    def _progress(self, say: Say, work: Any) -> str:
        """How far the work is."""
        raise NotImplementedError

    # Events

    def quiet(self, *more: Any) -> dict[str, Any]:
        """Settings of an event whose outputs are all components and ``more``.

        Nothing runs for long in an event, so none of them waits in Gradio's queue; and none is
        offered in its API: programs will get one of their own.

        Gradio's page tells every component that an event might change how it goes, each after a
        search through all of them, and all of them again with each event. With one component told,
        a page at rest costs its browser next to nothing; it was a third of a core.
        """
        shown = [*self.parts.values(), *self.texts.components, *more]
        outputs = list({c._id: c for c in shown if c is not self.parts["visit"]}.values())
        return {
            "queue": False,
            "api_visibility": "private",
            "show_progress": "hidden",
            "show_progress_on": self.parts["visit"],
            "outputs": outputs,
        }

    def speak(self, visit: OpenPage, event: gr.EventData) -> dict[Any, Any]:
        """Another language was chosen."""
        visit.language = Say(str(event._data.get("language"))).language
        return self._all(visit)

    def add_upload(self, visit: OpenPage, event: gr.EventData) -> dict[Any, Any]:
        """An upload arrived."""
        upload = self.uploads.get(str(event._data.get("token")), visit.user)
        return self._take(visit, upload.info if upload else None)

    def checking(self, visit: OpenPage) -> dict[Any, Any]:
        """A long file takes a while to look through."""
        words = escape(Say(visit.language)("upload.checking"))
        return {self.parts["notice"]: filled(f'<p class="st-status" role="status">{words}</p>')}

    def add_path(self, visit: OpenPage, text: str | None) -> dict[Any, Any]:
        """A path was typed or picked."""
        from studio.jobs.probing import examine_named

        try:
            info = examine_named(self.roots.resolve(text or ""), self.settings)
        except StudioError as exc:
            return {self.parts["notice"]: filled(panels.problem(Say(visit.language), exc))}
        return self._take(visit, info) | {
            self.parts["path"]: gr.update(value=None, choices=self._choices())
        }

    def tick(self, visit: OpenPage) -> dict[Any, Any]:
        """A moment went by: the progress, and everything where the phase has changed."""
        work = self.works.get(visit.work)
        if work is None or work.phase is not visit.seen:
            return self._state(visit)
        say = Say(visit.language)
        # A paused run goes on some day, and says what holds it up.
        trouble = panels.problem(say, work.error)
        return {self.parts["stage"]: trouble + self._progress(say, work)}

    def cancel(self, visit: OpenPage) -> dict[Any, Any]:
        """Stop what goes on."""
        work = self.works.get(visit.work)
        if work is not None:
            work.cancel()
        return self._state(visit)

    def brought(self, visit: OpenPage, run: dict[str, Any], name: str) -> dict[Any, Any]:
        """Footage that was chosen in the library for this tab, as the address says; nothing
        where it says nothing."""
        if run.get("in") != name or not run.get("use"):
            return {}
        try:
            info = self.works.desk.library.get(str(run["use"]), visit.user).info
            if not info.path.is_file():
                raise PageError("library.gone", name=info.path.name)
        except StudioError as exc:
            return {self.parts["notice"]: filled(panels.problem(Say(visit.language), exc))}
        return self._take(visit, info)

    def _choices(self) -> list[tuple[str, str]]:
        return [(self.roots.label(path), str(path)) for path in self.roots.listing()]
