from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from pipelines.analysis.options import Options
from pipelines.analysis.sound_events import Measures, find_sound_events, name_events
from studio.errors import RequestError
from studio.media.probe import probe
from studio.types.sound_event import LABELS, SoundEvent
from tests.analysis.dialogue import RATE_HZ, applause, band, converse, under
from tests.analysis.drums import drum_loop
from tests.analysis.spoken import two_cities, write_wav
from tests.footage import bikes, bunny, music_video, shared_media

SENTENCES = ("The ship sailed slowly out of the harbour.", "Nobody knew why the clock had stopped.")


def events(path: Path) -> tuple[SoundEvent, ...]:
    return find_sound_events(probe(path), Options())


def covered_s(found: tuple[SoundEvent, ...], label: str) -> float:
    return float(sum(e.end - e.start for e in found if e.label == label))


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return converse([(i % 2, text) for i, text in enumerate(SENTENCES * 2)])[0]


def test_each_sound_has_its_name_and_place(speech, tmp_path):
    hush = np.zeros(5 * RATE_HZ, np.float32)
    parts = [speech, applause(6), speech, band(8), hush, speech]
    edges_s = np.cumsum([0, *map(len, parts)]) / RATE_HZ
    found = events(write_wav(tmp_path / "show.wav", np.concatenate(parts), RATE_HZ))
    assert [e.label for e in found] == ["applause", "music", "silence"]
    for event, part in zip(found, (1, 3, 4), strict=True):
        assert float(event.start) == pytest.approx(edges_s[part], abs=1.0), event
        assert float(event.end) == pytest.approx(edges_s[part + 1], abs=1.0), event
        assert 0.5 <= event.score <= 1


@pytest.mark.parametrize("people", [15, 60, 300])
def test_few_and_many_hands_are_applause(tmp_path, people):
    sound = applause(8, people, seed=people)
    found = events(write_wav(tmp_path / "hall.wav", sound, RATE_HZ))
    assert {e.label for e in found} == {"applause"} and covered_s(found, "applause") > 7


def test_speech_and_noise_are_nothing(speech, tmp_path):
    random = np.random.default_rng(0)
    white = random.normal(0, 0.05, 15 * RATE_HZ).astype(np.float32)
    brown = 0.2 * lfilter([1], [1, -0.97], white)
    paths = [write_wav(tmp_path / f"{i}.wav", x, RATE_HZ) for i, x in enumerate((white, brown))]
    for path in (*paths, two_cities(), write_wav(tmp_path / "talk.wav", speech, RATE_HZ)):
        assert events(path) == (), path.name


def test_recorded_speech_is_no_music():
    for name in ("speech_jfk.flac", "speaker_en.mp4", "speech_multilingual.mp3"):
        assert covered_s(events(shared_media(name)), "music") == 0, name


def test_music_is_music_with_singing_drums_or_words(speech, tmp_path):
    song = events(music_video())
    assert covered_s(song, "music") > 0.85 * float(probe(music_video()).duration)
    assert covered_s(events(bunny()), "music") > 4
    drums, _, _ = drum_loop(110, seconds=12)
    assert covered_s(events(write_wav(tmp_path / "drums.wav", drums, 44_100)), "music") > 10
    mixed = under(speech, band(20), 6.0)
    found = events(write_wav(tmp_path / "under.wav", mixed, RATE_HZ))
    assert covered_s(found, "music") > 0.7 * len(mixed) / RATE_HZ


def test_footage_without_sound_is_refused():
    with pytest.raises(RequestError, match="no sound"):
        events(bikes())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_events_of_one_kind_are_apart_in_order_and_inside(count, seed):
    random = np.random.default_rng(seed)
    measures = Measures(
        *(
            random.uniform(low, high, count).astype(np.float32)
            for low, high in ((-80, -10), (-0.1, 0.5), (0, 20), (0.5, 5), (0, 1), (0, 1))
        )
    )
    duration_s = (count + 1) / 2
    found = name_events(measures, duration_s)
    assert list(found) == sorted(found, key=lambda e: (e.start, e.label))
    for label in LABELS:
        mine = [e for e in found if e.label == label]
        assert all(0 <= e.start < e.end <= duration_s and 0 <= e.score <= 1 for e in mine)
        assert all(a.end < b.start for a, b in itertools.pairwise(mine))
