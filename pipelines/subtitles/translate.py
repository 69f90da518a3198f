"""Translation sentence by sentence, with a house's terms and the names kept.

A term is taken out of the sentence before it is translated, a mark stands in for it, and its
translation is put where the mark comes back. Models lose marks now and then: then the sentence
is translated as it is, and where the term's translation is not in the result, that is told.
Pure but for the translator that is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipelines.subtitles.glossary import Glossary, Term
from studio.types.transcript import Transcript, Word

#: Sentences in, the same number of sentences out.
Translator = Callable[[list[str]], list[str]]


@dataclass(frozen=True)
class Missed:
    """A term that is not in its translation.

    Attributes:
        start: seconds on the source clock, of the sentence.
        source: the sentence.
        translated: what came of it.
        term: the entry of the glossary.
    """

    start: Fraction
    source: str
    translated: str
    term: Term


@dataclass(frozen=True)
class _Sentence:
    start: Fraction
    end: Fraction
    text: str
    speaker: str


def translated(
    transcript: Transcript, language: str, glossary: Glossary, translate: Translator
) -> tuple[Transcript, tuple[Missed, ...]]:
    """A transcript in another language.

    The words of a translation have no times of their own: they share the time of their sentence
    by their length. A sentence that two people speak is translated in two parts.

    Args:
        transcript: what was said.
        language: ISO 639-1 code of the translation.
        glossary: terms and names.
        translate: the model.

    Returns:
        The translation, and the terms that are not in it.

    Raises:
        ValueError: the translator gave another number of sentences than it was given.
    """
    sentences = _sentences(transcript)
    texts, missed = _with_terms(sentences, glossary, translate)
    words: list[Word] = []
    ranges = []
    for sentence, text in zip(sentences, texts, strict=True):
        first = len(words)
        words += _spread(text, sentence, language)
        if len(words) > first:
            ranges.append((first, len(words)))
    return Transcript(language, tuple(words), tuple(ranges)), tuple(missed)


def _sentences(transcript: Transcript) -> list[_Sentence]:
    found = []
    for first, last in transcript.sentences:
        start = first
        for n in range(first + 1, last + 1):
            if n == last or transcript.words[n].speaker != transcript.words[start].speaker:
                part = transcript.words[start:n]
                text = " ".join(word.text for word in part)
                end = max(word.end for word in part)
                found.append(_Sentence(part[0].start, end, text, part[0].speaker))
                start = n
    return found


def _with_terms(
    sentences: Sequence[_Sentence], glossary: Glossary, translate: Translator
) -> tuple[list[str], list[Missed]]:
    places = [glossary.found_in(sentence.text) for sentence in sentences]
    marked = [
        _marked(sentence.text, found) for sentence, found in zip(sentences, places, strict=True)
    ]
    results = _called(translate, marked)
    texts: list[str] = []
    again: list[int] = []
    for n, (result, found) in enumerate(zip(results, places, strict=True)):
        restored = _restored(result, found)
        if restored is None:
            again.append(n)
        texts.append(restored or "")
    plain = _called(translate, [sentences[n].text for n in again])
    missed = []
    for n, result in zip(again, plain, strict=True):
        text = result
        for _, _, term in places[n]:
            if term.target.casefold() in text.casefold():
                continue
            # A name often comes through as it was: then the house's word can still take its place.
            left = Glossary((term,)).found_in(text)
            for start, end, _ in reversed(left):
                text = text[:start] + term.target + text[end:]
            if not left:
                missed.append(Missed(sentences[n].start, sentences[n].text, text, term))
        texts[n] = text
    return texts, missed


def _called(translate: Translator, texts: list[str]) -> list[str]:
    if not texts:
        return []
    results = translate(texts)
    if len(results) != len(texts):
        raise ValueError(f"{len(texts)} sentences became {len(results)}")
    return [" ".join(result.split()) for result in results]


def _mark(number: int) -> str:
    # Capitals with a number look like a name of a thing, which models tend to leave alone.
    return f"ZQX{number}"


def _marked(text: str, found: Sequence[tuple[int, int, Term]]) -> str:
    for number, (start, end, _) in reversed(list(enumerate(found, 1))):
        text = text[:start] + _mark(number) + text[end:]
    return text


def _restored(text: str, found: Sequence[tuple[int, int, Term]]) -> str | None:
    """The translation with its terms; None where a mark was lost, doubled or changed."""
    for number, (_, _, term) in reversed(list(enumerate(found, 1))):
        if text.count(_mark(number)) != 1:
            return None
        text = text.replace(_mark(number), term.target)
    return text


def _spread(text: str, sentence: _Sentence, language: str) -> list[Word]:
    tokens = text.split()
    total = sum(map(len, tokens)) or 1
    words, passed = [], 0
    for token in tokens:
        start = sentence.start + (sentence.end - sentence.start) * passed / total
        passed += len(token)
        end = sentence.start + (sentence.end - sentence.start) * passed / total
        words.append(Word(token, start, end, 1.0, sentence.speaker, language))
    return words
