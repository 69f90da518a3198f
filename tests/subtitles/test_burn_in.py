"""Cues in the picture: in which frame, where, in what letters; and what stays as it was."""

import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest

from studio.errors import RequestError
from studio.media import film_render as filming
from studio.media.burn_in import burn_in
from studio.media.cue_pictures import CuePainter, nearest_frame, plan_states
from studio.media.mux_subtitles import mux_subtitles, soft_suffix
from studio.media.picture import upright_rgb
from studio.media.probe import frame_times, probe
from studio.media.reader import decode_range
from studio.settings import Settings
from studio.types.cue_style import CueStyle
from studio.types.subtitles import Cue
from studio.types.timecode import FrameRate
from studio.types.transcript import Word
from tests.footage import bars, counted_clip, number_in, shared_media, tone

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = Settings(threads=2)
PLAIN = CueStyle()


def cue(start, end, *lines, **more):
    return Cue(Fraction(start), Fraction(end), lines, **more)


def burnt(clip, cues, folder, style=PLAIN, **more):
    info = probe(clip, SETTINGS)
    out = folder / "burnt.mp4"
    report = burn_in(info, cues, out, folder / "work", style=style, settings=SETTINGS, **more)
    return info, probe(out, SETTINGS), report


def pictures(info):
    """Every frame upright, uint8 ``(h, w, 3)``."""
    times = frame_times(info)
    return [upright_rgb(f, info.video) for _, f in decode_range(info, times, 0, len(times))]


def frames_with_text(before, after):
    """Frames whose lower or upper fifth differs by far more than an encoder does."""
    found = []
    for n, (old, new) in enumerate(zip(pictures(before), pictures(after), strict=True)):
        changed = np.abs(old.astype(int) - new.astype(int)).max(axis=2) > 60
        if changed.sum() > 40:
            found.append(n)
    return found


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "120"])
def test_a_cue_stands_in_the_very_frames_its_times_say(rate, ending, tmp_path):
    clip = counted_clip(tmp_path / f"clip.{ending}", 60, rate=rate)
    exact = FrameRate(Fraction(rate))
    spans = [(3, 9), (9, 10), (12, 31), (58, 60)]
    cues = [cue(exact.seconds(a), exact.seconds(b), "글자 letters") for a, b in spans]
    before, after, report = burnt(clip, cues, tmp_path)
    wanted = [n for a, b in spans for n in range(a, b)]
    assert frames_with_text(before, after) == wanted
    assert report.frames_with_text == len(wanted)
    assert [number_in(p) for p in pictures(after)] == list(range(60)), "each frame in its place"


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "60000/1001"])
def test_times_rounded_to_milliseconds_mean_the_same_frames(rate, tmp_path):
    times = frame_times(probe(counted_clip(tmp_path / "clip.mkv", 200, rate=rate), SETTINGS))
    exact = FrameRate(Fraction(rate))
    for n in range(200):
        assert nearest_frame(times, Fraction(round(exact.seconds(n) * 1000), 1000)) == n
    assert nearest_frame(times, exact.seconds(500)) == 200, "no further than the end"
    assert nearest_frame(times, Fraction(-1)) == 0


def test_variable_rates_keep_their_time_stamps(tmp_path):
    variable = ("-vf", "setpts='(N+floor(N/5)*2)/25/TB'", "-fps_mode", "vfr", "-c:v", "libx264")
    clip = counted_clip(tmp_path / "clip.mp4", 50, encode=variable)
    times = frame_times(probe(clip, SETTINGS))
    cues = [cue(times.start(10), times.start(21), "Variable")]
    before, after, _ = burnt(clip, cues, tmp_path)
    assert frames_with_text(before, after) == list(range(10, 21))
    np.testing.assert_allclose(frame_times(after).seconds, times.seconds, atol=1e-6)


def test_a_segment_s_end_inside_a_cue_is_not_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(filming, "_SEGMENT_S", (0.5, 1.0))
    clip = counted_clip(tmp_path / "clip.mp4", 100, encode=("-c:v", "libx264", "-g", "17"))
    before, after, report = burnt(clip, [cue(1, 3, "On and on")], tmp_path)
    assert report.segments >= 4
    assert frames_with_text(before, after) == list(range(25, 75))


def drawn(size_wh, style, *cues):
    times = frame_times_of(1000)
    painter = CuePainter(size_wh, style)
    states, _ = plan_states(cues, times, style)
    return painter, painter.draw(states)


def frame_times_of(count):
    from studio.types.media import FrameTimes

    return FrameTimes(np.arange(count), count, Fraction(1, 25), np.zeros(1, np.int64))


BOXED = CueStyle(box_color="#000000c0", outline=0, shadow=0)
LOUD = CueStyle(size=0.11, bold=True, outline=0.1, shadow=0.1, margin=0.1)
LONG = "That is one line which no house in this world would ever let stand, and yet here it is"


@pytest.mark.parametrize("style", [PLAIN, BOXED, LOUD], ids=["plain", "boxed", "loud"])
@pytest.mark.parametrize("size_wh", [(1920, 1080), (720, 1280), (320, 180)])
def test_text_keeps_to_the_safe_area(style, size_wh):
    kinds = [("짧게",), ("가나다라 마바사아", "Qgjpy"), (LONG, LONG)]
    cases = [(lines, at_top) for lines in kinds for at_top in (False, True)]
    cues = [cue(n, n + 1, *lines, at_top=top) for n, (lines, top) in enumerate(cases)]
    painter, shown = drawn(size_wh, style, *cues)
    left, top, right, bottom = painter.safe_xyxy
    for picture, (lines, at_top) in zip(shown, cases, strict=True):
        high, wide = picture.rgba.shape[:2]
        assert left <= picture.x and picture.x + wide <= right, lines
        assert top <= picture.y and picture.y + high <= bottom, lines
        middle = picture.y + high / 2
        assert middle < size_wh[1] / 2 if at_top else middle > size_wh[1] / 2
        if lines[0] == LONG:
            assert wide > 0.9 * (right - left), "no smaller than it must be"
    assert any("wider" in note for note in painter.notes)


def test_hangul_is_drawn_and_what_no_font_has_is_told():
    painter, shown = drawn(
        (640, 360), PLAIN, cue(0, 1, "뷁"), cue(1, 2, "쀍"), cue(2, 3, "밤"), cue(3, 4, "\ue123")
    )
    alphas = [picture.rgba[..., 3] for picture in shown]
    for n, one in enumerate(alphas):
        for other in alphas[:n]:
            assert one.shape != other.shape or (one != other).mean() > 0.05, "not the same box"
    assert any("\ue123" in note for note in painter.notes)
    assert not any("뷁" in note for note in painter.notes)


def test_a_font_that_is_not_here_is_told():
    painter, (picture,) = drawn((640, 360), CueStyle(font="Nonesuch Grotesk"), cue(0, 1, "Text"))
    assert picture is not None
    assert any("Nonesuch Grotesk" in note for note in painter.notes)


def test_markup_and_escapes_are_shown_as_they_are():
    """Braces, backslashes and tags of libass are text, not commands."""
    _, (plain, tagged) = drawn(
        (1280, 720), PLAIN, cue(0, 1, "ab"), cue(1, 2, r"{\fs200}a\Nb{\p1}m 0 0 l 9 9{\p0}")
    )
    assert tagged.rgba.shape[1] > 4 * plain.rgba.shape[1]
    assert tagged.rgba.shape[0] < 2 * plain.rgba.shape[0], "one line, of the same size"


def test_the_spoken_word_is_marked_in_its_frames(tmp_path):
    clip = counted_clip(
        tmp_path / "clip.mp4", 50, picture=lambda n: np.full((180, 320), 90, np.uint8)
    )
    words = [
        Word("하나", Fraction(0), Fraction(1), 1.0),
        Word("two", Fraction(1), Fraction(2), 1.0),
    ]
    style = CueStyle(spoken_color="#ff0000", size=0.15)
    cues = [
        cue(0, 2, "- 하나 two", words=(0, 2)),
    ]
    _, after, report = burnt(clip, cues, tmp_path, style, words=words)
    red = []
    for picture in pictures(after):
        strong = (picture[..., 0].astype(int) - picture[..., 1] > 80).any(axis=0)
        red.append(np.flatnonzero(strong).mean())
    assert max(red[:25]) < min(red[25:]), "the mark goes from the first word to the second"
    assert not report.notes


@pytest.mark.parametrize("name", ["rotated.mp4", "hevc_10bit.mp4", "non_zero_start.mp4"])
def test_turn_depth_colours_and_shape_stay(name, tmp_path):
    source = shared_media(name)
    before, after, _ = burnt(source, [cue(0, Fraction(1, 5), "한글 text")], tmp_path)
    for field in (
        "display_wh", "rotation_deg", "sample_aspect", "pixel_format", "rate",
        "color_primaries", "color_transfer", "color_matrix", "color_range",
    ):  # fmt: skip
        assert getattr(before.video, field) == getattr(after.video, field), field
    np.testing.assert_allclose(frame_times(after).seconds, frame_times(before).seconds, atol=1e-6)
    old, new = pictures(before)[0], pictures(after)[0]
    rows = np.flatnonzero((np.abs(old.astype(int) - new).max(axis=2) > 90).any(axis=1))
    assert rows.min() > 0.5 * old.shape[0], "upright, at the lower edge of the turned picture"


@pytest.mark.parametrize(
    ("range_tag", "matrix"), [("tv", "bt709"), ("pc", "bt709"), ("tv", "bt470bg")]
)
def test_white_is_white_in_every_range_and_matrix(range_tag, matrix, tmp_path):
    grey = np.full((360, 640), 100, np.uint8)
    encode = ("-vf", f"scale=out_range={range_tag}:out_color_matrix={matrix}", "-c:v", "libx264",
              "-color_range", range_tag, "-colorspace", matrix)  # fmt: skip
    clip = counted_clip(
        tmp_path / "clip.mp4", 5, encode=encode, size=(640, 360), picture=lambda n: grey
    )
    style = CueStyle(size=0.3, color="#ff8000", outline=0, shadow=0, bold=True)
    before, after, _ = burnt(clip, [cue(0, 1, "■■■")], tmp_path, style)
    assert (before.video.color_range, before.video.color_matrix) == (range_tag, matrix)
    old, new = pictures(before)[2].astype(int), pictures(after)[2].astype(int)
    inside = cv2.erode((np.abs(new - old).max(axis=2) > 60).astype(np.uint8), np.ones((9, 9)))
    assert inside.sum() > 200
    np.testing.assert_allclose(new[inside > 0].mean(axis=0), (255, 128, 0), atol=5)


def sound_packets(path):
    with av.open(str(path)) as container:
        return [
            [bytes(packet) for packet in av.open(str(path)).demux(audio=n) if packet.size]
            for n in range(len(container.streams.audio))
        ]


def test_all_sound_is_copied_bit_by_bit(tmp_path):
    sounds = (*tone(2), *tone(2, 880), "-map", "0", "-map", "1", "-map", "2")
    encode = (
        "-c:v",
        "libx264",
        "-c:a:0",
        "aac",
        "-c:a:1",
        "mp3",
        "-metadata:s:a:1",
        "language=kor",
    )
    clip = counted_clip(tmp_path / "clip.mp4", 50, before=sounds, encode=encode)
    _, after, report = burnt(clip, [cue(0, 1, "Text")], tmp_path)
    assert sound_packets(clip) == sound_packets(after.path)
    assert after.audio_streams == 2
    assert not report.notes


def test_sound_that_mp4_does_not_hold_is_encoded_and_told(tmp_path):
    clip = counted_clip(
        tmp_path / "clip.mkv", 50, before=tone(2), encode=("-c:v", "libx264", "-c:a", "wmav2")
    )
    _, after, report = burnt(clip, [cue(0, 1, "Text")], tmp_path)
    assert any("encoded anew" in note for note in report.notes)
    assert abs(after.audio.duration - 2) < Fraction(1, 10)


BURN = """
import sys
from fractions import Fraction
from pathlib import Path
from studio.media import film_render
from studio.media.burn_in import burn_in
from studio.media.probe import probe
from studio.settings import Settings
from studio.types.cue_style import CueStyle
from studio.types.subtitles import Cue

film_render._SEGMENT_S = (0.8, 1.2)
clip, out, work = map(Path, sys.argv[1:])
settings = Settings(threads=2)
cues = [Cue(Fraction(n), Fraction(n) + Fraction(1, 2), ("Cue", str(n))) for n in range(8)]
report = burn_in(
    probe(clip, settings), cues, out, work, style=CueStyle(), settings=settings
)
print(report.segments, report.segments_reused)
"""


def test_killed_it_goes_on_from_what_is_finished(tmp_path):
    clip = counted_clip(tmp_path / "clip.mp4", 200, encode=("-c:v", "libx264", "-g", "25"))
    command = [sys.executable, "-c", BURN, clip, tmp_path / "out.mp4", tmp_path / "work"]
    process = subprocess.Popen(command, cwd=ROOT)
    ends = time.monotonic() + 60
    while len(list(tmp_path.glob("work/segment-*.mp4"))) < 3:
        assert process.poll() is None and time.monotonic() < ends
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out.mp4").exists()
    kept = len(list(tmp_path.glob("work/segment-*.mp4")))
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    segments, reused = map(int, said.split())
    assert segments == 8
    assert reused == kept
    assert len(frame_times(probe(tmp_path / "out.mp4", SETTINGS))) == 200
    assert not list(tmp_path.glob("work/*"))
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_an_edited_cue_costs_only_its_segment(tmp_path, monkeypatch):
    monkeypatch.setattr(filming, "_SEGMENT_S", (0.8, 1.2))
    monkeypatch.setattr(filming, "sweep", lambda *_, **__: None)  # as if joining had been killed
    clip = counted_clip(tmp_path / "clip.mp4", 100, encode=("-c:v", "libx264", "-g", "25"))
    cues = [cue(n, Fraction(2 * n + 1, 2), f"Cue {n}") for n in range(4)]
    *_, first = burnt(clip, cues, tmp_path)
    cues[2] = cue(2, Fraction(5, 2), "Another")
    *_, second = burnt(clip, cues, tmp_path)
    assert (first.segments_reused, second.segments_reused) == (0, first.segments - 1)


def test_no_room_is_refused_before_anything_is_done(tmp_path, monkeypatch):
    clip = counted_clip(tmp_path / "clip.mp4", 25)
    full = SimpleNamespace(free=1000)
    monkeypatch.setattr(filming.shutil, "disk_usage", lambda _: full)
    with pytest.raises(RequestError, match=r"may need .* MiB, and .* has 1 KiB free"):
        burnt(clip, [cue(0, 1, "Text")], tmp_path)
    assert not (tmp_path / "burnt.mp4").exists()


SRT = "1\n00:00:00,200 --> 00:00:01,000\n안녕 hello\n\n2\n00:00:01,200 --> 00:00:01,800\nsecond\n"


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_a_soft_track_lies_beside_what_was_there(ending, tmp_path):
    sound = ("-c:v", "libx264", "-c:a", "aac")
    clip = counted_clip(tmp_path / f"clip.{ending}", 50, before=tone(2), encode=sound)
    (tmp_path / "text.srt").write_text(SRT, encoding="utf-8")
    info = probe(clip, SETTINGS)
    out = tmp_path / f"soft{soft_suffix(info)}"
    assert out.suffix == f".{ending}"
    assert mux_subtitles(info, [(tmp_path / "text.srt", "ko")], out) == ()
    after = probe(out, SETTINGS)
    assert [number_in(p) for p in pictures(after)] == list(range(50))
    assert sound_packets(clip) == sound_packets(out)
    with av.open(str(out)) as container:
        track = container.streams.subtitles[0]
        assert track.language == "kor"
        packets = [p for p in container.demux(track) if p.size > 2]
        texts = [bytes(p).decode("utf-8", "ignore") for p in packets]
        starts = [float(p.pts * p.time_base) for p in packets]
    assert "안녕 hello" in texts[0] and "second" in texts[1]
    picture_start = float(container_start(out))
    assert [round(s - picture_start, 2) for s in starts] == [0.2, 1.2]


def container_start(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return (stream.start_time or 0) * stream.time_base


def test_bars_say_their_number():
    assert number_in(bars(4711)) == 4711, "what the tests above stand on"
