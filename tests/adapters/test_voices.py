"""The voices: what they say, and when."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.adapters import espeak, piper
from studio.errors import RequestError
from studio.models.pool import ModelPool
from studio.types.spoken import Speech
from tests.picture_pool import picture_cache, picture_pool

__all__ = ["picture_cache", "picture_pool"]

ENGLISH = "Of the people, by the people. A big bump, seven P M."
KOREAN = "서울입니다. 내일은 비가, 오겠습니다."


def _level_db(speech: Speech, start_s: float, end_s: float) -> float:
    rate = speech.clip.rate_hz
    piece = speech.clip.samples[0, round(start_s * rate) : round(end_s * rate)]
    whole = speech.clip.samples[0]
    return 20 * np.log10(max(np.sqrt(np.mean(piece**2)), 1e-9) / np.sqrt(np.mean(whole**2)))


def _in_order(speech: Speech, text: str) -> None:
    assert [w.text for w in speech.words] == text.split()
    edges = [t for w in speech.words for t in (w.start, w.end)]
    assert edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= speech.clip.duration
    assert all(w.end > w.start for w in speech.words)
    ends = [p.end for p in speech.phonemes]
    assert all(p.start <= p.end for p in speech.phonemes) and ends == sorted(ends)
    assert {p.word for p in speech.phonemes} <= set(range(len(speech.words)))
    assert np.abs(speech.clip.samples).max() <= 1


def test_piper_says_when_each_phoneme_is_said(picture_pool: ModelPool):
    with picture_pool.lease(piper.SPEC) as voice:
        said = voice.speak(ENGLISH)
        again = voice.speak(ENGLISH)
        slow = voice.speak(ENGLISH, speed=0.8)
        with pytest.raises(RequestError, match="English, not ko"):
            voice.speak("안녕", language="ko")
        with pytest.raises(RequestError, match="too long to be said"):
            voice.speak("word " * 600)
    _in_order(said, ENGLISH)
    np.testing.assert_array_equal(said.clip.samples, again.clip.samples)
    assert 1.15 < slow.clip.duration / said.clip.duration < 1.35
    # The times are true: rests are quiet, and the closure of a stop is quieter than its vowel.
    rests = [p for p in said.phonemes if not p.ipa and p.end - p.start > 0.1]
    assert rests
    for rest in rests:
        middle = float(rest.start + rest.end) / 2
        assert _level_db(said, middle - 0.03, middle + 0.03) < -25
    vowels = [p for p in said.phonemes if p.ipa.startswith("ˈ")]
    assert len(vowels) >= 6
    for vowel in vowels:
        assert _level_db(said, float(vowel.start), float(vowel.end)) > -8, vowel
    people = [p.ipa for p in said.phonemes if p.word == 2 and p.ipa]
    assert people[0] == people[2] == "p"


def test_espeak_speaks_korean_with_times_across_sentences(picture_pool: ModelPool):
    with picture_pool.lease(espeak.SPEC) as voice:
        said = voice.speak(KOREAN, language="ko")
        fast = voice.speak(KOREAN, language="ko", speed=1.5)
        again = voice.speak(KOREAN, language="ko")
        groups = voice.pronounce("of the people", language="en")
        with pytest.raises(RequestError, match="no voice for the language xx"):
            voice.speak("a", language="xx")
        assert voice.speak("42", language="ko").words[0].end > 0
    _in_order(said, KOREAN)
    np.testing.assert_array_equal(said.clip.samples, again.clip.samples)
    assert said.phonemes == again.phonemes, "what was said before leaves no trace"
    assert 1.3 < said.clip.duration / fast.clip.duration < 1.8
    first, second = said.words[0], said.words[1]
    assert second.start - first.end > 0.2, "a rest between the sentences belongs to no word"
    middle = float(first.end + second.start) / 2
    assert _level_db(said, middle - 0.05, middle + 0.05) < -40
    assert (groups[0].first, groups[0].last) == (0, 2), "of the flows together"
    assert "".join(ipa for ipa, _ in groups[1].phonemes).startswith("pˈiːp")


def test_a_closed_voice_says_nothing_and_the_library_opens_again(picture_cache: Path):
    from studio.models import weights

    files = weights.resolve(espeak.SPEC, picture_cache)
    one, two = (espeak.Espeak(files["libespeak-ng.so"]) for _ in range(2))
    one.close()
    one.close()
    with pytest.raises(ValueError, match="closed"):
        one.speak("아")
    assert two.speak("아", language="ko").words, "the other one still speaks"
    two.close()
    three = espeak.Espeak(files["libespeak-ng.so"])
    assert three.speak("아", language="ko").words
    three.close()
