"""Pieces of footage that may become clips, and the best window of a piece for a slot."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.dialogue import LEAST_STRENGTH, LONGEST_LAG_S, LONGEST_LEAD_S
from pipelines.trailer.scores import Sheet
from pipelines.trailer.stretches import WORD_GUARD_S
from pipelines.trailer.tape import Tape
from studio.types.timeline import Role

#: A frame edge this far inside a word by rounding is still outside.
_EDGE_TOLERANCE_S = 1e-6
#: What a complete line adds to a window, by role; half a line costs.
_LINE_BONUS = {Role.HOOK: 0.10, Role.SETUP: 0.14, Role.BUILD: 0.06, Role.BUTTON: 0.14}
_HALF_LINE_COST = 0.06
_ACCENT_BONUS = 0.02
#: What the whole guard between a word and a cut adds; a cut inside a word loses as much.
_ROOM_BONUS = 0.08
_ACCENT_WITHIN_S = 0.12


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a shot that can give one clip.

    Attributes:
        tape: number of the tape.
        shot: number of the shot on it.
        start_frame, end_frame: half-open; a clip and its handles stay inside.
        vector: float64 ``(d,)`` of length one, what it looks like; empty where unknown.
        story: its place in the usable story, 0 to 1.
        scale: how large the faces or subjects are, 0 to 1.
    """

    tape: int
    shot: int
    start_frame: int
    end_frame: int
    vector: NDArray[np.float64]
    story: float
    scale: float


@dataclass(frozen=True)
class Window:
    """Source frames for a slot, and what they are worth in its role."""

    start_frame: int
    end_frame: int
    worth: float


@dataclass(frozen=True)
class Demand:
    """What a slot asks of a piece.

    Attributes:
        role: in the shape.
        frames: timeline frames to fill.
        head, tail: timeline frames of handle that dissolves read before and after.
    """

    role: Role
    frames: int
    head: int = 0
    tail: int = 0


def piece_of(tape: Tape, sheet: Sheet, shot: int, start_frame: int, end_frame: int) -> Piece:
    """Those frames as a piece."""
    start_s, end_s = tape.seconds(start_frame), tape.seconds(end_frame)
    middle = min(int((start_s + end_s) / 2 * 10), len(sheet.story) - 1)
    return Piece(
        tape=tape.number,
        shot=shot,
        start_frame=start_frame,
        end_frame=end_frame,
        vector=_vector(tape, start_frame, end_frame),
        story=float(sheet.story[middle]),
        scale=max(sheet.mean("faces", start_s, end_s), sheet.mean("subjects", start_s, end_s) / 2),
    )


def _vector(tape: Tape, start_frame: int, end_frame: int) -> NDArray[np.float64]:
    embeddings = tape.analysis.embeddings
    if embeddings is None or not len(embeddings.frames):
        return np.zeros(0)
    own = embeddings.between(start_frame, end_frame).astype(np.float64)
    if not len(own):
        near = np.abs(embeddings.frames - (start_frame + end_frame) // 2).argmin()
        own = embeddings.vectors[[near]].astype(np.float64)
    mean: NDArray[np.float64] = own.mean(axis=0)
    return mean / max(1e-9, float(np.linalg.norm(mean)))


def cut_into_pieces(
    tape: Tape, sheet: Sheet, piece_frames: int, gap_frames: int, least_frames: int
) -> list[Piece]:
    """Every stretch as pieces of about one length, apart from each other.

    Args:
        tape: the footage.
        sheet: its scores.
        piece_frames: timeline frames of a piece, about; no piece is shorter unless its stretch is.
        gap_frames: timeline frames left unused between two pieces of one stretch.
        least_frames: shorter stretches are of no use.
    """
    pieces = []
    for stretch in tape.stretches:
        long = tape.clock.longest(stretch.start_frame, stretch.end_frame)
        if long < least_frames:
            continue
        count = max(1, (long + gap_frames) // (piece_frames + gap_frames))
        span = stretch.end_frame - stretch.start_frame
        gap = round(gap_frames * span / max(1, long)) if count > 1 else 0
        edges = np.linspace(stretch.start_frame, stretch.end_frame + gap, count + 1).astype(int)
        pieces += [
            piece_of(tape, sheet, stretch.shot, int(a), int(b) - gap)
            for a, b in itertools.pairwise(edges)
        ]
    return pieces


def best_window(
    tape: Tape, sheet: Sheet, piece: Piece, demand: Demand, *, own_sound: bool, inside_words: bool
) -> Window | None:
    """The window of a piece that serves a slot best, or None where none does.

    Args:
        tape: the footage of the piece.
        sheet: its scores.
        piece: where to look.
        demand: what is wanted.
        own_sound: whether the clip's own sound will be heard.
        inside_words: whether a cut may fall inside a word (never where it would be heard).
    """
    clock = tape.clock
    if (
        clock.longest(piece.start_frame, piece.end_frame)
        < demand.frames + demand.head + demand.tail
    ):
        return None
    starts = np.arange(piece.start_frame, piece.end_frame, dtype=np.int64)
    ends = clock.ends(starts, demand.frames)
    fits = clock.befores(starts, demand.head) >= piece.start_frame
    if demand.tail:
        fits &= clock.ends(starts, demand.frames + demand.tail) <= piece.end_frame
    fits &= ends <= piece.end_frame
    starts, ends = starts[fits], ends[fits]
    if not len(starts):
        return None
    room = np.minimum(tape.room_s[starts], tape.room_s[ends])
    if not inside_words:
        for least in (WORD_GUARD_S, WORD_GUARD_S / 2, 0.0):
            clear = room >= least - _EDGE_TOLERANCE_S
            if clear.any():
                break
        else:
            return None
        starts, ends, room = starts[clear], ends[clear], room[clear]
    start_s, end_s = clock.edges_s[starts], clock.edges_s[ends]
    worth = sheet.worth(demand.role, start_s, end_s)
    worth = worth + _ROOM_BONUS * np.clip(room / WORD_GUARD_S, -1, 1)
    if own_sound:
        worth = worth + _line_worth(tape, demand.role, start_s, end_s) + _accents(tape, start_s)
    best = int(np.argmax(worth))
    return Window(int(starts[best]), int(ends[best]), float(worth[best]))


def _line_worth(
    tape: Tape, role: Role, start_s: NDArray[np.float64], end_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    strongest = np.zeros(len(start_s))
    broken = np.zeros(len(start_s), np.bool_)
    for line in tape.lines_between(float(start_s[0]), float(end_s[-1])):
        heard_s = np.minimum(end_s, line.end_s) - np.maximum(start_s, line.start_s)
        whole = (
            (start_s - LONGEST_LEAD_S <= line.start_s - WORD_GUARD_S)
            & (end_s + LONGEST_LAG_S >= line.end_s + WORD_GUARD_S)
            & (heard_s >= 0.5 * (line.end_s - line.start_s))
        )
        if line.strength >= LEAST_STRENGTH:
            strongest = np.maximum(strongest, np.where(whole, line.strength, 0.0))
        broken |= (heard_s > 0) & ~whole
    bonus = _LINE_BONUS.get(role, 0.0) * strongest
    worth: NDArray[np.float64] = np.where(broken, -_HALF_LINE_COST, bonus)
    return worth


def _accents(tape: Tape, start_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """A cut just before a sound starts is felt as intended."""
    sound = tape.analysis.sound
    if sound is None or not len(sound.onsets_s):
        return np.zeros(len(start_s))
    after = np.searchsorted(sound.onsets_s, start_s)
    wait = np.append(sound.onsets_s, np.inf)[after] - start_s
    return np.where(wait <= _ACCENT_WITHIN_S, _ACCENT_BONUS, 0.0)
