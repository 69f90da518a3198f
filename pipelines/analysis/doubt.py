"""What a recogniser says it heard and nobody said: found, left out, and told with the reason.

Recognisers trained on subtitles fill silence and noise with what subtitles hold: credits,
farewells, loops (Koenecke and others, "Careless Whisper", 2024).
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence

from studio.types.transcript import DroppedText, Word

_LONGEST_LOOP = 8  # words in a phrase that may come round
_ROUNDS = {1: 5, 2: 4, 3: 4}  # of a phrase of so many words before it is a loop
_ROUNDS_LONGER = 3
_MAX_COMPRESSION = 2.4
_MIN_LOG_PROBABILITY = -1.0
_NO_SPEECH, _NO_SPEECH_LOG_PROBABILITY = 0.6, -0.5
_FASTEST_WORDS_HZ, _FASTEST_LETTERS_HZ, _FASTEST_SYLLABLES_HZ = 9.0, 32.0, 14.0
_LEAST_CONFIDENCE = 0.3
_SURE = 0.75  # mean confidence from which a farewell counts as said

# Nobody says these in footage; subtitles of other films end with them.
_CREDITS = re.compile(
    r"amara\.org|opensubtitles|subtitles? (by|provided|created)|caption(s|ed) by|"
    r"transcri(bed|ption) by|untertitel(ung)? (der|des|von|im|:)|sous-titr(es|age)|"
    r"subtítulos (por|realizados)|legendas pela|sottotitoli (creati|e revisione)|"
    r"자막\s*(제공|제작|by)|한글자막|字幕(由|制作|提供|by|志愿者)|(mbc|kbs|sbs) ?뉴스",
    re.IGNORECASE,
)
# People do say these: only where the recogniser was unsure.
_FAREWELLS = re.compile(
    r"^(thank you|thanks|thank you (so|very) much|thanks for watching.*|thank you for watching.*|"
    r"(please )?(like|subscribe).*(subscribe|channel|like).*|see you (in the )?next.*|bye( bye)*|"
    r"you|시청해 ?주셔서 감사합니다|구독과? ?좋아요.*|감사합니다|다음 영상에서.*|"
    r"ご視聴ありがとうございました|ありがとうございました|谢谢(观看|大家)?|请不吝点赞.*|"
    r"vielen dank( fürs zuschauen)?|merci( d'avoir regardé.*)?|gracias( por ver.*)?)$",
    re.IGNORECASE,
)


def drop(words: Sequence[Word], reason: str) -> DroppedText:
    """Words left out, and why."""
    text = " ".join(word.text for word in words)
    return DroppedText(words[0].start, words[-1].end, text, reason)


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum() or c == " ").strip()


def without_loops(words: Sequence[Word]) -> tuple[list[Word], list[DroppedText]]:
    """The words with each phrase that comes round and round said once.

    One word counts as a loop from its fifth time in a row, two and three words from the
    fourth, up to eight words from the third.
    """
    keys = [_plain(word.text) for word in words]
    kept: list[Word] = []
    dropped: list[DroppedText] = []
    at = 0
    while at < len(words):
        for size in range(1, _LONGEST_LOOP + 1):
            phrase = keys[at : at + size]
            rounds = 1
            while keys[at + rounds * size : at + (rounds + 1) * size] == phrase:
                rounds += 1
            if len(phrase) == size and rounds >= _ROUNDS.get(size, _ROUNDS_LONGER):
                kept += words[at : at + size]
                end = at + rounds * size
                dropped.append(drop(words[at + size : end], f"said {rounds} times over"))
                at = end
                break
        else:
            kept.append(words[at])
            at += 1
    return kept, dropped


def window_reason(words: Sequence[Word], log_probability: float, no_speech: float) -> str:
    """Why a whole window is not believed; empty where it is.

    The thresholds are those of the Whisper paper (section 4.5).

    Args:
        words: what is left of it, loops removed.
        log_probability: mean over its tokens.
        no_speech: probability that nobody speaks.
    """
    if log_probability < _MIN_LOG_PROBABILITY:
        return f"a guess, log probability {log_probability:.2f}"
    if no_speech > _NO_SPEECH and log_probability < _NO_SPEECH_LOG_PROBABILITY:
        return f"probably no speech, {no_speech:.0%}"
    packed = " ".join(word.text for word in words).encode()
    if packed and len(packed) / len(zlib.compress(packed)) > _MAX_COMPRESSION:
        return "it repeats itself"
    return ""


def sentence_reason(words: Sequence[Word]) -> str:
    """Why a sentence is not believed; empty where it is."""
    text = " ".join(word.text for word in words)
    confidence = sum(word.confidence for word in words) / len(words)
    if _CREDITS.search(text):
        return "a subtitler's credit"
    if confidence < _SURE and _FAREWELLS.match(_plain(text)):
        return f"a stock phrase, confidence {confidence:.2f}"
    if confidence < _LEAST_CONFIDENCE:
        return f"confidence {confidence:.2f}"
    spoken_s = float(sum(word.end - word.start for word in words))
    letters = [c for c in text if c.isalnum()]
    syllables = sum(_is_syllable(c) for c in letters)
    # A few are free: short sentences are cut short by their times' rounding.
    fast = (
        (syllables == 0 and (len(words) - 3) / spoken_s > _FASTEST_WORDS_HZ)
        or (len(letters) - syllables - 12) / spoken_s > _FASTEST_LETTERS_HZ
        or (syllables - 5) / spoken_s > _FASTEST_SYLLABLES_HZ
    )
    return f"too fast to be said, {len(letters) / spoken_s:.0f} letters a second" if fast else ""


def _is_syllable(letter: str) -> bool:
    """Whether one letter is a whole syllable: Hangul, kana, Han."""
    return unicodedata.east_asian_width(letter) in "WF"
