"""The generate tab: faces that nobody has, films between them, and a face on sliders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gradio as gr

from studio.errors import StudioError
from ui.web import panels
from ui.web.makings import Making, Phase
from ui.web.messages import Say
from ui.web.tabs.making_tab import MakingTab, Visit
from ui.web.tabs.texts import html
from ui.web.tabs.trailer_layout import Make

#: Faces on the wall, numbers of the autoencoder that have a slider, attributes that can be added.
_FACES, _SLIDERS = 24, 8
_ATTRIBUTES = ("smiling", "surprised", "bright", "warm")


@dataclass(frozen=True)
class GenerateTab(MakingTab):
    """The tab."""

    name: ClassVar[str] = "generate"
    wishes: ClassVar[tuple[str, ...]] = (
        "seed", *_ATTRIBUTES, *(f"slider{n}" for n in range(_SLIDERS)),
    )  # fmt: skip
    takes_film: ClassVar[bool] = False
    most_picked: ClassVar[int] = 6
    sides: ClassVar[tuple[str, str]] = ("generate.mean", "generate.yours")

    def lay_wishes(self, make: Make, parts: dict[str, Any]) -> None:
        """A seed, attributes, and the sliders of the autoencoder."""
        parts["seed"] = make(
            gr.Number, {"label": "generate.seed", "info": "generate.seed.info"},
            value=0, precision=0, minimum=0, elem_id="generate-seed",
        )  # fmt: skip
        for name in _ATTRIBUTES:
            parts[name] = make(
                gr.Slider, {"label": f"generate.add.{name}"},
                minimum=-3, maximum=3, step=0.5, value=0, buttons=[], elem_id=f"generate-{name}",
            )  # fmt: skip
        title = "generate.sliders"
        make(html, {"value": lambda say: panels.section(say(title), say(f"{title}.text"), 2)})
        for number in range(_SLIDERS):
            parts[f"slider{number}"] = make(
                gr.Slider,
                {"label": lambda say, n=number: say("generate.slider", n=n + 1)},
                minimum=-3, maximum=3, step=0.1, value=0, buttons=[],
                elem_id=f"generate-slider{number}",
            )  # fmt: skip

    def label(self, say: Say, name: str) -> str:
        """Faces are called by their seeds."""
        return say("generate.face", seed=name)

    def changed(self, visit: Visit, *values: Any) -> dict[Any, Any]:
        """A slider moved: the face it draws is shown beside the mean of all."""
        self._remember(visit, values)
        if not any(self._sliders(visit)):
            return self._state(visit)
        visit.problem = None
        try:
            work = self.works.get(visit.work) or self._opened(visit)
            if work.phase in (Phase.READY, Phase.COMPARE):
                work.compare("generate.compare", self.compared(work, visit))
        except StudioError as exc:
            visit.problem = exc
        return self._state(visit)

    def compared(self, work: Making, visit: Visit) -> dict[str, Any]:
        """The face in the middle of all, and where the sliders stand."""
        return {"sliders": self._sliders(visit)}

    def making(self, work: Making, visit: Visit, preview: bool) -> tuple[str, Any]:
        """A film between the chosen faces, or a sheet of faces."""
        from pipelines.generate.options import Options

        seeds = tuple(int(name) for name in visit.picked)
        added = tuple((name, float(visit.values.get(name) or 0)) for name in _ATTRIBUTES)
        seed = int(visit.values.get("seed") or 0)
        return "generate", Options(
            "faces", work.out, seed=seeds[0] if len(seeds) == 1 else seed,
            add=tuple(pair for pair in added if pair[1]),
            interpolate=(*seeds, seeds[0]) if len(seeds) > 1 else (),
            seconds=2.0 * len(seeds) if len(seeds) > 1 else 5.0,
        )  # fmt: skip

    def _begin(self, visit: Visit, values: Any, phase: Phase) -> dict[Any, Any]:
        """The first press draws the wall; so does another seed."""
        self._remember(visit, values)
        work = self.works.get(visit.work)
        seed = str(int(visit.values.get("seed") or 0))
        if work is None or not any(card.name == seed for card in work.cards[:1]):
            visit.problem = None
            try:
                self._opened(visit)
            except StudioError as exc:
                visit.problem = exc
            return self._state(visit) | {self.parts["saved"]: visit.work}
        return super()._begin(visit, values, phase)

    def _opened(self, visit: Visit) -> Making:
        seed = int(visit.values.get("seed") or 0)
        asked = {"seed": seed, "count": _FACES}
        work = self.works.begin(None, self.name, asked, user=visit.user, project=visit.project)
        visit.work = work.id
        visit.picked.clear()
        return work

    def _sliders(self, visit: Visit) -> list[float]:
        return [float(visit.values.get(f"slider{n}") or 0) for n in range(_SLIDERS)]

    def _compare(self, visit: Visit) -> dict[Any, Any]:
        """Faces that are chosen are for a film; nothing is compared."""
        return self._state(visit)

    def _may_start(self, visit: Visit) -> bool:
        return True
