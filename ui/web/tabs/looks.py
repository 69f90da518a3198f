"""The looks tab: every look on a picture of the film, one or a blend of them over the whole."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from pipelines.stylize.looks import STYLE_NAMES
from pipelines.stylize.options import PAINTED_STRENGTH, Options
from studio.jobs.job import Job
from studio.types.media import MediaInfo
from ui.web.makings import Card, Made, Making
from ui.web.messages import Say
from ui.web.tabs.making_tab import PREVIEW_S, MakingTab, Visit
from ui.web.tabs.trailer_layout import Make

#: Longest sides: of a card, twice what is shown, and of the picture that is compared.
_CARD_PX, _COMPARE_PX = 320, 1280


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

    def cards(self, info: MediaInfo | None) -> Callable[[Job], tuple[Card, ...]]:
        """Every look over the film's middle picture."""
        assert info is not None
        path = info.path

        def draw(job: Job) -> tuple[Card, ...]:
            from pipelines.stylize.wall import middle_picture, swatches
            from studio.media.image_io import jpeg_bytes

            rgb = middle_picture(path, job, _CARD_PX)
            return tuple(
                Card(s.name, "painted" if s.painted else "graded", jpeg_bytes(s.rgb))
                for s in swatches(rgb, job)
            )

        return draw

    def compared(self, work: Making, visit: Visit) -> Callable[[Job], tuple[bytes, bytes]]:
        """The film's middle picture without and with the look."""
        assert work.info is not None
        options, path = self.options(visit, Path()), work.info.path

        def draw(job: Job) -> tuple[bytes, bytes]:
            from pipelines.stylize.wall import middle_picture, over
            from studio.media.image_io import jpeg_bytes

            rgb = middle_picture(path, job, _COMPARE_PX)
            return jpeg_bytes(rgb), jpeg_bytes(over(rgb, options, job))

        return draw

    def making(self, work: Making, visit: Visit, preview: bool) -> Callable[[Job], Made]:
        """The film in its new look."""
        assert work.info is not None
        options = self.options(visit, work.out, PREVIEW_S if preview else 0.0)
        path, say = work.info.path, Say(visit.language)

        def act(job: Job) -> Made:
            from pipelines import stylize

            result = stylize.run(path, options, job)
            told = []
            found = result.flicker
            if found is not None and found.share is not None:
                told.append(say("looks.flicker", share=round(100 * found.share)))
            return Made(result.files, tuple(told), result.notes, shlex.join(result.command))

        return act

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
