from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from studio.errors import LimitExceeded, RequestError
from studio.media import probe as probe_module
from studio.media.probe import content_hash, frame_times, measured_rate, probe
from studio.settings import Settings
from studio.types.media import FrameTimes
from studio.types.timecode import FrameRate
from tests.footage import bunny, counted_clip, ffmpeg, music_video, shared_media, tone
from tests.media.zoo import FAST, made

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        ("24000/1001", Fraction(24000, 1001)),
        ("24", Fraction(24)),
        ("25", Fraction(25)),
        ("30000/1001", Fraction(30000, 1001)),
        ("50", Fraction(50)),
        ("60000/1001", Fraction(60000, 1001)),
        ("12", Fraction(12)),
        ("1", Fraction(1)),
    ],
)
@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "avi"])
@pytest.mark.parametrize("frames", [7, 40])
def test_rates_are_exact_in_every_container(
    given: str, exact: Fraction, ending: str, frames: int, footage_dir: Path
) -> None:
    name = f"rate-{given.replace('/', '_')}-{frames}.{ending}"
    encode = ("-c:v", "mpeg4", "-q:v", "5") if ending != "ts" else FAST
    info = probe(
        counted_clip(footage_dir / name, frames, rate=given, size=(160, 90), encode=encode)
    )
    assert info.video is not None
    assert (info.video.rate, info.video.variable_rate) == (FrameRate(exact), False)
    assert abs(info.duration - frames / exact) < Fraction(1, 500)


def table(milliseconds: list[int]) -> FrameTimes:
    return FrameTimes(
        np.asarray(milliseconds[:-1]), milliseconds[-1], Fraction(1, 1000), np.array([0])
    )


def test_rounding_of_the_container_is_not_a_variable_rate() -> None:
    exact = Fraction(30000, 1001)
    for rounded in (round, int, lambda x: -int(-x // 1)):
        times = table([rounded(n * 1000 / exact) for n in range(3001)])
        assert measured_rate(times, None) == (FrameRate(exact), False)
        assert measured_rate(times, Fraction(30)) == (FrameRate(exact), False)


def test_a_lost_frame_makes_the_rate_vary_but_keeps_its_name() -> None:
    numbers = [n for n in range(101) if n not in (40, 41, 70)]
    times = table([n * 40 for n in numbers])
    assert measured_rate(times, Fraction(25)) == (FrameRate(Fraction(25)), True)


def test_a_phone_that_wanders_has_a_variable_rate() -> None:
    steps = np.random.default_rng(1).integers(28, 60, 300)
    rate, variable = measured_rate(table(np.concatenate([[0], steps.cumsum()]).tolist()), None)
    assert variable
    assert float(rate.fps) == pytest.approx(1000 / steps[:-1].mean(), rel=0.01)


@pytest.mark.parametrize("kind", ["variable rate in MP4", "variable rate in Matroska"])
def test_variable_rate(kind: str, footage_dir: Path) -> None:
    info = probe(made(kind, footage_dir)[0])
    assert info.video is not None and info.video.variable_rate
    shown = [Fraction(n + n // 5 * 2, 25) for n in range(50)]
    times = frame_times(info)
    assert [times.start(n) for n in range(50)] == shown
    assert times.frame_at(Fraction(27, 100)) == times.frame_at(Fraction(5, 25)) == 4


def test_edit_list_and_late_start(footage_dir: Path) -> None:
    edit = probe(made("edit list", footage_dir)[0])
    assert edit.duration == Fraction(27, 25)
    late = probe(made("late start in MPEG-TS", footage_dir)[0])
    assert late.video is not None
    assert late.video.start_pts * late.video.time_base == Fraction(89, 10)  # 7.5 s + the mux delay
    assert frame_times(late).start(0) == 0 and late.duration == 2


def test_main_clip() -> None:
    info = probe(music_video())
    assert info.video is not None and info.audio is not None
    assert (info.video.codec, info.video.coded_wh, str(info.video.rate)) == (
        "h264",
        (160, 90),
        "25",
    )
    assert (len(frame_times(info)), info.duration) == (5301, Fraction(5301, 25))
    assert (info.audio.codec, info.audio.sample_rate_hz, info.audio.channels) == ("aac", 44100, 2)
    assert info.video_streams == info.audio_streams == 1 and not info.notes
    assert info.path.is_absolute() and info.size_bytes == music_video().stat().st_size


def test_many_streams_the_choice_is_told() -> None:
    path = shared_media("nasa_multi_audio.mp4")
    info = probe(path)
    assert info.video is not None and info.audio is not None
    assert (info.video.index, info.video.coded_wh, info.audio.index) == (3, (480, 270), 4)
    assert (info.video_streams, info.audio_streams) == (2, 2)
    assert any("stream 3 was chosen" in n for n in info.notes)
    assert any("stream 4 was chosen" in n for n in info.notes)
    other = probe(path, video_stream=0, audio_stream=1)
    assert other.video is not None and other.audio is not None
    assert (other.video.index, other.audio.index, str(other.video.rate)) == (0, 1, "25")
    assert len(frame_times(other)) == 325 and len(frame_times(info)) == 390
    with pytest.raises(RequestError, match="no picture stream 1"):
        probe(path, video_stream=1)


def test_the_default_sound_stream_is_chosen(footage_dir: Path) -> None:
    clip = footage_dir / "languages.mov"
    ffmpeg(
        *tone(1),
        *tone(1, 880),
        *("-map", "0", "-map", "1", "-metadata:s:a:1", "language=kor"),
        *("-disposition:a:0", "0", "-disposition:a:1", "default", clip),
    )
    info = probe(clip)
    assert info.audio is not None and info.video is None
    assert (info.audio.index, info.audio.language, info.audio_streams) == (1, "kor", 2)
    assert any("stream 1 was chosen" in n for n in info.notes)
    assert info.duration == info.audio.duration == 1


def test_cover_art_is_no_footage(footage_dir: Path) -> None:
    cover = footage_dir / "cover.png"
    ffmpeg("-f", "lavfi", "-i", "color=red:s=64x64:d=1", "-frames:v", "1", cover)
    song = footage_dir / "song.mp3"
    ffmpeg(*tone(1), "-i", cover, "-map", "0", "-map", "1", "-disposition:v", "attached_pic", song)
    info = probe(song)
    assert info.video is None and info.audio is not None and info.video_streams == 0
    assert any("cover picture" in n for n in info.notes)


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
def test_embedded_time_code(ending: str, footage_dir: Path) -> None:
    source, _ = made("29.97 on a clock of milliseconds", footage_dir)
    clip = footage_dir / f"coded.{ending}"
    tag = ("-metadata", "timecode=01:02:03;04") if ending == "mkv" else ("-timecode", "01:02:03;04")
    ffmpeg("-i", source, "-c", "copy", *tag, clip)
    assert probe(clip).timecode == "01:02:03;04"


def test_a_time_code_that_is_none_is_left_out(footage_dir: Path) -> None:
    source, _ = made("29.97 on a clock of milliseconds", footage_dir)
    clip = footage_dir / "uncoded.mkv"
    ffmpeg("-i", source, "-c", "copy", "-metadata", "timecode=yesterday", clip)
    info = probe(clip)
    assert info.timecode == "" and any("yesterday" in n for n in info.notes)


def test_sound_that_starts_late(footage_dir: Path) -> None:
    clip = footage_dir / "late-sound.mkv"
    shift = ("-itsoffset", "0.5")
    counted_clip(clip, 50, before=(*shift, *tone(1)), encode=(*FAST, "-c:a", "pcm_s16le"))
    info = probe(clip)
    assert info.audio is not None and info.audio.start == Fraction(1, 2)
    assert info.duration == 2 and info.audio.duration == pytest.approx(1, abs=0.03)


def test_ten_bits_and_hdr_tags(footage_dir: Path) -> None:
    clip = hdr_clip(footage_dir)
    info = probe(clip)
    assert info.video is not None
    assert info.video.is_hdr and info.video.bit_depth == 10
    assert info.video.pixel_format == "yuv420p10le"
    assert (info.video.color_primaries, info.video.color_transfer) == ("bt2020", "smpte2084")
    assert info.video.color_matrix == "bt2020nc" and info.video.color_range == "tv"


def hdr_clip(folder: Path) -> Path:
    clip = folder / "pq.mp4"
    if not clip.exists():
        tags = "colorprim=9:transfer=16:colormatrix=9:range=0:log-level=none"
        counted_clip(
            clip,
            5,
            encode=(
                *("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le"),
                *("-x265-params", tags, "-color_primaries", "bt2020", "-colorspace", "bt2020nc"),
                *("-color_trc", "smpte2084"),
            ),
        )
    return clip


# --- headers that lie ------------------------------------------------------------------------


def patched(source: Path, name: str, change: Callable[[bytearray], None]) -> Path:
    data = bytearray(source.read_bytes())
    change(data)
    target = source.with_name(name)
    target.write_bytes(data)
    return target


def put(data: bytearray, after: bytes, offset: int, value: bytes) -> None:
    place = data.index(after) + len(after) + offset
    data[place : place + len(value)] = value


def test_a_twelve_hour_header_on_one_second(footage_dir: Path) -> None:
    mp4 = counted_clip(footage_dir / "second.mp4", 25, encode=FAST)
    mkv = counted_clip(footage_dir / "second.mkv", 25, encode=FAST)

    def boxes(data: bytearray) -> None:
        for box, offset, ticks in ((b"mvhd", 16, 1000), (b"tkhd", 20, 1000), (b"mdhd", 16, 12800)):
            put(data, box, offset, struct.pack(">I", 43200 * ticks))

    info = probe(patched(mp4, "twelve.mp4", boxes))
    assert info.duration == 1 and info.video is not None and str(info.video.rate) == "25"

    info = probe(
        patched(mkv, "twelve.mkv", lambda d: put(d, b"\x44\x89\x88", 0, struct.pack(">d", 43200e3)))
    )
    assert info.duration == 1
    assert any("claims 43200.0 s" in n for n in info.notes)


def test_a_last_frame_of_hours_is_not_believed(footage_dir: Path) -> None:
    clip = counted_clip(footage_dir / "second2.mp4", 25, encode=FAST)

    def last(data: bytearray) -> None:  # every sample stands for 46 hours: only one fits
        put(data, b"stts", 12, struct.pack(">I", 0x7FFFFFFF))

    info = probe(patched(clip, "hours.mp4", last))
    assert info.duration <= 1 and any("not believed" in n for n in info.notes)


def test_a_header_without_a_rate(footage_dir: Path) -> None:
    clip = counted_clip(footage_dir / "second.avi", 25, encode=("-c:v", "mpeg4", "-q:v", "3"))
    header = clip.read_bytes().index(b"strh")
    for name, scale, rate in (("rate0.avi", 1, 0), ("both0.avi", 0, 0)):

        def zero(data: bytearray, s: int = scale, r: int = rate) -> None:
            data[header + 28 : header + 36] = struct.pack("<II", s, r)

        info = probe(patched(clip, name, zero))
        assert info.video is not None and str(info.video.rate) == "25" and info.duration == 1


def test_frames_without_times_are_told(footage_dir: Path) -> None:
    clip = counted_clip(footage_dir / "second3.mp4", 25, encode=FAST)
    info = probe(patched(clip, "still.mp4", lambda d: put(d, b"stts", 12, bytes(4))))
    assert any("share their time" in n for n in info.notes)
    assert any("promises 25 frames" in n for n in info.notes)


def test_cut_short(footage_dir: Path) -> None:
    source, _ = made("B frames in Matroska", footage_dir)
    info = probe(patched(source, "short.mkv", lambda d: d.__delitem__(slice(len(d) // 2, None))))
    assert 0.5 < info.duration < 1.5 and any("claims 2.0 s" in n for n in info.notes)
    faststart = footage_dir / "faststart.mp4"
    mp4, _ = made("B frames in MP4", footage_dir)
    ffmpeg("-i", mp4, "-c", "copy", "-movflags", "faststart", faststart)
    info = probe(
        patched(faststart, "short.mp4", lambda d: d.__delitem__(slice(-len(d) // 3, None)))
    )
    assert info.duration < 1.5 and any("promises 50 frames" in n for n in info.notes)


# --- limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "word"),
    [
        ({"max_file_bytes": 1000}, "bytes"),
        ({"max_duration_s": 2.0}, "lasts"),
        ({"max_pixels": 1280 * 700}, "pixels"),
        ({"max_streams": 1}, "streams"),
    ],
)
def test_limits(limit: dict[str, float], word: str) -> None:
    with pytest.raises(LimitExceeded, match=word) as caught:
        probe(bunny(), Settings(**limit))  # type: ignore[arg-type]
    assert "bigbuckbunny.mp4" in caught.value.message and caught.value.hint


def test_an_unbelievable_pixel_shape(footage_dir: Path) -> None:
    clip = counted_clip(footage_dir / "needle.mkv", 3, encode=("-vf", "setsar=200", *FAST))
    info = probe(clip)
    assert info.video is not None and info.video.sample_aspect == 1
    assert any("not believed" in n for n in info.notes)


# --- the name of the content -----------------------------------------------------------------


def test_the_hash_names_the_content(tmp_path: Path) -> None:
    one, two = tmp_path / "a.bin", tmp_path / "b.bin"
    one.write_bytes(bytes(3_000_000))
    two.write_bytes(bytes(3_000_000))
    assert content_hash(one) == content_hash(two) and len(content_hash(one)) == 40
    two.write_bytes(bytes(2_999_999) + b"\1")
    assert content_hash(one) != content_hash(two)


def test_the_hash_of_a_long_file_is_sampled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.bin"
    data = np.random.default_rng(0).bytes(200_000)
    path.write_bytes(data)
    whole = content_hash(path)
    monkeypatch.setattr(probe_module, "WHOLE_HASH_BYTES", 1000)
    monkeypatch.setattr(probe_module, "_SAMPLE_BYTES", 100)
    sampled = content_hash(path)
    assert sampled != whole and sampled == content_hash(path)
    for change in (data[:-1] + b"\0", b"\0" + data[1:], data + b"\0"):
        path.write_bytes(change)
        assert content_hash(path) != sampled


def test_frame_times_follow_the_probed_stream(footage_dir: Path) -> None:
    info = probe(made("B frames in MP4", footage_dir)[0])
    times = frame_times(info)
    assert times is frame_times(replace(info, notes=()))
    assert times.keyframes.tolist() == [0, 20, 40]
