"""The avatar tab: a drawn character that does what a person in the film does."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import gradio as gr

from studio.jobs.job import Job
from studio.types.media import MediaInfo
from ui.web.makings import Card, Made, Making
from ui.web.tabs.making_tab import PREVIEW_S, MakingTab, Visit
from ui.web.tabs.trailer_layout import Make

_CARD_WH = (320, 240)


@dataclass(frozen=True)
class AvatarTab(MakingTab):
    """The tab."""

    name: ClassVar[str] = "avatar"
    wishes: ClassVar[tuple[str, ...]] = ("background", "who")
    compares: ClassVar[bool] = False

    def lay_wishes(self, make: Make, parts: dict[str, Any]) -> None:
        """What stands behind the character, and whom it follows."""
        places = ("own", "keep", "green", "transparent")
        parts["background"] = make(
            gr.Dropdown,
            {
                "label": "avatar.background",
                "info": "avatar.background.info",
                "choices": lambda say: [(say(f"avatar.background.{p}"), p) for p in places],
            },
            value="own", filterable=False, elem_id="avatar-background",
        )  # fmt: skip
        parts["who"] = make(
            gr.Textbox, {"label": "avatar.who", "info": "avatar.who.info"}, max_length=60,
            elem_id="avatar-who",
        )  # fmt: skip

    def aspect(self, work: Making) -> float:
        """Portraits have a shape of their own."""
        return _CARD_WH[0] / _CARD_WH[1]

    def cards(self, info: MediaInfo | None) -> Callable[[Job], tuple[Card, ...]]:
        """Every character."""

        def draw(job: Job) -> tuple[Card, ...]:
            from pipelines.avatar.characters import CAST
            from pipelines.avatar.sheet import POSES, portrait
            from studio.media.image_io import jpeg_bytes

            found = []
            for number, who in enumerate(CAST):
                job.report("wall", number / len(CAST))
                picture = portrait(who, POSES["smiling"], *_CARD_WH)
                found.append(Card(who.name, "cast", jpeg_bytes(picture)))
            return tuple(found)

        return draw

    def making(self, work: Making, visit: Visit, preview: bool) -> Callable[[Job], Made]:
        """The film of the character."""
        assert work.info is not None
        path, out, name = work.info.path, work.out, visit.picked[-1]
        background = str(visit.values.get("background") or "own")
        who = str(visit.values.get("who") or "").strip()

        def act(job: Job) -> Made:
            from pipelines import avatar

            options = avatar.Options(
                out, name, background, who,
                # A film with alpha that this page can show, too.
                format="webm" if background == "transparent" else "auto",
                preview_s=PREVIEW_S if preview else 0.0,
            )  # fmt: skip
            result = avatar.run(path, options, job)
            return Made(result.files, (), result.notes, shlex.join(result.command))

        return act
