"""Speech that was made: sound with the times of its words and phonemes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from studio.types.audio import AudioClip


@dataclass(frozen=True)
class SpokenPhoneme:
    """One phoneme.

    Attributes:
        ipa: in the International Phonetic Alphabet, stress mark before it; empty for a rest.
        start, end: seconds from the beginning of the sound.
        word: number of the word it belongs to.
    """

    ipa: str
    start: Fraction
    end: Fraction
    word: int


@dataclass(frozen=True)
class SpokenWord:
    """One word as it was said.

    Attributes:
        text: as it was handed to the voice, marks attached.
        start, end: seconds from the beginning of the sound.
    """

    text: str
    start: Fraction
    end: Fraction


@dataclass(frozen=True)
class Speech:
    """What a voice made of a text.

    Attributes:
        clip: float32 ``(1, n)``, full scale is 1, as loud as the voice is.
        words: one for each word of the text between spaces, in order.
        phonemes: in order of time.
    """

    clip: AudioClip
    words: tuple[SpokenWord, ...]
    phonemes: tuple[SpokenPhoneme, ...]


@dataclass(frozen=True)
class VoicedWord:
    """One written word with its time.

    Attributes:
        text: as written, marks attached.
        read: as it was said.
        start, end: seconds from the beginning of the segment.
    """

    text: str
    read: str
    start: Fraction
    end: Fraction


@dataclass(frozen=True)
class VoicedCue:
    """A cue of the script with its time.

    Attributes:
        kind, argument, detail: as in the script.
        at: seconds from the beginning of the segment.
    """

    kind: str
    argument: str
    detail: str
    at: Fraction


@dataclass(frozen=True)
class VoicedLine:
    """A line of the script as it was said.

    Attributes:
        id: of the line.
        start, end: seconds from the beginning of the segment.
        words: the written ones.
        phonemes: with times from the beginning of the segment; ``word`` counts the spoken
            words of the line.
        cues: but for pauses, which are in the sound.
    """

    id: str
    start: Fraction
    end: Fraction
    words: tuple[VoicedWord, ...]
    phonemes: tuple[SpokenPhoneme, ...]
    cues: tuple[VoicedCue, ...] = ()


@dataclass(frozen=True)
class VoiceTrack:
    """The whole segment's speech: what ``voice.json`` holds.

    Attributes:
        language: ISO 639-1 code.
        voice: name and version of the voice.
        speed: 1 is usual.
        duration: seconds.
        lines: in order.
    """

    language: str
    voice: str
    speed: float
    duration: Fraction
    lines: tuple[VoicedLine, ...]
