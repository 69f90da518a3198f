"""The mix by its samples: where things lie, how loud they are, and that nothing clicks."""

from fractions import Fraction

import numpy as np
import pytest
import soundfile

from studio.media.audio_io import SoundNotes
from studio.media.picture_plan import plan_picture
from studio.media.probe import probe
from studio.media.render import sound_reader
from studio.media.sound_mix import MUSIC, Heard, fade_edges, mix_sound, sample_at
from studio.types.media import FrameTimes
from studio.types.timecode import FrameRate
from studio.types.timeline import Card, Music, Sound, Source
from tests.footage import counted_clip, tone
from tests.media.cuts import clip_of, cut_of, dip, dissolve

RATE = 48_000
AMBIENCE, DIALOGUE, MUTE = Sound("ambience"), Sound("dialogue"), Sound("mute")
NTSC = FrameRate(Fraction(30000, 1001))
PAL = FrameRate(Fraction(25))


def footage(id, rate=PAL, frames=2000):
    return Source(
        id, f"/{id}.mp4", "0", rate, frames, rate.seconds(frames), (320, 180), "", True, False
    )


def listening(**sounds):
    """A reader of arrays ``(2, n)`` that start at zero on each clock."""

    def listen(name, start, end):
        samples = sounds.get("bed" if name == MUSIC else name)
        if samples is None:
            return None
        first, last = round(start * RATE), round(end * RATE)
        begin, stop = max(first, 0), min(last, samples.shape[1])
        if begin >= stop:
            return None
        return Heard(samples[:, begin:stop].copy(), begin - first)

    return listen


def mixed(items, sources, rate=PAL, music=None, **sounds):
    timeline = cut_of(items, sources, rate, music=music)
    tables = {
        s.id: FrameTimes(np.arange(s.frames), s.frames, 1 / s.rate.fps, np.zeros(1, np.int64))
        for s in sources
    }
    plan = plan_picture(timeline, tables)
    return mix_sound(timeline, plan.joins, listening(**sounds)), timeline


def sine(hz, seconds=90, level=0.5, phase=0.3):
    t = np.arange(round(seconds * RATE)) / RATE
    return np.tile(level * np.sin(2 * np.pi * hz * t + phase), (2, 1)).astype(np.float32)


def noise(seconds=90, seed=0, level=0.1):
    rng = np.random.default_rng(seed)
    return (level * rng.standard_normal((2, round(seconds * RATE)))).astype(np.float32)


def level_db(samples):
    return 10 * np.log10(float(np.mean(samples.astype(np.float64) ** 2)) + 1e-20)


def test_it_is_as_long_as_the_picture():
    a = footage("a", NTSC)
    for frames in (1, 29, 31, 1000):
        mix, timeline = mixed([clip_of("1", a, 50, frames, NTSC, sound=AMBIENCE)], [a], NTSC)
        assert mix.samples.shape == (2, round(timeline.duration * RATE))
        assert mix.samples.dtype == np.float32


def test_sound_lies_where_its_picture_does():
    """An impulse at the start of source frame 70 sounds at the start of the frame that shows it."""
    a = footage("a", NTSC)
    pulses = np.zeros((2, 90 * RATE), np.float32)
    pulses[:, round(NTSC.seconds(70) * RATE)] = 1.0
    items = [Card("t", "x", 37), clip_of("1", a, 50, 60, NTSC, sound=Sound("dialogue", gain_db=-6))]
    mix, _ = mixed(items, [a], NTSC, a=pulses)
    at = int(np.argmax(mix.samples[0]))
    assert abs(at - sample_at(NTSC, 37 + 20)) <= 1
    assert mix.samples[0, at] == pytest.approx(10 ** (-6 / 20), rel=1e-3)
    assert np.count_nonzero(mix.samples[0]) == 1


@pytest.mark.parametrize("hz", [80, 440, 3000])
@pytest.mark.parametrize("kind", ["cut", "lead and lag", "dissolve", "dip", "card", "mute"])
def test_no_clicks(hz, kind):
    """Between two tones no sample jumps further than the tones themselves do."""
    a, b = footage("a"), footage("b")
    known = {"sound": AMBIENCE}
    middle = {"sound": AMBIENCE}
    if kind == "lead and lag":
        middle = {"sound": Sound("dialogue", lead_frames=7, lag_frames=9)}
    if kind == "dissolve":
        middle["transition"] = dissolve(10)
    if kind == "dip":
        middle["transition"] = dip(10)
    items = [
        clip_of("1", a, 50, 41, PAL, **known),
        clip_of("2", b, 333, 43, PAL, **middle),
        clip_of("3", a, 500, 37, PAL, **known),
    ]
    if kind == "card":
        items[1] = Card("t", "x", 30)
    if kind == "mute":
        items[1] = clip_of("2", b, 333, 43, PAL, sound=MUTE)
    sounds = {"a": sine(hz), "b": sine(hz * 1.37, phase=1.9)}
    mix, _ = mixed(items, [a, b], **sounds)
    # Crossing at equal power adds up to 1.41 of one; under a lead both are whole for a while.
    both = 1.8 if kind == "lead and lag" else 1.45
    most = max(np.abs(np.diff(s[0, :RATE])).max() for s in sounds.values())
    assert np.abs(np.diff(mix.samples[0])).max() <= both * most + 0.004
    assert np.abs(mix.samples[:, 0]).max() < 0.01, "it begins with a step"
    assert np.abs(mix.samples[:, -1]).max() < 0.01, "it ends with a step"
    curve = np.abs(np.diff(mix.samples[0], 2)).max()
    bend = max(np.abs(np.diff(s[0, :RATE], 2)).max() for s in sounds.values())
    assert curve <= both * bend + 0.004, "there is a corner"


def test_a_cut_keeps_its_level():
    """Equal power: different noises on both sides of a cut, no dip and no bump between them."""
    a, b = footage("a"), footage("b")
    items = [
        clip_of(str(n), source, 100, 50, PAL, sound=AMBIENCE) for n, source in enumerate([a, b] * 6)
    ]
    mix, _ = mixed(items, [a, b], a=noise(seed=1), b=noise(seed=2))
    half = round(0.008 * RATE)
    around = [
        mix.samples[:, sample_at(PAL, 50 * n) - half : sample_at(PAL, 50 * n) + half]
        for n in range(1, 12)
    ]
    assert level_db(np.concatenate(around, axis=1)) == pytest.approx(-20, abs=0.5)


def test_dialogue_starts_early_and_ends_late():
    a, b = footage("a"), footage("b")
    talk = Sound("dialogue", lead_frames=10, lag_frames=15)
    items = [
        clip_of("1", a, 100, 50, PAL, sound=AMBIENCE),
        clip_of("2", b, 300, 50, PAL, sound=talk),
        clip_of("3", a, 600, 50, PAL, sound=AMBIENCE),
    ]
    voice, _ = mixed(items, [a, b], a=np.zeros((2, RATE * 90), np.float32), b=sine(300))
    heard = np.flatnonzero(np.abs(voice.samples[0]) > 0.02)
    assert heard[0] == pytest.approx(sample_at(PAL, 40), abs=RATE * 0.01)
    assert heard[-1] == pytest.approx(sample_at(PAL, 115), abs=RATE * 0.01)
    # At once at full level: the first word is not faded in.
    start = sample_at(PAL, 40) + RATE // 50
    assert level_db(voice.samples[:, start : start + 2000]) == pytest.approx(-9, abs=0.3)
    # The ambience beside it gives way slowly.
    room, _ = mixed(items, [a, b], a=noise(), b=np.zeros((2, RATE * 90), np.float32))
    steps = [level_db(room.samples[:, sample_at(PAL, n) :][:, :1900]) for n in range(38, 51, 2)]
    assert np.all(np.diff(steps[1:]) < 0)
    assert steps[0] == pytest.approx(-20, abs=0.5)


def test_a_dissolve_crosses_over_its_length():
    a, b = footage("a"), footage("b")
    items = [
        clip_of("1", a, 100, 50, PAL, sound=AMBIENCE),
        clip_of("2", b, 300, 50, PAL, sound=AMBIENCE, transition=dissolve(20)),
    ]
    out, _ = mixed(items, [a, b], a=noise(), b=np.zeros((2, RATE * 90), np.float32))
    last = np.flatnonzero(out.samples[0])[-1]
    assert last == pytest.approx(sample_at(PAL, 60), abs=20)
    middle = out.samples[:, sample_at(PAL, 49) : sample_at(PAL, 51)]
    assert level_db(middle) == pytest.approx(-23, abs=0.5)
    assert level_db(out.samples[:, : sample_at(PAL, 40)]) == pytest.approx(-20, abs=0.3)


def test_dialogue_that_leads_into_a_dissolve_is_whole_at_once():
    a, b = footage("a"), footage("b")
    talk = Sound("dialogue", lead_frames=15)
    items = [
        clip_of("1", a, 100, 50, PAL, sound=AMBIENCE),
        clip_of("2", b, 300, 50, PAL, sound=talk, transition=dissolve(20)),
    ]
    out, _ = mixed(items, [a, b], a=np.zeros((2, RATE * 90), np.float32), b=sine(300))
    start = sample_at(PAL, 35)
    assert np.flatnonzero(np.abs(out.samples[0]) > 0.02)[0] == pytest.approx(start, abs=600)
    assert level_db(out.samples[:, start + 1000 : start + 3000]) == pytest.approx(-9, abs=0.3)


def test_music_is_down_before_the_first_word_and_comes_back():
    a = footage("a")
    items = [
        Card("t", "x", 100),
        clip_of("1", a, 100, 50, PAL, sound=DIALOGUE),
        clip_of("2", a, 300, 10, PAL, sound=AMBIENCE),  # too short a pause to let it up
        clip_of("3", a, 400, 40, PAL, sound=DIALOGUE),
        Card("e", "y", 100),
    ]
    music = Music("/m", "0", Fraction(0), duck_db=-12, fade_in_s=0, fade_out_s=0)
    silent = np.zeros((2, 90 * RATE), np.float32)
    mix, _ = mixed(items, [a], music=music, a=silent, bed=noise())

    def at(second):
        return level_db(mix.samples[:, round(second * RATE) :][:, : RATE // 10])

    assert at(3.6) == pytest.approx(-20, abs=0.4)
    assert at(4.0) == pytest.approx(-32, abs=0.4)
    assert at(6.15) == pytest.approx(-32, abs=0.4)
    assert at(7.85) == pytest.approx(-32, abs=0.4)
    assert at(8.3) == pytest.approx(-20, abs=0.4)
    ramp = [level_db(mix.samples[:, round(s * RATE) :][:, :960]) for s in (3.8, 3.86, 3.92, 3.98)]
    assert np.all(np.diff(ramp) < 0)


def test_music_that_is_too_short_is_played_again():
    music = Music("/m", "0", Fraction(1), fade_in_s=0.5, fade_out_s=1)
    mix, timeline = mixed([Card("t", "x", 500)], [], PAL, music=music, bed=noise(8))
    assert timeline.duration == 20
    assert any("lasts 7.0 s" in note and "20.0 s" in note for note in mix.notes)
    seconds = [level_db(mix.samples[:, s * RATE : (s + 1) * RATE]) for s in range(1, 19)]
    assert np.abs(np.array(seconds) + 20).max() < 0.6
    assert level_db(mix.samples[:, :2000]) < -35
    assert level_db(mix.samples[:, -2000:]) < -35


def test_music_from_behind_its_end_is_left_out_and_noted():
    music = Music("/m", "0", Fraction(30))
    mix, _ = mixed([Card("t", "x", 50)], [], PAL, music=music, bed=noise(8))
    assert not mix.samples.any()
    assert any("left out" in note for note in mix.notes)


def test_clips_without_sound_are_named():
    a, b = footage("a"), footage("b")
    items = [
        clip_of("1", a, 0, 10, PAL, sound=AMBIENCE),
        clip_of("2", b, 0, 10, PAL, sound=AMBIENCE),
        clip_of("3", b, 0, 10, PAL, sound=MUTE),
    ]
    mix, _ = mixed(items, [a, b], a=noise())
    assert mix.notes == ("No sound of their own: 2.",)


def test_sound_that_starts_late_is_faded_where_it_starts():
    """The source's sound begins in the middle of the clip, at full level."""
    a = footage("a")

    def listen(name, start, end):
        first = max(start, Fraction(3))
        count = round((end - first) * RATE)
        return Heard(sine(200, 5)[:, 100 : 100 + count], round((first - start) * RATE))

    timeline = cut_of([clip_of("1", a, 50, 50, PAL, sound=AMBIENCE)], [a])
    table = FrameTimes(np.arange(2000), 2000, 1 / PAL.fps, np.zeros(1, np.int64))
    mix = mix_sound(timeline, plan_picture(timeline, {"a": table}).joins, listen)
    assert not mix.samples[:, :RATE].any()
    assert np.abs(np.diff(mix.samples[0])).max() < 0.02
    assert level_db(mix.samples[:, RATE + 2000 : -2000]) == pytest.approx(-9, abs=0.2)


def test_fades_that_do_not_fit_share_the_room():
    ones = np.ones((2, 100), np.float32)
    fade_edges(ones, 300, 100)
    assert ones[0, 0] < 0.05
    assert ones[0, -1] < 0.05
    assert int(np.argmax(ones[0])) in range(70, 80)


def test_real_files_on_the_clock_of_the_picture(tmp_path):
    """Mono at 44.1 kHz read as stereo at 48 kHz; what lies outside the file is missing."""
    path = counted_clip(
        tmp_path / "tone.mp4",
        50,
        encode=("-c:v", "libx264", "-c:a", "aac", "-ac", "1"),
        before=tone(2, 1000, 44100),
    )
    info = probe(path)
    listen = sound_reader({"a": info}, SoundNotes())
    heard = listen("a", Fraction(1, 2), Fraction(1))
    assert heard.samples.shape == (2, RATE // 2)
    assert heard.offset == 0
    assert (heard.samples[0] == heard.samples[1]).all()
    early = listen("a", Fraction(-1, 10), Fraction(1, 10))
    assert early.offset == round(RATE / 10 + float(info.audio.start) * RATE)
    assert listen("a", Fraction(60), Fraction(61)) is None
    flac = tmp_path / "music.flac"
    soundfile.write(flac, noise(2).T, RATE)
    assert listen("a", Fraction(0), Fraction(1)) is not None
    music = sound_reader({MUSIC: probe(flac)}, SoundNotes())(MUSIC, Fraction(0), Fraction(1))
    assert np.abs(music.samples - noise(2)[:, :RATE]).max() < 1e-3
