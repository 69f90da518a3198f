"""The motion of a presenter: what speech must show, and what must stay still."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from pipelines.anchor.performing import (
    plan_performance,
    stressed_words,
    unknown_sounds,
    with_phonemes,
)
from pipelines.anchor.performing.measuring import lip_sync_of
from pipelines.anchor.performing.visemes import shapes_of
from pipelines.anchor.script import parse_script
from studio.archive.store import AnalysisStore
from studio.codec import from_json, to_json
from studio.jobs.job import Job
from studio.types.performance import Performance
from studio.types.spoken import SpokenPhoneme, VoicedLine, VoicedWord, VoiceTrack
from tests.anchor.spoken_lines import said, timed
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]

RATE = Fraction(25)
ENGLISH = [
    "The port of Kingsbridge reopened at seven thirty today, three days after the worst storm.",
    "Mayor Rosa King calls the plan the city's number one priority, but people from five small "
    "boats remember four previous bills.",
    "Good night.",
]
KOREAN = [
    "폭풍으로 문을 닫았던 해운항이 오늘 아침 다시 열렸습니다.",
    "비는 내일 밤에 그치겠습니다.",
]


def _columns(made: Performance) -> np.ndarray:
    return np.stack([made.row(n) for n in range(len(made))])


@pytest.mark.parametrize(("language", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_a_voice_is_performed(picture_pool, language, texts):
    track, clip = said(picture_pool, texts, language)
    assert unknown_sounds([p for line in track.lines for p in line.phonemes]) == ()
    for rate in (RATE, Fraction(30000, 1001)):
        made = plan_performance(track, rate)
        assert abs(len(made) / rate - track.duration) < 1 / rate
        phonemes = [p for line in track.lines for p in line.phonemes]
        told = lip_sync_of(made.opening.astype(np.float64), made, phonemes, clip)
        # The curve itself, against the sound: what a perfect renderer would reach.
        assert abs(told.late_frames) <= 1
        assert told.silent == 0.0
        assert told.closures >= 5 and told.met == told.closures
        _still_in_silence(track, made)
        _calm(made)


def _still_in_silence(track: VoiceTrack, made: Performance) -> None:
    for frame in range(len(made)):
        at = (frame + Fraction(1, 2)) / made.rate
        near = any(
            line.start - Fraction(15, 100) < at < line.end + Fraction(15, 100)
            for line in track.lines
        )
        if not near:
            values = (made.jaw, made.press, made.teeth, made.tongue, made.spread)
            assert all(v[frame] == 0 for v in values), f"the mouth moves at {float(at):.2f} s"


def _calm(made: Performance) -> None:
    """No jump from frame to frame, and no head that wags."""
    step = 25 / float(made.rate)
    assert np.abs(np.diff(made.head_deg, axis=0)).max() < 1.6 * step
    assert np.abs(made.head_deg).max(axis=0).tolist() <= [6.0, 8.0, 3.0]
    assert np.abs(np.diff(made.breath)).max() < 0.2 * step
    assert np.abs(np.diff(made.brows, axis=0)).max() < 0.45 * step


def test_lips_meet_in_fast_speech_and_teeth_touch():
    for rate in (RATE, Fraction(24000, 1001), Fraction(30)):
        for offset in range(12):  # however the sounds lie about the frames
            start = Fraction(1) + Fraction(offset, 12) / rate
            line = timed("a", start, "m ˈa p ˈɪ b ə m ˈʌ f ˈɑː v ə p", Fraction(50, 1000))
            made = plan_performance(VoiceTrack("en", "", 1.0, Fraction(3), (line,)), rate)
            middle = (np.arange(len(made)) + 0.5) / float(rate)
            for phoneme in line.phonemes:
                shape = shapes_of(phoneme.ipa)[0][1]
                near = np.abs(middle - float(phoneme.start + phoneme.end) / 2) < 1.01 / float(rate)
                if shape.closed:
                    assert made.opening[near].min() == 0, (rate, offset, phoneme.ipa)
                    assert made.press[near].max() > 0.9
                if shape.lip_on_teeth:
                    assert made.teeth[near].max() > 0.9
            assert made.opening.max() > 0.2  # and it opens between


def test_sounds_lean_on_their_neighbours():
    def spread_in(sounds: str) -> float:
        line = timed("a", Fraction(1), sounds, Fraction(8, 100))
        made = plan_performance(VoiceTrack("en", "", 1.0, Fraction(3), (line,)), Fraction(100))
        return float(made.spread[112])  # in the middle of the second sound

    assert spread_in("u t u") < -0.3 < 0.2 < spread_in("i t i")
    assert spread_in("u t u") < spread_in("u t i") < spread_in("i t i")


def test_only_the_changed_line_moves_otherwise():
    def track(middle: str, seconds: Fraction) -> VoiceTrack:
        first = timed("one", Fraction(1), "m ˈaɪ n ə m ˈiː z", seconds)
        second = timed("two", first.end + 1, middle, seconds)
        third = timed("three", second.end + 1, "p ˈɔː t s ə v ˈʌ m", seconds)
        return VoiceTrack("en", "", 1.0, third.end + 1, (first, second, third))

    tenth = Fraction(12, 100)  # three frames
    one = plan_performance(track("k ˈæ t s", tenth), RATE)
    other = plan_performance(track("b ˈʊ k s", tenth), RATE)
    changed = np.flatnonzero((_columns(one) != _columns(other)).any(axis=1))
    second = track("k ˈæ t s", tenth).lines[1]
    assert second.start * RATE - 15 <= changed.min() <= changed.max() <= second.end * RATE + 25
    # A longer one moves what comes after, and changes none of it.
    longer = plan_performance(track("k ˈæ t s ə m b", tenth), RATE)
    later = _columns(longer)[-57:]
    moved = len(longer) - len(one)
    assert moved == round(3 * tenth * RATE)
    assert np.array_equal(later, _columns(one)[-57:])
    # Nothing but another seed gives another head, and the mouth stays.
    again = plan_performance(track("k ˈæ t s", tenth), RATE)
    assert np.array_equal(_columns(again), _columns(one))
    seeded = plan_performance(track("k ˈæ t s", tenth), RATE, seed=4)
    assert np.array_equal(seeded.jaw, one.jaw)
    assert not np.array_equal(seeded.head_deg, one.head_deg)


def test_everything_rests_between_lines():
    lines = (
        timed("one", Fraction(1), "m ˈaɪ n ə m ˈiː z", Fraction(1, 8)),
        timed(
            "two", Fraction(1) + Fraction(7, 8) + Fraction(35, 100), "t ˈuː z d eɪ", Fraction(1, 8)
        ),
    )
    made = plan_performance(VoiceTrack("en", "", 1.0, Fraction(5), lines), RATE)
    border = round(lines[1].start * RATE) - round(Fraction(35, 100) * Fraction(3, 5) * RATE)
    for frame in (border - 1, border):
        row = made.part(frame, frame + 1)
        assert np.abs(row.head_deg).max() < 0.25
        assert np.abs(row.gaze).max() < 0.05 and row.blink.max() < 0.05
        assert row.jaw[0] == 0 and np.abs(row.brows).max() < 0.05


def test_people_blink_as_people_do():
    lines = []
    for number in range(60):
        sounds = " ".join(["t ˈiː m ə"] * 12)
        lines.append(timed(f"line {number}", Fraction(5 * number + 1), sounds, Fraction(8, 100)))
    made = plan_performance(VoiceTrack("en", "", 1.0, Fraction(301), tuple(lines)), RATE)
    shut = made.blink[:, 0] > 0.8
    starts = np.flatnonzero(shut[1:] & ~shut[:-1])
    assert 9 <= len(starts) / (len(made) / 25 / 60) <= 26  # a minute
    assert np.diff(starts).min() >= 0.7 * 25
    opened = np.flatnonzero(made.blink[:, 0] > 0.02)
    runs = np.split(opened, np.flatnonzero(np.diff(opened) > 1) + 1)
    lengths = [len(run) / 25 for run in runs]
    assert 0.2 <= np.median(lengths) <= 0.5


def test_stress_is_seen():
    script = parse_script("The port is *open* now.", "a")
    (line,) = script.lines()
    words = tuple(
        VoicedWord(w, w, Fraction(10 + 4 * n, 10), Fraction(14 + 4 * n, 10))
        for n, w in enumerate(["The", "port", "is", "open", "now."])
    )
    sounds = ["ð ə", "p ˈɔː t", "ɪ z", "ˈoʊ p ə n", "n ˈaʊ"]
    phonemes = [
        p
        for n, s in enumerate(sounds)
        for p in timed("", Fraction(10 + 4 * n, 10), s, Fraction(1, 10)).phonemes
    ]
    voiced = VoicedLine(line.id, Fraction(1), Fraction(3), words, tuple(phonemes))
    track = VoiceTrack("en", "", 1.0, Fraction(4), (voiced,))
    stressed = stressed_words(script, track)
    assert stressed == {line.id: [(words[3].start, words[3].end)]}
    plain = plan_performance(track, RATE)
    made = plan_performance(track, RATE, stressed=stressed)
    about = slice(round(2.1 * 25), round(2.5 * 25))
    assert made.brows[about].max() > 0.6 > plain.brows[about].max()
    assert made.head_deg[about, 1].max() > plain.head_deg[about, 1].max() + 0.5


def test_a_recorded_voice_has_only_words(picture_pool, tmp_path):
    job = Job(pool=picture_pool, store=AnalysisStore(tmp_path / "store"))
    track, _ = said(picture_pool, ENGLISH[:1])
    bare = replace(track, lines=tuple(replace(line, phonemes=()) for line in track.lines))
    with pytest.raises(ValueError, match="line0"):
        plan_performance(bare, RATE)
    heard = with_phonemes(bare, job)
    assert with_phonemes(track, job) is track
    one, other = plan_performance(track, RATE), plan_performance(heard, RATE)
    assert np.corrcoef(one.opening, other.opening)[0, 1] > 0.7


def test_a_performance_is_checked_cut_and_kept():
    made = plan_performance(
        VoiceTrack("en", "", 1.0, Fraction(2), (timed("a", Fraction(1), "m a", Fraction(1, 5)),)),
        RATE,
        frames=80,
    )
    assert len(made) == 80 and made.jaw[60:].max() == 0
    part = made.part(20, 45)
    assert np.array_equal(part.row(5), made.row(25))
    arrays: dict[str, np.ndarray] = {}
    kept = from_json(Performance, json.loads(json.dumps(to_json(part, arrays))), arrays)
    assert np.array_equal(_columns(kept), _columns(part))
    with pytest.raises(IndexError):
        made.part(70, 90)
    with pytest.raises(IndexError):
        made.row(80)
    with pytest.raises(ValueError, match="jaw"):
        replace(made, jaw=made.jaw + 2)
    with pytest.raises(ValueError, match="blink"):
        replace(made, blink=made.blink[:, 0])
    with pytest.raises(ValueError, match="gaze"):
        replace(made, gaze=np.full_like(made.gaze, np.nan))
    with pytest.raises(ValueError, match="rate"):
        replace(made, rate=Fraction(0))


def test_phonemes_are_read_whoever_writes_them():
    assert [s for s, _ in shapes_of("ˈaɪ")] == ["a", "ɪ"]
    assert [s for s, _ in shapes_of("ˌɔːɹ")] == ["ɔ", "ɹ"]
    assert [s for s, _ in shapes_of("ph")] == ["p"] and shapes_of("ph")[0][1].closed
    assert [s for s, _ in shapes_of("t-")] == ["t"]
    assert [s for s, _ in shapes_of("dʑ")] == ["dʑ"]
    assert shapes_of("") == ()
    click = SpokenPhoneme("ǃ", Fraction(0), Fraction(1), 0)
    assert unknown_sounds([click, click]) == ("ǃ",)
