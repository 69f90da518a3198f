"""A text that is known is set to its sound: forced alignment.

What the recogniser heard is held against the text, which tells in which window of the sound
each word must lie; there the decoder's attention finds it, and its times are moved onto the sound
itself, as for recognised words.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import geometric_mean

from pipelines.analysis.options import Options
from pipelines.analysis.scribe import on_source, split_sentences
from pipelines.analysis.speech import (
    VOICE_WINDOW_S,
    analyse_speech,
    choose_model,
    hear_voice,
    window_sounds,
)
from pipelines.analysis.voice import Window, plan_windows, voice_ranges
from pipelines.subtitles.text_match import likeness, match_words
from studio.adapters import whisper
from studio.errors import RequestError
from studio.models.pool import ModelPool
from studio.types.analysis import Speech
from studio.types.media import MediaInfo
from studio.types.transcript import Transcript, Word

#: Of the text's words, the share that must have been heard in some form.
LEAST_HEARD = 0.3
_ALIKE = 0.5  # of two words, from which one is the other misheard
#: Below this, as geometric mean, the sound does not speak for words in whose place nothing was
#: heard. Short words are likely after their neighbours, said or not, so a run is judged whole.
_LEAST_CONFIDENCE = 0.2
_TOKENS = 400  # of text in a window; more cannot be said in 30 s

Report = Callable[[float], None]


@dataclass(frozen=True)
class Alignment:
    """A text with times.

    Attributes:
        transcript: exactly the words of the text, in its order.
        lines: half-open ranges into the words, one for each line that holds any.
        unspoken: numbers of the words that were not found in the sound; they have the shortest
            time, where they would be said, and no confidence.
        notes: what a user should know.
    """

    transcript: Transcript
    lines: tuple[tuple[int, int], ...]
    unspoken: tuple[int, ...]
    notes: tuple[str, ...]


def align(
    text: str | Sequence[str],
    info: MediaInfo,
    pool: ModelPool,
    options: Options,
    *,
    speech: Speech | None = None,
    report: Report | None = None,
) -> Alignment:
    """When each word of a text is said.

    Args:
        text: whole, or in lines.
        info: a file with sound.
        pool: lends the models.
        options: the language and the model, as for the analysis of speech.
        speech: what was heard in the file, if that is known; else it is heard first. Its
            speakers are taken over.
        report: told the share that is done, 0 to 1.

    Raises:
        RequestError: the file has no sound or no voice, the text no words, or the text is not
            what is said there.
        ModelError: a model is missing, corrupt or failed.
    """
    tell = report or (lambda share: None)
    lines = text.splitlines() if isinstance(text, str) else list(text)
    parted = [words for line in lines if (words := words_in(line))]
    words = [word for line in parted for word in line]
    if not words:
        raise RequestError("The text to align holds no words.", "Give the text that is spoken.")
    if speech is None:
        speech, _ = analyse_speech(info, pool, options, lambda share: tell(0.5 * share))
    heard = speech.transcript
    if heard is None or not heard.words:
        raise RequestError(
            f"{info.path.name}: no words were heard, so no text can be aligned to it.",
            "Check that it is the right file, and the right sound stream of it.",
        )
    partners = match_words(words, [word.text for word in heard.words], heard.language)
    _check_fit(words, heard, partners, info.path.name)
    probabilities, _ = hear_voice(info, pool)
    duration_s = float(info.duration)
    voice = voice_ranges(probabilities, VOICE_WINDOW_S, duration_s)
    windows = plan_windows(voice, probabilities, VOICE_WINDOW_S, duration_s)
    homes = assign_windows(words, heard, partners, windows)
    language = heard.language if options.language == "auto" else options.language
    timed, unspoken = _force(
        words, homes, windows, heard, partners, language, info, pool, options, tell
    )
    edges = [0, *itertools.accumulate(map(len, parted))]
    script = Transcript(language, tuple(timed), tuple(_sentences(timed)), ())
    notes = []
    if unspoken:
        shown = " ".join(words[i] for i in unspoken[:8]) + (" …" if len(unspoken) > 8 else "")
        notes.append(f"{len(unspoken)} of {len(words)} words were not found in the sound: {shown}")
    return Alignment(script, tuple(itertools.pairwise(edges)), tuple(unspoken), tuple(notes))


def words_in(line: str) -> list[str]:
    """The words of a line; a dash or quote that stands alone goes with the word after it, at
    the end of a line with the one before."""
    words: list[str] = []
    loose = ""
    for token in line.split():
        if any(c.isalnum() for c in token):
            words.append(f"{loose} {token}".strip())
            loose = ""
        else:
            loose = f"{loose} {token}".strip()
    if loose and words:
        words[-1] = f"{words[-1]} {loose}"
    return words


def _check_fit(
    words: Sequence[str], heard: Transcript, partners: Sequence[int | None], name: str
) -> None:
    """Refuse a text that is not what is said."""
    fit = sum(_stands_for(word, heard, at) for word, at in zip(words, partners, strict=True))
    if fit < LEAST_HEARD * len(words):
        said = " ".join(word.text for word in heard.words[:12])
        raise RequestError(
            f"The text is not what is said in {name}: {fit / len(words):.0%} of its words were "
            f"heard. It begins: “{said}…”",
            "Check that text and sound belong together, and the language.",
        )


def _stands_for(word: str, heard: Transcript, partner: int | None) -> bool:
    if partner is None:
        return False
    other = heard.words[partner].text
    return any(c.isdecimal() for c in word + other) or likeness(word, other) >= _ALIKE


def unheard_words(
    words: Sequence[str], heard: Transcript, partners: Sequence[int | None]
) -> list[list[int]]:
    """Runs of words in whose place nothing at all was heard: they may be missing in the sound.
    A name that was heard as something else has heard words in its place. Pure."""
    unheard: list[list[int]] = []
    run: list[int] = []
    last = -1
    for i in range(len(words) + 1):
        here = partners[i] if i < len(words) else len(heard.words)
        if i < len(words) and not _stands_for(words[i], heard, here):
            run.append(i)
            continue
        assert here is not None
        if run and here - last <= 1:
            unheard.append(run)
        run, last = [], here
    return unheard


def assign_windows(
    words: Sequence[str],
    heard: Transcript,
    partners: Sequence[int | None],
    windows: Sequence[Window],
) -> list[int]:
    """The window each word of the text lies in; rising. Pure.

    A matched word lies where its partner was heard. A run without partners lies between its
    neighbours, spread by its letters over the voice that no word was heard for.
    """
    middles = [float(word.start + word.end) / 2 for word in heard.words]
    ends = [window.pieces[-1][1] for window in windows]
    at_heard = [_window_at(ends, middle) for middle in middles]
    homes: list[int] = [-1] * len(words)
    for i, partner in enumerate(partners):
        if partner is not None:
            homes[i] = at_heard[partner]
    at = 0
    while at < len(words):
        if homes[at] >= 0:
            at += 1
            continue
        end = at
        while end < len(words) and homes[end] < 0:
            end += 1
        before = next((p for p in reversed(partners[:at]) if p is not None), None)
        after = next((p for p in partners[end:] if p is not None), None)
        low_s = float(heard.words[before].end) if before is not None else 0.0
        high_s = float(heard.words[after].start) if after is not None else ends[-1]
        low = homes[at - 1] if at else 0
        high = homes[end] if end < len(words) else len(windows) - 1
        free_s = [_voice_between(windows[k], low_s, high_s) for k in range(low, high + 1)]
        homes[at:end] = [low + k for k in _spread(words[at:end], free_s)]
        at = end
    return homes


def _window_at(ends: Sequence[float], time_s: float) -> int:
    return next((k for k, end in enumerate(ends) if time_s <= end), len(ends) - 1)


def _voice_between(window: Window, low_s: float, high_s: float) -> float:
    return sum(max(min(end, high_s) - max(start, low_s), 0.0) for start, end in window.voice)


def _spread(words: Sequence[str], room: Sequence[float]) -> list[int]:
    """Words over places in order, so that each gets letters in the share of its room."""
    total = sum(room) or 1.0
    shares = list(itertools.accumulate(part / total for part in room)) or [1.0]
    letters = [len(word) for word in words]
    middles = [
        (end - length / 2) / max(sum(letters), 1)
        for end, length in zip(itertools.accumulate(letters), letters, strict=True)
    ]
    return [
        next((k for k, share in enumerate(shares) if m <= share + 1e-9), len(room) - 1)
        for m in middles
    ]


def _force(
    words: Sequence[str],
    homes: Sequence[int],
    windows: Sequence[Window],
    heard: Transcript,
    partners: Sequence[int | None],
    language: str,
    info: MediaInfo,
    pool: ModelPool,
    options: Options,
    tell: Report,
) -> tuple[list[Word], list[int]]:
    """Every word with its times, and the numbers of those that are not said."""
    spec, _ = choose_model(options)
    unheard = unheard_words(words, heard, partners)
    timed: dict[int, Word] = {}
    silent: set[int] = set()
    with pool.lease(spec) as model:
        for number, (window, samples) in enumerate(window_sounds(info, windows)):
            tell(0.5 + 0.5 * number / len(windows))
            mine = [i for i, home in enumerate(homes) if home == number]
            mine, over = _fitting(model, words, mine)
            silent.update(over)
            if not mine:
                continue
            spoken = heard.words
            tongue = next((p for i in mine if (p := partners[i]) is not None), None)
            own = (spoken[tongue].language if tongue is not None else "") or language
            found = model.align([samples], [[words[i] for i in mine]], own)[0]
            sure = {i: max(word.confidence, 1e-4) for i, word in zip(mine, found, strict=True)}
            runs = [[i for i in run if i in sure] for run in unheard]
            unsaid = {
                i
                for run in runs
                if run and geometric_mean([sure[i] for i in run]) < _LEAST_CONFIDENCE
                for i in run
            }
            if unsaid:  # what is not said would take time from what is
                silent.update(unsaid)
                mine = [i for i in mine if i not in unsaid]
                found = model.align([samples], [[words[i] for i in mine]], own)[0]
            tag = own if own != language else ""
            timed |= zip(mine, on_source(window, samples, found, tag), strict=True)
    if not timed:
        raise RequestError(
            f"None of the text's words could be found in {info.path.name}.",
            "Check that text and sound belong together.",
        )
    return _complete(words, timed, heard), sorted(silent)


def _fitting(
    model: whisper.Whisper, words: Sequence[str], mine: list[int]
) -> tuple[list[int], list[int]]:
    """As many words as a window can hold, and the rest."""
    if sum(len(words[i]) for i in mine) < _TOKENS:  # no token is shorter than a letter
        return mine, []
    total = list(itertools.accumulate(model.tokens([words[i] for i in mine])))
    fits = sum(count <= _TOKENS for count in total)
    return mine[:fits], mine[fits:]


def _complete(words: Sequence[str], timed: dict[int, Word], heard: Transcript) -> list[Word]:
    """All words in order; those without a time stand in the gap where they would be said."""
    shortest = Fraction(1, 1000)
    script: list[Word] = []
    ends = [word.end for word in heard.words]
    first = timed[min(timed)].start
    for i, text in enumerate(words):
        last = script[-1].end if script else max(first - shortest * i, Fraction(0))
        if i in timed:
            word = timed[i]
            start = max(word.start, last)
            end = max(word.end, start + shortest)
            word = dataclasses.replace(
                word, start=start, end=end, speaker=_speaker(word, heard, ends)
            )
        else:
            word = Word(text, last, last + shortest, 0.0)
            word = dataclasses.replace(word, speaker=_speaker(word, heard, ends))
        script.append(word)
    return script


def _speaker(word: Word, heard: Transcript, ends: Sequence[Fraction]) -> str:
    """Of the heard word that shares most time with this one, else lies nearest."""
    at = bisect.bisect_right(ends, word.start)
    near = [*range(max(at - 1, 0), min(at + 1, len(ends)))]
    while near[-1] + 1 < len(ends) and heard.words[near[-1] + 1].start < word.end:
        near.append(near[-1] + 1)
    shared: list[tuple[Fraction, str]] = [
        (min(word.end, other.end) - max(word.start, other.start), other.speaker)
        for other in (heard.words[i] for i in near)
    ]
    return max(shared)[1]


def _sentences(words: Sequence[Word]) -> list[tuple[int, int]]:
    edges = [0, *itertools.accumulate(map(len, split_sentences(words)))]
    return list(itertools.pairwise(edges))
