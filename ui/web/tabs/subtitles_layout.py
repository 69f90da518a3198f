"""What the subtitles tab is made of, and how wishes become options and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from pipelines.subtitles.options import Options
from pipelines.subtitles.profile import names
from ui.web import panels
from ui.web.messages import Say
from ui.web.tabs.texts import Texts, html, script
from ui.web.tabs.trailer_layout import Make

#: What a person may wish for, in the order the events get it.
WISHES = ("language", "profile", "speakers", "translate", "audio_stream")
#: Languages that are offered; Whisper hears a hundred, and any code can be typed.
LANGUAGES = ("ko", "en", "ja", "zh", "es", "fr", "de", "pt", "ru", "vi", "th", "id", "ar", "hi")


def lay_out(texts: Texts) -> dict[str, Any]:
    """Make the tab's components inside the current page; name to component."""
    make: Make = texts.make
    parts: dict[str, Any] = {}
    with gr.Row(elem_classes="st-desk", equal_height=False):
        with gr.Column(elem_classes="st-settings"):
            _recording(make, parts)
            _wishes(make, parts)
        with gr.Column(elem_classes="st-work", elem_id="sub-work"):
            _work(make, parts)
    return parts


def options_of(values: Sequence[Any]) -> Options:
    """The wishes as options; the folder is the work's to choose."""
    wish = {name: str(value or "").strip() for name, value in zip(WISHES, values, strict=True)}
    return Options(
        out=Path(),
        language=wish["language"] or "auto",
        profile=wish["profile"],
        speakers=wish["speakers"] or "auto",
        translate=wish["translate"],
        audio_stream=wish["audio_stream"],
    )


def wishes_of(options: Options) -> dict[str, Any]:
    """Options as the values of the components, by name."""
    return {name: getattr(options, name) for name in WISHES}


def _languages(say: Say) -> list[tuple[str, str]]:
    return [(say(f"language.{code}"), code) for code in LANGUAGES]


def _recording(make: Make, parts: dict[str, Any]) -> None:
    make(html, {"value": lambda say: panels.section(say("recording.title"), number=1)})
    parts["recording"] = html(js_on_load=script("dropzone.js"), elem_id="recording")
    with gr.Row(elem_classes="st-pick"):
        parts["path"] = make(
            gr.Dropdown,
            {"label": "footage.path", "info": "footage.path.info"},
            choices=[],
            allow_custom_value=True,
            value=None,
            elem_id="sub-path",
        )
        parts["add"] = make(gr.Button, {"value": "footage.add"}, elem_id="sub-add", size="sm")
    parts["notice"] = html(elem_id="sub-notice")


def _wishes(make: Make, parts: dict[str, Any]) -> None:
    make(html, {"value": lambda say: panels.section(say("options.title"), number=2)})
    parts["language"] = make(
        gr.Dropdown,
        {
            "label": "sub.language",
            "choices": lambda say: [(say("sub.language.auto"), "auto"), *_languages(say)],
        },
        value="auto", allow_custom_value=True, elem_id="sub-language",
    )  # fmt: skip
    parts["profile"] = make(
        gr.Dropdown,
        {
            "label": "sub.profile",
            "info": "sub.profile.info",
            "choices": lambda say: [(say("sub.profile.auto"), ""), *((n, n) for n in names())],
        },
        value="", elem_id="sub-profile",
    )  # fmt: skip
    parts["speakers"] = make(
        gr.Dropdown,
        {
            "label": "sub.speakers",
            "choices": lambda say: [
                (say("sub.speakers.auto"), "auto"),
                *((say("sub.speakers.n", n=n), str(n)) for n in range(1, 7)),
                (say("sub.speakers.off"), "off"),
            ],
        },
        value="auto", filterable=False, elem_id="sub-speakers",
    )  # fmt: skip
    with make(gr.Accordion, {"label": "sub.more"}, open=False, elem_id="sub-more"):
        parts["translate"] = make(
            gr.Dropdown,
            {
                "label": "sub.translate",
                "info": "sub.translate.info",
                "choices": lambda say: [(say("sub.translate.none"), ""), *_languages(say)],
            },
            value="", allow_custom_value=True, elem_id="sub-translate",
        )  # fmt: skip
        parts["audio_stream"] = make(
            gr.Textbox,
            {"label": "sub.stream", "info": "sub.stream.info"},
            max_length=12, elem_id="sub-stream",
        )  # fmt: skip
    with gr.Column(elem_classes="st-go"):
        parts["start"] = make(
            gr.Button, {"value": "sub.make"}, variant="primary", elem_id="make-subtitles"
        )


def _work(make: Make, parts: dict[str, Any]) -> None:
    parts["stage"] = html(elem_id="sub-stage")
    parts["cancel"] = make(
        gr.Button, {"value": "run.cancel"}, variant="stop", visible=False, elem_id="sub-cancel",
        elem_classes="st-cancel",
    )  # fmt: skip
    with gr.Column(visible=False, elem_id="editor", elem_classes="st-panel") as parts["editor"]:
        parts["player"] = html(js_on_load=script("player.js"), elem_id="player")
        parts["drawn"] = html(elem_id="drawn")
        parts["doubts"] = html(js_on_load=script("cues.js"), elem_id="doubts")
        parts["voices"] = html(js_on_load=script("cues.js"), elem_id="voices")
        with gr.Row(elem_classes="st-cuebar"):
            parts["summary"] = html(elem_id="cue-summary")
            parts["undo"] = make(gr.Button, {"value": "cues.undo"}, size="sm", elem_id="undo")
            parts["retime"] = make(gr.Button, {"value": "cues.retime"}, size="sm", elem_id="retime")
        parts["track"] = make(
            gr.Radio, {"label": "cues.track"}, choices=[], visible=False, elem_id="track"
        )
        parts["cues"] = html(js_on_load=script("cues.js"), elem_id="cues")
        parts["page"] = make(
            gr.Radio, {"label": "cues.page"}, choices=[], visible=False, elem_id="cue-page"
        )
        parts["dropped"] = html(elem_id="dropped")
        parts["notes"] = html(elem_id="sub-notes")
    with gr.Column(visible=False, elem_id="out", elem_classes="st-panel") as parts["out"]:
        make(html, {"value": lambda say: panels.section(say("sub.out"), say("sub.out.text"), 3)})
        with gr.Row(elem_classes="st-outbar"):
            parts["write"] = make(
                gr.Button, {"value": "sub.write"}, variant="primary", elem_id="write-subtitles"
            )
            parts["burn"] = make(gr.Button, {"value": "sub.burn"}, elem_id="burn-in")
            parts["again"] = make(gr.Button, {"value": "sub.new"}, elem_id="sub-new")
        parts["files"] = html(elem_id="sub-files")
