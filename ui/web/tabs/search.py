"""The search tab: ask for what is seen, said or alike; keep answers; take them along."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from studio.archive.search_index import IndexedMedia, SearchIndex
from studio.errors import StudioError
from studio.jobs.confinement import index_of
from studio.media.sniff import FileKind
from studio.types.media import MediaInfo
from ui.web import found_view, panels, study_view
from ui.web.messages import PageError, Say
from ui.web.study_works import SearchWork
from ui.web.tabs.study_tab import StudyTab, Visit, gallery_dir
from ui.web.tabs.texts import filled, html, script
from ui.web.tabs.trailer_layout import Make

_MOST = 24
_FILES = ("otio", "fcpxml", "edl", "csv", "table", "contact_sheet", "plan")
_FIELDS = ("text", "collection", "person", "thing", "speech")


@dataclass(frozen=True)
class SearchTab(StudyTab):
    """Builds the tab and answers its events."""

    name: ClassVar[str] = "search"

    # Laid out

    def lay_settings(self, make: Make) -> None:
        """Where to look, and what has to be true at the same time."""
        p = self.parts
        make(html, {"value": lambda say: panels.section(say("search.where"), number=1)})
        p["collection"] = make(
            gr.Dropdown, {"label": "search.collection"}, choices=[("", "")], value="",
            filterable=False, elem_id="search-collection",
        )  # fmt: skip
        p["known"] = html(js_on_load=script("study.js"), elem_id="search-known")
        p["add"] = make(gr.Button, {"value": "search.add"}, elem_id="search-add", visible=False)
        make(
            html,
            {"value": lambda say: panels.section(
                say("search.conditions"), say("search.conditions.text"), 2)},
        )  # fmt: skip
        p["person"] = make(
            gr.Dropdown, {"label": "search.person"}, choices=[("", "")], value="",
            elem_id="search-person",
        )  # fmt: skip
        p["thing"] = make(
            gr.Dropdown, {"label": "search.thing", "choices": things_offered}, value="",
            elem_id="search-thing",
        )  # fmt: skip
        p["speech"] = make(
            gr.Textbox, {"label": "search.speech"}, max_lines=1, max_length=300,
            elem_id="search-speech",
        )  # fmt: skip
        make(html, {"value": lambda say: panels.section(say("search.like"), number=3)})
        p["like"] = html(js_on_load=script("dropzone.js"), elem_id="search-like")
        p["diversity"] = make(
            gr.Slider, {"label": "search.diversity", "info": "search.diversity.info"},
            minimum=0, maximum=100, step=5, value=30, buttons=[], elem_id="search-diversity",
        )  # fmt: skip

    def lay_top(self, make: Make) -> None:
        """The question."""
        p = self.parts
        with gr.Row(elem_classes="st-pick st-ask"):
            p["text"] = make(
                gr.Textbox, {"label": "search.text", "placeholder": "search.example"},
                max_lines=1, max_length=500, elem_id="search-text", show_label=False,
            )  # fmt: skip
            p["ask"] = make(
                gr.Button, {"value": "search.ask"}, variant="primary", elem_id="search-ask"
            )

    def lay_work(self, make: Make) -> None:
        """Its answers, and the bin."""
        p = self.parts
        with gr.Column(visible=False, elem_classes="st-panel") as p["grid_panel"]:
            p["told"] = html(elem_id="search-told")
            p["grid"] = html(
                js_on_load=f"{script('library.js')}\n{script('found.js')}", elem_id="search-grid"
            )
        with gr.Column(visible=False, elem_classes="st-panel") as p["bin_panel"]:
            make(
                html,
                {"value": lambda say: panels.section(say("search.bin"), say("search.bin.text"))},
            )
            p["bin"] = html(js_on_load=_OUT, elem_id="search-bin")
            with gr.Row(elem_classes="st-pick") as p["bin_row"]:
                p["clips"] = make(
                    gr.Checkbox, {"label": "search.clips"}, value=False, elem_id="search-clips"
                )
                p["export"] = make(gr.Button, {"value": "search.export"}, elem_id="search-export")
            p["files"] = html(elem_id="search-files")

    def connect(self, quiet: dict[str, Any], many: dict[str, Any]) -> list[Any]:
        """Connect the tab's own events."""
        p = self.parts
        fields = [p["visit"], *(p[name] for name in _FIELDS)]
        begun = [
            p["ask"].click(self.ask, fields, **quiet),
            p["text"].submit(self.ask, fields, **quiet),
            p["speech"].submit(self.ask, fields, **quiet),
            p["grid"].act(self.act, [p["visit"], p["diversity"], p["collection"]], **many),
            p["add"].click(self.add, [p["visit"], p["collection"]], **quiet),
            p["export"].click(self.export, [p["visit"], p["clips"]], **quiet),
        ]
        p["diversity"].release(self.spread, [p["visit"], p["diversity"], p["collection"]], **quiet)
        p["known"].act(self.refresh, p["visit"], **quiet)
        p["bin"].act(self.take_out, p["visit"], **many)
        p["like"].added(self.add_upload, p["visit"], **many)
        p["like"].removed(self.no_likeness, p["visit"], **many)
        return begun

    # Events

    def ask(
        self,
        visit: Visit,
        text: str | None,
        collection: str | None,
        person: str | None,
        thing: str | None,
        speech: str | None,
    ) -> dict[Any, Any]:
        """A question, with what has to be true at the same time."""
        from pipelines.search.options import Options, checked
        from studio.codec import to_json

        def act() -> None:
            options = Options(
                text=(text or "").strip(), person=(person or "").strip(),
                speech=(speech or "").strip(), thing=(thing or "").strip(),
                like=str(visit.more.get("like", "")), collection=collection or "", most=_MOST,
            )  # fmt: skip
            if not any((options.text, options.person, options.speech, options.thing, options.like)):
                raise PageError("search.nothing_asked")
            self._go(visit, {"search": to_json(checked(options))}, options.text)

        visit.more.pop("shot", None)
        return self.attempt(visit, act)

    def act(
        self, visit: Visit, diversity: float, collection: str | None, event: gr.EventData
    ) -> dict[Any, Any]:
        """An answer was kept or given back, or scenes like it are wanted."""
        work = self.work_of(visit)
        data = dict(event._data)

        def do() -> None:
            if work is None:
                raise PageError("search.no_hit")
            if "keep" in data:
                work.keep_hit(int(data["keep"]))
            elif "like" in data:
                answer = work.answer
                number = int(data["like"])
                if answer is None or not 0 <= number < len(answer["hits"]):
                    raise PageError("search.no_hit")
                visit.more["shot"] = answer["hits"][number]
                self._like(visit, diversity, collection)

        return self.attempt(visit, do)

    def spread(self, visit: Visit, diversity: float, collection: str | None) -> dict[Any, Any]:
        """Scenes like one are wanted more, or less, unlike each other."""
        if "shot" not in visit.more:
            return {self.parts["told"]: gr.skip()}
        return self.attempt(visit, lambda: self._like(visit, diversity, collection))

    def add(self, visit: Visit, collection: str | None) -> dict[Any, Any]:
        """Footage of the library is made searchable."""
        from pipelines.search.options import IndexOptions
        from studio.codec import to_json

        def act() -> None:
            work = self.work_for(visit, Say("en")("search.tab"))
            missing = self._missing(visit, self._indexed(visit)[0])
            if not missing:
                raise PageError("search.all_known")
            options = IndexOptions(index=self._index(visit), collection=collection or "")
            paths = [each.path for each in missing]
            work.begin(
                work.ADD, "search.add", {"options": to_json(options)}, sources=paths,
                waited_for=False,
            )  # fmt: skip

        return self.attempt(visit, act)

    def refresh(self, visit: Visit) -> dict[Any, Any]:
        """The tab came into view: the library may have more by now."""
        return self._state(visit)

    def export(self, visit: Visit, clips: bool) -> dict[Any, Any]:
        """What was kept is written."""

        def act() -> None:
            work = self.work_of(visit)
            if work is None:
                raise PageError("search.bin_empty")
            work.export(bool(clips), self._readable(visit))

        return self.attempt(visit, act)

    def take_out(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """An answer is taken out of the bin."""
        work, number = self.work_of(visit), int(event._data.get("out", -1))
        if work is not None and 0 <= number < len(work.bin):
            del work.bin[number]
            work.keep()
        return self._state(visit)

    def add_upload(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:  # type: ignore[override]
        """A picture arrived that answers should be like."""
        upload = self.uploads.get(str(event._data.get("token")), visit.user)
        visit.problem = None
        if upload is None or upload.kind is not FileKind.PICTURE:
            visit.problem = PageError("upload.gone")
        else:
            visit.more["like"] = str(upload.path)
        return self._state(visit)

    def no_likeness(self, visit: Visit) -> dict[Any, Any]:
        """The picture was taken back."""
        visit.more.pop("like", None)
        return self._state(visit)

    # What is done

    def _like(self, visit: Visit, diversity: float, collection: str | None) -> None:
        from pipelines.recommend import Options
        from studio.codec import to_json

        hit = visit.more["shot"]
        at_s = (hit["start_s"] + hit["end_s"]) / 2
        options = Options(
            like=f"{hit['media']['content_hash']}@{at_s:.3f}", collection=collection or "",
            most=_MOST, diversity=float(diversity) / 100, index=self._index(visit),
        )  # fmt: skip
        self._go(visit, {"recommend": to_json(options)}, hit["media"]["name"])

    def _go(self, visit: Visit, asked: dict[str, Any], title: str) -> None:
        media, _ = self._indexed(visit)
        if not media:
            raise PageError("search.none")
        work = self.work_for(visit, title or Say("en")("search.tab"))
        (options,) = asked.values()
        options["index"] = str(self._index(visit))
        own = str(visit.more.get("like", ""))
        work.ask(asked, [*(m.path for m in media), *([Path(own)] if own else [])])

    def _index(self, visit: Visit) -> Path:
        folder = index_of(visit.user, self.settings)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _indexed(self, visit: Visit) -> tuple[tuple[IndexedMedia, ...], tuple[str, ...]]:
        """What can be searched, and the collections of it."""
        file = self._index(visit) / "index.sqlite"
        if not file.is_file():
            return (), ()
        index = SearchIndex.open(file)
        try:
            return index.media(), index.collections()
        finally:
            index.close()

    def _missing(self, visit: Visit, known: tuple[IndexedMedia, ...]) -> list[MediaInfo]:
        there = {media.content_hash for media in known}
        found = self.works.desk.library.footage(visit.user, visit.project)
        return [f.info for f in found if f.present and f.info.content_hash not in there]

    def _readable(self, visit: Visit) -> list[Path]:
        return [media.path for media in self._indexed(visit)[0]]

    # What is shown

    def opened(self, visit: Visit, work: Any) -> dict[Any, Any]:
        """The question as it was."""
        asked = (work.values.get("asked") or {}).get("search") or {}
        return {
            self.parts[name]: gr.update(value=asked.get(name) or "")
            for name in _FIELDS
            if name != "collection" and name in asked
        }

    def show(self, say: Say, visit: Visit, work: Any) -> dict[Any, Any]:
        """Answers, bin, and what can be searched."""
        p = self.parts
        infos = {
            each.info.content_hash: each.info
            for each in self.works.desk.library.footage(visit.user)
        }
        try:
            media, lists = self._indexed(visit)
            names = _names(gallery_dir(self))
        except StudioError as exc:
            visit.problem = visit.problem or exc
            media, lists, names = (), (), ()
        missing = self._missing(visit, media)
        busy = work is not None and work.busy
        made = work.made if work is not None else None
        bin_there = work is not None and (bool(work.bin) or work.answer is not None)
        files = ""
        if made is not None and work is not None:
            films = [name for name in made.files if name.startswith("clip-")]
            where = f"/studio/makings/{work.id}/files"
            files = study_view.downloads(say, where, made.files, (*_FILES, *films))
        asked_like = Path(str(visit.more.get("like", ""))).name
        return {
            p["known"]: found_view.searchable(say, len(media), [i.path.name for i in missing]),
            p["add"]: gr.update(
                visible=bool(missing), interactive=not busy,
                value=say("search.add.n", n=len(missing)),
            ),
            p["collection"]: gr.update(
                choices=[(say("search.everything"), ""), *((name, name) for name in lists)]
            ),
            p["person"]: gr.update(choices=[(say("search.anybody"), ""), *((n, n) for n in names)]),
            p["like"]: study_view.picture_drop(
                say, self.uploads.max_bytes, "search.drop", found_view.likeness(say, asked_like)
            ),
            p["grid_panel"]: gr.update(visible=work is not None and work.answer is not None),
            p["told"]: found_view.told(say, work) if work is not None else "",
            p["grid"]: found_view.grid(say, work, infos) if work is not None else "",
            p["bin_panel"]: gr.update(visible=bin_there),
            p["bin"]: found_view.kept(say, work, infos),
            p["bin_row"]: gr.update(visible=bool(work is not None and work.bin)),
            p["files"]: filled(files),
        }  # fmt: skip

    def _progress(self, say: Say, work: Any) -> str:
        # The answers are there before their pictures: no bar stands before them.
        if work.doing == SearchWork.ASK and work.answer is not None:
            return ""
        return super()._progress(say, work)


_OUT = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-out]");
  if (button) trigger("act", { out: Number(button.dataset.out) });
});
"""


def _names(folder: Path) -> tuple[str, ...]:
    from studio.archive.gallery import Gallery

    return Gallery.open(folder).names if (folder / "gallery.json").is_file() else ()


def things_offered(say: Say) -> list[tuple[str, str]]:
    """Kinds of things in the page's language, by the name that the detector has for them."""
    from pipelines.search.words import entries
    from studio.adapters.yolo import LABELS

    known = entries()
    named = []
    for label in LABELS:
        korean = known[label].korean if label in known else ()
        named.append((korean[0] if say.language == "ko" and korean else label, label))
    return [(say("search.anything"), ""), *sorted(named)]
