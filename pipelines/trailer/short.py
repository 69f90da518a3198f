"""A cut of footage that has too few shots for the usual shape: the longest good one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipelines.trailer.cut import Cut, CuttingRoom
from pipelines.trailer.likeness import DUPLICATE, likeness
from pipelines.trailer.pulse import Pulse
from pipelines.trailer.shape import DIP_S, Cards, Layout, Slot, fitting, least_clip_frames
from pipelines.trailer.tape import Tape
from pipelines.trailer.windows import Demand, Piece, Window, piece_of
from studio.types.timeline import Role, Transition

#: A last clip may be so much shorter than asked before another way is tried.
_NEAR_ENOUGH_S = 0.5
_CARD_GAP_S = 1.0
#: A clip may be so much shorter where that makes it so much better: a line that ends.
_SLACK_S, _WORTH_SHORTENING = 0.4, 0.05
#: A shot shorter than this is no button: the title then comes last.
_LEAST_BUTTON_S = 1.2
#: Share of the wanted length that is enough for cuts to be kept on the beat.
_ENOUGH = 0.6


@dataclass(frozen=True)
class _Laid:
    piece: Piece
    window: Window
    start: int
    frames: int


def fill_short(
    room: CuttingRoom, total: int, cards: Cards, pulse: Pulse, *, inside_words: bool
) -> Cut | None:
    """The longest good cut of few shots, see :func:`_fill`.

    Shots shorter than a beat are left out, unless little would remain: better off the beat than
    not at all.
    """
    cut = _fill(room, total, cards, pulse, inside_words=inside_words, off_beat=False)
    if not pulse.musical or (cut and cut.frames >= _ENOUGH * total):
        return cut
    return _fill(room, total, cards, pulse, inside_words=inside_words, off_beat=True)


def _fill(
    room: CuttingRoom, total: int, cards: Cards, pulse: Pulse, *,
    inside_words: bool, off_beat: bool,
) -> Cut | None:  # fmt: skip
    """Whole shots in the order of the story, each as long as the length allows.

    One stretch a shot, so no shot follows itself. Shots are taken by worth until they fill the
    length; where all of them do not, the cut is as long as they are. A single shot is parted by
    the title card where there is one.

    Args:
        room: footage and scores.
        total: timeline frames wanted, cards included.
        cards: lengths of the cards.
        pulse: where cuts may fall.
        inside_words: whether cuts may fall inside words.
        off_beat: whether they may fall beside the pulse.

    Returns:
        None where no clip is long enough.
    """
    least = least_clip_frames(room.options.pace, room.rate)
    wanted = total - cards.title - cards.end
    candidates = _candidates(room, least)
    near = round(_NEAR_ENOUGH_S * float(room.rate.fps))
    best: list[_Laid] = []
    for count in range(1, len(candidates) + 1):
        chosen = sorted(candidates[:count], key=lambda p: (p.tape, p.start_frame))
        if sum(_capacity(room, p) for p in chosen) < wanted and count < len(candidates):
            continue
        if count == 1 and cards.title:
            chosen = _halves(room, chosen[0], least)
        laid = _lay(
            room, chosen, wanted, cards, pulse, least, inside_words=inside_words, off_beat=off_beat
        )
        if _length(laid) > _length(best):
            best = laid
        if _length(best) >= wanted - near:
            break
    return _to_cut(best, total, cards, pulse, float(room.rate.fps)) if best else None


def _candidates(room: CuttingRoom, least: int) -> list[Piece]:
    """The longest stretch of each shot, the most worthy first; near-duplicates of a better one
    come last."""
    longest: dict[tuple[int, int], Piece] = {}
    for tape, sheet in zip(room.tapes, room.sheets, strict=True):
        for stretch in tape.stretches:
            piece = piece_of(tape, sheet, stretch.shot, stretch.start_frame, stretch.end_frame)
            key = (tape.number, stretch.shot)
            if key not in longest or _capacity(room, piece) > _capacity(room, longest[key]):
                longest[key] = piece
    pieces = [p for p in longest.values() if _capacity(room, p) >= least]
    if not pieces:
        return []
    worth = [_worth(room.tapes[p.tape], room, p) for p in pieces]
    alike = likeness(pieces, room.scale)
    order = sorted(range(len(pieces)), key=lambda i: -worth[i])
    fresh: list[int] = []
    again: list[int] = []
    for number in order:
        repeats = any(alike[number, other] >= DUPLICATE for other in fresh)
        (again if repeats else fresh).append(number)
    return [pieces[i] for i in (*fresh, *again)]


def _worth(tape: Tape, room: CuttingRoom, piece: Piece) -> float:
    span = [np.array([tape.seconds(f)]) for f in (piece.start_frame, piece.end_frame)]
    return float(room.sheets[piece.tape].worth(Role.BUILD, *span)[0])


def _capacity(room: CuttingRoom, piece: Piece) -> int:
    return room.tapes[piece.tape].clock.longest(piece.start_frame, piece.end_frame)


def _halves(room: CuttingRoom, piece: Piece, least: int) -> list[Piece]:
    """A lone shot as two pieces for both sides of the title card."""
    gap = round(_CARD_GAP_S * float(room.rate.fps))
    if _capacity(room, piece) < 4 * least + gap:
        return [piece]
    middle = (piece.start_frame + piece.end_frame) // 2
    half = max(1, round(gap / 2 * (piece.end_frame - piece.start_frame) / _capacity(room, piece)))
    return [replace(piece, end_frame=middle - half), replace(piece, start_frame=middle + half)]


def _level(capacities: list[int], wanted: int) -> float:
    """The length at which all clips, none longer than its shot, fill what is wanted."""
    left, count = float(wanted), len(capacities)
    for capacity in sorted(capacities):
        if capacity * count >= left:
            return left / count
        left -= capacity
        count -= 1
    return float(max(capacities))


def _lay(
    room: CuttingRoom, pieces: list[Piece], wanted: int, cards: Cards, pulse: Pulse, least: int, *,
    inside_words: bool, off_beat: bool,
) -> list[_Laid]:  # fmt: skip
    """Windows for pieces in order, each ending on a pulse, together no longer than wanted.

    What one clip falls short of its share goes to those after it. The title card stands before
    the last clip and ends on a pulse too; the last clip need not where nothing follows.
    """
    laid: list[_Laid] = []
    at = used = 0
    for number, piece in enumerate(pieces):
        left = [_capacity(room, p) for p in pieces[number:]]
        last = number == len(pieces) - 1
        parted = laid and (laid[-1].piece.tape, laid[-1].piece.shot) == (piece.tape, piece.shot)
        if laid and last and (parted or left[0] >= _LEAST_BUTTON_S * float(room.rate.fps)):
            at += _title_frames(at, cards, pulse, float(room.rate.fps))
        most = min(wanted + cards.title - at if at > used else wanted - used, left[0])
        share = most if last else min(most, round(_level(left, wanted - used)))
        followed = not last or cards.end or (cards.title and at == used)
        found = _longest_window(
            room, piece, at, share, least, pulse if followed else None,
            inside_words=inside_words, off_beat=off_beat,
        )  # fmt: skip
        if found is None:
            continue
        window, frames = found
        laid.append(_Laid(piece, window, at, frames))
        at += frames
        used += frames
    return laid


def _title_frames(at: int, cards: Cards, pulse: Pulse, fps: float) -> int:
    """How long a title card that starts at a frame stands, so that it ends on a pulse."""
    if not cards.title:
        return 0
    end = pulse.nearest(at + cards.title, at + cards.title // 2, at + 2 * cards.title, fps)
    return cards.title if end is None else end - at


def _longest_window(
    room: CuttingRoom, piece: Piece, at: int, most: int, least: int, pulse: Pulse | None, *,
    inside_words: bool, off_beat: bool,
) -> tuple[Window, int] | None:  # fmt: skip
    longest = 0
    if pulse is not None:
        ends = pulse.frames[(pulse.frames >= at + least) & (pulse.frames <= at + most)]
        lengths = [int(end) - at for end in ends[::-1]]
        if not pulse.musical:
            lengths.insert(0, most)
        elif off_beat:
            lengths += range(most, least - 1, -1)
    else:
        lengths = list(range(most, least - 1, -1))
    slack = 0 if pulse is not None and pulse.musical else round(_SLACK_S * float(room.rate.fps))
    found: tuple[Window, int] | None = None
    for frames in (n for n in lengths if n >= least):
        if found is not None and frames < longest - slack:
            break
        window = room.window(piece, Demand(Role.BUILD, frames), inside_words=inside_words)
        if window is None:
            continue
        if found is None:
            longest = frames
        if found is None or window.worth > found[0].worth + _WORTH_SHORTENING:
            found = window, frames
    return found


def _length(laid: list[_Laid]) -> int:
    return sum(clip.frames for clip in laid)


def _to_cut(laid: list[_Laid], total: int, cards: Cards, pulse: Pulse, fps: float) -> Cut:
    count = len(laid)
    roles = [Role.BUILD] * count
    if count >= 3:
        roles[0], roles[1], roles[-1] = Role.HOOK, Role.SETUP, Role.BUTTON
    if count >= 5:
        roles[-2] = Role.CLIMAX
    slots, end = [], 0
    title_at, title = (count if cards.title else None), 0
    for number, (clip, role) in enumerate(zip(laid, roles, strict=True)):
        after_card = clip.start > end
        if after_card:
            title_at, title = number, clip.start - end
        slots.append(Slot(clip.start, Demand(role, clip.frames), Transition(), after_card))
        end = clip.start + clip.frames
    if title_at == count:
        title = _title_frames(end, cards, pulse, fps) if cards.end else cards.title
        end += title
    # The end card takes up what is left before the wanted length, where that is little.
    end_card = total - end if cards.end and total - end <= 2 * cards.end else cards.end
    dip = round(DIP_S * fps)
    title_into = end_into = Transition()
    if title_at is not None and title_at > 0:
        title_into = fitting("dip", dip, title, slots[title_at - 1].demand.frames)
        if title_at < count:
            after = slots[title_at]
            into = fitting("dip", dip, title, after.demand.frames)
            slots[title_at] = replace(after, transition=into)
    if end_card:
        end_into = fitting("dip", dip, end_card, title if title_at == count else laid[-1].frames)
    layout = Layout(tuple(slots), title_at, title, end_card, title_into, end_into)
    return Cut(layout, tuple(c.piece for c in laid), tuple(c.window for c in laid))
