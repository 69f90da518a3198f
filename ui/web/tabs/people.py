"""The people tab: who is seen and heard in a film, and the gallery of those who are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from studio.archive.gallery import Gallery
from studio.errors import StudioError
from studio.media.sniff import FileKind
from ui.web import panels, people_view, study_view
from ui.web.messages import PageError, Say
from ui.web.strip import notes as strip_notes
from ui.web.study_works import PeopleWork
from ui.web.tabs.study_tab import StudyTab, Visit, gallery_dir
from ui.web.tabs.texts import filled, html, script
from ui.web.tabs.trailer_layout import Make


@dataclass(frozen=True)
class PeopleTab(StudyTab):
    """Builds the tab and answers its events. What is decided here is kept where ``studio people``
    keeps it, and laid over every later analysis."""

    name: ClassVar[str] = "people"

    # Laid out

    def lay_settings(self, make: Make) -> None:
        """A film, and somebody to remember."""
        p = self.parts
        self.lay_chooser(make, 1)
        p["voices_too"] = make(
            gr.Checkbox, {"label": "people.voices_too", "info": "people.voices_too.info"},
            value=False, elem_id="people-voices",
        )  # fmt: skip
        with gr.Column(elem_classes="st-go"):
            p["start"] = make(
                gr.Button, {"value": "people.start"}, variant="primary", elem_id="people-start"
            )
        make(
            html,
            {"value": lambda say: panels.section(say("people.add"), say("people.add.text"), 2)},
        )
        p["new_name"] = make(
            gr.Textbox, {"label": "people.new"}, max_lines=1, max_length=80,
            elem_id="people-new-name",
        )  # fmt: skip
        p["photos"] = html(js_on_load=script("dropzone.js"), elem_id="people-photos")
        p["remember"] = make(gr.Button, {"value": "people.remember"}, elem_id="people-remember")

    def lay_work(self, make: Make) -> None:
        """Who is seen, who is heard, who is known."""
        p = self.parts
        people_js = script("people.js")
        with gr.Column(visible=False, elem_classes="st-panel") as p["seen_panel"]:
            p["seen_title"] = html()
            p["seen"] = html(js_on_load=people_js, elem_id="people-seen")
            p["notes"] = html(elem_id="people-notes")
        with gr.Column(visible=False, elem_classes="st-panel") as p["voices_panel"]:
            make(
                html,
                {"value": lambda say: panels.section(
                    say("people.voices"), say("people.voices.text"))},
            )  # fmt: skip
            p["heard"] = html(js_on_load=people_js, elem_id="people-heard")
        with gr.Column(elem_classes="st-panel"):
            make(
                html,
                {"value": lambda say: panels.section(
                    say("people.known"), say("people.known.text"))},
            )  # fmt: skip
            p["known"] = html(js_on_load=people_js, elem_id="people-known-list")

    def connect(self, quiet: dict[str, Any], many: dict[str, Any]) -> list[Any]:
        """Connect the tab's own events."""
        p = self.parts
        begun = [p["start"].click(self.start, [p["visit"], p["voices_too"]], **quiet)]
        p["seen"].act(self.decide, p["visit"], **many)
        p["heard"].act(self.decide, p["visit"], **many)
        p["known"].act(self.edit, p["visit"], **many)
        p["photos"].added(self.add_upload, p["visit"], **many)
        p["photos"].removed(self.remove_photo, p["visit"], **many)
        begun.append(p["remember"].click(self.remember, [p["visit"], p["new_name"]], **quiet))
        return begun

    # Events

    def start(self, visit: Visit, voices: bool) -> dict[Any, Any]:
        """Look who is in the film."""

        def act() -> None:
            (film,) = self.chosen(visit)
            visit.more.pop("told", None)
            work = self.work_of(visit)
            if (
                work is None
                or work.info is None
                or work.info.content_hash != (film.info.content_hash)
            ):
                visit.work = ""
                work = self.work_for(visit, film.info.path.stem)
            work.values["chosen"] = list(visit.chosen)
            self._watch(work, film.info, bool(voices))

        return self.attempt(visit, act)

    def decide(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """Somebody said who a person or a voice is, or is not."""
        data = dict(event._data)
        act, label = str(data.get("act")), str(data.get("label"))
        name, other = str(data.get("name", "")), str(data.get("other", ""))

        def do() -> None:
            work = self.work_of(visit)
            if work is None or work.info is None:
                raise PageError("study.none")
            voices = bool(work.values.get("voices"))
            if act == "name":
                self._needs(name)
                self._watch(work, work.info, voices, names=[[label, name]])
            elif act == "merge":
                self._needs(other)
                self._watch(work, work.info, voices, merges=[[label, other]])
            elif act == "reject":
                self._watch(work, work.info, voices, rejections=[[label, None]])
            elif act == "apart":
                if not data.get("tracks"):
                    raise PageError("people.no_tracks")
                self._needs(str(data.get("apart", "")))
                tracks = [int(n) for n in data["tracks"]]
                self._watch(work, work.info, voices, apart=[tracks, str(data["apart"])])
            elif act in ("accept", "voice"):
                whose = str(data.get("value")) if act == "accept" else other
                self._needs(whose)
                self._watch(work, work.info, True, voice=[label, whose])

        return self.attempt(visit, do)

    def edit(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """The gallery is changed; no footage is looked at for that."""
        from pipelines.people import gallery_edits

        data = dict(event._data)
        act, label = str(data.get("act")), str(data.get("label"))
        name, other = str(data.get("name", "")), str(data.get("other", ""))

        def do() -> None:
            gallery = Gallery.open(gallery_dir(self))
            if act == "rename":
                self._needs(name)
                gallery_edits.rename(gallery, label, name)
            elif act == "join":
                self._needs(other)
                gallery_edits.merge(gallery, label, other)
            elif act == "split":
                self._needs(name)
                if not data.get("tracks"):
                    raise PageError("people.no_pictures")
                gallery.split(label, [int(n) for n in data["tracks"]], name)
            elif act == "forget":
                gallery_edits.remove(gallery, label)

        return self.attempt(visit, do)

    def add_upload(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:  # type: ignore[override]
        """A photograph arrived."""
        upload = self.uploads.get(str(event._data.get("token")), visit.user)
        visit.problem = None
        if upload is None or upload.kind is not FileKind.PICTURE:
            visit.problem = PageError("upload.gone")
        else:
            visit.more.setdefault("photos", []).append(str(upload.path))
        return self._state(visit)

    def remove_photo(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """A photograph was taken back."""
        photos, number = visit.more.get("photos", []), int(event._data.get("index", -1))
        if 0 <= number < len(photos):
            del photos[number]
        return self._state(visit)

    def remember(self, visit: Visit, name: str | None) -> dict[Any, Any]:
        """Remember somebody by the photographs; bad ones are refused, and it is said why."""

        def act() -> None:
            self._needs((name or "").strip())
            photos = [Path(path) for path in visit.more.get("photos", [])]
            if not photos:
                raise PageError("people.no_photos")
            work = self.work_for(visit, Say("en")("people.tab"))
            asked = {"name": name, "photos": [str(path) for path in photos]}
            work.begin(work.ADD, "people.add", asked, beside=photos)
            visit.more["adding"] = work.turn

        return self.attempt(visit, act)

    # What is done

    @staticmethod
    def _needs(text: str) -> None:
        if not text.strip():
            raise PageError("people.no_name")

    @staticmethod
    def _watch(work: PeopleWork, info: Any, voices: bool, **decisions: Any) -> None:
        work.watch(info, voices, **decisions)

    # What is shown

    def opened(self, visit: Visit, work: Any) -> dict[Any, Any]:
        """Whether voices were wanted."""
        return {self.parts["voices_too"]: gr.update(value=bool(work.values.get("voices")))}

    def show(self, say: Say, visit: Visit, work: Any) -> dict[Any, Any]:
        """Who is seen, heard and known."""
        p = self.parts
        busy = work is not None and work.busy
        adding = not busy and visit.more.pop("adding", None) is not None
        if adding and work is not None and work.error is None and not work.cancelled:
            visit.more["photos"] = []
        people, stamp = self._gallery(visit)
        names = [name for name, _, _ in people]
        told = work.told(work.LOOK, "people") if work is not None else None
        seen = heard = title = notes = ""
        if told is not None and work is not None:
            folder = work.runs[work.LOOK].files["people"].parent.name
            work.values["folder"] = folder
            seen = people_view.persons(say, work, told, names)
            heard = people_view.voices(say, told, names)
            title = panels.section(
                say("people.in", name=Path(told["footage"]).name), say("people.in.text")
            )
            notes = strip_notes(say, work.runs[work.LOOK].notes)
        photos = [Path(path) for path in visit.more.get("photos", [])]
        return {
            p["start"]: gr.update(interactive=bool(visit.chosen) and not busy),
            p["remember"]: gr.update(interactive=bool(photos) and not busy),
            p["photos"]: study_view.picture_drop(
                say, self.uploads.max_bytes, "people.drop", people_view.photos(photos, say)
            ),
            p["seen_panel"]: gr.update(visible=told is not None),
            p["seen_title"]: title,
            p["seen"]: seen,
            p["notes"]: filled(notes),
            p["voices_panel"]: gr.update(visible=bool(heard)),
            p["heard"]: heard,
            p["known"]: people_view.known(say, people, stamp),
        }

    def _gallery(self, visit: Visit) -> tuple[list[tuple[str, float, list[str]]], int]:
        folder = gallery_dir(self)
        file = folder / "gallery.json"
        if not file.is_file():
            return [], 0
        try:
            gallery = Gallery.open(folder)
        except StudioError as exc:
            visit.problem = visit.problem or exc
            return [], 0
        limits = gallery.limits
        people = [
            (name, limits[name], [face.source for face in gallery.references(name)])
            for name in gallery.names
        ]
        return people, file.stat().st_mtime_ns
