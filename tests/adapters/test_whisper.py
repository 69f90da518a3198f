from __future__ import annotations

import socket
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.signal import resample_poly

from studio.adapters import whisper
from studio.models.pool import ModelPool
from studio.settings import Settings
from tests.analysis.spoken import TWO_CITIES, read_wav, two_cities, word_errors, words_of


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> ModelPool:
    return ModelPool(Settings(cache_dir=tmp_path_factory.mktemp("cache"), device="cpu"))


@pytest.fixture(scope="module", autouse=True)
def no_network() -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise AssertionError("asked the network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield


@pytest.fixture(scope="module")
def english(pool: ModelPool) -> Iterator[whisper.Whisper]:
    with pool.lease(whisper.SPEC_ENGLISH) as model:
        yield model


@pytest.fixture(scope="module")
def base(pool: ModelPool) -> Iterator[whisper.Whisper]:
    with pool.lease(whisper.SPEC) as model:
        yield model


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    samples, rate_hz = read_wav(two_cities())
    return resample_poly(samples, whisper.RATE_HZ, rate_hz).astype(np.float32)


def test_read_english_is_understood_and_timed(base: whisper.Whisper, speech: np.ndarray):
    window = speech[: int(28.6 * whisper.RATE_HZ)]
    asked: list[list[dict[str, float]]] = []

    def choose(found: list[dict[str, float]]) -> list[str]:
        asked.append(found)
        return [max(each, key=lambda language: each[language]) for each in found]

    (heard,) = base.transcribe([window], choose)
    said = words_of(TWO_CITIES[: TWO_CITIES.index(" In short")])
    got = words_of(" ".join(word.text for word in heard.words))
    assert word_errors(got, said) <= 2, got
    assert heard.language == "en"
    assert len(asked) == 1 and len(asked[0][0]) == 99, "asked once, of every language"
    assert sum(asked[0][0].values()) == pytest.approx(1.0, abs=0.01)
    starts = [word.start_s for word in heard.words]
    assert starts == sorted(starts)
    assert all(word.start_s <= word.end_s <= 28.7 for word in heard.words)
    assert all(0 <= word.confidence <= 1 for word in heard.words)
    assert heard.log_probability > -0.5 and heard.compression < 2.6


def test_windows_are_read_the_same_alone_and_together(english: whisper.Whisper, speech: np.ndarray):
    windows = [speech[: 5 * 16_000], speech[5 * 16_000 : 13 * 16_000], np.zeros(16_000, np.float32)]
    together = english.transcribe(windows, "en")
    for window, heard in zip(windows[:2], together, strict=False):
        (alone,) = english.transcribe([window], "en")
        assert [w.text for w in alone.words] == [w.text for w in heard.words]
    assert len(together) == 3
    assert english.transcribe([], "en") == []


def test_the_same_sound_gives_the_same_words(english: whisper.Whisper, speech: np.ndarray):
    first, second = (english.transcribe([speech[: 9 * 16_000]], "en") for _ in range(2))
    assert first == second


def test_one_network_knows_english_the_other_all(english: whisper.Whisper, base: whisper.Whisper):
    assert (english.multilingual, base.multilingual) == (False, True)
    assert english.languages == ("en",)
    assert {"en", "ko", "de", "ja"} <= set(base.languages)
    assert english.compute_type == base.compute_type == "int8"


def test_a_window_longer_than_the_network_hears_is_refused(english: whisper.Whisper):
    with pytest.raises(ValueError, match="30"):
        english.transcribe([np.zeros(31 * 16_000, np.float32)], "en")


def test_a_dropped_network_reads_no_more(pool: ModelPool):
    with pool.lease(whisper.SPEC_ENGLISH) as model:
        pass
    model.close()
    with pytest.raises(ValueError, match="closed"):
        model.transcribe([np.zeros(16_000, np.float32)], "en")
