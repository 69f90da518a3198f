from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from studio.media.audio_io import read_audio
from studio.media.clock import ClockJumps, find_jumps
from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, decode_range, read_frames
from studio.types.frames import FrameRequest
from tests.footage import counted_clip, ffmpeg, number_in, tone
from tests.media.zoo import B_FRAMES

MS = Fraction(1, 1000)


def mended(seconds: list[float], restarts: bool = False) -> list[float]:
    ticks = np.asarray([round(s * 1000) for s in seconds], np.int64)
    shifted: list[float] = (
        (ticks + find_jumps(ticks, MS, restarts).for_all(len(ticks))) / 1000
    ).tolist()
    return shifted


def test_a_steady_clock_is_left_alone() -> None:
    for times in ([0.0], [0, 1, 2, 3], [0, 0.04, 0.02, 0.06, 0.3], [-1, 0, 1]):
        assert mended(list(times)) == list(times)
        assert not find_jumps(np.asarray(times, np.int64), MS, True)


def tenths(*spans: tuple[float, int]) -> list[float]:
    """Frames a tenth of a second apart: spans of (start, how many)."""
    return [round(start + i / 10, 1) for start, count in spans for i in range(count)]


def test_a_long_gap_is_a_gap_where_the_clock_cannot_restart() -> None:
    gap = tenths((0, 30), (100, 30))
    assert mended(gap) == gap
    assert mended(gap, restarts=True) == tenths((0, 60))


def test_a_restarted_clock_goes_on() -> None:
    assert mended(tenths((5, 40), (0, 70), (0, 50))) == tenths((5, 160))


def test_frames_out_of_order_are_not_a_jump() -> None:
    stored = [0, 0.4, 0.2, 0.1, 0.3, 0.8, 0.6, 0.5, 0.7, 1.6, 1.2, 1.0, 0.9, 1.1, 1.4, 1.3, 1.5]
    assert mended(stored, restarts=True) == stored
    slow = [10 * s for s in stored]  # one frame a second
    assert mended(slow, restarts=True) == slow


def test_a_stretch_that_leaps_away_and_returns_is_brought_back() -> None:
    whole = tenths((0, 120))
    assert mended(tenths((0, 50), (503, 20), (7, 50))) == whole
    assert mended(tenths((0, 50), (-97, 20), (7, 50))) == whole


def test_shifts_by_packet() -> None:
    jumps = ClockJumps((3, 5), (70, -20))
    assert [jumps.at(i) for i in range(7)] == [0, 0, 0, 70, 70, -20, -20]
    assert jumps.for_all(7).tolist() == [0, 0, 0, 70, 70, -20, -20]
    assert not ClockJumps() and ClockJumps().at(9) == 0


@pytest.mark.parametrize("offset", ["0", "500"])
def test_recordings_joined_end_to_end(offset: str, footage_dir: Path) -> None:
    """Three transport streams in one file, the middle one on another clock."""
    one = counted_clip(
        footage_dir / "part.ts", 50, before=tone(2), encode=(*B_FRAMES, "-c:a", "aac")
    )
    two = footage_dir / f"part{offset}.ts"
    ffmpeg("-i", one, "-c", "copy", "-output_ts_offset", offset, two)
    path = footage_dir / f"joined{offset}.ts"
    path.write_bytes(one.read_bytes() + two.read_bytes() + one.read_bytes())
    info = probe(path)
    times = frame_times(info)
    assert info.duration == 6 and info.video is not None
    assert (str(info.video.rate), info.video.variable_rate) == ("25", False)
    assert any("clock jumps 2 time" in n for n in info.notes)
    said: list[int] = []

    def take(batch: object) -> None:
        said.extend(number_in(p) for p in batch.pixels)  # type: ignore[attr-defined]

    report = read_frames(info, [Subscription(FrameRequest(pixels="gray", batch=9), take)])
    assert said == list(range(50)) * 3 and report.seen_share == 1
    assert [n for n, _ in decode_range(info, times, 98, 103)] == [98, 99, 100, 101, 102]
    sound = read_audio(info, rate_hz=8000)
    level = np.abs(sound.samples[0]).reshape(-1, 80).max(axis=1)
    quiet = np.flatnonzero(level < 0.02)  # the tone is only cut where the parts meet
    assert sound.samples.shape[1] == 48000 and len(quiet) <= 8
    assert all(abs(q - 200) < 8 or abs(q - 400) < 8 for q in quiet)


def test_one_damaged_time_in_matroska(footage_dir: Path) -> None:
    """A cluster says 67 s instead of 0.8: its frames keep their place."""
    clip = counted_clip(
        footage_dir / "clusters.mkv", 50, encode=(*B_FRAMES, "-cluster_time_limit", "300")
    )
    data = bytearray(clip.read_bytes())
    places = [i for i in range(len(data) - 4) if data[i : i + 4] == b"\x1f\x43\xb6\x75"]
    stamp = data.index(b"\xe7\x82", places[2])
    data[stamp + 2] ^= 0xFF
    hurt = footage_dir / "hurt-clock.mkv"
    hurt.write_bytes(data)
    info = probe(hurt)
    said: dict[int, int] = {}

    def take(batch: object) -> None:
        for number, picture in zip(batch.frames, batch.pixels, strict=True):  # type: ignore[attr-defined]
            said[int(number)] = number_in(picture)

    read_frames(info, [Subscription(FrameRequest(pixels="gray", batch=9), take)])
    assert info.duration < 3 and len(said) >= 47
    assert list(said.values()) == sorted(said.values())
    assert all(abs(n - s) <= 2 for n, s in said.items())
