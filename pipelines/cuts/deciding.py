"""From what a person says of a cut to a decision that holds whatever a model finds. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction

from pipelines.analysis.cut_corrections import Boundary, CutDecision, boundaries, edge
from pipelines.cuts.places import place_text
from studio.errors import RequestError
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot, TransitionKind
from studio.types.timecode import TimeRange

#: Another model may see the same cut so many seconds away; a decision reaches so far, but never
#: beyond the middle between its cut and the next.
NEAR_S = Fraction(1, 5)
#: A cut that is named may be typed so many frames beside it.
_BESIDE_FRAMES = 2


class Table:
    """The cuts of a film as they stand, and what can be said of them.

    Args:
        shots: of the film.
        info, times: of the film.
    """

    def __init__(self, shots: Sequence[Shot], info: MediaInfo, times: FrameTimes) -> None:
        self.cuts = boundaries(shots)
        self._info, self._times = info, times

    def add(self, frame: int) -> CutDecision:
        """Here a new shot begins.

        Raises:
            RequestError: there is a cut already, or the film begins or ends there.
        """
        self._inside(frame)
        same = self._near(frame, 0)
        if same is not None and same.kind is TransitionKind.CUT:
            raise RequestError(
                f"There is a cut at {self._told(frame)} already.", "See them: studio cuts FOOTAGE"
            )
        here = Boundary(frame, frame, frame, TransitionKind.CUT)
        return self._decided(here)

    def add_gradual(self, start: int, end: int, kind: TransitionKind) -> CutDecision:
        """From here to there one shot gives way to the next.

        Raises:
            RequestError: it ends before it starts, or leaves a shot without a frame.
        """
        if end - start < 2:
            raise RequestError(
                f"A gradual transition from {self._told(start)} to {self._told(end)} has no "
                "frames of its own.",
                "Give its first frame and the first that is clean again: --add 12.0-13.2",
            )
        for frame in (start, end):
            self._inside(frame)
        return self._decided(Boundary((start + end) // 2, start, end, kind))

    def remove(self, frame: int) -> CutDecision:
        """Here is no cut.

        Raises:
            RequestError: none was found here; says which is near.
        """
        wrong = self._named(frame)
        return CutDecision((self._around(wrong, (wrong,)),), gone=self._span(wrong))

    def move(self, frame: int, to: int) -> CutDecision:
        """This cut lies elsewhere. A gradual one keeps its length.

        Raises:
            RequestError: none was found here, or another lies between.
        """
        old = self._named(frame)
        new = Boundary(to, to - (old.at - old.start), to + (old.end - old.at), old.kind)
        if to == old.at:
            raise RequestError(f"The cut is at {self._told(to)} already.", "Give another place.")
        at = self.cuts.index(old)
        low = self.cuts[at - 1].body[1] if at else 1
        high = self.cuts[at + 1].start if at + 1 < len(self.cuts) else len(self._times)
        if new.start < low or new.body[1] > high:
            other = self.cuts[at - 1].at if new.start < low and at else None
            if new.body[1] > high and at + 1 < len(self.cuts):
                other = self.cuts[at + 1].at
            beyond = f"the cut at {self._told(other)}" if other is not None else "the film's edge"
            raise RequestError(
                f"The cut at {self._told(old.at)} cannot go to {self._told(to)}: {beyond} is in "
                "the way.",
                f"It may lie from frame {low + old.at - old.start} to frame "
                f"{high - (old.body[1] - old.at)}. Remove the other one, or add a cut there.",
            )
        return self._decided(new, old)

    def _decided(self, here: Boundary, gone: Boundary | None = None) -> CutDecision:
        ours = (here,) if gone is None else (here, gone)
        clear = tuple(self._around(each, ours) for each in ours)
        return CutDecision(
            clear, self._span(here), here.kind, self._span(gone) if gone is not None else None
        )

    def _inside(self, frame: int) -> None:
        if not 0 < frame < len(self._times):
            raise RequestError(
                f"{self._told(frame)} is where {self._info.path.name} "
                f"{'begins' if frame <= 0 else 'ends'}; there is nothing to cut.",
                f"Give a place from frame 1 to frame {len(self._times) - 1}.",
            )

    def _named(self, frame: int) -> Boundary:
        found = self._near(frame, _BESIDE_FRAMES)
        if found is not None:
            return found
        said = f"There is no cut at {self._told(frame)}."
        if not self.cuts:
            raise RequestError(said, "The film is one shot.")
        at = bisect_right([cut.at for cut in self.cuts], frame)
        near = sorted(self.cuts[max(at - 1, 0) : at + 1], key=lambda cut: abs(cut.at - frame))
        raise RequestError(
            said, "The nearest: " + "; ".join(self._told(cut.at) for cut in near) + "."
        )

    def _near(self, frame: int, beside: int) -> Boundary | None:
        """The nearest cut whose frames, or those beside it, hold this one."""
        held = [
            cut for cut in self.cuts
            if min(cut.start, cut.at - beside) <= frame <= max(cut.end, cut.at + beside)
        ]  # fmt: skip
        return min(held, key=lambda cut: abs(cut.at - frame), default=None)

    def _around(self, cut: Boundary, ours: Sequence[Boundary]) -> TimeRange:
        """Where a model may see this cut, and no other."""
        times, (low, high) = self._times, cut.body
        first = edge(times, max(times.start(low) - NEAR_S, Fraction(0)))
        end = edge(times, times.start(high - 1) + NEAR_S) + 1
        for other in self.cuts:
            if other in ours:
                continue
            if other.body[1] <= low:
                first = max(first, (other.body[1] + low + 1) // 2)
            elif other.body[0] >= high:
                end = min(end, (high + other.body[0]) // 2)
        return TimeRange(times.start(first), times.start(min(end, len(times))))

    def _span(self, cut: Boundary) -> TimeRange:
        if cut.start == cut.end:  # a hard cut is where the new shot begins
            return TimeRange(self._times.start(cut.at), self._times.start(cut.at))
        return TimeRange(self._times.start(cut.start), self._times.start(cut.end))

    def _told(self, frame: int) -> str:
        return place_text(frame, self._info, self._times)
