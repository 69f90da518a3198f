"""The jobs tab: the queue that the command line sees, too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.jobs.attempts import Attempts
from studio.jobs.queue import JobQueue
from studio.jobs.record import JobRecord, LogLine
from ui.web import jobs_view, panels
from ui.web.guard import NOBODY, current_user
from ui.web.messages import Say, preferred_language
from ui.web.tabs.texts import Texts, filled, html, script

#: Ended jobs that are shown.
_ENDED = 30


@dataclass
class Visit:
    """One open page.

    Attributes:
        language: the page speaks.
        user: whose page it is.
        opened: id of the job whose log is shown.
        shown: what was drawn last, so that nothing is sent twice.
    """

    language: str = "en"
    user: str = NOBODY
    opened: str = ""
    shown: str = ""


@dataclass(frozen=True)
class JobsTab:
    """Builds the tab and answers its events.

    Attributes:
        queue: of jobs.
        header: the page's head.
        texts: components whose words change with the language.
        parts: components by name.
    """

    queue: JobQueue
    header: gr.HTML
    texts: Texts = field(default_factory=Texts)
    parts: dict[str, Any] = field(default_factory=dict)

    def build(self, page: gr.Blocks) -> None:
        """Lay the tab out and connect it; to be called inside ``page``."""
        p = self.parts
        p["visit"] = gr.State(Visit())
        with gr.Column(elem_classes="st-panel st-single"):
            self.texts.make(
                html, {"value": lambda say: panels.section(say("jobs.title"), say("jobs.text"))}
            )
            p["problem"] = html(elem_id="jobs-problem")
            p["list"] = html(js_on_load=script("jobs.js"), elem_id="jobs")
        outputs = [p["problem"], p["list"], *self.texts.components]
        quiet: dict[str, Any] = {
            "queue": False, "api_visibility": "private", "show_progress": "hidden",
            "show_progress_on": p["visit"],
            "outputs": outputs,
        }  # fmt: skip
        page.load(self.load, p["visit"], **quiet)
        self.header.language(self.speak, p["visit"], **quiet)
        # Told of few components: a browser looks at each that an event might change.
        p["list"].poll(self.poll, p["visit"], **{**quiet, "outputs": [p["list"]]})
        p["list"].act(self.act, p["visit"], **{**quiet, "trigger_mode": "multiple"})

    def load(self, visit: Visit, request: gr.Request) -> dict[Any, Any]:
        """A page was opened."""
        visit.language = preferred_language(
            request.cookies.get("studio_language"), request.headers.get("accept-language", "")
        )
        visit.user = current_user(request)
        return self.texts.updates(Say(visit.language)) | self._list(visit)

    def speak(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """Another language was chosen."""
        visit.language = Say(str(event._data.get("language"))).language
        return self.texts.updates(Say(visit.language)) | self._list(visit)

    def poll(self, visit: Visit) -> dict[Any, Any]:
        """A moment went by while the tab is looked at."""
        before = visit.shown
        updates = self._list(visit)
        return updates if visit.shown != before else {self.parts["list"]: gr.skip()}

    def act(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """A button of a job was pressed."""
        data = dict(event._data)
        job_id, act = str(data.get("job")), str(data.get("act"))
        problem = ""
        if act == "open":
            visit.opened = "" if visit.opened == job_id else job_id
        else:
            try:
                self._do(act, job_id, visit.user or None)
            except StudioError as exc:
                problem = panels.problem(Say(visit.language), exc)
        return self._list(visit) | {self.parts["problem"]: filled(problem)}

    def _do(self, act: str, job_id: str, owner: str | None) -> None:
        queue = self.queue
        if act in ("pause", "resume", "cancel", "retry"):
            getattr(queue, act)(job_id, owner)
        elif act == "first":
            queue.move(job_id, 0, owner)
        elif act in ("earlier", "later"):
            job = queue.get(job_id, owner)
            mine = sorted(
                (
                    other
                    for other in queue.jobs(job.request.owner)
                    if other.ahead is not None and other.request.priority is job.request.priority
                ),
                key=lambda other: other.ahead or 0,
            )
            at = [other.id for other in mine].index(job_id) if job in mine else 0
            queue.move(job_id, max(0, at + (1 if act == "later" else -1)), owner)

    def _list(self, visit: Visit) -> dict[Any, Any]:
        say = Say(visit.language)
        log: list[LogLine] = []
        try:
            found = self._found(visit.user or None)
            if visit.opened:
                log = list(self.queue.log(visit.opened, visit.user or None))
            workers = Attempts(self.queue.database).workers()
            markup = jobs_view.jobs(
                say, found, visit.opened, log, workers=workers, notes=self.queue.notes
            )
        except StudioError as exc:
            visit.opened = ""
            markup = panels.problem(say, exc)
        visit.shown = markup
        return {self.parts["list"]: markup}

    def _found(self, owner: str | None) -> list[JobRecord]:
        every = sorted(self.queue.jobs(owner), key=jobs_view.order)
        ended = [job for job in every if job.state.ended]
        return [job for job in every if not job.state.ended] + ended[:_ENDED]
