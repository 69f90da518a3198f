"""Edits of a plan, one at a time, as an editor on a screen makes them. Pure, but for re-timing.

Each gives a new plan and new corrections: an undo is to go back to the ones before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pipelines.analysis.word_corrections import WordEdit
from pipelines.subtitles.align import align
from pipelines.subtitles.corrections import Corrections, CueEdit
from pipelines.subtitles.draft import wrap
from pipelines.subtitles.drafting import hearing, measured, replanned
from pipelines.subtitles.edits import everywhere, names_given
from pipelines.subtitles.options import Options
from pipelines.subtitles.plan import SubtitlePlan, Track
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.analysis import FootageAnalysis
from studio.types.subtitles import Cue

#: Words of less confidence are shown to a person.
DOUBTFUL = 0.6


@dataclass(frozen=True)
class Edited:
    """A plan and the decisions that led to it."""

    plan: SubtitlePlan
    corrections: Corrections


def doubtful_words(plan: SubtitlePlan) -> tuple[int, ...]:
    """Numbers of the words that the studio is not sure of."""
    words = plan.transcript.words
    return tuple(n for n, word in enumerate(words) if word.confidence < DOUBTFUL)


def occurrences(plan: SubtitlePlan, word: int) -> int:
    """How many words :func:`fix_word` changes when it goes everywhere."""
    return len(everywhere(plan.transcript.words, plan.transcript.words[word].text, "x"))


def fix_word(now: Edited, word: int, text: str, *, all_of_them: bool) -> Edited:
    """Say what a word really is, there or wherever it was heard; the cues are arranged anew."""
    words = now.plan.transcript.words
    there = words[word : word + 1]
    edits = everywhere(words if all_of_them else there, there[0].text, text)
    if not edits:
        raise RequestError("The word is empty.", "Type what is said, or delete the cue.")
    corrections = now.corrections.with_words(edits)
    return Edited(replanned(now.plan, corrections), corrections)


def trust_word(now: Edited, word: int) -> Edited:
    """Say that a doubtful word is right."""
    there = now.plan.transcript.words[word]
    edit = WordEdit(there.start, there.end, there.text, there.text)
    words = list(now.plan.transcript.words)
    words[word] = replace(there, confidence=1.0)
    script = replace(now.plan.transcript, words=tuple(words))
    return Edited(replace(now.plan, transcript=script), now.corrections.with_words([edit]))


def name_voice(now: Edited, label: str, name: str) -> Edited:
    """Say who a voice is."""
    given = names_given(now.plan.transcript.words, {label: name.strip()})
    corrections = now.corrections.with_names(given)
    called = (label, now.plan.names.get(label) or label)
    cues = tuple(
        replace(edit, now=replace(edit.now, speaker=name.strip()))
        if edit.now is not None and edit.now.speaker in called
        else edit
        for edit in corrections.cues
    )
    corrections = replace(corrections, cues=cues)
    return Edited(replanned(now.plan, corrections), corrections)


def set_cue(now: Edited, track: int, at: int, cue: Cue | None) -> Edited:
    """Put another cue in the place of one; None takes it away.

    Raises:
        RequestError: it ends before it starts, or says nothing.
    """
    cues = list(now.plan.tracks[track].subtitles.cues)
    before = cues.pop(at)
    if cue is not None:
        cues.append(_checked(cue))
    return _with_cues(now, track, cues, [(before, cue)])


def add_cue(now: Edited, track: int, cue: Cue) -> Edited:
    """Add a cue where there was none."""
    cues = [*now.plan.tracks[track].subtitles.cues, _checked(cue)]
    return _with_cues(now, track, cues, [(None, cue)])


def wrapped(track: Track, text: str) -> tuple[str, ...]:
    """A text in lines as the track's rules break it; line breaks that were typed stay."""
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(lines) != 1:
        return lines
    broken = "\n".join(wrap(lines[0], track.profile, track.subtitles.language)).splitlines()
    # Rules that rewrite numbers or quotation marks are for drafts, not for what a person typed.
    return tuple(broken) if " ".join(broken).split() == lines[0].split() else lines


def retimed(
    now: Edited, found: FootageAnalysis, options: Options, job: Job
) -> tuple[Edited, tuple[str, ...]]:
    """Set the cues that a person edited to the sound again: each begins and ends with its words.

    Returns:
        The plan, and what a user should know.

    Raises:
        RequestError: the text is not what is said.
    """
    track = now.plan.tracks[0]
    edited = {edit.now for edit in now.corrections.cues if edit.now is not None}
    spoken = [
        n
        for n, cue in enumerate(track.subtitles.cues)
        if cue.kind == "speech" and any(c.isalnum() for c in cue.text)
    ]
    lines = [" ".join(track.subtitles.cues[n].lines) for n in spoken]
    job.report("align", 0.0)
    made = align(
        lines,
        found.media,
        job.pool,
        hearing(options),
        speech=found.speech,
        report=lambda share: job.report("align", share),
    )
    words, cues, changes = made.transcript.words, list(track.subtitles.cues), []
    for n, (first, last) in zip(spoken, made.lines, strict=True):
        cue = cues[n]
        if cue not in edited:
            continue
        start, end = _on_frames(words[first].start, words[last - 1].end, n, cues, now.plan)
        cues[n] = replace(cue, start=start, end=end)
        changes.append((cue, cues[n]))
    return _with_cues(now, 0, cues, changes), made.notes


def _on_frames(
    start: Fraction, end: Fraction, at: int, cues: list[Cue], plan: SubtitlePlan
) -> tuple[Fraction, Fraction]:
    """From the frame a cue's first word begins in to where its last is over and it was read."""
    rules = plan.tracks[0].profile
    rate = plan.source.rate
    gap = rules.gap_frames / (rate.fps if rate is not None else Fraction(25))
    most = cues[at + 1].start - gap if at + 1 < len(cues) else plan.source.duration
    least = cues[at - 1].end + gap if at else Fraction(0)
    end = min(max(end, start + rules.least_s), max(most, start + Fraction(1, 10)))
    start = min(max(start, least), end - Fraction(1, 10))
    if rate is None:
        return Fraction(round(start * 1000), 1000), Fraction(round(end * 1000), 1000)
    return rate.seconds(rate.frame_at(start)), rate.seconds(rate.nearest(end))


def _checked(cue: Cue) -> Cue:
    if cue.start < 0 or cue.end <= cue.start:
        raise RequestError("The cue ends before it starts.", "Mend one of its times.")
    if not cue.text.strip():
        raise RequestError("The cue says nothing.", "Type a text, or delete the cue.")
    return cue


def _with_cues(
    now: Edited, track: int, cues: list[Cue], changes: Sequence[tuple[Cue | None, Cue | None]]
) -> Edited:
    tracks = list(now.plan.tracks)
    old = tracks[track]
    language = old.subtitles.language
    edits = []
    for before, after in changes:
        place = before if before is not None else after
        if place is not None:
            was = before.text if before is not None else ""
            edits.append(CueEdit(language, place.start, place.end, was, after))
    cues.sort(key=lambda cue: (cue.start, cue.end))
    subtitles = replace(old.subtitles, cues=tuple(cues))
    tracks[track] = measured(replace(old, subtitles=subtitles), now.plan, old.unmet)
    plan = replace(now.plan, tracks=tuple(tracks))
    return Edited(plan, now.corrections.with_cues(edits))


#: What an edit is to whoever keeps the plan.
Change = Callable[[Edited], Edited]
