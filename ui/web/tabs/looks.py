"""The looks tab: every look on a picture of the film, one or a blend of them over the whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from pipelines.stylize.looks import STYLE_NAMES
from pipelines.stylize.options import PAINTED_STRENGTH, Options
from studio.codec import to_json
from ui.web.makings import Made, Making
from ui.web.messages import Say
from ui.web.tabs.making_tab import PREVIEW_S, MakingTab, Visit
from ui.web.tabs.trailer_layout import Make


@dataclass(frozen=True)
class LooksTab(MakingTab):
    """The tab."""

    name: ClassVar[str] = "looks"
    wishes: ClassVar[tuple[str, ...]] = ("strength", "keep_color", "smooth", "where", "own")
    most_picked: ClassVar[int] = 4

    def lay_wishes(self, make: Make, parts: dict[str, Any]) -> None:
        """Strength, colour, steadiness, where, and a look of one's own."""
        parts["strength"] = make(
            gr.Slider,
            {"label": "looks.strength", "info": "looks.strength.info"},
            minimum=0, maximum=100, step=5, value=100 * PAINTED_STRENGTH, buttons=[],
            elem_id="looks-strength",
        )  # fmt: skip
        parts["keep_color"] = make(
            gr.Checkbox, {"label": "looks.keep"}, value=False, elem_id="looks-keep"
        )
        parts["where"] = make(
            gr.Radio,
            {
                "label": "looks.where",
                "choices": lambda say: [
                    (say(f"looks.where.{p}"), p) for p in ("all", "person", "background")
                ],
            },
            value="all", elem_id="looks-where",
        )  # fmt: skip
        parts["smooth"] = make(
            gr.Radio,
            {
                "label": "looks.smooth",
                "info": "looks.smooth.info",
                "choices": lambda say: [(say(f"looks.smooth.{s}"), s) for s in ("auto", "off")],
            },
            value="auto", elem_id="looks-smooth",
        )  # fmt: skip
        parts["own"] = make(
            gr.Textbox, {"label": "looks.own", "info": "looks.own.info"}, max_length=400,
            elem_id="looks-own",
        )  # fmt: skip

    def compared(self, work: Making, visit: Visit) -> dict[str, Any]:
        """The film's middle picture without and with the look."""
        return {"options": to_json(self.options(visit, Path()))}

    def making(self, work: Making, visit: Visit, preview: bool) -> tuple[str, Any]:
        """The film in its new look."""
        return "stylize", self.options(visit, work.out, PREVIEW_S if preview else 0.0)

    def told(self, say: Say, made: Made) -> list[str]:
        """How steady it is."""
        share = (made.facts.get("flicker") or {}).get("share")
        return [] if share is None else [say("looks.flicker", share=round(100 * share))]

    def options(self, visit: Visit, out: Path, preview_s: float = 0.0) -> Options:
        """What was chosen, as options.

        Raises:
            PageError: a path outside the folders this page may open.
        """
        values = visit.values
        painted = [name for name in visit.picked if name in STYLE_NAMES]
        looks = [",".join(f"{name}:1" for name in painted)] if len(painted) > 1 else painted
        own = str(values.get("own") or "").strip()
        if own:
            looks = [str(self.roots.resolve(own)), *looks]
        looks += [name for name in visit.picked if name not in STYLE_NAMES]
        return Options(
            out=out,
            looks=tuple(looks),
            strength=float(values.get("strength", 100 * PAINTED_STRENGTH)) / 100,
            keep_color=bool(values.get("keep_color")),
            smooth=str(values.get("smooth") or "auto"),
            where=str(values.get("where") or "all"),
            preview_s=preview_s,
        )

    def _may_start(self, visit: Visit) -> bool:
        return bool(visit.picked) or bool(str(visit.values.get("own") or "").strip())
