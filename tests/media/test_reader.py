from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from studio.errors import Cancelled, DecodeFailed, NoSuchMedia, RequestError
from studio.media import reader
from studio.media.picture import upright_rgb
from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, decode_range, read_frames
from studio.types.frames import FrameBatch, FrameRequest
from studio.types.media import FrameTimes, MediaInfo
from tests.footage import (
    bars,
    bikes,
    bunny,
    counted_clip,
    ffmpeg,
    number_in,
    shared_media,
    tone,
)
from tests.media.zoo import B_FRAMES, FAST, ZOO, made

pytestmark = pytest.mark.timeout(60)


def gathered(info: MediaInfo, request: FrameRequest) -> list[FrameBatch]:
    batches: list[FrameBatch] = []
    read_frames(info, [Subscription(request, batches.append)])
    return batches


def numbered(info: MediaInfo) -> dict[int, int]:
    """Frame number to the number its pixels say."""
    batches = gathered(info, FrameRequest(pixels="gray", batch=16))
    return {int(n): number_in(p) for b in batches for n, p in zip(b.frames, b.pixels, strict=True)}


@pytest.mark.parametrize("kind", ZOO)
def test_numbers_times_and_pixels_agree(kind: str, footage_dir: Path) -> None:
    clip, truth = made(kind, footage_dir)
    info = probe(clip)
    times = frame_times(info)
    assert len(times) == len(truth)
    assert numbered(info) == dict(enumerate(truth))


@pytest.mark.parametrize("kind", ZOO)
def test_a_stretch_is_exact_to_the_frame(kind: str, footage_dir: Path) -> None:
    clip, truth = made(kind, footage_dir)
    info = probe(clip)
    times = frame_times(info)
    assert info.video is not None
    for start in {0, 7, 13, 19, 20, 21, len(truth) - 4} & set(range(len(truth))):
        stretch = list(decode_range(info, times, start, start + 4))
        assert [n for n, _ in stretch] == list(range(start, min(start + 4, len(truth))))
        for number, frame in stretch:
            assert number_in(upright_rgb(frame, info.video)) == truth[number], (start, number)


def test_packets_and_decoder_agree_on_real_footage() -> None:
    names = ["animation_30s.webm", "av1.mkv", "film_bw.mp4", "hevc_10bit.mp4", "rotated.mp4"]
    names += ["nasa_multi_audio.mp4", "non_zero_start.mp4", "speaker_en.mp4", "basketball.mp4"]
    for path in [bikes(), bunny(), *map(shared_media, names)]:
        info = probe(path)
        times = frame_times(info)
        seen: list[int] = []
        report = read_frames(
            info,
            [Subscription(FrameRequest((16, 16)), lambda b: seen.extend(b.frames.tolist()))],  # noqa: B023
        )
        assert seen == list(range(len(times))), path.name
        assert report.seen_share == 1 and not report.notes and not report.decode_errors


def test_the_decoder_agrees_with_a_plain_loop() -> None:
    info = probe(bikes())
    assert info.video is not None
    times = frame_times(info)
    with av.open(str(bikes())) as container:
        plain = [f.pts for f in container.decode(video=0)]
    assert (np.asarray(plain) - info.video.start_pts == times.pts).all()


def test_each_consumer_gets_its_own_rate_size_and_kind() -> None:
    info = probe(bikes())
    small: list[FrameBatch] = []
    wide: list[FrameBatch] = []
    gray: list[FrameBatch] = []
    report = read_frames(
        info,
        [
            Subscription(FrameRequest((48, 27), batch=100), small.append),
            Subscription(FrameRequest(max_side_px=320, rate=Fraction(2), batch=8), wide.append),
            Subscription(FrameRequest(max_side_px=101, pixels="gray"), gray.append),
        ],
    )
    assert report.frames_seen == report.frames_expected == 250
    assert [b.pixels.shape for b in small] == [(100, 27, 48, 3)] * 2 + [(50, 27, 48, 3)]
    assert [b.pixels.shape for b in wide] == [(8, 136, 320, 3)] * 2 + [(4, 136, 320, 3)]
    assert wide[0].frames.tolist() == [0, 12, 25, 37, 50, 62, 75, 87]
    assert np.allclose(wide[0].times_s, wide[0].frames / 25)
    assert len(gray) == 250 and gray[0].pixels.shape == (1, 42, 100)
    assert all(b.pixels.dtype == np.uint8 for b in small + wide + gray)


def test_batches_stay_untouched_after_they_were_handed_over() -> None:
    info = probe(bikes())
    kept: list[FrameBatch] = []
    copies: list[np.ndarray] = []

    def take(batch: FrameBatch) -> None:
        kept.append(batch)
        copies.append(batch.pixels.copy())

    read_frames(info, [Subscription(FrameRequest((64, 36), batch=7), take)])
    assert all((b.pixels == c).all() for b, c in zip(kept, copies, strict=True))


def test_sampling_takes_the_frame_on_screen_and_none_twice() -> None:
    times = FrameTimes(np.array([0, 100, 101, 400]), 500, Fraction(1, 100), np.array([0]))
    for rate, shown in ((Fraction(1, 2), [0, 2, 3]), (Fraction(1), [0, 1, 2, 3])):
        samples = reader.sampled_frames(times, rate)
        assert samples is not None and samples.tolist() == shown
    for rate in (Fraction(30000, 1001), Fraction(7, 3)):
        samples = reader.sampled_frames(times, rate)
        looked_up = {times.frame_at(k / rate) for k in range(-(-5 * rate // 1))}
        assert samples is not None and samples.tolist() == sorted(looked_up)


def test_progress_rises_to_one_even_where_little_is_wanted() -> None:
    shares: list[float] = []
    wanted = [Subscription(FrameRequest((16, 16), rate=Fraction(1, 100)), lambda _: None)]
    read_frames(probe(bikes()), wanted, on_progress=shares.append)
    assert len(shares) >= 4 and shares == sorted(shares) and shares[-1] == 1


# --- pictures --------------------------------------------------------------------------------


def test_rotation_is_undone(footage_dir: Path) -> None:
    """The coded picture lies on its side; the tag says how to turn it."""
    for tag, quarters, turn in (("90", 1, 270), ("180", 2, 180), ("270", 3, 90)):
        flat = counted_clip(
            footage_dir / f"flat{tag}.mp4",
            10,
            size=(180, 320) if quarters % 2 else (320, 180),
            encode=FAST,
            picture=lambda n, q=quarters: np.ascontiguousarray(np.rot90(bars(n), -q)),
        )
        clip = footage_dir / f"turned{tag}.mp4"
        ffmpeg("-display_rotation", tag, "-i", flat, "-c", "copy", clip)
        info = probe(clip)
        assert info.video is not None
        assert (info.video.rotation_deg, info.video.display_wh) == (turn, (320, 180))
        assert numbered(info) == {n: n for n in range(10)}
        (small,) = gathered(info, FrameRequest(max_side_px=160, batch=10))
        assert small.pixels.shape == (10, 90, 160, 3)
        assert [number_in(p) for p in small.pixels] == list(range(10))
        # the ramp of the ground runs from dark on the left to bright on the right
        assert small.pixels[0, :10, :20].mean() + 60 < small.pixels[0, :10, -20:].mean()


def test_pixels_become_square(footage_dir: Path) -> None:
    clip = counted_clip(footage_dir / "wide.mp4", 5, encode=("-vf", "setsar=4/3", *FAST))
    info = probe(clip)
    assert info.video is not None
    assert (info.video.sample_aspect, info.video.display_wh) == (Fraction(4, 3), (427, 180))
    (batch,) = gathered(info, FrameRequest(batch=5))
    assert batch.pixels.shape == (5, 180, 427, 3)
    assert [number_in(p) for p in batch.pixels] == list(range(5))


def test_three_pixels_wide(footage_dir: Path) -> None:
    clip = counted_clip(
        footage_dir / "sliver.mkv", 5, size=(3, 40), encode=("-c:v", "ffv1", "-pix_fmt", "gray")
    )
    (batch,) = gathered(probe(clip), FrameRequest(max_side_px=640, batch=9))
    assert batch.pixels.shape == (5, 40, 3, 3)
    (tiny,) = gathered(probe(clip), FrameRequest(max_side_px=20, pixels="gray", batch=9))
    assert tiny.pixels.shape == (5, 20, 2)


RED_GREEN_BLUE = ((200, 40, 40), (40, 180, 60), (50, 60, 210), (128, 128, 128), (250, 250, 250))


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m", "bt2020nc"])
@pytest.mark.parametrize("color_range", ["tv", "pc"])
def test_colours_come_back(matrix: str, color_range: str, footage_dir: Path) -> None:
    clip = footage_dir / f"colours-{matrix}-{color_range}.mkv"
    raw = np.concatenate(
        [np.full((64, 64, 3), c, np.uint8) for c in RED_GREEN_BLUE], axis=1
    ).tobytes()
    scale = f"scale=out_color_matrix={matrix}:out_range={color_range}:flags=accurate_rnd"
    ffmpeg(
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "320x64", "-i", "pipe:0", "-vf", scale),
        *("-c:v", "libx264", "-qp", "1", "-pix_fmt", "yuv444p"),
        *("-colorspace", matrix, "-color_range", color_range, clip),
        stdin=raw,
    )
    info = probe(clip)
    assert info.video is not None and info.video.color_matrix == matrix
    assert info.video.color_range == color_range
    (rgb,) = gathered(info, FrameRequest())
    (gray,) = gathered(info, FrameRequest(pixels="gray"))
    for i, colour in enumerate(RED_GREEN_BLUE):
        middle = rgb.pixels[0, 20:44, 64 * i + 20 : 64 * i + 44].reshape(-1, 3).mean(axis=0)
        assert np.abs(middle - colour).max() <= 3, (colour, middle)
        if len(set(colour)) == 1:
            luma = gray.pixels[0, 20:44, 64 * i + 20 : 64 * i + 44].mean()
            assert abs(luma - colour[0]) <= 2


# --- damage ----------------------------------------------------------------------------------


def damaged(source: Path, target: Path, flips: int, seed: int = 0) -> Path:
    """A copy with flipped bytes in the samples, not in the tables that follow them."""
    data = bytearray(source.read_bytes())
    start = data.index(b"mdat") + 4
    stop = data.index(b"moov", start) - 4
    for place in np.random.default_rng(seed).integers(start, stop, flips):
        data[place] ^= 0xFF
    target.write_bytes(data)
    return target


def test_a_damaged_file_is_read_to_its_end(footage_dir: Path) -> None:
    clip = footage_dir / "long.mp4"
    cut = ("-frames:v", "150", "-vf", "scale=640:-2", "-an")
    ffmpeg("-stream_loop", "1", "-i", bunny(), *cut, *B_FRAMES, clip)
    info = probe(damaged(clip, footage_dir / "flipped.mp4", 300))
    seen: list[int] = []
    report = read_frames(
        info, [Subscription(FrameRequest((32, 18)), lambda b: seen.extend(b.frames.tolist()))]
    )
    assert report.frames_expected == 150 and report.frames_seen == len(seen)
    assert report.seen_share >= 0.9
    assert seen == sorted(set(seen)) and seen[-1] >= 147
    assert report.frames_seen == 150 or any("could not be decoded" in n for n in report.notes)


def test_numbers_stay_right_behind_broken_frames(footage_dir: Path) -> None:
    clip = counted_clip(footage_dir / "intra.mp4", 60, encode=(*FAST, "-g", "1"))
    data = bytearray(clip.read_bytes())
    with av.open(str(clip)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    for frame in (10, 11, 30):
        place, size = places[frame]
        data[place + 4 : place + size] = bytes(size - 4)
    broken = footage_dir / "holes.mp4"
    broken.write_bytes(data)
    info = probe(broken)
    seen = numbered(info)
    assert len(frame_times(info)) == 60
    assert len(seen) >= 54
    assert all(said == n for n, said in seen.items() if n not in (10, 11, 30))
    assert max(seen) == 59
    stretch = [n for n, _ in decode_range(info, frame_times(info), 28, 34)]
    assert set(stretch) >= {28, 29, 31, 32, 33}


def test_a_sample_that_is_broken_has_a_stand_in(footage_dir: Path) -> None:
    clip = counted_clip(footage_dir / "intra2.mp4", 60, encode=(*FAST, "-g", "1"))
    data = bytearray(clip.read_bytes())
    with av.open(str(clip)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    place, size = places[25]
    data[place : place + size] = bytes(size)
    broken = footage_dir / "hole.mp4"
    broken.write_bytes(data)
    batches = gathered(probe(broken), FrameRequest((64, 36), rate=Fraction(1), batch=9))
    assert batches[0].frames.tolist() in ([0, 26, 50], [0, 25, 50])
    assert batches[0].frames.tolist() == [0, 26, 50]


# --- endings ---------------------------------------------------------------------------------


def no_decoder_is_left() -> bool:
    return not [t for t in threading.enumerate() if t.name.startswith("decode ")]


@pytest.mark.parametrize("error", [RuntimeError("consumer"), Cancelled(), KeyboardInterrupt()])
def test_a_consumer_that_raises_ends_the_pass(error: BaseException) -> None:
    taken = 0

    def take(_: FrameBatch) -> None:
        nonlocal taken
        taken += 1
        if taken == 3:
            time.sleep(0.2)  # let the decoder fill the queue and block
            raise error

    with pytest.raises(type(error)):
        read_frames(probe(bunny()), [Subscription(FrameRequest(), take)])
    assert taken == 3 and no_decoder_is_left()


def test_an_interrupt_ends_the_pass() -> None:
    """Ctrl-C while the caller waits for pictures or works on them."""
    alarm = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    alarm.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            for _ in range(50):
                wanted = [Subscription(FrameRequest((64, 36), batch=50), lambda _: None)]
                read_frames(probe(bunny()), wanted)
    finally:
        alarm.cancel()
    assert no_decoder_is_left()


def test_progress_that_raises_ends_the_pass() -> None:
    def cancel(_: float) -> None:
        raise Cancelled()

    with pytest.raises(Cancelled):
        read_frames(
            probe(bunny()), [Subscription(FrameRequest(), lambda _: None)], on_progress=cancel
        )
    assert no_decoder_is_left()


def test_a_decoder_that_raises_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(reader.Converter):
        count = 0

        def into(self, frame: av.VideoFrame, out: np.ndarray) -> None:
            Broken.count += 1
            if Broken.count == 40:
                raise MemoryError("no room for the picture")
            super().into(frame, out)

    monkeypatch.setattr(reader, "Converter", Broken)
    taken: list[int] = []
    with pytest.raises(MemoryError, match="no room"):
        read_frames(
            probe(bunny()),
            [Subscription(FrameRequest(batch=4), lambda b: taken.extend(b.frames.tolist()))],
        )
    assert taken == list(range(36)) and no_decoder_is_left()


def test_a_file_that_goes_missing_is_an_error(tmp_path: Path) -> None:
    clip = counted_clip(tmp_path / "here.mp4", 5)
    info = probe(clip)
    times = frame_times(info)
    clip.unlink()
    with pytest.raises(NoSuchMedia, match=r"here\.mp4"):
        read_frames(info, [Subscription(FrameRequest(), lambda _: None)], times=times)
    assert no_decoder_is_left()


def test_no_picture_is_a_clear_error(footage_dir: Path) -> None:
    ffmpeg(*tone(1), footage_dir / "tone.wav")
    info = probe(footage_dir / "tone.wav")
    with pytest.raises(RequestError, match="no picture"):
        read_frames(info, [])
    with pytest.raises(RequestError, match="no picture"):
        frame_times(info)


def test_nothing_decodable_is_a_clear_error(footage_dir: Path) -> None:
    clip = counted_clip(footage_dir / "sound-source.mp4", 20, encode=(*FAST, "-g", "1"))
    info = probe(clip)
    times = frame_times(info)
    data = bytearray(clip.read_bytes())
    with av.open(str(clip)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    clip.write_bytes(data)
    with pytest.raises(DecodeFailed, match="No picture"):
        read_frames(info, [Subscription(FrameRequest(), lambda _: None)], times=times)
    with pytest.raises(DecodeFailed, match="No picture"):
        probe(clip)


def test_requests_that_cannot_be_met_are_mistakes() -> None:
    info = probe(bikes())
    for request in (
        FrameRequest(batch=0),
        FrameRequest((0, 5)),
        FrameRequest(max_side_px=0),
        FrameRequest(rate=Fraction(0)),
    ):
        with pytest.raises(ValueError, match="cannot be met"):
            read_frames(info, [Subscription(request, lambda _: None)])


# --- memory ----------------------------------------------------------------------------------


def test_a_slow_consumer_holds_the_decoder_back(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = 0

    class Counting(reader.Converter):
        def into(self, frame: av.VideoFrame, out: np.ndarray) -> None:
            nonlocal decoded
            decoded += 1
            super().into(frame, out)

    monkeypatch.setattr(reader, "Converter", Counting)
    monkeypatch.setattr(reader, "QUEUE_BYTES", 8 * 1280 * 720 * 3)
    ahead: list[int] = []

    def take(batch: FrameBatch) -> None:
        if int(batch.frames[0]) in (0, 40):
            time.sleep(0.3)
        ahead.append(decoded - int(batch.frames[0]))

    read_frames(probe(bunny()), [Subscription(FrameRequest(), take)])
    assert 2 <= max(ahead) <= 8 + 2


MEASURE = """
import resource, sys
from pathlib import Path
from studio.media.probe import probe
from studio.media.reader import Subscription, read_frames
from studio.types.frames import FrameRequest
read_frames(
    probe(Path(sys.argv[1])),
    [Subscription(FrameRequest(batch=4), len), Subscription(FrameRequest((48, 27)), len)],
)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_length(footage_dir: Path) -> None:
    peaks = []
    for times in (1, 9):
        clip = footage_dir / f"loop{times}.mp4"
        ffmpeg("-stream_loop", times - 1, "-i", bikes(), "-c", "copy", clip)
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(clip)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            cwd=Path(__file__).resolve().parents[2],
        )
        peaks.append(int(done.stdout))
    assert peaks[1] <= peaks[0] * 1.1
