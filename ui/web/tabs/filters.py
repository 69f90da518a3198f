"""The filters tab: what is worn, hidden, made up or put behind people, drawn on the film's own
picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from ui.web.makings import Made, Making
from ui.web.messages import PageError, Say
from ui.web.tabs.making_tab import PREVIEW_S, MakingTab, Visit
from ui.web.tabs.trailer_layout import Make


@dataclass(frozen=True)
class FiltersTab(MakingTab):
    """The tab."""

    name: ClassVar[str] = "filters"
    wishes: ClassVar[tuple[str, ...]] = ("names", "seen", "more")
    most_picked: ClassVar[int] = 6

    def lay_wishes(self, make: Make, parts: dict[str, Any]) -> None:
        """Who stays visible or is hidden, and filters in words."""
        parts["seen"] = make(
            gr.Radio,
            {
                "label": "filters.who",
                "choices": lambda say: [
                    (say(f"filters.who.{w}"), w) for w in ("all", "except", "only")
                ],
            },
            value="all", elem_id="filters-who",
        )  # fmt: skip
        parts["names"] = make(
            gr.Textbox, {"label": "filters.names", "info": "filters.names.info"}, max_length=200,
            elem_id="filters-names",
        )  # fmt: skip
        parts["more"] = make(
            gr.Textbox, {"label": "filters.more", "info": "filters.more.info"}, max_length=400,
            elem_id="filters-more",
        )  # fmt: skip

    def label(self, say: Say, name: str) -> str:
        """What a filter is called: its kind's parts by name."""
        key = f"filters.card.{name.partition('=')[0]}"
        return say(key) if say.has(key) else name

    def compared(self, work: Making, visit: Visit) -> dict[str, Any]:
        """The film's middle picture without and with the filters."""
        return {"filters": list(self._texts(visit, everyone=True))}

    def making(self, work: Making, visit: Visit, preview: bool) -> tuple[str, Any]:
        """The film with its filters."""
        from pipelines.filter.options import Options

        seconds = PREVIEW_S if preview else 0.0
        return "filter", Options(work.out, self._texts(visit), preview_s=seconds)

    def told(self, say: Say, made: Made) -> list[str]:
        """Whether everybody is hidden who should be, where somebody should."""
        audited = made.facts.get("audit", True) is not None and "audit" in made.files
        return [say("filters.safe" if made.facts.get("safe") else "filters.unsafe")] * audited

    def _texts(self, visit: Visit, *, everyone: bool = False) -> tuple[str, ...]:
        """What was chosen, as ``--apply`` takes it.

        Args:
            visit: what was chosen.
            everyone: leave names out: they are known only of a whole film.

        Raises:
            PageError: names are wanted and none is given.
        """
        seen = str(visit.values.get("seen") or "all")
        names = str(visit.values.get("names") or "").strip()
        texts = []
        for name in visit.picked:
            text = name
            if name.startswith("anonymise") and seen != "all" and not everyone:
                if not names:
                    raise PageError("filters.nobody")
                text = f"{name},{seen}={names}"
            texts.append(text)
        texts += [t.strip() for t in str(visit.values.get("more") or "").split(";") if t.strip()]
        return tuple(self._inside(text) for text in texts)

    def _inside(self, text: str) -> str:
        """A file that a filter names must lie where the page may look."""
        kind, _, rest = text.partition(":")
        if kind == "background" and rest.startswith("replace="):
            return f"background:replace={self.roots.resolve(rest.removeprefix('replace='))}"
        if kind in ("look", "grade") and Path(rest).suffix:
            return f"{kind}:{self.roots.resolve(rest)}"
        return text

    def _may_start(self, visit: Visit) -> bool:
        return bool(visit.picked) or bool(str(visit.values.get("more") or "").strip())
