"""Who speaks when, and what is said: voice first, words only where there is voice."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis import doubt
from pipelines.analysis.options import Options
from pipelines.analysis.voice import Window, left_over, plan_windows, voice_ranges
from pipelines.analysis.word_times import refine, sound_level_db
from studio.adapters import silero, whisper
from studio.errors import RequestError, WeightsMissing
from studio.models import weights
from studio.models.pool import ModelPool
from studio.models.spec import ModelSpec
from studio.types.analysis import Speech
from studio.types.media import MediaInfo
from studio.types.timecode import TimeRange
from studio.types.transcript import Transcript, Word

_VOICE_WINDOW_S = silero.WINDOW / silero.RATE_HZ
_CHUNK_S = 16.0
_BATCH = {"cpu": 4, "cuda": 16}  # windows to a pass; two cores gain nothing from more
_SENTENCE_PAUSE_S = 1.5  # an orator's pause inside a sentence is shorter
_SENTENCE_END = tuple(".?!。？！…")
_CLOSING = "\"'”’»)]"
_ABBREVIATIONS = frozenset(("mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "jr.", "sr."))
# A window's own language counts against the file's where it is this sure and this long.
_SURE_LANGUAGE, _SURE_LANGUAGE_S = 0.8, 4.0
_LEFT_OVER_S = 2.5  # of voice without a word, from which it is read again
_VERSION = 1
_Heard = tuple[Window, NDArray[np.float32]]

Report = Callable[[float], None]


def speech_made_by(options: Options) -> dict[str, Any]:
    """What a stored result depends on."""
    spec, _ = _choose_model(options.language)
    return {
        "voice": silero.SPEC.key,
        "words": spec.key,
        "language": options.language,
        "version": _VERSION,
    }


def analyse_speech(
    info: MediaInfo, pool: ModelPool, options: Options, report: Report | None = None
) -> tuple[Speech, tuple[str, ...]]:
    """Find the voice in a file's sound and write down what it says.

    The sound is read twice, once for the voice and once, where there is any, for the words;
    at no time is more than a few windows of 30 s in memory.

    Args:
        info: a file with sound.
        pool: lends the models.
        options: the language.
        report: told the share that is done, 0 to 1.

    Returns:
        The speech on the source clock, and notes for the user.

    Raises:
        RequestError: the file has no sound, or the language is not known.
        ModelError: a model is missing, corrupt or failed.
    """
    from studio.media.audio_io import SoundNotes, stream_audio

    if info.audio is None:
        raise RequestError(f"{info.path.name} has no sound", "Leave out speech.")
    tell = report or (lambda share: None)
    amiss = SoundNotes()
    duration_s = float(info.duration)
    probabilities = _hear_voice(
        stream_audio(info, rate_hz=silero.RATE_HZ, mono=True, chunk_s=_CHUNK_S, notes=amiss),
        pool,
        lambda s: tell(0.1 * s / max(duration_s, 1.0)),
    )
    voice = voice_ranges(probabilities, _VOICE_WINDOW_S, duration_s)
    windows = plan_windows(voice, probabilities, _VOICE_WINDOW_S, duration_s)
    notes = list(amiss.notes)
    if not windows:
        tell(1.0)
        notes.append("no voice was found in the sound, so nothing was transcribed")
        return Speech((), Transcript("", (), ())), tuple(notes)
    sound = (
        clip.samples[0]
        for clip in stream_audio(info, rate_hz=whisper.RATE_HZ, mono=True, chunk_s=_CHUNK_S)
    )
    transcript, said = _transcribe(windows, sound, pool, options, lambda s: tell(0.1 + 0.9 * s))
    ranges = tuple(TimeRange(_exact(start), _exact(end)) for start, end in voice)
    return Speech(ranges, transcript), (*notes, *said)


def _choose_model(language: str) -> tuple[ModelSpec[whisper.Whisper], str]:
    """Whisper base; tiny.en only in its absence and where English was asked for.

    On 456 words of English base misread 1.5 % and tiny.en 1.1 %, in white noise at 10 dB both
    4.8 %, and base takes twice as long. But base reads other languages too, and half as many of
    its word boundaries lie inside a word: that is what a cut needs.
    """
    spec, english = whisper.SPEC, whisper.SPEC_ENGLISH
    if language == "en":
        try:
            for weight in spec.weights:
                weights.find(weight, spec.name)
        except WeightsMissing as missing:
            return english, f"{missing.message}: {english.name} is used, its times are looser"
    return spec, ""


def _hear_voice(clips: Iterable[Any], pool: ModelPool, heard: Report) -> NDArray[np.float32]:
    """The probability of voice in every window of the sound; 31 numbers a second are kept."""
    found = []
    with pool.lease(silero.SPEC) as model:
        stream = model.stream()
        for clip in clips:
            found.append(stream.feed(clip.samples[0]))
            heard(float(clip.start + clip.duration))
        found.append(stream.finish())
    return np.concatenate(found)


def _cut(sound: Iterable[NDArray[np.float32]], windows: Sequence[Window]) -> Iterator[Any]:
    """The joined sound of each window, out of the stream."""
    rate = whisper.RATE_HZ
    stream = iter(sound)
    held, held_from = np.zeros(0, np.float32), 0
    for window in windows:
        parts = []
        for start_s, end_s in window.pieces:
            first, last = round(start_s * rate), round(end_s * rate)
            while held_from + len(held) < last and (more := next(stream, None)) is not None:
                keep = min(max(first - held_from, 0), len(held))
                held, held_from = np.concatenate([held[keep:], more]), held_from + keep
            parts.append(held[first - held_from : last - held_from])
        yield np.concatenate(parts)


class _Languages:
    """Chooses a language for each window from what it and all before it sound like."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._evidence: dict[str, float] = {}
        self._lengths_s: list[float] = []

    def expect(self, windows: Sequence[Window]) -> None:
        self._lengths_s = [window.voice_s for window in windows]

    def count(self, language: str, voice_s: float) -> None:
        self._seconds[language] = self._seconds.get(language, 0.0) + voice_s

    @property
    def by_time(self) -> list[str]:
        """Languages that were read, most first."""
        return sorted(self._seconds, key=lambda language: -self._seconds[language])

    def choose(self, found: list[dict[str, float]]) -> list[str]:
        for probabilities, length_s in zip(found, self._lengths_s, strict=True):
            for language, p in probabilities.items():
                before = self._evidence.get(language, 0.0)
                self._evidence[language] = before + length_s * math.log(max(p, 1e-4))
        usual = max(self._evidence, key=lambda language: self._evidence[language])
        chosen = []
        for probabilities, length_s in zip(found, self._lengths_s, strict=True):
            own = max(probabilities, key=lambda language: probabilities[language])
            sure = probabilities[own] >= _SURE_LANGUAGE and length_s >= _SURE_LANGUAGE_S
            chosen.append(own if sure else usual)
        return chosen


def _transcribe(
    windows: Sequence[Window],
    sound: Iterable[NDArray[np.float32]],
    pool: ModelPool,
    options: Options,
    done: Report,
) -> tuple[Transcript, tuple[str, ...]]:
    spec, note = _choose_model(options.language)
    with pool.lease(spec) as model:
        if options.language not in ("auto", *model.languages):
            raise RequestError(
                f"{spec.name} does not know the language {options.language!r}",
                "Give a code such as en, ko or de, or auto.",
            )
        scribe = _Scribe(model, options.language)
        pieces = zip(windows, _cut(sound, windows), strict=True)
        count = 0
        while batch := list(itertools.islice(pieces, _BATCH[pool.device.kind])):
            missed = scribe.read(batch)
            if missed:
                scribe.read(missed)
            count += len(batch)
            done(count / len(windows))
        notes = [note, f"speech was read by {spec.name} in {model.compute_type}"]
    return scribe.script(), tuple(filter(None, [*notes, *scribe.notes()]))


class _Scribe:
    """Writes down what is said, window by window.

    Args:
        model: reads.
        language: told by the user, or ``auto``.
    """

    def __init__(self, model: whisper.Whisper, language: str) -> None:
        self._model = model
        self._language = language
        self._languages = _Languages()
        self._sentences: list[list[Word]] = []
        self._dropped: list[doubt.Dropped] = []

    def read(self, batch: Sequence[_Heard]) -> list[_Heard]:
        """Read some windows; give back the voice that no word was heard for.

        A reader stops early where another language or another speaker begins; what it left
        over is worth a window of its own.
        """
        windows = [window for window, _ in batch]
        self._languages.expect(windows)
        choose = self._languages.choose if self._language == "auto" else self._language
        found = self._model.transcribe([samples for _, samples in batch], choose)
        missed: list[_Heard] = []
        for (window, samples), heard in zip(batch, found, strict=True):
            self._languages.count(heard.language, window.voice_s)
            words = _on_source(window, samples, heard)
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
            self._dropped.append(doubt.Dropped(tuple(words), why))
            return
        for sentence in split_sentences(words):
            if why := doubt.sentence_reason(sentence):
                self._dropped.append(doubt.Dropped(tuple(sentence), why))
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
        words: list[Word] = []
        ranges = []
        for sentence in sorted(self._sentences, key=lambda sentence: sentence[0].start):
            ranges.append((len(words), len(words) + len(sentence)))
            words += sentence
        self._dropped.sort(key=lambda each: each.words[0].start)
        return Transcript(
            self._languages.by_time[0] if words else "",
            tuple(words),
            tuple(ranges),
            tuple(str(each) for each in self._dropped),
        )


def _on_source(window: Window, samples: NDArray[np.float32], heard: whisper.Heard) -> list[Word]:
    """The words of a window with times on the source clock that a cut can trust."""
    rough = [(word.start_s, word.end_s) for word in heard.words]
    level_db = sound_level_db(samples, whisper.RATE_HZ)
    words: list[Word] = []
    for word, span in zip(heard.words, refine(rough, level_db, window.voice_here), strict=True):
        start, end = (_exact(time) for time in window.to_source(span))
        if words:
            start = max(start, words[-1].end)
        end = max(end, start + Fraction(1, 1000))
        words.append(Word(word.text, start, end, round(min(max(word.confidence, 0.0), 1.0), 3)))
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


def _exact(seconds: float) -> Fraction:
    return Fraction(round(seconds * 1000), 1000)
