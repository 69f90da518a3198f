"""From script and voice to what is on the screen when. Pure: nothing is opened or drawn.

Every line of the script is a stretch of its own, from a little before its first word to the next
line's. What shows in a stretch is said relative to it as far as can be, so that a change of one
line leaves the pictures of the others as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

from pipelines.anchor.performing.plan import border_frame
from pipelines.anchor.programme.programme import (
    Element,
    Framing,
    Material,
    Programme,
    Shot,
    Stretch,
)
from pipelines.anchor.styles import SIZES_WH, Style
from studio.types.script import Script, ScriptCue, ScriptItem, ScriptLine
from studio.types.spoken import VoicedLine, VoiceTrack
from studio.types.subtitles import Subtitles

#: Seconds that footage, a chart and a name stand at most, and that they should at least.
_FILM_S, _CHART_S, _NAME_S = 7.0, 10.0, 5.0
_LEAST_S = 3.0
_LONGEST_QUOTE = 230


@dataclass(frozen=True)
class Wanted:
    """What a programme is made with.

    Attributes:
        style: of the house.
        rate: frames a second.
        aspect: a key of :data:`~pipelines.anchor.styles.SIZES_WH`.
        stage: name of the set.
        presenter: name of who reads.
        captions: subtitles to be drawn into the picture; None for none.
        clock_s: time of day at the first frame in seconds; negative for no clock.
        height_px: of the picture's short side.
    """

    style: Style
    rate: Fraction
    aspect: str
    stage: str
    presenter: str
    captions: Subtitles | None = None
    clock_s: int = -1
    height_px: int = 1080


def plan_programme(
    script: Script,
    track: VoiceTrack,
    wanted: Wanted,
    materials: Mapping[str, Material],
) -> Programme:
    """What is on the screen when.

    Args:
        script: what is said and shown.
        track: when it is said.
        wanted: style, set, presenter, shape.
        materials: files by the cue's argument; a B-roll cue without one shows nothing.
    """
    maker = _Maker(script, track, wanted, materials)
    maker.make()
    wide, high = SIZES_WH[wanted.aspect]
    scale = Fraction(wanted.height_px, min(wide, high))
    size_wh = (round(wide * scale) // 2 * 2, round(high * scale) // 2 * 2)
    elements = sorted(maker.elements, key=lambda e: (e.start, e.kind))
    return Programme(
        script.language, wanted.rate, wanted.aspect, size_wh, wanted.style.name, wanted.stage,
        wanted.presenter, maker.frames, maker.voice_at, maker.voice_frames,
        tuple(maker.shots), tuple(elements), tuple(maker.stretches), dict(materials),
        wanted.clock_s, tuple(maker.credits), tuple(maker.notes),
    )  # fmt: skip


@dataclass(frozen=True)
class _Place:
    """A line where it stands."""

    item: int
    in_item: int
    line: ScriptLine
    voiced: VoicedLine
    start: int
    end: int


@dataclass
class _Maker:
    script: Script
    track: VoiceTrack
    wanted: Wanted
    materials: Mapping[str, Material]
    shots: list[Shot] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    credits: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    frames: int = 0
    voice_at: int = 0
    voice_frames: int = 0

    def make(self) -> None:
        style = self.wanted.style
        self.voice_at = self._frames(style.opening_s)
        self.voice_frames = ceil(self.track.duration * self.wanted.rate)
        ends = self.voice_at + self.voice_frames
        self.frames = ends + self._frames(style.closing_s)
        places = self._places(ends)
        if self.voice_at:
            self.stretches.append(Stretch("opening", 0, self.voice_at))
            self.elements.append(Element("opening", 0, self.voice_at, self.script.headline))
            self.shots.append(Shot(0, self.voice_at, "wide"))
        panels = self._screens(places)
        before = ""
        for number, place in enumerate(places):
            self.stretches.append(Stretch(place.line.id, place.start, place.end))
            framing = self._framing(place, number, len(places), panels)
            self.shots.append(Shot(place.start, place.end, framing))
            before = self._furniture(place, before)
        self._names(places)
        self._captions()
        self.credits = [
            cue.argument
            for line in self.script.lines()
            for cue in line.cues
            if cue.kind == "credit"
        ]
        if self.frames > ends:
            self.stretches.append(Stretch("closing", ends, self.frames))
            self.elements.append(Element("closing", ends, self.frames))
            self.shots.append(Shot(ends, self.frames, "wide"))

    def _frames(self, seconds: float) -> int:
        return round(Fraction(seconds).limit_denominator(1000) * self.wanted.rate)

    def _at(self, seconds: Fraction) -> int:
        return self.voice_at + round(seconds * self.wanted.rate)

    def _places(self, ends: int) -> list[_Place]:
        voiced = {line.id: line for line in self.track.lines}
        found = [
            (i, j, line, voiced[line.id])
            for i, item in enumerate(self.script.items)
            for j, line in enumerate(item.lines)
            if line.id in voiced
        ]
        borders = [self.voice_at]
        for (*_, one), (*_, other) in pairwise(found):
            border = self.voice_at + border_frame(one.end, other.start, self.wanted.rate)
            borders.append(max(border, borders[-1] + 1))
        borders.append(ends)
        return [
            _Place(i, j, line, spoken, borders[n], borders[n + 1])
            for n, (i, j, line, spoken) in enumerate(found)
        ]

    def _screens(self, places: Sequence[_Place]) -> set[str]:
        """Panels, footage, charts and quotes; the lines that have a panel."""
        panels: set[str] = set()
        for number, place in enumerate(places):
            follows = places[number + 1] if number + 1 < len(places) else None
            if follows is not None and follows.item != place.item:
                follows = None
            for cue, at in self._cues(place):
                if cue.kind == "over-the-shoulder":
                    end, too = self._until(at, place, follows, 1e9)
                    panels |= {place.line.id, *([follows.line.id] if too and follows else [])}
                    title = cue.detail or self._title(place)
                    self._add("panel", at, end, place, title, material=cue.argument)
                elif cue.kind == "graphic":
                    kind = self.materials[cue.argument].kind
                    end, _ = self._until(at, place, follows, _CHART_S)
                    name = "chart" if kind == "table" else "picture"
                    self._screen(name, at, end, place, cue)
                elif cue.kind == "b-roll" and cue.argument in self.materials:
                    material = self.materials[cue.argument]
                    most = _FILM_S
                    if material.kind == "film":
                        most = min(most, float(material.seconds))
                    end, _ = self._until(at, place, follows, most)
                    name = "film" if material.kind == "film" else "picture"
                    self._screen(name, at, end, place, cue)
            covered = any(
                e.line == place.line.id and e.start < place.start + self._frames(2.0)
                for e in self.elements
            )
            opens = place.in_item == 0 and number and not place.line.quote and not covered
            if opens and place.line.id not in panels and self._title(place):
                panels.add(place.line.id)
                start = place.start + self._frames(0.2)
                self._add("panel", start, place.end, place, self._title(place))
        self._quotes(places)
        self._untangle()
        return panels

    def _screen(self, kind: str, at: int, end: int, place: _Place, cue: ScriptCue) -> None:
        self._add(kind, at, end, place, cue.detail, material=cue.argument)

    def _add(
        self, kind: str, start: int, end: int, place: _Place, text: str, detail: str = "",
        material: str = "",
    ) -> None:  # fmt: skip
        if end - start < 2:
            return
        from_s = self.materials[material].from_s if material else Fraction(0)
        made: Element = Element(kind, start, end, text, detail, material, from_s, place.line.id)  # type: ignore[arg-type]
        self.elements.append(made)

    def _cues(self, place: _Place) -> list[tuple[ScriptCue, int]]:
        """The cues of a line that show something, with their frames."""
        silent = ("pause", "credit")
        written = [cue for cue in place.line.cues if cue.kind not in silent]
        heard = [cue for cue in place.voiced.cues if cue.kind not in silent]
        first = place.start + self._frames(0.2)
        return [
            (cue, max(first, self._at(spoken.at)))
            for cue, spoken in zip(written, heard, strict=False)
        ]

    def _until(
        self, at: int, place: _Place, follows: _Place | None, most_s: float
    ) -> tuple[int, bool]:
        """The end of what begins at a frame: its line's, or the next line's where that is near;
        and whether it is the next line's."""
        most = at + self._frames(min(most_s, 1e5))
        if place.end - at >= self._frames(_LEAST_S) or follows is None:
            return min(place.end, most), False
        return min(follows.end, most), True

    def _quotes(self, places: Sequence[_Place]) -> None:
        run: list[_Place] = []
        for place in [*places, None]:
            same = place is not None and place.line.quote
            if same and run and place is not None:
                text = sum(len(p.line.text) + 1 for p in (*run, place))
                if place.item == run[-1].item and text <= _LONGEST_QUOTE:
                    run.append(place)
                    continue
            if run:
                named = [c for p in run for c in p.line.cues if c.kind == "lower-third"]
                by = (named[0].argument, named[0].detail) if named else ("", "")
                words = " ".join(p.line.text for p in run)
                start, end = run[0].start, run[-1].end
                self.elements.append(
                    Element("quote", start, end, words, " | ".join(by).strip(" |"),
                            line=run[0].line.id)
                )  # fmt: skip
            run = [place] if same and place is not None else []

    def _untangle(self) -> None:
        """What fills the picture ends where the next of its kind begins."""
        full = ("film", "picture", "chart", "quote")
        mine = sorted((e for e in self.elements if e.kind in full), key=lambda e: e.start)
        for one, other in pairwise(mine):
            if one.end > other.start:
                self.elements.remove(one)
                if other.start - one.start >= self._frames(1.0):
                    self.elements.append(replace(one, end=other.start))
                else:
                    self.notes.append(
                        f"{one.kind} of line {one.line} has no time before the {other.kind}; "
                        "it is left out."
                    )

    def _title(self, place: _Place) -> str:
        item: ScriptItem = self.script.items[place.item]
        return item.title or self.script.headline

    def _framing(self, place: _Place, number: int, count: int, panels: set[str]) -> Framing:
        if place.line.id in panels:
            return "side"
        if number == 0 or (number == count - 1 and count > 2):
            return "wide"
        return "wide" if place.in_item % 4 == 3 else "close"

    def _furniture(self, place: _Place, before: str) -> str:
        """Headline bar and name of the programme of one line; the headline it shows."""
        self._add("bug", place.start, place.end, place, "")
        if not self.wanted.style.strip:
            return ""
        items = self.script.items
        order = [*items[place.item + 1 :], *items[: place.item]]  # not what is spoken of now
        titles = list(dict.fromkeys(i.title for i in order if i.title)) or [self.script.headline]
        if not any(titles):
            return ""
        text = titles[place.in_item % len(titles)]
        self._add("strip", place.start, place.end, place, text, before)
        return text

    def _names(self, places: Sequence[_Place]) -> None:
        """Lower thirds, none over another, none over type that fills the picture."""
        until = self.voice_at + self.voice_frames
        names: list[Element] = []
        for place in places:
            if place.line.quote:
                continue  # it stands below the quote
            for cue, said_at in self._cues(place):
                if cue.kind != "lower-third":
                    continue
                at = said_at
                for screen in self.elements:
                    if screen.kind in ("quote", "chart") and screen.start <= at < screen.end:
                        at = screen.end
                end = min(at + self._frames(_NAME_S), until)
                for screen in self.elements:
                    if screen.kind in ("quote", "chart") and at < screen.start < end:
                        end = screen.start
                if names and names[-1].end > at:
                    names[-1] = replace(names[-1], end=at)
                if end - at < self._frames(1.5):
                    self.notes.append(f"No time to show the name {cue.argument}; it is left out.")
                    continue
                names.append(
                    Element("lower-third", at, end, cue.argument, cue.detail, line=place.line.id)
                )
        self.elements += names

    def _captions(self) -> None:
        if self.wanted.captions is None:
            return
        quotes = [e for e in self.elements if e.kind == "quote"]
        for cue in self.wanted.captions.cues:
            start, end = self._at(cue.start), self._at(cue.end)
            if any(q.start <= (start + end) // 2 < q.end for q in quotes):
                continue  # the same words stand there in large
            if end > start:
                self.elements.append(Element("caption", start, end, "\n".join(cue.lines)))
