"""From a layout to a cut: which pieces there are, and what each is worth in each slot."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.choose import Problem, choose, shortlist
from pipelines.trailer.cut import Cut, CuttingRoom
from pipelines.trailer.likeness import likeness
from pipelines.trailer.shape import Layout, least_clip_frames
from pipelines.trailer.windows import Demand, Piece, Window, cut_into_pieces
from studio.types.timeline import Role

#: Pieces considered for one cut.
_MOST_PIECES = 260
_BINS = 12
#: A piece is at least so many seconds, so that a good window can be found in it.
_PIECE_S = 3.0
#: Two pieces of one shot are taken from places so far apart.
_GAP_S = 1.5
_CHANCE = 0.012
_USED_BEFORE, _SAME_HOOK = 0.30, 0.60


@dataclass
class Earlier:
    """What earlier versions used.

    Attributes:
        spans: tape, first and last frame of every clip.
        heads: role, tape and shot of every clip in a hook or a climax.
    """

    spans: list[tuple[int, int, int]] = field(default_factory=list)
    heads: set[tuple[Role, int, int]] = field(default_factory=set)

    def add(self, cut: Cut) -> None:
        """Remember a cut."""
        for slot, piece, window in zip(cut.layout.slots, cut.pieces, cut.windows, strict=True):
            self.spans.append((piece.tape, window.start_frame, window.end_frame))
            if slot.demand.role in (Role.HOOK, Role.CLIMAX):
                self.heads.add((slot.demand.role, piece.tape, piece.shot))

    def used(self, piece: Piece) -> bool:
        """Whether any clip came from a piece."""
        return any(
            tape == piece.tape and start < piece.end_frame and piece.start_frame < end
            for tape, start, end in self.spans
        )


def story_bins(room: CuttingRoom, pieces: list[Piece]) -> NDArray[np.int64]:
    """int64 ``(m,)``: which part of the story each piece covers; every file has its own parts."""
    whole_s = sum(tape.limit_s for tape in room.tapes)
    first, count = [], 0
    parts = []
    for tape in room.tapes:
        first.append(count)
        parts.append(max(1, round(_BINS * tape.limit_s / max(whole_s, 1e-6))))
        count += parts[-1]
    bins = []
    for piece in pieces:
        tape = room.tapes[piece.tape]
        middle_s = tape.seconds((piece.start_frame + piece.end_frame) // 2)
        own = int(parts[piece.tape] * middle_s / max(tape.limit_s, 1e-6))
        bins.append(first[piece.tape] + min(own, parts[piece.tape] - 1))
    return np.array(bins, np.int64)


def all_pieces(room: CuttingRoom, piece_frames: int) -> list[Piece]:
    """The footage as pieces of about a length."""
    fps = float(room.rate.fps)
    least = least_clip_frames(room.options.pace, room.rate)
    return [
        piece
        for tape, sheet in zip(room.tapes, room.sheets, strict=True)
        for piece in cut_into_pieces(tape, sheet, piece_frames, round(_GAP_S * fps), least)
    ]


def fill(
    room: CuttingRoom, layout: Layout, most_a_shot: int, earlier: Earlier, seed: int, *,
    inside_words: bool,
) -> Cut | None:  # fmt: skip
    """The best lawful choice of footage for a layout, or None where there is none.

    Args:
        room: footage and scores.
        layout: slots to fill.
        most_a_shot: clips that may come from one shot.
        earlier: versions that this one should differ from.
        seed: of the small chance that breaks ties.
        inside_words: whether cuts may fall inside words.
    """
    fps = float(room.rate.fps)
    demands = [slot.demand for slot in layout.slots]
    longest = max(d.frames + d.head + d.tail for d in demands)
    pieces = all_pieces(room, max(round(_PIECE_S * fps), round(1.25 * longest)))
    if len(pieces) < len(demands):
        return None
    bins = story_bins(room, pieces)
    keep = shortlist(_general_worth(room, pieces), bins, max(_MOST_PIECES, 3 * len(demands)))
    pieces, bins = [pieces[i] for i in keep], bins[keep]
    windows, worth = _windows(room, pieces, demands, inside_words=inside_words)
    if not np.isfinite(worth).any(axis=0).all():
        return None
    rng = np.random.default_rng(seed)
    worth = worth + rng.normal(0, _CHANCE, len(pieces))[:, None]
    worth = worth - _repeats(pieces, demands, earlier)
    beside = np.array([not slot.after_card for slot in (*layout.slots[1:], layout.slots[0])])
    beside[-1] = False
    roles = [d.role for d in demands]
    forward = np.zeros(len(roles), np.bool_)
    for slot, (role, following) in enumerate(pairwise(roles)):
        forward[slot] = role is following and role in (Role.SETUP, Role.BUILD)
    problem = Problem(
        pieces, worth, likeness(pieces, room.scale), bins, beside, forward, most_a_shot
    )
    placed = choose(problem)
    if placed is None:
        return None
    chosen = [windows[(int(piece), demand)] for piece, demand in zip(placed, demands, strict=True)]
    assert all(window is not None for window in chosen)
    return Cut(layout, tuple(pieces[i] for i in placed), tuple(w for w in chosen if w is not None))


def _general_worth(room: CuttingRoom, pieces: list[Piece]) -> NDArray[np.float64]:
    worth = np.zeros(len(pieces))
    for number, piece in enumerate(pieces):
        tape, sheet = room.tapes[piece.tape], room.sheets[piece.tape]
        span = [np.array([tape.seconds(f)]) for f in (piece.start_frame, piece.end_frame)]
        roles = (Role.HOOK, Role.SETUP, Role.BUILD, Role.CLIMAX, Role.BUTTON)
        worth[number] = max(float(sheet.worth(role, *span)[0]) for role in roles)
    return worth


def _windows(
    room: CuttingRoom, pieces: list[Piece], demands: list[Demand], *, inside_words: bool
) -> tuple[dict[tuple[int, Demand], Window | None], NDArray[np.float64]]:
    found: dict[tuple[int, Demand], Window | None] = {}
    worth = np.full((len(pieces), len(demands)), -np.inf)
    for column, demand in enumerate(demands):
        for row, piece in enumerate(pieces):
            key = (row, demand)
            if key not in found:
                found[key] = room.window(piece, demand, inside_words=inside_words)
            window = found[key]
            if window is not None:
                worth[row, column] = window.worth
    return found, worth


def _repeats(pieces: list[Piece], demands: list[Demand], earlier: Earlier) -> NDArray[np.float64]:
    """What each piece loses in each slot for having been shown in an earlier version."""
    used = np.array([earlier.used(piece) for piece in pieces], np.float64)
    lost = np.repeat(_USED_BEFORE * used[:, None], len(demands), axis=1)
    for column, demand in enumerate(demands):
        for row, piece in enumerate(pieces):
            if any((demand.role, piece.tape, piece.shot) == head for head in earlier.heads):
                lost[row, column] += _SAME_HOOK
    return lost
