"""eSpeak NG: a formant voice for a hundred languages, Korean among them, and the phonemes that
neural voices are fed with (Jonathan Duddington and Reece H. Dunn; called through its C library).

The voice is plainly a machine's. Each word and phoneme comes with the time that the synthesiser
itself reports, to the millisecond.

The library keeps the phase of its oscillators, and more, from one utterance to the next, also
when it is ended and begun anew: a text comes out some samples longer or shorter by what was said
before. It is therefore taken out of memory and opened again for each utterance (0.8 ms of
processor time beside 4.6 ms for a short sentence), and one text always gives one sound.
"""

from __future__ import annotations

import _ctypes
import bisect
import ctypes
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from studio.errors import InferenceFailed, RequestError
from studio.models.spec import LoadContext, ModelSpec, WeightFile
from studio.types.audio import AudioClip
from studio.types.spoken import Speech, SpokenPhoneme, SpokenWord

#: Our language codes and eSpeak's voices; further codes are handed on as they are.
VOICES = {"en": "en-us", "en-gb": "gmw/en", "ko": "ko"}
_SYNCHRONOUS, _PHONEME_EVENTS, _IPA, _NO_EXIT = 2, 0x0001, 0x0002, 0x8000
_UTF8 = 1
_RATE, _USUAL_WPM, _LEAST_WPM, _MOST_WPM = 1, 175, 80, 450
_END, _WORD, _CLAUSE_END, _PHONEME = 0, 1, 5, 7
_LIBRARY = "libespeak-ng.so"


class _EventId(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    )


class _Event(ctypes.Structure):
    """``espeak_EVENT`` of ``speak_lib.h``, interface revision 12."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True)
class Group:
    """Words that are pronounced in one, and their phonemes.

    Attributes:
        first, last: half-open range of words of the text.
        phonemes: IPA and start in milliseconds of each.
    """

    first: int
    last: int
    phonemes: tuple[tuple[str, int], ...]


class _Library:
    """The C library, whose state is one for the whole process.

    Attributes:
        rate_hz: of all it says.
    """

    _open: _Library | None = None
    _guard = threading.RLock()

    def __init__(self, path: Path) -> None:
        self._path = path
        self.users = 0
        self._sound: list[bytes] = []
        self._events: list[tuple[int, int, int, str]] = []
        self._callback = _Callback(self._take)  # kept: the library holds only a pointer to it
        self._lib, self.rate_hz = self._begun()

    def _begun(self) -> tuple[ctypes.CDLL, int]:
        lib = ctypes.CDLL(str(self._path))
        lib.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        flags = _PHONEME_EVENTS | _IPA | _NO_EXIT
        folder = str(self._path.parent).encode()
        rate_hz = int(lib.espeak_Initialize(_SYNCHRONOUS, 0, folder, flags))
        if rate_hz <= 0:
            raise InferenceFailed("espeak-ng: its data cannot be read")
        lib.espeak_ng_SetRandSeed(ctypes.c_long(1))  # it takes the time of day otherwise
        lib.espeak_SetSynthCallback(self._callback)
        return lib, rate_hz

    def _end(self) -> None:
        self._lib.espeak_Terminate()
        _ctypes.dlclose(self._lib._handle)  # with its static memory, which is what matters

    @classmethod
    def shared(cls, path: Path) -> _Library:
        """The one that is open, or a new one."""
        with cls._guard:
            if cls._open is None:
                cls._open = cls(path)
            cls._open.users += 1
            return cls._open

    def leave(self) -> None:
        """One user less; the last one ends it."""
        with self._guard:
            self.users -= 1
            if not self.users:
                self._end()
                _Library._open = None

    def _take(self, sound: Any, count: int, events: Any) -> int:
        if count > 0:
            self._sound.append(ctypes.string_at(sound, 2 * count))
        at = 0
        while events[at].type != _END:
            event = events[at]
            ipa = ""
            if event.type == _PHONEME:
                ipa = event.id.string.decode("utf-8", "ignore")
            self._events.append((event.type, event.text_position, event.audio_position, ipa))
            at += 1
        return 0

    def say(
        self, text: str, language: str, words_a_minute: int
    ) -> tuple[bytes, list[tuple[int, int, int, str]]]:
        """Sound as 16-bit samples, and events: type, place in the text from 1, ms, IPA."""
        with self._guard:
            self._end()
            self._lib, self.rate_hz = self._begun()
            voice = VOICES.get(language, language)
            if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
                raise RequestError(
                    f"espeak-ng has no voice for the language {language}.", "en and ko are tried."
                )
            self._lib.espeak_SetParameter(_RATE, words_a_minute, 0)
            self._sound, self._events = [], []
            raw = text.encode("utf-8")
            failed = self._lib.espeak_Synth(
                raw, ctypes.c_size_t(len(raw) + 1), 0, 1, 0, _UTF8, None, None
            )
            if failed or self._lib.espeak_Synchronize():
                raise InferenceFailed(f"espeak-ng could not say {text[:60]!r}")
            return b"".join(self._sound), self._events


class Espeak:
    """The loaded voice.

    Args:
        library: path of the C library; its data lie beside it.
    """

    def __init__(self, library: Path) -> None:
        self._library: _Library | None = _Library.shared(library)

    def speak(self, text: str, *, language: str = "ko", speed: float = 1.0) -> Speech:
        """Say a text.

        Args:
            text: as it is read: eSpeak's own reading of figures is not relied on.
            language: ISO 639-1 code.
            speed: 1 is usual, 2 twice as fast.

        Raises:
            RequestError: no voice has this language.
            InferenceFailed: the library gave up.
        """
        groups, sound, rate_hz = self._say(text, language, speed)
        samples = np.frombuffer(sound, np.int16).astype(np.float32)[None] / np.float32(32768)
        clip = AudioClip(samples, rate_hz)
        words = text.split()
        phonemes = _timed(groups, clip.duration)
        return Speech(clip, word_times(words, groups, phonemes, clip.duration), phonemes)

    def pronounce(self, text: str, *, language: str) -> tuple[Group, ...]:
        """The phonemes of a text, word by word.

        Words that flow together (``of the``) come as one group.
        """
        return self._say(text, language, 1.0)[0]

    def _say(self, text: str, language: str, speed: float) -> tuple[tuple[Group, ...], bytes, int]:
        if self._library is None:
            raise ValueError("the voice was closed")
        pace = min(max(round(_USUAL_WPM * speed), _LEAST_WPM), _MOST_WPM)
        joined = " ".join(text.split())
        sound, events = self._library.say(joined, language, pace)
        return grouped(joined, events), sound, self._library.rate_hz

    def close(self) -> None:
        """Let go of the library."""
        if self._library is not None:
            self._library.leave()
            self._library = None


def grouped(text: str, events: Sequence[tuple[int, int, int, str]]) -> tuple[Group, ...]:
    """Events as groups of words. Pure.

    Args:
        text: with single spaces between words.
        events: type, place in characters from 1, milliseconds, IPA.
    """
    edges = []
    at = 0
    for token in text.split():
        edges.append(at)
        at += len(token) + 1
    ended = 0
    starts: list[int] = []
    phonemes: list[list[tuple[str, int]]] = []
    resting = True  # before a clause
    for kind, position, ms, ipa in events:
        # At the beginning of a sentence the event of its first word may be missing, its
        # phonemes never are.
        opens = kind == _PHONEME and resting and bool(ipa)
        if kind == _WORD or opens:
            place = position - 1 if kind == _WORD else ended
            word = max(bisect.bisect_right(edges, place) - 1, 0)
            if opens and starts:
                word = max(word, starts[-1] + 1)
            resting = False
            if (not starts or word > starts[-1]) and word < len(edges):
                starts.append(word)
                phonemes.append([])
        if kind == _CLAUSE_END:
            resting, ended = True, position + 1
        elif kind == _PHONEME and phonemes:
            phonemes[-1].append((ipa, ms))
    if not starts:
        return ()
    starts[0] = 0
    stops = [*starts[1:], len(edges)]
    return tuple(Group(a, b, tuple(p)) for a, b, p in zip(starts, stops, phonemes, strict=True))


def _timed(groups: Sequence[Group], duration: Fraction) -> tuple[SpokenPhoneme, ...]:
    rows = [(ipa, Fraction(ms, 1000), g.first) for g in groups for ipa, ms in g.phonemes]
    ends = [start for _, start, _ in rows[1:]] + [duration]
    return tuple(
        SpokenPhoneme(ipa, min(start, duration), min(max(start, end), duration), word)
        for (ipa, start, word), end in zip(rows, ends, strict=True)
    )


def word_times(
    words: Sequence[str],
    groups: Sequence[Group],
    phonemes: Sequence[SpokenPhoneme],
    duration: Fraction,
) -> tuple[SpokenWord, ...]:
    """When each word is said; words that flow together share their time by their letters. Pure.

    Rests at the end of a group belong to no word.
    """
    spans: dict[int, tuple[Fraction, Fraction]] = {}
    for group in groups:
        sounding = [p for p in phonemes if p.word == group.first and p.ipa.strip("_: ")]
        if sounding:
            start, end = sounding[0].start, sounding[-1].end
        else:
            start = end = max((s[1] for s in spans.values()), default=Fraction(0))
        letters = [max(len(w), 1) for w in words[group.first : group.last]]
        total, done = sum(letters), 0
        for i, count in enumerate(letters, start=group.first):
            a = start + (end - start) * Fraction(done, total)
            done += count
            spans[i] = (a, start + (end - start) * Fraction(done, total))
    last = Fraction(0)
    found = []
    for i, text in enumerate(words):
        a, b = spans.get(i, (last, last))
        found.append(SpokenWord(text, min(a, duration), min(b, duration)))
        last = b
    return tuple(found)


def load(context: LoadContext) -> Espeak:
    """Open the library beside its data."""
    return Espeak(context.weights[_LIBRARY])


def _file(name: str, sha256: str) -> WeightFile:
    return WeightFile(Path(name).name, "espeakng-loader", f"espeakng_loader/{name}", sha256)


#: The library, and of its data what English and Korean are made from.
WEIGHTS = (
    _file(_LIBRARY, "b15ce0803b26254e8a0d088c6b9281a2637b2b02613147cc320cfdefaf2c3ccf"),
    _file(
        "espeak-ng-data/phondata",
        "a0b643b155cb6b12628d9e7865b57d9fca0d35844614f2594a5e009c80c80bb4",
    ),
    _file(
        "espeak-ng-data/phontab", "1b40690667e1e9aa1ba5e5234773c799e7e72ea751426e5150423d53c3f24fa2"
    ),
    _file(
        "espeak-ng-data/phonindex",
        "384e5fa6f714ba5356c58008249b78699c31c1ad044b243068d263fb806b7d73",
    ),
    _file(
        "espeak-ng-data/intonations",
        "031a105bf6bb2ebcd73a2c579ccfb42469b27266db0078af65ae298fd3588b21",
    ),
    _file(
        "espeak-ng-data/en_dict", "1053f74a34af38abb6fbd64b7838dacbc655a687c48ce1bb663d364a127b05de"
    ),
    _file(
        "espeak-ng-data/ko_dict", "7a338aedfd7f9c095e5df580bed5ee7c6ec73402b2a45881a23e2a30f2af64af"
    ),
)

SPEC: ModelSpec[Espeak] = ModelSpec(
    name="espeak-ng",
    version="1.52.0",
    role="speech from text, any language",
    licence="GPL-3.0-or-later",
    source="https://github.com/espeak-ng/espeak-ng",
    weights=WEIGHTS,
    resident_bytes=4 << 20,
    working_bytes=8 << 20,
    working_unit="sentence",
    loader="studio.adapters.espeak:load",
    exclusive=True,
)
