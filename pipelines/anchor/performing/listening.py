"""Phonemes for a track that has only words, such as one of a recorded voice."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from studio.adapters import espeak
from studio.jobs.job import Job
from studio.types.spoken import SpokenPhoneme, VoicedLine, VoiceTrack


def with_phonemes(track: VoiceTrack, job: Job) -> VoiceTrack:
    """The track with phonemes in every line that has words.

    Where a line has none, eSpeak says each word as it is read, and its phonemes are spread over
    the time in which the word was heard.

    Raises:
        ModelError: eSpeak is missing or failed.
        RequestError: it does not speak the language.
    """
    if all(line.phonemes or not line.words for line in track.lines):
        return track
    with job.pool.lease(espeak.SPEC) as voice:
        lines = []
        for line in track.lines:
            job.check()
            lines.append(line if line.phonemes else _heard(line, voice, track.language))
    return replace(track, lines=tuple(lines))


def _heard(line: VoicedLine, voice: espeak.Espeak, language: str) -> VoicedLine:
    made: list[SpokenPhoneme] = []
    for number, word in enumerate(line.words):
        # Written words that are read as one carry the same reading: say the written word then.
        shared = sum(w.read == word.read and w.text != w.read for w in line.words) > 1
        said = voice.speak(word.text if shared else word.read, language=language)
        sounding = [p for p in said.phonemes if p.ipa]
        if not sounding or word.end <= word.start:
            continue
        start = sounding[0].start
        scale = (word.end - word.start) / max(sounding[-1].end - start, Fraction(1, 1000))
        made += [
            SpokenPhoneme(
                p.ipa,
                word.start + (p.start - start) * scale,
                word.start + (p.end - start) * scale,
                number,
            )
            for p in sounding
        ]
    return replace(line, phonemes=tuple(made))
