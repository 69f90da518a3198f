"""What a person decided about subtitles, kept apart from what the studio made.

Every decision is tied to a time and to what stood there. A later run may hear other words, cut
other cues or number the speakers anew: the decisions are laid over whatever it finds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pipelines.analysis.word_corrections import WordEdit, with_edits
from studio.types.subtitles import Cue, Subtitles
from studio.types.timecode import TimeRange
from studio.types.transcript import Word

#: A neighbour of an edited cue that would be left shorter than this is dropped, and told.
_LEAST_LEFT_S = Fraction(1, 5)
_BARE = re.compile(r"^\W*(.*?)\W*$", re.DOTALL)


@dataclass(frozen=True)
class NameGiven:
    """Who a voice is.

    Attributes:
        name: as a person wrote it.
        spans: times at which that voice speaks.
    """

    name: str
    spans: tuple[TimeRange, ...]


@dataclass(frozen=True)
class CueEdit:
    """A cue as a person wants it.

    Attributes:
        language: of the track.
        start, end: seconds on the source clock, of the cue as the studio made it.
        was: its text; empty for a cue that the studio had none for.
        now: what stands there instead; None for nothing.
    """

    language: str
    start: Fraction
    end: Fraction
    was: str
    now: Cue | None


@dataclass(frozen=True)
class Corrections:
    """All decisions about the subtitles of one file; later ones go over earlier ones."""

    names: tuple[NameGiven, ...] = ()
    words: tuple[WordEdit, ...] = ()
    cues: tuple[CueEdit, ...] = ()

    def with_names(self, names: Iterable[NameGiven]) -> Corrections:
        """These and further names; one given to the same voice replaces the former."""
        new = tuple(names)
        kept = tuple(
            old for old in self.names if not any(_common(old.spans, n.spans) > 0 for n in new)
        )
        return replace(self, names=(*kept, *new))

    def with_words(self, edits: Iterable[WordEdit]) -> Corrections:
        """These and further words; one at the same time replaces the former. Cues that a
        person has edited get the new word as well."""
        new = tuple(edits)
        cues = tuple(_with_word(edit, new) for edit in self.cues)
        return replace(self, words=with_edits(self.words, new), cues=cues)

    def with_cues(self, edits: Iterable[CueEdit]) -> Corrections:
        """These and further cues; an edit of an edited cue replaces the former."""
        found = list(self.cues)
        for new in edits:
            at = next((n for n, old in enumerate(found) if _continues(old, new)), None)
            if at is None:
                found.append(new)
            else:
                old = found[at]
                found[at] = replace(new, start=old.start, end=old.end, was=old.was)
                if not old.was and new.now is None:
                    del found[at]  # a cue that was added by hand and is taken away again
        found.sort(key=lambda edit: (edit.start, edit.language))
        return replace(self, cues=tuple(found))


def _continues(old: CueEdit, new: CueEdit) -> bool:
    """Whether ``new`` edits what ``old`` made, or the same cue of the studio's."""
    if old.language != new.language:
        return False
    same = (old.start, old.end, old.was) == (new.start, new.end, new.was) and bool(new.was)
    now = old.now
    return same or (
        now is not None and (now.start, now.end, now.text) == (new.start, new.end, new.was)
    )


def _with_word(edit: CueEdit, words: Sequence[WordEdit]) -> CueEdit:
    now = edit.now
    if now is None:
        return edit
    lines = now.lines
    for word in words:
        was = bare(word.was)
        if was and word.now and now.start < word.end and word.start < now.end:
            pattern = re.compile(rf"(?<!\w){re.escape(was)}(?!\w)")
            now_text = bare(word.now).replace("\\", r"\\")
            lines = tuple(pattern.sub(now_text, line) for line in lines)
    return replace(edit, now=replace(now, lines=lines))


def bare(text: str) -> str:
    """A word without the punctuation around it."""
    match = _BARE.match(text)
    return match[1] if match else text


def overlap_s(one: Cue, other: Cue) -> Fraction:
    """Seconds that two cues share; negative where they lie apart."""
    return min(one.end, other.end) - max(one.start, other.start)


def named(words: Sequence[Word], corrections: Corrections) -> dict[str, str]:
    """Speaker label to name: the label that speaks most of the time a name is tied to."""
    names = {}
    for given in corrections.names:
        shares: Counter[str] = Counter()
        for word in words:
            if word.speaker:
                span = TimeRange(word.start, max(word.start, word.end))
                shares[word.speaker] += float(_common((span,), given.spans))  # type: ignore[assignment]
        label, share = max(shares.items(), key=lambda pair: pair[1], default=("", 0))
        if share > 0:
            names[label] = given.name
    return names


def _common(ones: Iterable[TimeRange], others: Sequence[TimeRange]) -> Fraction:
    total = Fraction(0)
    for one in ones:
        for other in others:
            total += max(Fraction(0), min(one.end, other.end) - max(one.start, other.start))
    return total


def corrected_cues(
    subtitles: Subtitles, corrections: Corrections
) -> tuple[Subtitles, tuple[str, ...]]:
    """The track with the cues that a person wants, and what had to give way to them."""
    cues = list(subtitles.cues)
    notes = []
    for edit in corrections.cues:
        if edit.language != subtitles.language:
            continue
        if edit.was:
            cues = [c for c in cues if not edit.start <= (c.start + c.end) / 2 < edit.end]
        now = edit.now
        if now is None:
            continue
        fitted = []
        for cue in cues:
            if cue.at_top == now.at_top and overlap_s(cue, now) > 0:
                trimmed = (
                    replace(cue, end=now.start) if cue.start < now.start
                    else replace(cue, start=now.end)
                )  # fmt: skip
                if trimmed.duration < _LEAST_LEFT_S:
                    notes.append(
                        f"The cue {cue.text!r} at {float(cue.start):.2f} s gave way to an edited "
                        "one."
                    )
                    continue
                fitted.append(trimmed)
            else:
                fitted.append(cue)
        cues = [*fitted, now]
        cues.sort(key=lambda cue: (cue.start, cue.end))
    return replace(subtitles, cues=tuple(cues)), tuple(notes)
