"""A programme's pictures, one after the other.

What stands still is drawn once: the set as each framing sees it, every graphic at rest. Of a
frame only what changes is drawn anew: the figure, and graphics that move. A frame that a graphic
covers whole costs neither set nor figure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.graphics import GRAPHICS_VERSION
from pipelines.anchor.graphics.chart import Chart
from pipelines.anchor.graphics.kit import Kit
from pipelines.anchor.graphics.patch import Painter, Patch, Rgb, Rgba, lay
from pipelines.anchor.graphics.plates import Bug, Caption, LowerThird, Panel, Strip, picture_title
from pipelines.anchor.graphics.screens import ClosingBumper, FullPicture, OpeningBumper, Quote
from pipelines.anchor.graphics.table import read_table
from pipelines.anchor.presenters import Presenter
from pipelines.anchor.programme.footage import FilmPainter
from pipelines.anchor.programme.programme import Element, Framing, Programme, Stretch
from pipelines.anchor.sets import StageSet, desk, paint
from pipelines.anchor.styles import Style
from studio.codec import to_json
from studio.settings import Settings
from studio.types.performance import Performance

#: Raised whenever the same programme would give other pixels than before.
COMPOSE_VERSION = 2
_FULL = ("opening", "closing", "quote", "chart", "picture", "film")


@dataclass(frozen=True)
class Stage:
    """All that a programme is drawn with.

    Attributes:
        programme: what is on the screen when.
        style: of the house.
        stage: the set.
        presenter: who reads, as large as they are shown at the most.
        further: the same in other sizes.
        performance: a row a frame of the programme.
        settings: limits on media.
        disclosed: words of the closing bumper that say what a machine made.
    """

    programme: Programme
    style: Style
    stage: StageSet
    presenter: Presenter
    performance: Performance
    settings: Settings
    disclosed: str
    further: tuple[Presenter, ...] = ()
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        if len(self.performance) != self.programme.frames:
            raise ValueError(f"{len(self.performance)} rows for {self.programme.frames} frames")

    @property
    def kit(self) -> Kit:
        """The style at the programme's size."""
        p = self.programme
        return Kit(self.style, p.aspect, p.size_wh, p.language, float(p.rate))

    def drawn(self, high_px: int) -> Presenter:
        """The presenter in that height, or the largest there is."""
        everybody = (self.presenter, *self.further)
        return next((p for p in everybody if p.size_wh[1] == high_px), self.presenter)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What was made under a name before, or is made now."""
        with self._lock:
            if name not in self._kept:
                self._kept[name] = make()
            return self._kept[name]

    def ground(self, framing: Framing) -> Rgb:
        """The set as a framing sees it; not to be written to."""
        made: Rgb = self.once(
            f"ground {framing}",
            lambda: paint(self.stage, self.programme.size_wh, framing, self.settings),
        )
        return made

    def desk(self, framing: Framing) -> Patch | None:
        """The desk before the presenter in a wide shot."""
        if framing != "wide":
            return None
        top = self.style.places[self.programme.aspect].desk
        size_wh = self.programme.size_wh

        def made() -> Patch | None:
            found = desk(self.stage, size_wh, top)
            return None if found is None else Patch(0, size_wh[1] - found.shape[0], found)

        found: Patch | None = self.once("desk", made)
        return found


def stretch_digest(stage: Stage, stretch: Stretch, form: object, stamped: object) -> str:
    """Of all that decides the pixels of a stretch: equal digests are equal pictures.

    Args:
        stage: what it is drawn with.
        stretch: which.
        form: how it is encoded, as plain values.
        stamped: what is laid on every frame at the end, as plain values.
    """
    p, start, end = stage.programme, stretch.start, stretch.end
    rows = [stage.performance.row(k).tobytes() for k in range(start, end)]
    elements = []
    for element in p.during(start, end):
        made = to_json(element) | {
            "start": element.start - start, "end": element.end - start, "line": "",
        }  # fmt: skip
        if element.material:
            made["material"] = p.materials[element.material].sha256
        if element.kind == "strip":
            made["clock"] = [p.clock(k) for k in range(element.start, element.end)]
        if element.kind == "caption":
            made["plates"] = [(e.kind, e.text, e.detail) for e in _plates(p, element)]
        elements.append(made)
    framing = [p.framing(k) for k in range(start, end)]
    closing = any(e["kind"] == "closing" for e in elements)
    made_by = {
        "versions": [COMPOSE_VERSION, GRAPHICS_VERSION],
        "picture": [str(p.rate), p.size_wh, p.aspect, p.language],
        "style": to_json(stage.style),
        "stage": stage.stage.digest,
        "presenter": [
            stage.once(f"presenter {who.size_wh}", partial(drawn_digest, who))
            for who in (stage.presenter, *stage.further)
        ],
        "performance": hashlib.sha256(b"".join(rows)).hexdigest(),
        "framing": framing,
        "elements": elements,
        "words": [stage.disclosed, p.credits] if closing else [],
        "form": form,
        "stamped": stamped,
    }
    text = json.dumps(made_by, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def drawn_digest(presenter: Presenter) -> str:
    """Of how a presenter is drawn: of its pictures at rest and in the middle of a word.

    Whatever changes in the drawing of a face changes one of them, be it code or a portrait.
    """
    from fractions import Fraction

    probe = Performance.still(Fraction(25), 2)
    probe.jaw[1], probe.spread[1], probe.tongue[1], probe.teeth[1] = 0.6, 0.4, 0.5, 0.3
    probe.blink[1], probe.brows[1], probe.gaze[1] = 0.4, 0.5, 0.3
    probe.head_deg[1], probe.breath[1] = (6.0, 3.0, 2.0), 0.7
    whole = hashlib.sha256(presenter.name.encode())
    for frame in range(2):
        whole.update(presenter.draw(probe, frame).tobytes())
    return whole.hexdigest()


def pictures(stage: Stage, start: int, end: int) -> Iterator[Rgb]:
    """The programme's frames ``[start, end)``, not yet stamped.

    Args:
        stage: what it is drawn with.
        start, end: frames.

    Yields:
        uint8 ``(h, w, 3)`` RGB; each may be changed, and is overwritten by the next.
    """
    p = stage.programme
    width, height = p.size_wh
    painters = [(element, painter_of(stage, element)) for element in p.during(start, end)]
    figure = Figure(stage)
    frame = np.empty((height, width, 3), np.uint8)
    for k in range(start, end):
        over: list[Patch] = []
        covered = False
        for element, painter in painters:
            if not element.start <= k < element.end:
                continue
            patches = painter.patches(k - element.start)
            if element.kind in _FULL and patches and _covers(patches[0], p.size_wh):
                over, covered = [], True
            over += patches
        if not covered:
            figure.draw(frame, k)
        for patch in over:
            lay(frame, patch)
        yield frame


def _covers(patch: Patch, size_wh: tuple[int, int]) -> bool:
    whole = (patch.x, patch.y) == (0, 0) and patch.rgba.shape[1::-1] == size_wh
    return whole and patch.alpha >= 1


def painter_of(stage: Stage, element: Element) -> Painter:
    """What draws an element."""
    kit, p = stage.kit, stage.programme
    material = p.materials.get(element.material)
    match element.kind:
        case "opening":
            return OpeningBumper(kit, element.text, element.frames)
        case "closing":
            return ClosingBumper(kit, stage.disclosed, p.credits, element.frames)
        case "quote":
            name, _, title = element.detail.partition(" | ")
            return Quote(kit, element.text, (name, title), element.frames)
        case "lower-third":
            return LowerThird(kit, element.text, element.detail, element.frames)
        case "bug":
            return Bug(kit)
        case "strip":
            clock = [p.clock(k) for k in range(element.start, element.end)]
            return Strip(
                kit, element.detail, element.text, clock if any(clock) else (),
                enters=not element.detail,
            )  # fmt: skip
        case "caption":
            lines = tuple(element.text.split("\n"))
            return Caption(kit, lines, _lift(kit, lines, _plates(p, element)))
    if element.kind == "panel":
        picture = _still(stage, element.material) if material is not None else None
        return Panel(kit, element.text, picture, element.frames)
    assert material is not None
    if element.kind == "chart":
        return Chart(kit, read_table(material.path), element.text, element.frames)
    if element.kind == "picture":
        picture = _still(stage, element.material)
        return FullPicture(kit, picture, element.text, element.frames)
    return FilmPainter(kit, material, element, stage.settings)


def _plates(programme: Programme, caption: Element) -> list[Element]:
    """What lies at the lower left while a caption shows: names, titles of pictures."""
    during = programme.during(caption.start, caption.end)
    titled = ("picture", "film")
    return [e for e in during if e.kind == "lower-third" or (e.kind in titled and e.text)]


def _lift(kit: Kit, lines: tuple[str, ...], plates: list[Element]) -> int:
    """How much higher a caption stands: over plates, but only over those that it would touch,
    since higher up it lies on the presenter's mouth."""
    air, lift = kit.px(16), 0
    (caption,) = Caption(kit, lines).patches(0)
    low, right = caption.y + caption.rgba.shape[0], caption.x + caption.rgba.shape[1]
    for element in plates:
        if element.kind == "lower-third":
            name = LowerThird(kit, element.text, element.detail, element.frames)
            found = name.patches(element.frames // 2)
        else:
            title = picture_title(kit, element.text)
            found = [] if title is None else [title]
        for plate in found:
            high, wide = plate.rgba.shape[:2]
            beside = caption.x > plate.x + wide + air or plate.x > right + air
            above = low + air < plate.y or plate.y + high + air < caption.y
            if not (beside or above):
                lift = max(lift, low + air - plate.y)
    return lift


def _still(stage: Stage, name: str) -> Rgb:
    from studio.media.still import read_still

    path = stage.programme.materials[name].path
    made: Rgb = stage.once(f"still {name}", lambda: read_still(path, stage.settings))
    return made


class Figure:
    """The presenter on the set. For one thread."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._row: bytes = b""
        self._framing = ""
        self._drawn: Rgb | None = None

    def draw(self, frame: Rgb, k: int) -> None:
        """Set, presenter and desk at frame ``k``, over all of ``frame``."""
        stage = self._stage
        framing = stage.programme.framing(k)
        row = stage.performance.row(k).tobytes()
        if self._drawn is None or (row, framing) != (self._row, self._framing):
            self._row, self._framing = row, framing
            if self._drawn is None:
                self._drawn = np.empty_like(frame)
            np.copyto(self._drawn, stage.ground(framing))
            lay(self._drawn, self._patch(framing, k))
            front = stage.desk(framing)
            if front is not None:
                lay(self._drawn, front)
        np.copyto(frame, self._drawn)

    def _patch(self, framing: Framing, k: int) -> Patch:
        stage = self._stage
        x, y, wide, high = stage.kit.box(framing)
        rgba: Rgba = stage.drawn(high).draw(stage.performance, k)
        own_high, own_wide = rgba.shape[:2]
        scale = high / own_high
        size = (max(1, round(own_wide * scale)), high)
        if scale != 1:
            rgba = shrunk(rgba, size)
        return Patch(round(x + wide / 2 - size[0] / 2), y + high - size[1], rgba)


def shrunk(rgba: Rgba, size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture with straight alpha in another size; its edges take no colour from nothing."""
    alpha = rgba[..., 3]
    weighted = rgba.copy()
    clear = alpha == 0
    weighted[clear] = 0
    soft = (alpha > 0) & (alpha < 255)
    share = alpha[soft].astype(np.uint16)[:, None]
    weighted[soft, :3] = (rgba[soft, :3] * share + 127) // 255
    smaller = size_wh[1] < rgba.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    made: Rgba = np.asarray(cv2.resize(weighted, size_wh, interpolation=how), np.uint8)
    edge = (made[..., 3] > 0) & (made[..., 3] < 255)
    share = made[edge, 3].astype(np.uint16)[:, None]
    made[edge, :3] = np.minimum((made[edge, :3].astype(np.uint16) * 255 + share // 2) // share, 255)
    return made
