from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analysis import speakers
from pipelines.analysis.options import Options
from pipelines.analysis.speakers import find_speakers, part_words, with_speakers
from studio.adapters import speaker
from studio.errors import RequestError
from studio.media.audio_io import read_audio
from studio.media.probe import probe
from studio.models.pool import ModelPool
from studio.settings import Settings
from studio.types.analysis import Speech
from studio.types.speakers import Speakers
from studio.types.transcript import Transcript, Word
from tests.analysis.dialogue import RATE_HZ, band, converse, under
from tests.analysis.spoken import two_cities, write_wav
from tests.footage import package_file, shared_media

TALK = (
    (0, "Good evening, and welcome to the programme."),
    (1, "Thank you for having me, it is a pleasure."),
    (0, "You have spent twenty years on the island."),
    (1, "That is right, I moved there with my two daughters."),
    (1, "We built the house ourselves, stone by stone."),
    (0, "And what did the neighbours say?"),
    (1, "They laughed."),
    (0, "Did they help you in the end?"),
    (1, "Yes."),
    (0, "Then let us look at the pictures you brought along."),
)
# Where sentences lie in two_cities.wav; seconds, each in a pause.
CITIES_S = (1.0, 4.8, 8.5, 13.1, 17.2, 20.9, 24.3, 28.7)


@pytest.fixture(scope="module")
def pool(studio_cache: Path) -> ModelPool:
    return ModelPool(Settings(cache_dir=studio_cache, device="cpu"))


def speech_of(words: Sequence[Word]) -> Speech:
    return Speech((), Transcript("en", tuple(words), ((0, len(words)),) if words else ()))


def exact(seconds: float) -> Fraction:
    return Fraction(round(seconds * 1000), 1000)


@pytest.fixture(scope="module")
def talk() -> tuple[np.ndarray, list[Word], list[int]]:
    """Two made voices in turns: the sound, its words, the voice of each."""
    sound, said = converse(TALK)
    words = [Word(w.text, exact(w.start_s), exact(w.end_s), 1.0) for w in said]
    return sound, words, [w.voice for w in said]


def right_share(found: Speakers, truth: Sequence[object]) -> float:
    """Words with the right speaker, under the naming by first appearance."""
    order = list(dict.fromkeys(truth))
    wanted = [f"S{order.index(who) + 1}" for who in truth]
    return float(np.mean([a == b for a, b in zip(found.words, wanted, strict=True)]))


@pytest.mark.parametrize(("below_db", "told"), [(None, "auto"), (None, "2"), (15.0, "auto")])
def test_two_made_voices_in_turns_are_told_apart(pool, talk, tmp_path, below_db, told):
    sound, words, truth = talk
    mixed = sound if below_db is None else under(sound, band(20), below_db)
    path = write_wav(tmp_path / "talk.wav", mixed, RATE_HZ)
    found, _ = find_speakers(probe(path), speech_of(words), pool, Options(speakers=told))
    assert found.labels == ("S1", "S2")
    assert right_share(found, truth) >= 0.95
    assert found.voices.shape == (2, speaker.WIDTH)
    for turn in found.turns:  # a turn ends between words
        assert turn.start in {w.start for w in words} and turn.end in {w.end for w in words}
    assert all(a.end <= b.start for a, b in itertools.pairwise(found.turns))
    assert all(0 <= turn.confidence <= 1 for turn in found.turns)
    assert found.overlaps == ()


def recording(path: Path, edges_s: Sequence[float]) -> list[np.ndarray]:
    sound = read_audio(path, rate_hz=RATE_HZ, mono=True).samples[0]
    pieces = [
        sound[round(a * RATE_HZ) : round(b * RATE_HZ)] for a, b in itertools.pairwise(edges_s)
    ]
    return [piece * 0.05 / np.sqrt(np.mean(piece**2)) for piece in pieces]


def joined(pieces: Sequence[tuple[str, np.ndarray]]) -> tuple[np.ndarray, list[Word], list[str]]:
    """Recordings one after the other; words are stood in for by halves of a second."""
    words, truth, at = [], [], 0
    for who, piece in pieces:
        start_s, end_s = at / RATE_HZ + 0.25, (at + len(piece)) / RATE_HZ - 0.25
        count = max(1, round((end_s - start_s) / 0.5))
        edges = np.linspace(start_s, end_s, count + 1)
        for i in range(count):
            text = "word." if i == count - 1 else "word"
            words.append(Word(text, exact(edges[i]), exact(edges[i + 1]), 1.0))
            truth.append(who)
        at += len(piece)
    return np.concatenate([piece for _, piece in pieces]), words, truth


def test_real_voices_in_turns_are_told_apart(pool, tmp_path):
    man = recording(two_cities(), CITIES_S)
    woman = recording(shared_media("speaker_en.mp4"), (0.0, 2.6, 4.9, 8.0))
    other = recording(shared_media("speech_jfk.flac"), (0.2, 2.9, 4.7, 7.9, 10.9))
    turns = []
    for i in range(3):
        turns += [("man", man[i]), ("woman", woman[i]), ("other", other[i])]
    sound, words, truth = joined(turns)
    path = write_wav(tmp_path / "three.wav", sound, RATE_HZ)
    found, notes = find_speakers(probe(path), speech_of(words), pool, Options())
    assert found.labels == ("S1", "S2", "S3") and notes == ()
    assert right_share(found, truth) >= 0.95


def test_one_voice_stays_one(pool, tmp_path):
    """Nearer and farther from the microphone, and half of it over music."""
    pieces = recording(two_cities(), CITIES_S)
    pieces = [piece * (0.2 if i % 3 == 1 else 1.0) for i, piece in enumerate(pieces)]
    sound, words, _ = joined([("man", piece) for piece in pieces])
    half = len(sound) // 2
    sound[half:] = under(sound[half:], band(14), 15.0)
    path = write_wav(tmp_path / "one.wav", sound, RATE_HZ)
    found, _ = find_speakers(probe(path), speech_of(words), pool, Options())
    assert found.labels == ("S1",) and right_share(found, ["man"] * len(words)) >= 0.95
    told, notes = find_speakers(probe(path), speech_of(words), pool, Options(speakers="2"))
    assert len(told.labels) <= 2 and (len(told.labels) == 2 or notes)


def test_what_is_no_voice_has_no_speaker(pool, tmp_path):
    """Noise that a transcript calls a word belongs to nobody."""
    pieces = recording(two_cities(), CITIES_S)
    noise = np.random.default_rng(0).normal(0, 0.05, 2 * RATE_HZ).astype(np.float32)
    sound, words, truth = joined([("man", pieces[0]), ("noise", noise), ("man", pieces[1])])
    path = write_wav(tmp_path / "noise.wav", sound, RATE_HZ)
    found, notes = find_speakers(probe(path), speech_of(words), pool, Options(speakers="1"))
    assert found.labels == ("S1",)
    for label, who in zip(found.words, truth, strict=True):
        assert label == ("S1" if who == "man" else "")
    assert any("not known" in note for note in notes)


def test_two_at_once_are_told(pool, tmp_path):
    man = recording(two_cities(), CITIES_S)
    woman = recording(shared_media("speaker_en.mp4"), (0.0, 4.9, 8.0))
    sound, words, _ = joined([("man", man[0]), ("woman", woman[0]), ("man", man[2])])
    first = len(man[0]) + len(woman[0])
    both = min(len(man[2]), len(woman[1]))
    sound[first : first + both] += woman[1][:both] * 0.8
    path = write_wav(tmp_path / "both.wav", sound, RATE_HZ)
    found, _ = find_speakers(probe(path), speech_of(words), pool, Options(speakers="2"))
    start_s, end_s = first / RATE_HZ, (first + both) / RATE_HZ
    for low, high in found.overlaps:
        assert start_s - 0.8 < low < high < end_s + 0.8, "never where one speaks alone"


def test_without_words_nobody_speaks(pool):
    found, notes = find_speakers(probe(two_cities()), speech_of([]), pool, Options())
    assert found.labels == () and found.words == () and notes == ()


@pytest.mark.parametrize("wrong", ["0", "21", "-1", "two", ""])
def test_a_number_of_speakers_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(RequestError, match="told apart"):
        speakers.wanted_count(wrong)


def test_words_take_their_labels_along():
    words = [Word("a", Fraction(0), Fraction(1), 1.0), Word("b", Fraction(2), Fraction(3), 1.0)]
    found = Speakers(("S1",), np.zeros((1, 256), np.float32), ("S1", ""), ())
    named = with_speakers(speech_of(words), found)
    assert named.transcript is not None
    assert [w.speaker for w in named.transcript.words] == ["S1", ""]
    other = dataclasses.replace(found, words=("S1",))
    assert with_speakers(speech_of(words), other) == speech_of(words), "of another transcript"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(0.0, 0.6), st.booleans()), min_size=1))
def test_stretches_tile_the_words_and_reach_over_no_pause(parts):
    words, at = [], Fraction(0)
    for length, gap, ends in parts:
        start = at + exact(gap)
        at = start + exact(length)
        words.append(Word("so." if ends else "so", start, at, 1.0))
    stretches = part_words(words)
    assert [i for s in stretches for i in range(*s.words)] == list(range(len(words)))
    for stretch in stretches:
        inside = words[slice(*stretch.words)]
        assert all(not w.text.endswith(".") for w in inside[:-1])
        for before, after in itertools.pairwise(inside):
            assert after.start - before.end < Fraction(1, 5)


# The network


def test_the_network_hears_as_the_published_one(pool):
    librosa = pytest.importorskip("librosa")
    sound = read_audio(
        package_file("moonshine-voice", "beckett.wav"), rate_hz=RATE_HZ, mono=True
    ).samples[0][RATE_HZ // 2 : RATE_HZ // 2 + int(1.6 * RATE_HZ)]
    with pool.lease(speaker.SPEC) as model:
        filters = librosa.filters.mel(sr=RATE_HZ, n_fft=400, n_mels=40)
        assert np.allclose(model._filters.numpy(), filters, atol=1e-6)
        loud, quiet = model.voices([sound, sound * 0.1])
        assert np.linalg.norm(loud) == pytest.approx(1, abs=1e-4)
        assert float(loud @ quiet) > 0.999, "how loud somebody speaks says nothing of who"
        alone = model.voices([sound])[0]
        mixed = model.voices([sound, sound[:RATE_HZ], sound])
        assert np.allclose(mixed[2], alone, atol=1e-5), "one window says nothing of another"
        with pytest.raises(ValueError, match="too short"):
            model.voices([sound[:1000]])
