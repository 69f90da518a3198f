from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from studio.errors import NoSuchMedia, RequestError
from studio.media.moviepy_bridge import timeline_to_moviepy
from studio.media.picture import upright_rgb
from studio.media.picture_plan import Segment, plan_picture
from studio.media.picture_render import open_footage, segment_pictures
from studio.media.probe import frame_times, probe
from studio.media.reader import decode_range
from studio.settings import Settings
from studio.types.timecode import FrameRate
from studio.types.timeline import Card, CropKey, Music, Source, Timeline, Transition
from studio.types.timeline import Sound as ClipSound
from tests.footage import bikes, counted_clip, ffmpeg, number_in, tone
from tests.media.plans import RATES, a_clip

WH = (320, 180)


def source_of(path, id: str) -> Source:
    info = probe(path)
    times = frame_times(info)
    video = info.video
    return Source(
        id=id,
        path=str(path),
        content_hash=info.content_hash,
        rate=video.rate,
        frames=len(times),
        duration=info.duration,
        display_wh=video.display_wh,
        timecode=info.timecode,
        has_audio=info.audio is not None,
        variable_rate=video.variable_rate,
    )


@pytest.fixture(scope="module")
def footage(tmp_path_factory) -> Source:
    path = tmp_path_factory.mktemp("film") / "counted.mp4"
    sound = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-shortest")
    return source_of(counted_clip(path, 100, encode=sound, before=tone(4)), "a")


def cut_of(footage: Source, rate: FrameRate, **changes) -> Timeline:
    items = (
        Card("title", "제목 Title", 12),
        a_clip("one", footage, 10, 20, rate, transition=Transition("dissolve", 6)),
        a_clip("two", footage, 50, 20, rate, transition=Transition("dip", 7)),
        a_clip("three", footage, 30, 15, rate, transition=Transition("dissolve", 5)),
        a_clip("four", footage, 75, 10, rate),
    )
    return replace(Timeline("cut", rate, WH, (footage,), items), **changes)


def rendered(timeline: Timeline) -> list[np.ndarray]:
    """What the renderer shows."""
    footage = open_footage(timeline, Settings())
    plan = plan_picture(timeline, {name: f.times for name, f in footage.items()})
    pictures = segment_pictures(plan, Segment(0, timeline.frames), footage, notes=[])
    return [
        picture.reformat(format="rgb24", src_colorspace=1, dst_color_range=2).to_ndarray()
        for picture in pictures
    ]


@pytest.mark.parametrize("name", ["25", "29.97"])
def test_every_frame_is_the_one_the_film_has(footage, name):
    rate = RATES[name]
    timeline = cut_of(footage, rate)
    film = timeline_to_moviepy(timeline)
    assert film.duration == pytest.approx(float(timeline.duration), abs=1e-4)
    assert film.fps == float(rate.fps)
    assert tuple(film.size) == WH
    assert [clip.item.id for clip in film.clips] == ["title", "one", "two", "three", "four"]
    frames = list(film.iter_frames())
    wanted = rendered(timeline)
    assert len(frames) == len(wanted) == timeline.frames
    for number, (frame, want) in enumerate(zip(frames, wanted, strict=True)):
        off = np.abs(frame.astype(int) - want.astype(int))
        # Blended in RGB here and in YUV there: rounding and clipped chroma, no more.
        assert off.mean() < 1.5, number
        assert np.percentile(off, 99) <= 6, number
    film.close()


def test_frames_come_in_any_order(footage):
    timeline = cut_of(footage, RATES["25"])
    film = timeline_to_moviepy(timeline)
    asked = [20, 21, 40, 18, 60, 19, 76, 24]
    shown = [number_in(film.get_frame(at / 25)) for at in asked]
    assert shown == [18, 19, 58, 16, 38, 17, 84, 22]
    film.close()


def test_a_frame_of_real_footage():
    source = source_of(bikes(), "bikes")
    rate = source.rate
    clip = a_clip("c", source, 100, 25, rate)
    film = timeline_to_moviepy(Timeline("x", rate, source.display_wh, (source,), (clip,)))
    assert film.duration == pytest.approx(1.0, abs=1e-4)
    assert film.audio is None
    info = probe(bikes())
    for number, frame in decode_range(info, frame_times(info), 105, 107):
        want = upright_rgb(frame, info.video).astype(int)
        off = np.abs(film.get_frame((number - 100) / 25).astype(int) - want)
        assert off.mean() < 4, number
        other = np.abs(film.get_frame((number - 90) / 25).astype(int) - want)
        assert other.mean() > 2 * off.mean()
    film.close()


def test_a_crop_moves_through_its_keys(footage):
    rate = RATES["25"]
    crop = (CropKey(0, 0.25, 0.75, 0.5, 0.5), CropKey(10, 0.75, 0.75, 0.5, 0.5))
    clip = a_clip("c", footage, 0, 20, rate, crop=crop)
    timeline = Timeline("x", rate, WH, (footage,), (clip,))
    film = timeline_to_moviepy(timeline)
    levels = [film.get_frame(at / 25)[-60:].mean() for at in (0, 5, 10, 19)]
    # The ground of a counted clip rises from left to right, below its bars.
    assert levels[0] < levels[1] - 15 < levels[2] - 30
    assert abs(levels[2] - levels[3]) < 1
    film.close()


def test_sound_follows_its_gain(footage):
    rate = RATES["25"]
    clips = (
        a_clip("loud", footage, 10, 25, rate, sound=ClipSound("dialogue")),
        a_clip("soft", footage, 40, 25, rate, sound=ClipSound("dialogue", gain_db=-12.0)),
        a_clip("mute", footage, 10, 25, rate, sound=ClipSound("mute")),
    )
    film = timeline_to_moviepy(Timeline("x", rate, WH, (footage,), clips))
    sound = film.audio.to_soundarray(fps=48000)
    assert len(sound) == 3 * 48000
    loud, soft, mute = (np.sqrt((sound[a : a + 40000] ** 2).mean()) for a in (4000, 52000, 100000))
    assert 20 * np.log10(soft / loud) == pytest.approx(-12, abs=0.2)
    assert mute < 1e-4
    film.close()


def test_music_is_ducked_under_dialogue(footage, tmp_path):
    ffmpeg(*tone(6, 1000), "-c:a", "pcm_s16le", tmp_path / "music.wav")
    music = Music(
        str(tmp_path / "music.wav"),
        probe(tmp_path / "music.wav").content_hash,
        Fraction(1),
        duck_db=-12.0,
        fade_out_s=0.05,
        duration=Fraction(6),
    )
    rate, mute = RATES["25"], ClipSound("mute")
    clips = (
        a_clip("one", footage, 0, 25, rate, sound=mute),
        a_clip("two", footage, 30, 25, rate, sound=ClipSound("dialogue", gain_db=-90.0)),
    )
    film = timeline_to_moviepy(Timeline("x", rate, WH, (footage,), clips, music))
    sound = film.audio.to_soundarray(fps=48000)
    free, under = np.abs(sound[20000:24000]).max(), np.abs(sound[60000:64000]).max()
    assert 20 * np.log10(under / free) == pytest.approx(-12, abs=0.5)
    film.close()


def test_the_timeline_gives_its_film(footage):
    film = cut_of(footage, RATES["25"]).to_moviepy()
    assert number_in(film.get_frame(20 / 25)) == 18
    film.close()


def test_what_has_gone_or_changed_is_refused(footage, tmp_path):
    gone = replace(footage, path=str(tmp_path / "none.mp4"))
    with pytest.raises(NoSuchMedia):
        timeline_to_moviepy(cut_of(gone, RATES["25"]))
    other = replace(footage, content_hash="0" * 40)
    with pytest.raises(RequestError, match="content has changed"):
        timeline_to_moviepy(cut_of(other, RATES["25"]))
