"""Transcripts made by code: words at known times."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from studio.types.transcript import Transcript, Word


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ENGLISH = _words(
    "a the my your I he she we they it is are was have had been not don't can will should "
    "going said that because and but with of in to at before New York City Barack Obama "
    "Dr. Smith U.S. 3 5 7 20 1984 25 percent per cent kilometers days twenty five "
    'twenty-five eleven three dog running walked interesting wait... “Hello” "no" cat, '
    "house. Really? Yes! — -well extraordinary internationalisation "
    "antidisestablishmentarianismically {x} [a] ... … May can't we've he's"
)
KOREAN = _words(
    "나는 그는 이 그 한 두 예쁜 먹을 수 있다. 없는 하고 있습니다. 싶다 것이 것을 때 "
    "사람이 집에 서울에서 대통령은 김철수 이재명 교수님 씨가 20 퍼센트 20퍼센트를 5 "
    "킬로미터 세 명 안 못 갔다. 했어요? 하지만 그래서 왜냐하면 먹어 버렸다 가고 읽지 "
    "않았다 학교, 친구를 만났는데 정말 빨리 에서 는 의 나의 "
    "국제통화기금총회의장단대표연설문에서는 COVID-19 NASA가 3월 1일 뭐… 음 아, 네."
)


def spoken(text: str, language: str = "en", letters_a_second: float = 15.0) -> Transcript:
    """A text spoken at a steady pace, a pause of 0.4 s after each sentence."""
    words, sentences, first, at = [], [], 0, Fraction(0)
    for number, word in enumerate(text.split(), 1):
        takes = Fraction(len(word) + 1) / Fraction(letters_a_second)
        words.append(Word(word, at, at + takes * Fraction(9, 10), 1.0))
        at += takes
        if word[-1] in ".?!":
            sentences.append((first, number))
            first = number
            at += Fraction(2, 5)
    if first < len(words):
        sentences.append((first, len(words)))
    return Transcript(language, tuple(words), tuple(sentences))


def in_turns(transcript: Transcript, labels: tuple[str, ...] = ("S1", "S2")) -> Transcript:
    """Each sentence said by the next speaker."""
    words = list(transcript.words)
    for number, (first, last) in enumerate(transcript.sentences):
        for at in range(first, last):
            words[at] = replace(words[at], speaker=labels[number % len(labels)])
    return replace(transcript, words=tuple(words))


@st.composite
def transcripts(draw: st.DrawFn, language: str) -> Transcript:
    """Any words at any pace, with pauses, overlaps, words that take no time, and speakers."""
    vocabulary = KOREAN if language == "ko" else ENGLISH
    words, sentences, first, at = [], [], 0, draw(st.integers(0, 3000))
    speaker = draw(st.sampled_from(("", "S1")))
    for number in range(1, draw(st.integers(1, 40)) + 1):
        takes = draw(st.one_of(st.integers(80, 600), st.sampled_from((0, 10, 9000))))
        text = draw(st.sampled_from(vocabulary))
        late = min(takes, draw(st.sampled_from((0, 0, 0, 200))))  # the next one overlaps
        span = (Fraction(at, 1000), Fraction(at + takes, 1000))
        words.append(Word(text, *span, 1.0, speaker))
        at += takes - late + draw(st.sampled_from((0, 0, 0, 0, 100, 300, 900, 2500, 6000)))
        if text[-1] in ".?!" or draw(st.integers(0, 20)) == 0:
            sentences.append((first, number))
            first = number
        if draw(st.integers(0, 8)) == 0:
            speaker = draw(st.sampled_from(("", "S1", "S2", "S3")))
    if first < len(words):
        sentences.append((first, len(words)))
    return Transcript(language, tuple(words), tuple(sentences))
