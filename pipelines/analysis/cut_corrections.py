"""What a person decided about the cuts of one file, kept apart from what a model found.

Every decision is tied to times on the source clock: spans in which nothing is cut, whatever a
model finds there, and the one place where something is. Another model, or the same one after a
change, may find other cuts: the decisions are laid over them, a later one over an earlier.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy as np

from studio import codec
from studio.archive.decisions import read_decisions
from studio.types.media import FrameTimes
from studio.types.shot import Shot, TransitionKind
from studio.types.timecode import TimeRange

#: Folder of the decisions, in the folder of what a person made.
FOLDER = "cuts"


@dataclass(frozen=True)
class CutDecision:
    """One thing a person said: here is a cut, here is none, or this one lies elsewhere.

    Attributes:
        clear: spans of seconds on the source clock in which nothing else is cut: around the
            place, and around the one a cut was moved away from.
        here: the frames that belong to both shots or none, as seconds; without length for a
            hard cut, at which the new shot begins; None where nothing is cut.
        kind: of what is here.
        gone: where the cut was that is taken away or moved, as far as one was seen; None for
            a new one.
    """

    clear: tuple[TimeRange, ...]
    here: TimeRange | None = None
    kind: TransitionKind = TransitionKind.CUT
    gone: TimeRange | None = None

    @property
    def act(self) -> str:
        """``added``, ``removed`` or ``moved``."""
        if self.here is None:
            return "removed"
        return "added" if self.gone is None else "moved"


@dataclass(frozen=True)
class CutCorrections:
    """All decisions about the cuts of one file, the first one first.

    Attributes:
        decisions: a later one goes over an earlier one.
        last: what asked for the last change called itself, so that work that was killed behind
            it and begins again does not ask for it twice.
    """

    decisions: tuple[CutDecision, ...] = ()
    last: str = ""

    def with_decision(self, decision: CutDecision) -> CutCorrections:
        """These and one more."""
        return replace(self, decisions=(*self.decisions, decision))

    @property
    def digest(self) -> str:
        """Of all that is decided; empty where nothing is."""
        if not self.decisions:
            return ""
        text = json.dumps(codec.to_json(self.decisions), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def made_by(self) -> dict[str, str]:
        """What corrected shots depend on besides their model: it goes into the key of everything
        that is stored and was made from shots. Nothing where nothing is decided."""
        return {"corrected": self.digest} if self.decisions else {}


@dataclass(frozen=True)
class Boundary:
    """Where one shot gives way to the next.

    Attributes:
        at: first frame of the new shot.
        start, end: frames that belong to both shots or none, half-open; equal for a cut.
        kind: of transition.
    """

    at: int
    start: int
    end: int
    kind: TransitionKind

    @property
    def body(self) -> tuple[int, int]:
        """The frames it takes up, half-open: of a cut its one."""
        return self.start, max(self.end, self.start + 1)


@dataclass(frozen=True)
class Laid:
    """Shots with decisions laid over them.

    Attributes:
        shots: tile the footage; none is empty.
        lost: decisions that lie outside the footage.
    """

    shots: tuple[Shot, ...]
    lost: int = 0


def cuts_file(data_dir: Path, content_hash: str) -> Path:
    """Where the decisions about a file lie, by what is in the file."""
    return data_dir / FOLDER / f"{content_hash[:40]}.json"


def known_corrections(data_dir: Path, content_hash: str) -> CutCorrections:
    """What was decided about a file.

    Raises:
        RequestError: the file of decisions is there and cannot be read.
    """
    return read_decisions(CutCorrections, cuts_file(data_dir, content_hash))


def boundaries(shots: Sequence[Shot]) -> tuple[Boundary, ...]:
    """What joins the shots, in order."""
    found = []
    for before, after in itertools.pairwise(shots):
        at = after.start_frame
        start, end = min(before.clean_end_frame, at), max(after.clean_start_frame, at)
        found.append(Boundary(at, start, end, after.transition))
    return tuple(found)


def boundary_of(decision: CutDecision, times: FrameTimes) -> Boundary | None:
    """What a decision says is here, in frames; None where it says that nothing is, or where the
    footage has no such place."""
    if decision.here is None:
        return None
    start, end = (edge(times, s) for s in (decision.here.start, decision.here.end))
    at = (start + end) // 2
    if not 0 < at < len(times) or end > len(times):
        return None
    kind = decision.kind if start < end else TransitionKind.CUT
    return Boundary(at, start, end, kind)


def corrected_shots(
    shots: tuple[Shot, ...], corrections: CutCorrections, times: FrameTimes
) -> Laid:
    """Shots as a person wants them. Doing it twice changes nothing more.

    Args:
        shots: that a model found; they tile the footage.
        corrections: laid over them in their order.
        times: of all frames.
    """
    if not shots or not corrections.decisions:
        return Laid(shots)
    there = list(boundaries(shots))
    doubts = {frame for shot in shots for frame in shot.doubtful_frames}
    lost = 0
    for decision in corrections.decisions:
        own = boundary_of(decision, times)
        if decision.here is not None and own is None:
            lost += 1
            continue
        spans = [(edge(times, c.start), edge(times, c.end)) for c in decision.clear]
        if own is not None:
            spans.append(own.body)
        there = [b for b in there if not any(_meet(b.body, span) for span in spans)]
        doubts = {d for d in doubts if not any(low <= d < high for low, high in spans)}
        if own is not None:
            there.append(own)
    there.sort(key=lambda b: b.at)
    return Laid(_tiled(shots, there, doubts, times), lost)


def correction_notes(corrections: CutCorrections, laid: Laid) -> tuple[str, ...]:
    """What a user should know of decisions that were laid over shots."""
    counted = Counter(decision.act for decision in corrections.decisions)
    told = ", ".join(
        f"{counted[act]} {act}" for act in ("added", "removed", "moved") if counted[act]
    )
    notes = [f"cuts: what a person decided is laid over what was found ({told})"]
    if laid.lost:
        notes.append(f"cuts: {laid.lost} decisions lie outside the footage")
    return tuple(notes)


def said_uncut(corrections: CutCorrections, times: FrameTimes) -> tuple[tuple[int, int], ...]:
    """Frames, half-open, at which a person said that no shot ends: who looks for cuts that were
    missed need not look there."""
    return tuple(
        (edge(times, c.start), edge(times, c.end))
        for decision in corrections.decisions
        if decision.act == "removed"
        for c in decision.clear
    )


def edge(times: FrameTimes, seconds: Fraction) -> int:
    """The frame that begins at a time, or the next; the number of frames past the last."""
    return int(np.searchsorted(times.pts, ceil(seconds / times.time_base), side="left"))


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _tiled(
    shots: Sequence[Shot], there: Sequence[Boundary], doubts: set[int], times: FrameTimes
) -> tuple[Shot, ...]:
    first, last = shots[0], shots[-1]
    starts = [first.start_frame, *(b.at for b in there)]
    ends = [*(b.at for b in there), last.end_frame]
    kinds = [first.transition, *(b.kind for b in there)]
    clean_starts = [first.clean_start_frame, *(b.end for b in there)]
    clean_ends = [*(b.start for b in there), last.clean_end_frame]
    made = []
    for n, (start, end) in enumerate(zip(starts, ends, strict=True)):
        clean_start = min(max(clean_starts[n], start), end)
        clean_end = max(min(clean_ends[n], end), clean_start)
        made.append(
            Shot(
                start_frame=start,
                end_frame=end,
                start=times.start(start),
                end=times.start(end),
                transition=kinds[n],
                clean_start_frame=clean_start,
                clean_end_frame=clean_end,
                doubtful_frames=tuple(sorted(d for d in doubts if start < d < end)),
            )
        )
    return tuple(made)
