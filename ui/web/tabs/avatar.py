"""The avatar tab: a drawn character that does what a person in the film does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gradio as gr

from ui.web.makings import Making
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

    def making(self, work: Making, visit: Visit, preview: bool) -> tuple[str, Any]:
        """The film of the character."""
        from pipelines.avatar.options import Options

        background = str(visit.values.get("background") or "own")
        return "avatar", Options(
            work.out, visit.picked[-1], background, str(visit.values.get("who") or "").strip(),
            # A film with alpha that this page can show, too.
            format="webm" if background == "transparent" else "auto",
            preview_s=PREVIEW_S if preview else 0.0,
        )  # fmt: skip
