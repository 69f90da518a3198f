"""Voices for tests of who speaks: said by eSpeak, and made from nothing but times."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from pipelines.anchor.voice import Voice
from studio.adapters import espeak
from studio.models.pool import ModelPool
from studio.models.spec import ModelSpec
from studio.types.audio import AudioClip
from studio.types.spoken import SpokenPhoneme, VoicedLine, VoicedWord, VoiceTrack

GAP_S = Fraction(9, 10)


def said(
    pool: ModelPool,
    texts: list[str],
    language: str = "en",
    spec: ModelSpec[Voice] = espeak.SPEC,
) -> tuple[VoiceTrack, AudioClip]:
    """Lines said by eSpeak or another voice, with silences of 0.9 s around each."""
    lines, sounds = [], []
    with pool.lease(spec) as voice:
        spoken = [voice.speak(text, language=language, speed=1.0) for text in texts]
    rate_hz = spoken[0].clip.rate_hz
    rest = np.zeros((1, round(GAP_S * rate_hz)), np.float32)
    done = 0
    for number, speech in enumerate(spoken):
        sounds += [rest, speech.clip.samples]
        at = Fraction(done + rest.shape[1], rate_hz)
        done += rest.shape[1] + speech.clip.samples.shape[1]
        words = tuple(VoicedWord(w.text, w.text, w.start + at, w.end + at) for w in speech.words)
        phonemes = tuple(
            SpokenPhoneme(p.ipa, p.start + at, p.end + at, p.word) for p in speech.phonemes
        )
        lines.append(VoicedLine(f"line{number}", at, Fraction(done, rate_hz), words, phonemes))
    clip = AudioClip(np.concatenate([*sounds, rest], axis=1), rate_hz)
    return VoiceTrack(language, "espeak", 1.0, clip.duration, tuple(lines)), clip


def timed(line_id: str, start: Fraction, sounds: str, each_s: Fraction) -> VoicedLine:
    """A line of sounds of one length, a word of them all: ``"m a p"``."""
    phonemes = []
    at = start
    for ipa in sounds.split():
        phonemes.append(SpokenPhoneme(ipa, at, at + each_s, 0))
        at += each_s
    words = (VoicedWord("words", "words", start, at),)
    return VoicedLine(line_id, start, at, words, tuple(phonemes))
