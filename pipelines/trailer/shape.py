"""The shape of a trailer: hook, setup, build, climax, title, button, end card, and their slots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.options import Pace
from pipelines.trailer.pulse import Pulse, tile
from pipelines.trailer.windows import Demand
from studio.types.timecode import FrameRate
from studio.types.timeline import Role, Transition

#: Seconds a shot stands, at the start and the end of each part. Lengths shrink from the setup
#: to the climax, and the button rests again.
HOLDS_S: dict[Pace, dict[Role, tuple[float, float]]] = {
    "calm": {
        Role.HOOK: (3.6, 3.2), Role.SETUP: (4.8, 4.2), Role.BUILD: (3.8, 2.8),
        Role.CLIMAX: (2.2, 1.7), Role.BUTTON: (4.0, 4.0),
    },
    "balanced": {
        Role.HOOK: (2.2, 1.8), Role.SETUP: (3.2, 2.6), Role.BUILD: (2.4, 1.4),
        Role.CLIMAX: (1.15, 0.8), Role.BUTTON: (2.8, 2.8),
    },
    "energetic": {
        Role.HOOK: (1.5, 1.1), Role.SETUP: (2.2, 1.7), Role.BUILD: (1.5, 0.9),
        Role.CLIMAX: (0.75, 0.5), Role.BUTTON: (2.2, 2.2),
    },
}  # fmt: skip
#: The shortest a clip may be, in frames and in seconds; the longer of the two holds.
LEAST_CLIP: dict[Pace, tuple[int, float]] = {
    "calm": (24, 1.0), "balanced": (12, 0.5), "energetic": (8, 0.33),
}  # fmt: skip
#: Share of the footage's time in the trailer that each part takes.
_SHARES = {
    Role.HOOK: 0.09,
    Role.SETUP: 0.22,
    Role.BUILD: 0.41,
    Role.CLIMAX: 0.20,
    Role.BUTTON: 0.08,
}
#: How much a cut off the downbeat is shunned: bars for a calm pace, beats where it is fast; and
#: how much less so towards the climax.
_WEAK_COST: dict[Pace, float] = {"calm": 0.5, "balanced": 0.12, "energetic": 0.03}
_WEAK_SHARE = {Role.HOOK: 1.0, Role.SETUP: 1.0, Role.BUILD: 0.4, Role.CLIMAX: 0.1, Role.BUTTON: 1.0}
_CARD_S = {"title": 2.4, "end": 3.0}
_LEAST_CARD_S = 1.0
#: Cards together take no more than this share of the trailer.
_MOST_CARDS = 0.4
DIP_S, DISSOLVE_S = 0.4, 0.6


@dataclass(frozen=True)
class Slot:
    """A place on the timeline for one clip.

    Attributes:
        start: timeline frame.
        demand: role, length and handles.
        transition: how it begins.
        after_card: whether a card stands before it, so that nothing is beside it there.
    """

    start: int
    demand: Demand
    transition: Transition
    after_card: bool = False

    @property
    def end(self) -> int:
        """Timeline frame at which it ends."""
        return self.start + self.demand.frames


@dataclass(frozen=True)
class Cards:
    """Lengths of the cards in timeline frames, 0 for none."""

    title: int
    end: int


def least_clip_frames(pace: Pace, rate: FrameRate) -> int:
    """The shortest a clip may be, in timeline frames."""
    frames, seconds = LEAST_CLIP[pace]
    return max(frames, int(np.ceil(seconds * float(rate.fps) - 1e-9)))


def card_frames(total: int, rate: FrameRate, *, title: bool, end_card: bool) -> Cards:
    """How long the cards stand: 2.4 and 3 s, less in a short trailer, never under a second."""
    wanted = _CARD_S["title"] * title + _CARD_S["end"] * end_card
    if not wanted:
        return Cards(0, 0)
    shrink = min(1.0, float(rate.seconds(total)) * _MOST_CARDS / wanted)
    title_s, end_s = (max(_LEAST_CARD_S, _CARD_S[kind] * shrink) for kind in ("title", "end"))
    return Cards(
        rate.nearest(Fraction(title_s)) if title else 0,
        rate.nearest(Fraction(end_s)) if end_card else 0,
    )


@dataclass(frozen=True)
class Brief:
    """What a layout is made from.

    Attributes:
        total: timeline frames of the whole, cards included.
        cards: their lengths.
        pace: how long shots stand.
        scale: shots stand so many times as long as the pace says.
        talk_s: seconds a strong line takes where there are such lines, else 0.
        dissolves: whether dissolves between clips are wanted at all.
        seed: of the small unevenness of the lengths.
    """

    total: int
    cards: Cards
    pace: Pace
    scale: float
    talk_s: float
    dissolves: bool
    seed: int


@dataclass(frozen=True)
class Layout:
    """Slots in order, and where the cards stand.

    Attributes:
        slots: for clips.
        title_at: slots before the title card, or None without one.
        title_frames, end_frames: lengths of the cards; the title's may be moved to a pulse.
        title_into, end_into: how the cards begin.
    """

    slots: tuple[Slot, ...]
    title_at: int | None
    title_frames: int
    end_frames: int
    title_into: Transition
    end_into: Transition

    def runs(self) -> list[range]:
        """Numbers of the slots that stand side by side, parted by the title card."""
        if self.title_at is None:
            return [range(len(self.slots))]
        return [range(self.title_at), range(self.title_at, len(self.slots))]


def lay_out(brief: Brief, pulse: Pulse, rate: FrameRate) -> Layout | None:
    """The slots of a trailer, or None where the length holds none.

    Every boundary lies on a pulse except the last clip's end before nothing or the end card,
    where the pulse has none near enough.
    """
    fps = float(rate.fps)
    least = least_clip_frames(brief.pace, rate)
    last = brief.total - brief.cards.end
    if brief.cards.end:
        give = brief.cards.end // 3
        snapped = pulse.nearest(last, last - give, last + give, fps)
        last = last if snapped is None else snapped
    parts = _parts(brief, last, pulse, fps, least)
    if parts is None:
        return None
    rng = np.random.default_rng(brief.seed)
    slots: list[Slot] = []
    title_at: int | None = None
    title_frames = brief.cards.title
    at_end_of_last = 0
    for role, start, end in parts:
        if slots and start > at_end_of_last:
            title_at, title_frames = len(slots), start - at_end_of_last
        wish = _wish(brief, role, start, end, fps, rng)
        weak = _WEAK_COST[brief.pace] * _WEAK_SHARE[role] if pulse.musical else 0.0
        cuts = [start] if role is Role.BUTTON else tile(pulse, start, end, wish, least, weak)
        for cut, after in zip(cuts, [*cuts[1:], end], strict=True):
            slots.append(Slot(cut, Demand(role, after - cut), Transition(), cut > at_end_of_last))
            at_end_of_last = after
    if brief.cards.title and title_at is None:  # too short for a button: the title comes last
        title_at, title_frames = len(slots), last - at_end_of_last
    return _joined(slots, title_at, Cards(title_frames, brief.total - last), brief, fps)


def _parts(
    brief: Brief, total: int, pulse: Pulse, fps: float, least: int
) -> list[tuple[Role, int, int]] | None:
    """Each part with its first frame and the frame after its last, parts that are too short
    left out; the title card stands in the gap before the button. The last ends at ``total``."""
    title = brief.cards.title
    footage = total - title
    if footage < least:
        return None
    edges, done = [0], 0.0
    for role in Role.HOOK, Role.SETUP, Role.BUILD, Role.CLIMAX:
        done += _SHARES[role]
        edges.append(round(footage * done))
    if pulse.climax_frame is not None:
        edges[3] = pulse.climax_frame
        edges[2] = min(edges[2], round(pulse.climax_frame * 0.5))
    button_s = max(_SHARES[Role.BUTTON] * footage / fps, min(1.5, 0.25 * footage / fps))
    button_s = min(
        button_s, max(1.3 * HOLDS_S[brief.pace][Role.BUTTON][0], brief.talk_s + 0.3) * brief.scale
    )
    edges[4] = footage - round(button_s * fps)
    hook_s = min(edges[1] / fps, 3 * HOLDS_S[brief.pace][Role.HOOK][0] * brief.scale)
    edges[1] = round(
        max(hook_s, min(HOLDS_S[brief.pace][Role.HOOK][1], 0.25 * footage / fps)) * fps
    )
    placed = _snapped(edges, pulse, least, footage, fps)
    roles = (Role.HOOK, Role.SETUP, Role.BUILD, Role.CLIMAX, Role.BUTTON)
    parts = [
        (role, a, b)
        for role, a, b in zip(roles, placed, [*placed[1:], footage], strict=True)
        if b > a
    ]
    if not title:
        return [(role, a, total if b == footage else b) for role, a, b in parts]
    button_at = None
    if len(parts) > 1:
        at = parts[-1][1] + title
        button_at = pulse.nearest(at, at - title // 2, total - least, fps)
    if button_at is not None:
        return [*parts[:-1], (parts[-1][0], button_at, total)]
    if len(parts) > 1:  # no beat for a button to start on: the title comes last
        return parts[:-1]
    end = pulse.nearest(footage, least, total - title // 2, fps)
    return [(Role.HOOK, 0, footage if end is None else end)]


def _snapped(edges: list[int], pulse: Pulse, least: int, footage: int, fps: float) -> list[int]:
    """Starts of the parts on pulses, each at least the shortest clip long, or of no length."""
    placed = [0]
    for edge in edges[1:]:
        low, high = placed[-1] + least, footage - least
        found = pulse.nearest(edge, low, high, fps) if edge - placed[-1] >= least // 2 else None
        placed.append(placed[-1] if found is None else found)
    return placed


def _wish(
    brief: Brief, role: Role, start: int, end: int, fps: float, rng: np.random.Generator
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    first, last = HOLDS_S[brief.pace][role]
    if brief.talk_s and role in (Role.HOOK, Role.SETUP, Role.BUTTON):
        # A line may run on under the next picture, so its own need not stand for all of it.
        first, last = max(first, 0.85 * brief.talk_s), max(last, 0.85 * brief.talk_s)
    uneven = np.exp(rng.normal(0, 0.08, 16))

    def wish(frames: NDArray[np.float64]) -> NDArray[np.float64]:
        share = np.clip((frames - start) / max(1, end - start), 0, 1)
        hold_s = first * (last / first) ** share * brief.scale
        wished: NDArray[np.float64] = hold_s * fps * np.interp(share * 15, np.arange(16), uneven)
        return wished

    return wish


def _joined(
    slots: list[Slot], title_at: int | None, cards: Cards, brief: Brief, fps: float
) -> Layout:
    """The slots with their transitions: cuts but for a dip into the setup, dips around the title,
    a dissolve into the end card, and at a calm pace dissolves within the setup."""
    dip, dissolve = round(DIP_S * fps), round(DISSOLVE_S * fps)
    into = []
    for number, slot in enumerate(slots):
        before = slots[number - 1] if number else None
        kind = Transition()
        if before is not None and slot.after_card:
            kind = fitting("dip", dip, slot.demand.frames, cards.title)
        elif before is not None:
            roles = before.demand.role, slot.demand.role
            beside = slot.demand.frames, before.demand.frames
            if roles == (Role.HOOK, Role.SETUP):
                kind = fitting("dip", dip, *beside)
            elif brief.pace == "calm" and brief.dissolves and roles == (Role.SETUP, Role.SETUP):
                kind = fitting("dissolve", dissolve, *beside)
        into.append(kind)
    title_into = end_into = Transition()
    if title_at is not None:
        title_into = fitting("dip", dip, cards.title, slots[title_at - 1].demand.frames)
    if cards.end:
        kind_into: Literal["dissolve", "dip"] = "dissolve" if brief.dissolves else "dip"
        end_into = fitting(kind_into, dissolve, cards.end, slots[-1].demand.frames)
    outs = [*into[1:], end_into]
    if title_at is not None:
        outs[title_at - 1] = title_into
    made = []
    for slot, begin, out in zip(slots, into, outs, strict=True):
        head = begin.frames // 2 if begin.kind == "dissolve" else 0
        tail = out.frames - out.frames // 2 if out.kind == "dissolve" else 0
        made.append(
            replace(slot, transition=begin, demand=replace(slot.demand, head=head, tail=tail))
        )
    return Layout(tuple(made), title_at, cards.title, cards.end, title_into, end_into)


def fitting(kind: Literal["dissolve", "dip"], frames: int, *beside: int) -> Transition:
    """A transition that takes no more than a third of either neighbour, or a cut."""
    frames = min(frames, *(length // 3 for length in beside))
    return Transition(kind, frames) if frames >= 4 else Transition()
