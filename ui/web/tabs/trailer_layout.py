"""What the trailer tab is made of, and how wishes become options and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from pipelines.trailer.options import Options
from ui.web import panels
from ui.web.messages import PageError
from ui.web.tabs.texts import Texts, html, script

Make = Callable[..., Any]

#: What a person may wish for, in the order the events get it.
WISHES = (
    "length_s", "aspect", "pace", "title", "end_card", "versions", "spoiler_percent",
    "loudness_lufs", "seed",
)  # fmt: skip


def lay_out(texts: Texts) -> dict[str, Any]:
    """Make the tab's components inside the current page; name to component."""
    make: Make = texts.make
    parts: dict[str, Any] = {}
    with gr.Row(elem_id="desk", elem_classes="st-desk", equal_height=False):
        with gr.Column(elem_id="settings", elem_classes="st-settings"):
            _footage(make, parts)
            _wishes(make, parts)
        with gr.Column(elem_id="work", elem_classes="st-work"):
            _work(make, parts)
    return parts


def options_of(values: Sequence[Any]) -> Options:
    """The wishes as options; the folder is the work's to choose.

    Raises:
        PageError: a field that needs a value is empty.
    """
    wish = dict(zip(WISHES, values, strict=True))
    if any(wish[name] is None for name in WISHES if name not in ("title", "end_card", "seed")):
        raise PageError("options.empty")
    return Options(
        out=Path(),
        length_s=float(wish["length_s"]),
        aspect=wish["aspect"],
        pace=wish["pace"],
        title=(wish["title"] or "").strip(),
        end_card=(wish["end_card"] or "").strip(),
        versions=int(wish["versions"]),
        spoiler_window=wish["spoiler_percent"] / 100,
        loudness_lufs=float(wish["loudness_lufs"]),
        seed=int(wish["seed"] or 0),
    )


def wishes_of(options: Options) -> dict[str, Any]:
    """Options as the values of the components, by name."""
    return {
        "length_s": options.length_s,
        "aspect": options.aspect,
        "pace": options.pace,
        "title": options.title,
        "end_card": options.end_card,
        "versions": options.versions,
        "spoiler_percent": round(options.spoiler_window * 100),
        "loudness_lufs": round(options.loudness_lufs),
        "seed": options.seed,
    }


def _footage(make: Make, parts: dict[str, Any]) -> None:
    make(html, {"value": lambda say: panels.section(say("footage.title"), number=1)})
    parts["footage"] = html(js_on_load=script("dropzone.js"), elem_id="footage")
    with gr.Row(elem_classes="st-pick"):
        parts["path"] = make(
            gr.Dropdown,
            {"label": "footage.path", "info": "footage.path.info"},
            choices=[],
            allow_custom_value=True,
            value=None,
            elem_id="path",
        )
        parts["add"] = make(gr.Button, {"value": "footage.add"}, elem_id="add", size="sm")
    parts["notice"] = html(elem_id="notice")


def _wishes(make: Make, parts: dict[str, Any]) -> None:
    make(html, {"value": lambda say: panels.section(say("options.title"), number=2)})
    parts["length_s"] = make(
        gr.Slider,
        {"label": "options.length", "info": "options.length.info"},
        minimum=5, maximum=300, step=1, value=60, buttons=[], elem_id="length",
    )  # fmt: skip
    parts["aspect"] = make(
        gr.Radio,
        {
            "label": "options.aspect",
            "info": "options.aspect.info",
            "choices": lambda say: [
                (say("options.aspect.source"), "source"), "16:9", "9:16", "1:1",
            ],
        },
        value="source", elem_id="aspect",
    )  # fmt: skip
    parts["pace"] = make(
        gr.Radio,
        {
            "label": "options.pace",
            "info": "options.pace.info",
            "choices": lambda say: [
                (say(f"options.pace.{p}"), p) for p in ("calm", "balanced", "energetic")
            ],
        },
        value="balanced", elem_id="pace",
    )  # fmt: skip
    make(html, {"value": lambda say: _label(say("music.title"), say("music.info"))})
    parts["music"] = html(js_on_load=script("dropzone.js"), elem_id="music")
    parts["title"] = make(
        gr.Textbox,
        {"label": "options.title_card", "placeholder": "options.title_card.example"},
        max_length=120, elem_id="title",
    )  # fmt: skip
    parts["end_card"] = make(
        gr.Textbox,
        {"label": "options.end_card", "placeholder": "options.end_card.example"},
        max_length=120, elem_id="end-card",
    )  # fmt: skip
    with make(gr.Accordion, {"label": "options.more"}, open=False, elem_id="more"):
        _fine_wishes(make, parts)
    with gr.Column(elem_classes="st-go"):
        parts["start"] = make(
            gr.Button, {"value": "plan.make"}, variant="primary", elem_id="make-plan"
        )


def _fine_wishes(make: Make, parts: dict[str, Any]) -> None:
    parts["versions"] = make(
        gr.Slider,
        {"label": "options.versions", "info": "options.versions.info"},
        minimum=1, maximum=6, step=1, value=1, buttons=[], elem_id="versions",
    )  # fmt: skip
    parts["spoiler_percent"] = make(
        gr.Slider,
        {"label": "options.spoiler", "info": "options.spoiler.info"},
        minimum=0, maximum=90, step=5, value=20, buttons=[], elem_id="spoiler",
    )  # fmt: skip
    parts["loudness_lufs"] = make(
        gr.Dropdown,
        {
            "label": "options.loudness",
            "info": "options.loudness.info",
            "choices": lambda say: [
                (say(f"options.loudness.{-lufs}"), lufs) for lufs in (-14, -16, -23, -24, -27)
            ],
        },
        value=-14, filterable=False, elem_id="loudness",
    )  # fmt: skip
    parts["seed"] = make(
        gr.Number,
        {"label": "options.seed", "info": "options.seed.info"},
        value=0, precision=0, minimum=0, maximum=2**31 - 1, elem_id="seed",
    )  # fmt: skip


def _work(make: Make, parts: dict[str, Any]) -> None:
    parts["stage"] = html(elem_id="stage")
    parts["cancel"] = make(
        gr.Button,
        {"value": "run.cancel"},
        variant="stop",
        visible=False,
        elem_id="cancel",
        elem_classes="st-cancel",
    )
    with gr.Column(visible=False, elem_id="result", elem_classes="st-panel") as parts["result"]:
        make(html, {"value": lambda say: panels.section(say("result.title"))})
        parts["files"] = html(elem_id="files")
    with gr.Column(visible=False, elem_id="plan", elem_classes="st-panel") as parts["plan"]:
        make(
            html,
            {"value": lambda say: panels.section(say("plan.title"), say("plan.text"), 3)},
        )
        parts["version"] = make(
            gr.Radio, {"label": "plan.version"}, choices=[], visible=False, elem_id="version"
        )
        parts["overview"] = html(elem_id="overview")
        with gr.Row(elem_id="renderbar"):
            parts["render"] = make(
                gr.Button, {"value": "render.start"}, variant="primary", elem_id="render"
            )
            parts["undo"] = make(gr.Button, {"value": "edit.undo"}, elem_id="edit-undo")
            parts["redo"] = make(gr.Button, {"value": "edit.redo"}, elem_id="edit-redo")
            parts["again"] = make(gr.Button, {"value": "plan.new"}, elem_id="new")
        parts["inspector"] = html(js_on_load=script("inspector.js"), elem_id="inspector")
        parts["strip"] = html(js_on_load=script("strip.js"), elem_id="strip")
        parts["notes"] = html(elem_id="notes")


def _label(title: str, info: str) -> str:
    return f'<div class="st-label"><b>{escape(title)}</b><span>{escape(info)}</span></div>'
