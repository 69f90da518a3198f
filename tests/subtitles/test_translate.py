"""Terms kept through a translator that behaves, and through ones that do not; times shared out."""

from fractions import Fraction

import pytest

from pipelines.subtitles.glossary import Glossary, Term
from pipelines.subtitles.translate import translated
from studio.adapters import translation
from studio.errors import RequestError, WeightsMissing
from studio.models import hub
from studio.models.pool import ModelPool
from studio.settings import Settings
from studio.types.transcript import Transcript, Word


def script(*sentences, speakers=""):
    """A word a second; ``speakers`` has a digit a word."""
    words, ranges = [], []
    for sentence in sentences:
        first = len(words)
        for token in sentence.split():
            n = len(words)
            label = f"S{speakers[n]}" if speakers else ""
            words.append(Word(token, Fraction(n), Fraction(n + 1), 0.9, label))
        ranges.append((first, len(words)))
    return Transcript("en", tuple(words), tuple(ranges))


def text_of(transcript):
    return [" ".join(w.text for w in transcript.words[a:b]) for a, b in transcript.sentences]


def upper(texts):
    return [text.upper() for text in texts]


TERMS = Glossary.of([Term("Seoul", "서울"), Term("night market", "야시장")])


def test_terms_go_round_the_translator():
    made, missed = translated(
        script("we love Seoul, Seoul!", "the night  market is open"), "ko", TERMS, upper
    )
    assert text_of(made) == ["WE LOVE 서울, 서울!", "THE 야시장 IS OPEN"]
    assert made.language == "ko"
    assert not missed


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t.replace("ZQX1", ""),
        lambda t: t.replace("ZQX1", "ZQX1 ZQX1"),
        lambda t: t.replace("ZQX1", "zqx 1"),
    ],
    ids=["lost", "doubled", "changed"],
)
def test_a_spoilt_mark_is_translated_again_and_a_name_that_comes_through_is_mended(spoil):
    made, missed = translated(
        script("we love Seoul"), "ko", TERMS, lambda texts: [spoil(t) for t in texts]
    )
    assert text_of(made) == ["we love 서울"]
    assert not missed


def test_a_term_that_is_nowhere_is_told():
    def loses(texts):
        return ["nothing at all" for _ in texts]

    made, missed = translated(script("we go", "we love Seoul"), "ko", TERMS, loses)
    assert text_of(made) == ["nothing at all"] * 2
    assert [(m.start, m.term.source) for m in missed] == [(2, "Seoul")]


def test_words_share_the_time_of_their_sentence_and_keep_its_speaker():
    made, _ = translated(
        script("one two three", "four", speakers="1122"),
        "ko",
        Glossary(),
        lambda texts: [f"<{t}> 가나다" for t in texts],
    )
    assert text_of(made) == ["<one two> 가나다", "<three> 가나다", "<four> 가나다"]
    first = [w for w in made.words if w.end <= 2]
    assert (first[0].start, first[-1].end) == (0, 2)
    assert {w.speaker for w in first} == {"S1"}
    assert all(a.end <= b.start for a, b in zip(made.words, made.words[1:], strict=False))


def test_a_sentence_that_becomes_nothing_has_no_cue():
    made, _ = translated(script("um", "yes"), "ko", Glossary(), lambda t: ["", "네"])
    assert text_of(made) == ["네"]


def test_a_translator_that_loses_a_sentence_is_a_mistake():
    with pytest.raises(ValueError, match="2 sentences became 1"):
        translated(script("a", "b"), "ko", Glossary(), lambda t: t[:1])


def test_a_real_checkpoint_translates_through_the_pool(fetched):
    pool = ModelPool(fetched)
    with pool.lease(translation.SPEC) as model:
        made, _ = translated(
            script("good morning", "thank you", "the red house"),
            "ko",
            Glossary(),
            lambda texts: model.translate(texts, "en", "ko"),
        )
    assert text_of(made) == ["좋은 아침", "고맙습니다", "빨간 집"]


def test_an_unknown_language_is_refused(fetched):
    pool = ModelPool(fetched)
    with pytest.raises(RequestError, match="tlh"), pool.lease(translation.SPEC) as model:
        model.translate(["good morning"], "en", "tlh")


def test_without_the_model_the_command_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "cache_folder", lambda: tmp_path / "hub")
    pool = ModelPool(Settings(cache_dir=tmp_path / "cache"))
    with pytest.raises(WeightsMissing) as caught, pool.lease(translation.SPEC):
        pass
    assert caught.value.command == "studio models fetch m2m100-418m"
