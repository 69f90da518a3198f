"""Which words stand together: cues and their lines, chosen for the whole text at once.

Every way of cutting the text into cues has a price - for breaks that disturb, for cues too short
to be read, for lines out of balance - and dynamic programming over the words finds the cheapest
of all. A greedy cut would pay for a good first line with a bad third.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise

from pipelines.subtitles.english import BAD
from pipelines.subtitles.profile import Profile
from pipelines.subtitles.tokens import Token

#: A word that alone is longer than a line: taken only where no break can help.
_OVERLONG = 20 * BAD


@dataclass(frozen=True)
class Block:
    """Tokens that make one cue, and where its lines end.

    Attributes:
        first, last: half-open range of tokens.
        ends: token index after each line; the last is ``last``.
        dashes: whether each line is another speaker's.
    """

    first: int
    last: int
    ends: tuple[int, ...]
    dashes: bool = False


class Layout:
    """The cheapest cues for a text.

    Args:
        tokens: in order.
        profile: the house's rules.
        separator: what stands between two words.
        cuts: times of shot cuts in seconds, rising.
        names: speaker label to the name shown.
    """

    def __init__(
        self,
        tokens: Sequence[Token],
        profile: Profile,
        separator: str,
        cuts: Sequence[Fraction],
        names: Mapping[str, str],
    ) -> None:
        self._tokens = tokens
        self._profile = profile
        self._separator = separator
        self._gap = profile.width(separator)
        self._cuts = [float(c) for c in cuts]
        self._start = [float(t.start) for t in tokens]
        self._end = [float(t.end) for t in tokens]
        self._labels = _speaker_labels(tokens, profile, names)
        widths = [profile.width(t.text) for t in tokens]
        self._sum = [0.0, *accumulate(w + self._gap for w in widths)]
        self._dash = profile.width(profile.dash)
        # What is paid for a word's not being the last of its cue: a pause, a sentence's end.
        self._inner = list(accumulate(map(self._inner_cost, range(len(tokens) - 1)), initial=0.0))
        # Fractions are exact and slow; prices need neither.
        self._least_s, self._longest_s = float(profile.least_s), float(profile.longest_s)
        self._pause_s, self._linger_s = float(profile.pause_s), float(profile.linger_s)
        # How often the speaker changes up to a token, so that a range is asked in one step.
        changed = (int(a.speaker != b.speaker) for a, b in pairwise(tokens))
        self._changes = list(accumulate(changed, initial=0))

    def blocks(self) -> list[Block]:
        """The cues, in order; together they hold every token once."""
        count = len(self._tokens)
        best = [0.0] + [float("inf")] * count
        choice: list[Block | None] = [None] * (count + 1)
        for last in range(1, count + 1):
            ending = self._ending_cost(last)
            for first in range(last - 1, -1, -1):
                if last - first > 1 and not self._may_grow(first, last):
                    break
                block, cost = self._lay_out(first, last)
                if block is None:
                    continue
                cost += best[first] + ending + self._time_cost(first, last)
                if cost < best[last]:
                    best[last], choice[last] = cost, block
        result: list[Block] = []
        at = count
        while at > 0:
            block = choice[at]
            assert block is not None  # a single token always makes a block
            result.append(block)
            at = block.first
        return result[::-1]

    def lines(self, block: Block) -> tuple[str, ...]:
        """A block's lines as shown."""
        lines = []
        first = block.first
        for last in block.ends:
            said = self._separator.join(t.text for t in self._tokens[first:last])
            dash = self._profile.dash if block.dashes else ""
            lines.append(f"{dash}{self._labels.get(first, '')}{said}")
            first = last
        return tuple(lines)

    def label(self, first: int) -> str:
        """What stands before a token to say who speaks; empty where nothing does."""
        return self._labels.get(first, "")

    def whole(self, indent: float = 0.0) -> Block | None:
        """All tokens as one cue, its first line ``indent`` characters shorter; None where they
        do not fit.
        """
        last = len(self._tokens)
        if self._sum[last] - self._gap + indent <= self._profile.line_length or last == 1:
            return Block(0, last, (last,))
        ends, _ = self._broken(0, last, self._profile.max_lines, self._profile.line_length, indent)
        return Block(0, last, ends) if ends else None

    def _width(self, first: int, last: int) -> float:
        return self._sum[last] - self._sum[first] - self._gap + self._label_width(first)

    def _label_width(self, first: int) -> float:
        label = self._labels.get(first)
        return self._profile.width(label) if label else 0.0

    def _may_grow(self, first: int, last: int) -> bool:
        """Whether tokens may share a cue at all; once false, it is so for every longer range."""
        profile = self._profile
        room = profile.line_length * profile.max_lines + self._gap * (profile.max_lines - 1)
        return (
            self._sum[last] - self._sum[first] - self._gap <= room
            and self._end[last - 1] - self._start[first] <= self._longest_s
            and self._start[first + 1] - self._end[first] < self._pause_s
            and self._changes[last - 1] - self._changes[first]
            <= (1 if profile.speakers == "dashes" and profile.max_lines > 1 else 0)
        )

    def _ending_cost(self, last: int) -> float:
        """The price of ending a cue before token ``last``, and of one cue more."""
        base = 6.0
        if last == len(self._tokens):
            return base
        before = self._tokens[last - 1]
        pause = max(0.0, self._start[last] - self._end[last - 1])
        if before.speaker != self._tokens[last].speaker or pause >= self._pause_s:
            return base
        if before.break_cost >= BAD:
            return base + before.break_cost
        return base + before.break_cost * (1 - min(pause, 1.0) / 2)

    def _time_cost(self, first: int, last: int) -> float:
        """The price of too little time to read, of pauses inside, and of cuts crossed."""
        profile = self._profile
        start, said = self._start[first], self._end[last - 1]
        room = float("inf") if last == len(self._tokens) else self._start[last] - start
        room = min(room - profile.gap_frames / 24, max(said - start, 0) + self._linger_s)
        cost = 0.0
        least = self._least_s
        if (held := min(max(room, 0), self._until_next(first, last))) < least:
            cost += 20 + 60 * (1 - held / least)
        need = reading_s(profile, self._width(first, last), last - first)
        if need > room:
            cost += 10 + 40 * min(need / max(room, 0.1) - 1, 2)
        cost += self._inner[last - 1] - self._inner[first]
        inside = bisect.bisect_left(self._cuts, said) - bisect.bisect_right(self._cuts, start)
        return cost + 4 * inside

    def _inner_cost(self, at: int) -> float:
        pause = self._start[at + 1] - self._end[at]
        return (8 * pause if pause > 0.5 else 0) + 18 * self._tokens[at].ends_sentence

    def _until_next(self, first: int, last: int) -> float:
        """Seconds a cue may stand at most for the sake of the least duration."""
        if last == len(self._tokens):
            return float("inf")
        return self._start[last] - self._start[first] - self._profile.gap_frames / 24

    def _lay_out(self, first: int, last: int) -> tuple[Block | None, float]:
        """The best lines for a range of tokens, and their price; None where there are none."""
        changes = self._changes[last - 1] - self._changes[first]
        if changes:
            return self._lay_out_dialogue(first, last)
        length = self._profile.line_length
        whole = self._width(first, last)
        if whole <= length:
            return Block(first, last, (last,)), 0.0
        if last - first == 1:
            return Block(first, last, (last,)), _OVERLONG + whole
        ends, cost = self._broken(first, last, self._profile.max_lines, length)
        return (Block(first, last, ends) if ends else None), cost

    def _broken(
        self, first: int, last: int, lines: int, length: float, indent: float = 0.0
    ) -> tuple[tuple[int, ...], float]:
        """The best ends of at most ``lines`` lines, and their price."""
        best: tuple[tuple[int, ...], float] = ((), float("inf"))
        if lines < 2:
            return best
        # The lines below must hold the rest: breaks too early for that need no look.
        rest = self._sum[last] - self._gap - length * (lines - 1) - self._gap * (lines - 2)
        for at in range(max(first + 1, bisect.bisect_left(self._sum, rest - 1e-9)), last):
            upper = self._width(first, at) + indent
            if upper > length:
                break
            lower = self._sum[last] - self._sum[at] - self._gap
            cost = 2 + self._tokens[at - 1].break_cost
            if lower <= length:
                cost += 12 * ((upper - lower) / length) ** 2 + (upper > lower)
                ends: tuple[int, ...] = (at, last)
            else:
                below, more = self._broken(at, last, lines - 1, length)
                if not below:
                    continue
                cost += more
                ends = (at, *below)
            if cost < best[1]:
                best = ends, cost
        return best

    def _lay_out_dialogue(self, first: int, last: int) -> tuple[Block | None, float]:
        middle = next(
            at
            for at in range(first + 1, last)
            if self._tokens[at].speaker != self._tokens[first].speaker
        )
        widest = max(self._width(first, middle), self._width(middle, last)) + self._dash
        if widest > self._profile.line_length:
            return None, 0.0
        return Block(first, last, (middle, last), dashes=True), 6.0


def reading_s(profile: Profile, width: float, words: int) -> float:
    """Seconds a viewer needs, at the house's reading speed."""
    by_letters = width / profile.cps if profile.cps else 0.0
    return max(by_letters, words * 60 / profile.wpm if profile.wpm else 0.0)


def _speaker_labels(
    tokens: Sequence[Token], profile: Profile, names: Mapping[str, str]
) -> dict[int, str]:
    """Token index to the label that stands before it, where more than one person speaks."""
    if not profile.speaker_labels or len({t.speaker for t in tokens if t.speaker}) < 2:
        return {}
    opening, closing = profile.brackets
    labels = {}
    current = ""
    for at, token in enumerate(tokens):
        name = names.get(token.speaker, "")  # S1 is no name that a viewer could use
        if name and token.speaker != current:
            labels[at] = f"{opening}{name.upper() if profile.uppercase else name}{closing} "
        current = token.speaker or current
    return labels
