"""The report tab: tables of one film or of many, and how far they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gradio as gr

from ui.web import panels, report_view
from ui.web.messages import PageError, Say
from ui.web.strip import notes
from ui.web.tabs.study_tab import StudyTab, Visit
from ui.web.tabs.texts import filled, html, script
from ui.web.tabs.trailer_layout import Make

_WISHES = ("sampling", "speech", "language", "written", "bodies", "known_things", "safety")


@dataclass(frozen=True)
class ReportTab(StudyTab):
    """Builds the tab and answers its events."""

    name: ClassVar[str] = "report"
    many: ClassVar[bool] = True

    def lay_settings(self, make: Make) -> None:
        """Films, and how closely they are looked at."""
        p = self.parts
        self.lay_chooser(make, 1)
        make(html, {"value": lambda say: panels.section(say("report.how"), number=2)})
        p["sampling"] = make(
            gr.Dropdown,
            {"label": "report.sampling", "info": "report.sampling.info", "choices": _samplings},
            value="2", filterable=False, elem_id="report-sampling",
        )  # fmt: skip
        p["speech"] = make(
            gr.Checkbox, {"label": "report.speech", "info": "report.speech.info"}, value=True,
            elem_id="report-speech",
        )  # fmt: skip
        p["language"] = make(
            gr.Dropdown, {"label": "report.language", "choices": _languages}, value="auto",
            filterable=False, elem_id="report-language",
        )  # fmt: skip
        p["written"] = make(
            gr.Checkbox, {"label": "report.written", "info": "report.written.info"}, value=False,
            elem_id="report-written",
        )  # fmt: skip
        for name in _WISHES[4:]:
            p[name] = make(
                gr.Checkbox, {"label": f"report.{name}", "info": f"report.{name}.info"},
                value=False, elem_id=f"report-{name}",
            )  # fmt: skip
        with gr.Column(elem_classes="st-go"):
            p["start"] = make(
                gr.Button, {"value": "report.start"}, variant="primary", elem_id="report-start"
            )

    def lay_work(self, make: Make) -> None:
        """The report, and its check."""
        p = self.parts
        with gr.Column(visible=False, elem_classes="st-panel") as p["panel"]:
            make(html, {"value": lambda say: panels.section(say("report.made"))})
            p["result"] = html(elem_id="report-result")
        with gr.Column(visible=False, elem_classes="st-panel") as p["check_panel"]:
            make(
                html,
                {"value": lambda say: panels.section(
                    say("report.check"), say("report.check.text"))},
            )  # fmt: skip
            with gr.Row(elem_classes="st-pick"):
                p["count"] = make(
                    gr.Slider, {"label": "report.count"}, minimum=5, maximum=200, step=5,
                    value=20, buttons=[], elem_id="report-count",
                )  # fmt: skip
                p["draw"] = make(gr.Button, {"value": "report.draw"}, elem_id="report-draw")
            p["sample"] = html(js_on_load=script("report.js"), elem_id="report-sample")
            with gr.Row(elem_classes="st-pick", visible=False) as p["judge_row"]:
                p["coder"] = make(
                    gr.Textbox, {"label": "report.coder"}, max_lines=1, max_length=40,
                    elem_id="report-coder",
                )  # fmt: skip
                p["judge"] = make(
                    gr.Button, {"value": "report.judge"}, variant="primary",
                    elem_id="report-judge",
                )  # fmt: skip
            p["rates"] = html(elem_id="report-rates")

    def connect(self, quiet: dict[str, Any], many: dict[str, Any]) -> list[Any]:
        """Connect the tab's own events."""
        p = self.parts
        fields = [p["visit"], *(p[name] for name in _WISHES)]
        p["draw"].click(self.draw, [p["visit"], p["count"]], **quiet)
        p["sample"].act(self.mark, p["visit"], **many)
        p["judge"].click(self.judge, [p["visit"], p["coder"]], **quiet)
        return [p["start"].click(self.start, fields, **quiet)]

    # Events

    def start(
        self,
        visit: Visit,
        sampling: str,
        speech: bool,
        language: str,
        written: bool,
        bodies: bool,
        known_things: bool,
        safety: bool,
    ) -> dict[Any, Any]:
        """Make the report."""
        from pipelines.report.options import Options, checked

        def act() -> None:
            films = [each.info.path for each in self.chosen(visit)]
            visit.work = ""
            title = films[0].stem + (f" + {len(films) - 1}" if len(films) > 1 else "")
            work = self.work_for(visit, title)
            work.values = {
                "chosen": list(visit.chosen), "sampling": sampling, "speech": speech,
                "language": language, "written": written, "bodies": bodies,
                "known_things": known_things, "safety": safety,
            }  # fmt: skip
            options = Options(
                out=work.out, sampling=sampling, speech=bool(speech), texts=bool(written),
                page_language=visit.language, language=language, bodies=bool(bodies),
                known_things=bool(known_things), safety=bool(safety),
            )  # fmt: skip
            work.make_report(films, checked(options))

        return self.attempt(visit, act)

    def draw(self, visit: Visit, count: float) -> dict[Any, Any]:
        """Draw a sample to look at."""

        def act() -> None:
            work = self.work_of(visit)
            if work is None:
                raise PageError("report.none")
            visit.chosen[:] = work.values.get("chosen", [])
            films = [each.info.path for each in self.chosen(visit)]
            work.values["which"] = {}
            work.draw_sample(int(count), work.turn, films)

        return self.attempt(visit, act)

    def mark(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """Somebody looked at a row, or named a shot."""
        work, data = self.work_of(visit), dict(event._data)
        if work is not None and "row" in data:
            wrong = [int(n) for n in data.get("wrong", ())]
            work.values.setdefault("which", {})[str(data["row"])] = wrong
            work.mark(str(data["row"]), len(wrong), max(0, int(data.get("missed", 0))))
        elif work is not None and "code" in data:
            work.label(str(data["code"]), str(data.get("word", "")))
        # The page shows it already.
        return {self.parts["judge_row"]: gr.update(visible=work is not None)}

    def judge(self, visit: Visit, coder: str | None) -> dict[Any, Any]:
        """Count over what was marked."""

        def act() -> None:
            work = self.work_of(visit)
            if work is None:
                raise PageError("report.none")
            work.judge(coder or "")

        return self.attempt(visit, act)

    # What is shown

    def opened(self, visit: Visit, work: Any) -> dict[Any, Any]:
        """The wishes as they were."""
        return {
            self.parts[name]: gr.update(value=work.values[name])
            for name in _WISHES
            if name in work.values
        }

    def show(self, say: Say, visit: Visit, work: Any) -> dict[Any, Any]:
        """The report, the sample, and what it says."""
        p = self.parts
        busy = work is not None and work.busy
        made = work.runs.get(work.MAKE) if work is not None else None
        making = busy and work.doing == work.MAKE
        result = sample = rates = ""
        if made is not None and work is not None and not making:
            result = report_view.result(say, work, made.files) + notes(say, made.notes)
            drawn = work.told(work.DRAW, "sample")
            sample = report_view.sample(say, work, drawn) if drawn is not None else ""
            judged = work.told(work.JUDGE, "rates")
            rates = report_view.rates(say, judged) if judged is not None else ""
        return {
            p["start"]: gr.update(interactive=bool(visit.chosen) and not busy),
            p["panel"]: gr.update(visible=bool(result)),
            p["result"]: result,
            p["check_panel"]: gr.update(visible=bool(result)),
            p["draw"]: gr.update(interactive=not busy),
            p["sample"]: sample,
            p["judge_row"]: gr.update(visible=bool(sample)),
            p["judge"]: gr.update(interactive=not busy),
            p["rates"]: filled(rates),
        }


def _samplings(say: Say) -> list[tuple[str, str]]:
    return [(say(f"report.sampling.{n}"), value) for n, value in enumerate(_SAMPLINGS)]


_SAMPLINGS = ("2", "1", "1/5", "key", "every")


def _languages(say: Say) -> list[tuple[str, str]]:
    auto = (say("report.language.auto"), "auto")
    return [auto, *((say(f"anchor.language.{code}"), code) for code in ("en", "ko"))]
