"""The cuts tab: where shots end, and what a person says of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from pipelines.cuts.places import is_place
from ui.web import cuts_view, panels
from ui.web.messages import PageError, Say
from ui.web.strip import notes as strip_notes
from ui.web.tabs.study_tab import StudyTab, Visit
from ui.web.tabs.texts import filled, html, script
from ui.web.tabs.trailer_layout import Make


@dataclass(frozen=True)
class CutsTab(StudyTab):
    """Builds the tab and answers its events. What is said here is kept where ``studio cuts`` keeps
    it, and holds for everything that is made of the film."""

    name: ClassVar[str] = "cuts"

    def lay_settings(self, make: Make) -> None:
        """A film."""
        p = self.parts
        self.lay_chooser(make, 1)
        with gr.Column(elem_classes="st-go"):
            p["start"] = make(
                gr.Button, {"value": "cuts.start"}, variant="primary", elem_id="cuts-start"
            )

    def lay_work(self, make: Make) -> None:
        """Its cuts."""
        p = self.parts
        with gr.Column(visible=False, elem_classes="st-panel") as p["panel"]:
            p["title"] = html()
            # Its buttons tell what stands in their form, as those of people do.
            p["list"] = html(js_on_load=script("people.js"), elem_id="cuts-list")
            p["notes"] = html(elem_id="cuts-notes")

    def connect(self, quiet: dict[str, Any], many: dict[str, Any]) -> list[Any]:
        """Connect the tab's own events."""
        p = self.parts
        p["list"].act(self.decide, p["visit"], **many)
        return [p["start"].click(self.start, p["visit"], **quiet)]

    # Events

    def start(self, visit: Visit) -> dict[Any, Any]:
        """Look where the cuts of a film are."""

        def act() -> None:
            (film,) = self.chosen(visit)
            work = self.work_of(visit)
            known = work.info.content_hash if work is not None and work.info is not None else ""
            if known != film.info.content_hash:
                visit.work = ""
                work = self.work_for(visit, film.info.path.stem)
            work.values["chosen"] = list(visit.chosen)
            work.look_at(film.info)

        return self.attempt(visit, act)

    def decide(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """A person said something of a cut."""
        data = dict(event._data)
        act, place = str(data.get("act")), str(data.get("value", ""))

        def do() -> None:
            work = self.work_of(visit)
            if work is None or work.info is None:
                raise PageError("study.none")
            if act == "undo":
                work.look_at(work.info, undo=True)
            elif act == "remove":
                work.look_at(work.info, remove=[place])
            elif act in ("earlier", "later"):
                frame = int(place.removeprefix("f")) + (1 if act == "later" else -1)
                work.look_at(work.info, move=[[place, f"f{frame}"]])
            elif act == "add":
                typed = place or str(data.get("name", ""))
                if not is_place(typed):
                    raise PageError("cuts.no_time")
                work.look_at(work.info, add=[typed])

        return self.attempt(visit, do)

    # What is shown

    def show(self, say: Say, visit: Visit, work: Any) -> dict[Any, Any]:
        """The cuts as they stand."""
        p = self.parts
        busy = work is not None and work.busy
        told = work.told(work.LOOK, "cuts") if work is not None else None
        listed = title = notes = ""
        if told is not None:
            work.values["folder"] = work.runs[work.LOOK].files["cuts"].parent.name
            listed = cuts_view.cuts(say, work, told)
            name = Path(told["footage"]).name
            title = panels.section(say("cuts.in", name=name, n=told["shots"]), say("cuts.in.text"))
            notes = strip_notes(say, work.runs[work.LOOK].notes)
        return {
            p["start"]: gr.update(interactive=bool(visit.chosen) and not busy),
            p["panel"]: gr.update(visible=told is not None),
            p["title"]: title,
            p["list"]: listed,
            p["notes"]: filled(notes),
        }
