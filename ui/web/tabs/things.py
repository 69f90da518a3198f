"""The things tab: buildings, products and signs, shown once and found again in footage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from studio.archive.references import References
from studio.errors import StudioError
from studio.media.sniff import FileKind
from ui.web import panels, study_view, things_view
from ui.web.messages import PageError, Say
from ui.web.strip import notes as strip_notes
from ui.web.tabs.study_tab import StudyTab, Visit
from ui.web.tabs.texts import filled, html, script
from ui.web.tabs.trailer_layout import Make

_SMALL_PX, _MOST_SMALL = 96, 8


@dataclass(frozen=True)
class ThingsTab(StudyTab):
    """Builds the tab and answers its events. What is shown here is kept where ``studio things``
    keeps it, for all who use this machine."""

    name: ClassVar[str] = "things"

    def lay_settings(self, make: Make) -> None:
        """A thing is shown, and a film chosen."""
        p = self.parts
        make(
            html,
            {"value": lambda say: panels.section(say("things.add"), say("things.add.text"), 1)},
        )
        p["new_name"] = make(
            gr.Textbox, {"label": "things.name", "placeholder": "things.example"}, max_lines=1,
            max_length=80, elem_id="things-new-name",
        )  # fmt: skip
        p["pictures"] = html(js_on_load=script("dropzone.js"), elem_id="things-pictures")
        p["remember"] = make(gr.Button, {"value": "things.remember"}, elem_id="things-remember")
        self.lay_chooser(make, 2)
        with gr.Column(elem_classes="st-go"):
            p["start"] = make(
                gr.Button, {"value": "things.start"}, variant="primary", elem_id="things-start"
            )

    def lay_work(self, make: Make) -> None:
        """Where things are seen, and what is known."""
        p = self.parts
        with gr.Column(visible=False, elem_classes="st-panel") as p["panel"]:
            p["title"] = html()
            p["seen"] = html(elem_id="things-seen")
            p["notes"] = html(elem_id="things-notes")
            p["files"] = html(elem_id="things-files")
        with gr.Column(elem_classes="st-panel"):
            make(
                html,
                {"value": lambda say: panels.section(
                    say("things.known"), say("things.known.text"))},
            )  # fmt: skip
            # Its buttons tell what stands in their form, as those of people do.
            p["known"] = html(js_on_load=script("people.js"), elem_id="things-known")

    def connect(self, quiet: dict[str, Any], many: dict[str, Any]) -> list[Any]:
        """Connect the tab's own events."""
        p = self.parts
        p["pictures"].added(self.add_upload, p["visit"], **many)
        p["pictures"].removed(self.remove_picture, p["visit"], **many)
        p["known"].act(self.edit, p["visit"], **many)
        return [
            p["remember"].click(self.remember, [p["visit"], p["new_name"]], **quiet),
            p["start"].click(self.start, p["visit"], **quiet),
        ]

    # Events

    def add_upload(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:  # type: ignore[override]
        """A picture of a thing arrived."""
        upload = self.uploads.get(str(event._data.get("token")), visit.user)
        visit.problem = None
        if upload is None or upload.kind is not FileKind.PICTURE:
            visit.problem = PageError("upload.gone")
        else:
            visit.more.setdefault("pictures", []).append(str(upload.path))
        return self._state(visit)

    def remove_picture(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """A picture was taken back."""
        pictures, number = visit.more.get("pictures", []), int(event._data.get("index", -1))
        if 0 <= number < len(pictures):
            del pictures[number]
        return self._state(visit)

    def remember(self, visit: Visit, name: str | None) -> dict[Any, Any]:
        """Remember a thing by its pictures; what cannot be found again is refused, with why."""

        def act() -> None:
            if not (name or "").strip():
                raise PageError("things.no_name")
            pictures = [Path(path) for path in visit.more.get("pictures", [])]
            if not pictures:
                raise PageError("things.no_pictures")
            work = self.work_for(visit, Say("en")("things.tab"))
            work.remember(str(name), pictures)
            visit.more["adding"] = work.turn

        return self.attempt(visit, act)

    def start(self, visit: Visit) -> dict[Any, Any]:
        """Look for everything that is known."""

        def act() -> None:
            (film,) = self.chosen(visit)
            if not self._references().names:
                raise PageError("things.none")
            work = self.work_of(visit)
            known = work.info.content_hash if work is not None and work.info is not None else ""
            if known != film.info.content_hash:
                visit.work = ""
                work = self.work_for(visit, film.info.path.stem)
            work.values["chosen"] = list(visit.chosen)
            work.look_for(film.info)

        return self.attempt(visit, act)

    def edit(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """A thing is forgotten."""
        data = dict(event._data)

        def do() -> None:
            if data.get("act") == "forget":
                self._references().remove(str(data.get("label")))

        return self.attempt(visit, do)

    # What is shown

    def show(self, say: Say, visit: Visit, work: Any) -> dict[Any, Any]:
        """What is seen and known."""
        p = self.parts
        busy = work is not None and work.busy
        adding = not busy and visit.more.pop("adding", None) is not None
        added = adding and work is not None and work.error is None and not work.cancelled
        if added:
            visit.more["pictures"] = []
        known = self._known(visit)
        told = work.told(work.FIND, "found") if work is not None else None
        seen = title = notes = files = ""
        if told is not None:
            made = work.runs[work.FIND]
            seen = things_view.sightings(say, work, told)
            title = panels.section(say("things.in", name=told["film"], n=len(told["seen"])))
            notes = strip_notes(say, made.notes)
            files = study_view.downloads(
                say, f"/studio/makings/{work.id}/files", made.files, ("things",)
            )
        pictures = [Path(path) for path in visit.more.get("pictures", [])]
        return {
            # What was typed is kept; the field is for the next thing.
            p["new_name"]: gr.update(value="") if added else gr.skip(),
            p["remember"]: gr.update(interactive=bool(pictures) and not busy),
            p["pictures"]: study_view.picture_drop(
                say, self.uploads.max_bytes, "things.drop", things_view.pictures(pictures, say)
            ),
            p["start"]: gr.update(interactive=bool(visit.chosen) and bool(known) and not busy),
            p["panel"]: gr.update(visible=told is not None),
            p["title"]: title,
            p["seen"]: seen,
            p["notes"]: filled(notes),
            p["files"]: filled(files),
            p["known"]: things_view.known(say, known),
        }

    def _references(self) -> References:
        from pipelines.things.known import open_references

        return open_references(self.settings, None)

    def _known(self, visit: Visit) -> list[tuple[str, list[bytes]]]:
        """Names with small pictures."""
        from pipelines.things.known import small_pictures

        try:
            return small_pictures(self._references(), self.settings, _SMALL_PX, _MOST_SMALL)
        except StudioError as exc:
            visit.problem = visit.problem or exc
            return []
