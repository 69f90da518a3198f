"""Writes down what is said, window by window, and knows what it need not hear again."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis import doubt
from pipelines.analysis.hearing_journal import HeardBatch
from pipelines.analysis.voice import Window, left_over
from pipelines.analysis.word_times import refine, sound_level_db
from studio.adapters import whisper
from studio.types.transcript import DroppedText, Transcript, Word

_SENTENCE_PAUSE_S = 1.5  # an orator's pause inside a sentence is shorter
_SENTENCE_END = tuple(".?!。？！…")
_CLOSING = "\"'”’»)]"
_ABBREVIATIONS = frozenset(("mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "jr.", "sr."))
# A window's own language counts against the file's where it is this sure and this long.
_SURE_LANGUAGE, _SURE_LANGUAGE_S = 0.8, 4.0
_LEFT_OVER_S = 2.5  # of voice without a word, from which it is read again

#: A window and its joined sound, float32 ``(n,)`` at :data:`whisper.RATE_HZ`.
WindowSound = tuple[Window, NDArray[np.float32]]


class Languages:
    """Chooses a language for each window from what it and all before it sound like."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.evidence: dict[str, float] = {}
        self._lengths_s: list[float] = []

    def expect(self, windows: Sequence[Window]) -> None:
        """Which windows :meth:`choose` will be asked about next."""
        self._lengths_s = [window.voice_s for window in windows]

    def count(self, language: str, voice_s: float) -> None:
        """Say that so much voice was read in a language."""
        self.seconds[language] = self.seconds.get(language, 0.0) + voice_s

    @property
    def by_time(self) -> list[str]:
        """Languages that were read, most first."""
        return sorted(self.seconds, key=lambda language: -self.seconds[language])

    def choose(self, found: list[dict[str, float]]) -> list[str]:
        """A language for each window, given the probabilities of all in each."""
        for probabilities, length_s in zip(found, self._lengths_s, strict=True):
            for language, p in probabilities.items():
                before = self.evidence.get(language, 0.0)
                self.evidence[language] = before + length_s * math.log(max(p, 1e-4))
        usual = max(self.evidence, key=lambda language: self.evidence[language])
        chosen = []
        for probabilities, length_s in zip(found, self._lengths_s, strict=True):
            own = max(probabilities, key=lambda language: probabilities[language])
            sure = probabilities[own] >= _SURE_LANGUAGE and length_s >= _SURE_LANGUAGE_S
            chosen.append(own if sure else usual)
        return chosen


class Scribe:
    """What was written down so far.

    Args:
        language: told by the user, or ``auto``.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._languages = Languages()
        self._sentences: list[list[Word]] = []
        self._dropped: list[DroppedText] = []

    def recall(self, batch: HeardBatch) -> None:
        """Take over what an earlier run heard."""
        self._sentences += [list(sentence) for sentence in batch.sentences]
        self._dropped += batch.dropped
        self._languages.seconds = dict(batch.seconds)
        self._languages.evidence = dict(batch.evidence)

    def read(self, model: whisper.Whisper, batch: Sequence[WindowSound], first: int) -> HeardBatch:
        """Read some windows, and once more the voice in them that no word was heard for.

        A reader stops early where another language or another speaker begins; what it left
        over is worth a window of its own.

        Args:
            model: reads.
            batch: the windows.
            first: number of the first of them.

        Returns:
            What :meth:`recall` needs to do without the model.
        """
        written, doubted = len(self._sentences), len(self._dropped)
        if missed := self._hear(model, batch):
            self._hear(model, missed)
        return HeardBatch(
            first,
            len(batch),
            batch[0][0].pieces,
            tuple(tuple(sentence) for sentence in self._sentences[written:]),
            tuple(self._dropped[doubted:]),
            dict(self._languages.seconds),
            dict(self._languages.evidence),
        )

    def _hear(self, model: whisper.Whisper, batch: Sequence[WindowSound]) -> list[WindowSound]:
        windows = [window for window, _ in batch]
        self._languages.expect(windows)
        choose = self._languages.choose if self._language == "auto" else self._language
        found = model.transcribe([samples for _, samples in batch], choose)
        missed: list[WindowSound] = []
        for (window, samples), heard in zip(batch, found, strict=True):
            self._languages.count(heard.language, window.voice_s)
            words = on_source(window, samples, heard.words, heard.language)
            spans = [(float(word.start), float(word.end)) for word in words]
            for start, end in left_over(window.voice, spans, _LEFT_OVER_S):
                first, last = (
                    round(window.to_window(time) * whisper.RATE_HZ) for time in (start, end)
                )
                missed.append((Window(((start, end),), ((start, end),)), samples[first:last]))
            self._believe(words, heard)
        return missed

    def _believe(self, words: list[Word], heard: whisper.Heard) -> None:
        words, loops = doubt.without_loops(words)
        self._dropped += loops
        if words and (why := doubt.window_reason(words, heard.log_probability, heard.no_speech)):
            self._dropped.append(doubt.drop(words, why))
            return
        for sentence in split_sentences(words):
            if why := doubt.sentence_reason(sentence):
                self._dropped.append(doubt.drop(sentence, why))
            else:
                self._sentences.append(sentence)

    def notes(self) -> list[str]:
        """What a user should know."""
        notes = []
        if len(self._languages.by_time) > 1:
            notes.append("several languages were heard: " + ", ".join(self._languages.by_time))
        if self._dropped:
            notes.append(f"{len(self._dropped)} stretches of text were heard and not believed")
        return notes

    def script(self) -> Transcript:
        """All that was written down, in order of time."""
        usual = self._languages.by_time[0] if self._sentences else ""
        words: list[Word] = []
        ranges = []
        for sentence in sorted(self._sentences, key=lambda sentence: sentence[0].start):
            ranges.append((len(words), len(words) + len(sentence)))
            words += [
                dataclasses.replace(word, language="") if word.language == usual else word
                for word in sentence
            ]
        dropped = sorted(self._dropped, key=lambda each: each.start)
        return Transcript(usual, tuple(words), tuple(ranges), tuple(dropped))


def on_source(
    window: Window,
    samples: NDArray[np.float32],
    heard: Sequence[whisper.HeardWord],
    language: str,
) -> list[Word]:
    """The words of a window with times on the source clock that a cut can trust.

    Args:
        window: where they were heard.
        samples: its joined sound.
        heard: in order, times from the start of the window.
        language: of all of them.
    """
    rough = [(word.start_s, word.end_s) for word in heard]
    level_db = sound_level_db(samples, whisper.RATE_HZ)
    words: list[Word] = []
    for word, span in zip(heard, refine(rough, level_db, window.voice_here), strict=True):
        start, end = (exact(time) for time in window.to_source(span))
        if words:
            start = max(start, words[-1].end)
        end = max(end, start + Fraction(1, 1000))
        confidence = round(min(max(word.confidence, 0.0), 1.0), 3)
        words.append(Word(word.text, start, end, confidence, language=language))
    return words


def split_sentences(words: Sequence[Word]) -> list[list[Word]]:
    """Words in sentences: parted by punctuation, and by pauses of 1.5 s."""
    sentences: list[list[Word]] = []
    for before, word in zip([None, *words], words, strict=False):
        new = before is None or word.start - before.end >= _SENTENCE_PAUSE_S
        if before is not None and not new:
            ending = before.text.rstrip(_CLOSING)
            short = len(ending) == 2 and ending[0].isupper()  # an initial, "J."
            known = ending.lower() in _ABBREVIATIONS
            new = ending.endswith(_SENTENCE_END) and not (short or known)
        if new:
            sentences.append([])
        sentences[-1].append(word)
    return sentences


def exact(seconds: float) -> Fraction:
    """A time as it is kept: whole milliseconds."""
    return Fraction(round(seconds * 1000), 1000)
