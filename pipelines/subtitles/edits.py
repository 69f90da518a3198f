"""What a person changed: told from the difference, and carried to every place it holds for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from pipelines.analysis.word_corrections import WordEdit
from pipelines.subtitles.corrections import CueEdit, NameGiven, bare, overlap_s
from studio.errors import RequestError
from studio.types.subtitles import Cue, Subtitles
from studio.types.timecode import TimeRange
from studio.types.transcript import Word

#: Spans a name is tied to: a speaker's longest turns tell who it is.
_MOST_SPANS = 24
#: Particles that may stand behind a Korean noun.
_PARTICLE = re.compile(
    "은|는|이|가|을|를|에|의|와|과|도|만|로|으로|에서|에게|한테|께|부터|까지|처럼|보다|이나|나|"
    "이랑|랑|하고|이라고|라고|이라는|라는|입니다|이에요|예요|이다"
)


def names_given(words: Sequence[Word], names: Mapping[str, str]) -> list[NameGiven]:
    """Names by label, tied to the times at which that label speaks.

    Raises:
        RequestError: nobody has that label.
    """
    given = []
    for label, name in names.items():
        spans = _turns(words, label)
        if not spans:
            known = ", ".join(dict.fromkeys(w.speaker for w in words if w.speaker))
            raise RequestError(
                f"Nobody here is called {label}, so {name} cannot be that voice.",
                f"The voices are {known}." if known else "No voices were told apart.",
            )
        given.append(NameGiven(name, spans))
    return given


def _turns(words: Sequence[Word], label: str) -> tuple[TimeRange, ...]:
    turns: list[TimeRange] = []
    before = None
    for word in words:
        if word.speaker == label:
            if before == label:
                turns[-1] = TimeRange(turns[-1].start, max(turns[-1].end, word.end))
            else:
                turns.append(TimeRange(word.start, max(word.start, word.end)))
        before = word.speaker
    longest = sorted(turns, key=lambda turn: -turn.duration)[:_MOST_SPANS]
    return tuple(sorted(longest))


def word_edits(made: Sequence[Word], edited: Sequence[Word]) -> list[WordEdit]:
    """Where a person changed the text of words, as found by their times."""
    edits = []
    now_at = {(word.start, word.end): word.text for word in edited}
    made_at = {(word.start, word.end) for word in made}
    for word in made:
        now = now_at.get((word.start, word.end))
        if now != word.text:
            edits.append(WordEdit(word.start, word.end, word.text, now or ""))
    for word in edited:
        if (word.start, word.end) not in made_at:
            edits.append(WordEdit(word.start, word.end, "", word.text))
    return sorted(edits, key=lambda edit: edit.start)


def cue_edits(made: Subtitles, edited: Subtitles) -> list[CueEdit]:
    """Where a person changed, added or removed cues."""
    left = Counter(_look(cue) for cue in edited.cues)
    gone = []
    for cue in made.cues:
        if left[_look(cue)]:
            left[_look(cue)] -= 1
        else:
            gone.append(cue)
    kept = Counter(_look(cue) for cue in made.cues)
    new = []
    for cue in edited.cues:
        if kept[_look(cue)]:
            kept[_look(cue)] -= 1
        else:
            new.append(cue)
    edits = []
    language = made.language
    for cue in gone:
        shared = [overlap_s(cue, other) for other in new]
        match = new[shared.index(max(shared))] if shared and max(shared) > 0 else None
        if match is not None:
            new.remove(match)
        edits.append(CueEdit(language, cue.start, cue.end, cue.text, match))
    edits += [CueEdit(language, cue.start, cue.end, "", cue) for cue in new]
    return edits


def _look(cue: Cue) -> tuple[object, ...]:
    return cue.start, cue.end, cue.lines, cue.speaker, cue.at_top, cue.italic


def everywhere(words: Sequence[Word], was: str, now: str) -> list[WordEdit]:
    """The same correction for every place where a word was heard.

    Punctuation around it stays, and so does a capital at its beginning. A Korean noun is found
    with a particle behind it as well; the particle stays as it was heard.
    """
    wanted = bare(was).casefold()
    edits: list[WordEdit] = []
    if not wanted or not now.strip():
        return edits
    for word in words:
        said = bare(word.text)
        rest = said[len(wanted) :]
        hangul = "가" <= wanted[-1] <= "힣" and len(wanted) > 1
        if said.casefold() == wanted or (
            hangul and said.casefold().startswith(wanted) and _PARTICLE.fullmatch(rest)
        ):
            tail = rest if said.casefold() != wanted else ""
            text = now.strip()
            if said[:1].isupper() and was[:1].islower() and text[:1].islower():
                text = text[:1].upper() + text[1:]
            at = word.text.index(said)
            fixed = word.text[:at] + text + tail + word.text[at + len(said) :]
            edits.append(WordEdit(word.start, word.end, word.text, fixed))
    return edits
