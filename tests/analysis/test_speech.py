from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analysis import doubt, voice, word_times
from pipelines.analysis.options import Options
from pipelines.analysis.scribe import split_sentences
from pipelines.analysis.speech import analyse_speech, speech_made_by
from studio.adapters import whisper
from studio.errors import RequestError
from studio.media.probe import probe
from studio.models.pool import ModelPool
from studio.settings import Settings
from studio.types.analysis import Speech
from studio.types.transcript import Transcript, Word
from tests.analysis.drums import drum_loop
from tests.analysis.spoken import (
    ASK_NOT,
    TWO_CITIES,
    read_wav,
    two_cities,
    word_errors,
    words_of,
    write_wav,
)
from tests.footage import bikes, music_video, shared_media

STEP_S = 0.032


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> ModelPool:
    return ModelPool(Settings(cache_dir=tmp_path_factory.mktemp("cache"), device="cpu"))


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[float, float]]]:
    """21 s of read English with a second of digital silence put into two of its pauses."""
    samples, rate = read_wav(two_cities())
    silences, pieces, last = [], [], 0
    for pause_s in (8.5, 13.1):  # between sentences
        at = round(pause_s * rate)
        start_s = sum(len(piece) for piece in pieces) / rate + (at - last) / rate
        silences.append((start_s, start_s + 1.0))
        pieces += [samples[last:at], np.zeros(rate, np.float32)]
        last = at
    pieces.append(samples[last : round(20.9 * rate)])
    path = tmp_path_factory.mktemp("speech") / "parted.wav"
    return write_wav(path, np.concatenate(pieces), rate), silences


@pytest.fixture(scope="module")
def understood(parted, pool) -> tuple[Speech, Transcript, list[float]]:
    shares: list[float] = []
    return *understand(parted[0], pool, shares), shares


def understand(
    path: Path, pool: ModelPool, shares: list[float] | None = None
) -> tuple[Speech, Transcript]:
    info = probe(path)
    told = [] if shares is None else shares
    speech, _ = analyse_speech(info, pool, Options(), told.append)
    script = speech.transcript
    assert script is not None
    at = Fraction(0)
    for word in script.words:
        assert word.start >= at and word.end > word.start, "words rise and do not overlap"
        assert word.start.denominator <= 1000 and word.end.denominator <= 1000
        assert any(r.start <= word.start and word.end <= r.end for r in speech.ranges), word
        at = word.end
    covered = [i for a, b in script.sentences for i in range(a, b)]
    assert covered == list(range(len(script.words))), "sentences tile the words"
    assert all(0 <= r.start < r.end <= info.duration for r in speech.ranges)
    return speech, script


def test_read_english_is_written_down_and_silences_stay_empty(parted, understood):
    _, silences = parted
    speech, script, _ = understood
    said = words_of(TWO_CITIES[: TWO_CITIES.index(" we had everything")])
    heard = words_of(" ".join(word.text for word in script.words))
    assert word_errors(heard, said) <= len(said) * 0.05, heard
    assert script.language == "en"
    assert 3 <= len(script.sentences) <= 10
    for start, end in silences:
        inside = [w for w in script.words if w.end > start + 0.03 and w.start < end - 0.03]
        assert not inside, "nobody speaks there"
        assert not any(r.start < end - 0.15 and r.end > start + 0.15 for r in speech.ranges)
        before = max(w.end for w in script.words if w.end <= start + 0.03)
        after = min(w.start for w in script.words if w.start >= end - 0.03)
        assert before > start - 0.45 and after < end + 0.45, "words reach up to the pause"


def test_a_cut_in_a_gap_between_words_falls_into_quiet(parted, understood):
    samples, rate = read_wav(parted[0])
    _, script, _ = understood
    level_db = word_times.sound_level_db(samples, rate)
    inside = np.concatenate(
        [level_db[round(w.start * 100) : round(w.end * 100)] for w in script.words]
    )
    speech_db = np.percentile(inside, 75)
    gaps = [
        (a.end + b.start) / 2
        for a, b in zip(script.words, script.words[1:], strict=False)
        if b.start - a.end >= Fraction(1, 10)
    ]
    assert len(gaps) >= 6
    for middle in gaps:
        at = round(middle * 100)
        assert level_db[max(at - 1, 0) : at + 2].max() < speech_db - 12, float(middle)


def test_singing_in_a_music_video_makes_no_text(pool):
    fresh = ModelPool(pool._settings)
    info = probe(music_video())
    speech, notes = analyse_speech(info, fresh, Options())
    assert speech.ranges == () and speech.transcript == Transcript("", (), ())
    assert any("no voice" in note for note in notes)
    assert not any("whisper" in line for line in fresh.decisions), "no words are looked for"


def test_noise_and_drums_make_no_text(pool, tmp_path):
    drums, _, _ = drum_loop(100, seconds=15)
    random = np.random.default_rng(0)
    sound = np.concatenate([drums, random.normal(0, 0.05, 44_100 * 15).astype(np.float32)])
    _speech, script = understand(write_wav(tmp_path / "noise.wav", sound, 44_100), pool)
    assert script.words == () and script.dropped == ()


def test_progress_rises_to_one(understood):
    _, _, shares = understood
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1.0)


@pytest.mark.slow
def test_two_languages_in_one_file(pool):
    _speech, script = understand(shared_media("speech_multilingual.mp3"), pool)
    text = " ".join(word.text for word in script.words)
    assert "Permission is hereby granted" in text and "Software" in text and "Recht" in text
    assert script.language == "en"
    assert all(word.language == ("" if word.start < 30 else "de") for word in script.words)


@pytest.mark.slow
def test_a_famous_line(pool):
    _speech, script = understand(shared_media("speech_jfk.flac"), pool)
    heard = words_of(" ".join(word.text for word in script.words))
    assert heard == words_of(ASK_NOT)
    assert len(script.sentences) == 1, "an orator's pause ends no sentence"


def test_what_cannot_be_heard_is_refused(pool, parted):
    with pytest.raises(RequestError, match="sound"):
        analyse_speech(probe(bikes()), pool, Options())
    with pytest.raises(RequestError, match="xx"):
        analyse_speech(probe(parted[0]), pool, Options(language="xx"))


def test_a_stored_result_depends_on_models_and_language():
    auto, korean = (speech_made_by(Options(language=x)) for x in ("auto", "ko"))
    assert auto != korean
    assert whisper.SPEC.key in auto.values()


# Voice


def test_a_voice_begins_high_ends_low_and_bridges_short_dips():
    p = np.array([0.1] * 10 + [0.9] * 20 + [0.4] * 4 + [0.2] * 3 + [0.9] * 10 + [0.1] * 20)
    ((start, end),) = voice.voice_ranges(p.astype(np.float32), STEP_S, 10.0)
    assert start == pytest.approx(10 * STEP_S - 0.08) and end == pytest.approx(47 * STEP_S + 0.04)
    assert voice.voice_ranges(np.full(100, 0.45, np.float32), STEP_S, 3.2) == []
    assert voice.voice_ranges(np.ones(100, np.float32), STEP_S, 3.2) == [(0.0, 3.2)]
    assert voice.voice_ranges(np.zeros(0, np.float32), STEP_S, 0.0) == []


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.floats(0.2, 20.0), st.floats(0.15, 70.0)), min_size=1, max_size=25))
def test_windows_hold_every_voice_once_and_are_never_too_long(gaps_and_lengths):
    spans, at = [], 0.0
    for gap, length in gaps_and_lengths:
        spans.append((at + gap, at + gap + length))
        at += gap + length
    random = np.random.default_rng(1)
    p = random.uniform(0.5, 1, int(at / STEP_S) + 40).astype(np.float32)
    windows = voice.plan_windows(spans, p, STEP_S, at + 1)
    held = [span for window in windows for span in window.voice]
    assert sum(b - a for a, b in held) == pytest.approx(sum(b - a for a, b in spans))
    assert held == sorted(held)
    for window in windows:
        assert window.duration_s <= voice.LONGEST_WINDOW_S + 1e-6 < whisper.WINDOW_S
        for (a, b), (start, end) in zip(window.voice_here, window.voice, strict=True):
            assert 0 <= a < b <= window.duration_s + 1e-6
            back = window.to_source((a, b))
            assert back == (pytest.approx(start, abs=1e-6), pytest.approx(end, abs=1e-6))


def test_a_window_ends_at_the_longest_pause_of_its_second_half():
    spans = [(0.5, 9.0), (9.4, 18.0), (20.0, 26.0), (26.3, 40.0)]
    p = np.ones(1500, np.float32)
    first, second = voice.plan_windows(spans, p, STEP_S, 41.0)
    assert first.voice == tuple(spans[:2]) and second.voice == tuple(spans[2:])


def test_voice_without_words_is_left_over():
    spans = [(0.0, 5.0), (6.0, 12.0)]
    assert voice.left_over(spans, [(0.1, 0.5), (0.6, 4.8)], 2.5) == [(6.0, 12.0)]
    assert voice.left_over(spans, [(0.0, 1.0), (4.0, 5.0), (6.0, 12.0)], 2.5) == [(1.0, 4.0)]


# Word times


def bursts(spans: list[tuple[float, float]], seconds: float, noise_db: float = -70) -> np.ndarray:
    random = np.random.default_rng(0)
    sound = random.normal(0, 10 ** (noise_db / 20), int(seconds * 16_000))
    for start, end in spans:
        a, b = int(start * 16_000), int(end * 16_000)
        sound[a:b] += random.normal(0, 0.1, b - a)
    return sound.astype(np.float32)


def test_words_move_to_the_edges_of_the_sound():
    true = [(0.50, 0.90), (1.30, 1.62), (2.40, 3.10)]
    rough = [(0.2, 1.1), (1.1, 1.9), (1.9, 3.3)]  # pauses given to the words beside them
    level = word_times.sound_level_db(bursts(true, 4.0), 16_000)
    for found, wanted in zip(word_times.refine(rough, level, [(0.3, 3.4)]), true, strict=True):
        assert found == pytest.approx(wanted, abs=0.025)


def test_a_boundary_inside_a_sound_moves_to_its_weakest_place():
    level = word_times.sound_level_db(bursts([(0.5, 0.98), (1.0, 1.5)], 2.0), 16_000)
    first, second = word_times.refine([(0.5, 1.01), (1.01, 1.5)], level, [(0.4, 1.6)])
    assert first[1] == second[0] == pytest.approx(0.99, abs=0.012)


def test_over_noise_times_stay_as_they_were_heard():
    level = word_times.sound_level_db(bursts([(0.5, 1.5)], 2.0, noise_db=-30), 16_000)
    spans = word_times.refine([(0.5, 1.0), (1.0, 1.5)], level, [(0.4, 1.6)])
    assert spans[0][1] == pytest.approx(1.0, abs=0.05)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.0, 4.0), min_size=2, max_size=30),
    st.lists(st.floats(0.05, 0.6), min_size=1, max_size=5),
)
def test_refined_words_rise_and_lie_inside_the_voice(edges, lengths):
    edges.sort()
    rough = list(itertools.pairwise(edges))
    spans, at = [], 0.1
    for length in lengths:
        spans.append((at, at + length))
        at += length + 0.2
    level = word_times.sound_level_db(bursts(spans, at + 0.5), 16_000)
    found = word_times.refine(rough, level, spans)
    assert len(found) == len(rough)
    last = 0.0
    for start, end in found:
        assert start >= last - 1e-9 and end > start
        assert any(a - 1e-6 <= start and end <= b + 0.011 for a, b in spans)
        last = end


# Doubt


def spoken(text: str, *, confidence: float = 0.9, each_s: float = 0.3) -> list[Word]:
    return [
        Word(
            word,
            Fraction(str(round(i * each_s, 3))),
            Fraction(str(round((i + 0.9) * each_s, 3))),
            confidence,
        )
        for i, word in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("no no no no", "no no no no"),
        ("no no no no no no no", "no"),
        ("and I think and I think and I think and then", None),
        ("and I think and I think and I think and I think and then", "and I think and then"),
        ("to learn, to learn to learn. To learn and stop", "to learn, and stop"),
        ("street by street house by house", "street by street house by house"),
        ("it was the best of times it was the worst of times", None),
    ],
)
def test_loops_are_said_once(text, kept):
    words, dropped = doubt.without_loops(spoken(text))
    assert " ".join(w.text for w in words) == (kept or text)
    assert bool(dropped) == (kept is not None and kept != text)
    assert all("times over" in each.reason for each in dropped)


@pytest.mark.parametrize(
    ("text", "confidence", "each_s", "why"),
    [
        ("We will rebuild this town.", 0.9, 0.3, ""),
        ("Thanks for watching!", 0.95, 0.3, ""),
        ("Thanks for watching!", 0.5, 0.3, "stock phrase"),
        ("구독과 좋아요 부탁드립니다", 0.5, 0.4, "stock phrase"),
        ("시청해주셔서 감사합니다.", 0.9, 0.4, ""),
        ("Subtitles by the Amara.org community", 0.99, 0.3, "credit"),
        ("자막 제공 배달의민족", 0.99, 0.3, "credit"),
        ("mumbled something here", 0.2, 0.3, "confidence 0.20"),
        ("a lot of words that nobody can say so quickly in the time", 0.9, 0.05, "too fast"),
        ("Go! Now.", 0.9, 0.12, ""),
    ],
)
def test_sentences_nobody_said_are_known(text, confidence, each_s, why):
    found = doubt.sentence_reason(spoken(text, confidence=confidence, each_s=each_s))
    assert (why in found) if why else (found == "")


@pytest.mark.parametrize(
    ("log_probability", "no_speech", "why"),
    [(-0.2, 0.9, ""), (-1.2, 0.0, "guess"), (-0.7, 0.8, "no speech"), (-0.7, 0.2, "")],
)
def test_windows_that_are_guesses_are_known(log_probability, no_speech, why):
    found = doubt.window_reason(spoken("a b c"), log_probability, no_speech)
    assert (why in found) if why else (found == "")


def test_what_was_dropped_says_when_and_why():
    dropped = doubt.drop(spoken("thank you"), "a stock phrase")
    assert (dropped.start, dropped.end) == (0, Fraction("0.57"))
    assert (dropped.text, dropped.reason) == ("thank you", "a stock phrase")


def test_sentences_end_at_full_stops_and_long_pauses():
    words = spoken("Dr. J. Smith came. He sat “Down.” then left")
    late = [Word("Later", Fraction(10), Fraction(11), 0.9)]
    texts = [" ".join(w.text for w in s) for s in split_sentences([*words, *late])]
    assert texts == ["Dr. J. Smith came.", "He sat “Down.”", "then left", "Later"]
    assert split_sentences([]) == []
