"""The summary tab: a film made shorter by what is important in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gradio as gr

from ui.web import panels, study_view, summary_view
from ui.web.messages import PageError, Say
from ui.web.strip import notes
from ui.web.study_works import scorer_of
from ui.web.tabs.study_tab import StudyTab, Visit
from ui.web.tabs.texts import filled, html, script
from ui.web.tabs.trailer_layout import Make

_FILES = ("video", "otio", "fcpxml", "edl", "curve", "contact_sheet", "plan")
_WISHES = ("by", "share", "seconds", "scorer")


@dataclass(frozen=True)
class SummaryTab(StudyTab):
    """Builds the tab and answers its events."""

    name: ClassVar[str] = "summary"

    def lay_settings(self, make: Make) -> None:
        """A film, how much of it, and who decides."""
        p = self.parts
        self.lay_chooser(make, 1)
        make(html, {"value": lambda say: panels.section(say("summary.much"), number=2)})
        p["by"] = make(
            gr.Radio,
            {"label": "summary.much.by", "choices": lambda say: [
                (say("summary.by_share"), "share"), (say("summary.by_length"), "length")]},
            value="share", elem_id="summary-by",
        )  # fmt: skip
        p["share"] = make(
            gr.Slider, {"label": "summary.share"}, minimum=1, maximum=90, step=1, value=15,
            buttons=[], elem_id="summary-share",
        )  # fmt: skip
        p["seconds"] = make(
            gr.Number, {"label": "summary.seconds"}, minimum=1, value=30, visible=False,
            elem_id="summary-seconds",
        )  # fmt: skip
        make(html, {"value": lambda say: panels.section(say("summary.who"), number=3)})
        p["scorer"] = make(
            gr.Textbox, {"label": "summary.scorer", "info": "summary.scorer.info"},
            max_lines=1, max_length=500, elem_id="summary-scorer",
        )  # fmt: skip
        with gr.Column(elem_classes="st-go"):
            p["start"] = make(
                gr.Button, {"value": "summary.start"}, variant="primary", elem_id="summary-start"
            )

    def lay_work(self, make: Make) -> None:
        """The summary, its curve, its clips and files."""
        p = self.parts
        with gr.Column(visible=False, elem_classes="st-panel") as p["panel"]:
            p["result"] = html(js_on_load=script("summary.js"), elem_id="summary-result")
            p["files"] = html(elem_id="summary-files")

    def connect(self, quiet: dict[str, Any], many: dict[str, Any]) -> list[Any]:
        """Connect the tab's own events."""
        p = self.parts
        p["by"].input(self.measure, [p["visit"], p["by"]], **quiet)
        fields = [p["visit"], *(p[name] for name in _WISHES)]
        return [p["start"].click(self.start, fields, **quiet)]

    # Events

    def measure(self, visit: Visit, by: str) -> dict[Any, Any]:
        """How long is said as a share, or in seconds."""
        return {
            self.parts["share"]: gr.update(visible=by == "share"),
            self.parts["seconds"]: gr.update(visible=by == "length"),
        }

    def start(
        self, visit: Visit, by: str, share: float, seconds: float | None, scorer: str | None
    ) -> dict[Any, Any]:
        """Make the summary."""
        from pipelines.summary.options import Options, checked

        def act() -> None:
            (film,) = self.chosen(visit)
            if by == "length" and not seconds:
                raise PageError("summary.no_length")
            visit.work = ""
            options = checked(
                Options(
                    ratio=float(share) / 100 if by == "share" else 0.0,
                    length_s=float(seconds or 0) if by == "length" else 0.0,
                    scorer=scorer_of(scorer or "", self.roots.resolve),
                )
            )
            work = self.work_for(visit, film.info.path.stem)
            work.values = {
                "chosen": list(visit.chosen), "by": by, "share": share, "seconds": seconds,
                "scorer": scorer or "",
            }  # fmt: skip
            work.summarise(film.info, options)

        return self.attempt(visit, act)

    # What is shown

    def opened(self, visit: Visit, work: Any) -> dict[Any, Any]:
        """The wishes as they were."""
        updates = {
            self.parts[name]: gr.update(value=work.values[name])
            for name in _WISHES
            if name in work.values
        }
        for part, update in self.measure(visit, str(work.values.get("by", "share"))).items():
            updates[part] = {**updates.get(part, {}), **update}
        return updates

    def show(self, say: Say, visit: Visit, work: Any) -> dict[Any, Any]:
        """The summary."""
        p = self.parts
        busy = work is not None and work.busy
        told = work.told(work.MAKE, "strip") if work is not None and not busy else None
        result = files = ""
        if told is not None and work is not None:
            made = work.runs[work.MAKE]
            result = summary_view.result(say, work, told)
            files = study_view.downloads(
                say, f"/studio/makings/{work.id}/files", made.files, _FILES
            ) + notes(say, made.notes)
        return {
            p["start"]: gr.update(interactive=bool(visit.chosen) and not busy),
            p["panel"]: gr.update(visible=bool(result)),
            p["result"]: result,
            p["files"]: filled(files),
        }
