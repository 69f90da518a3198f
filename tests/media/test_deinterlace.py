from pathlib import Path

import numpy as np
import pytest

from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, decode_range, read_frames
from studio.types.frames import FrameRequest
from tests.footage import ffmpeg

#: A wheel of spokes that turns: fields a fiftieth of a second apart do not fit together.
MOVING = "testsrc2=s=320x240:r=50:d=2,rotate=2*t:ow=320:oh=240"
FIELDS = ("-flags", "+ildct+ilme", "-qp", "4", "-c:v", "libx264", "-x264-params", "tff=1")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "whole.mp4"
    ffmpeg("-f", "lavfi", "-i", MOVING, "-c:v", "libx264", "-qp", "4", path)
    return path


def in_fields(whole: Path, name: str, *codec: str) -> Path:
    path = whole.with_name(name)
    weave = "tinterlace=mode=interleave_top,fieldorder=tff"
    ffmpeg("-i", whole, "-vf", weave, *(codec or FIELDS), path)
    return path


def pictures(path: Path) -> np.ndarray:
    got = []
    request = FrameRequest(size_wh=(320, 240), batch=8, pixels="gray")
    read_frames(probe(path), [Subscription(request, lambda b: got.append(b.pixels))])
    return np.concatenate(got).astype(float).reshape(-1, 240, 320)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("fields.mp4", ()),
        ("fields.ts", ()),
        ("fields.avi", ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "2")),
    ],
)
def test_pictures_are_whole(whole: Path, name: str, codec: tuple[str, ...]) -> None:
    path = in_fields(whole, name, *codec)
    info = probe(path)
    assert info.video is not None and info.video.interlaced
    assert any("interlaced" in note for note in info.notes)
    truth, got = pictures(whole)[::2], pictures(path)
    assert len(got) == len(frame_times(info)) == 50
    # Line by line: woven fields differ from the lines around them where things move.
    comb = np.abs(2 * got[:, 1:-1] - got[:, :-2] - got[:, 2:]).mean()
    own = np.abs(2 * truth[:, 1:-1] - truth[:, :-2] - truth[:, 2:]).mean()
    woven = truth.copy()
    woven[:, 1::2] = pictures(whole)[1::2, 1::2]
    combed = np.abs(2 * woven[:, 1:-1] - woven[:, :-2] - woven[:, 2:]).mean()
    assert comb < own + 0.25 * (combed - own)
    # And each is the picture of its own time, not of a neighbour's.
    errors = [np.abs(got[20] - truth[20 + k]).mean() for k in (-1, 0, 1)]
    assert errors[1] == min(errors) < 0.6 * np.abs(woven[20] - truth[20]).mean() + 2


def test_a_stretch_starts_at_its_frame(whole: Path) -> None:
    path = in_fields(whole, "stretch.mp4")
    info = probe(path)
    times = frame_times(info)
    every = {n: f.to_ndarray(format="gray") for n, f in decode_range(info, times, 0, 50)}
    assert sorted(every) == list(range(50))
    part = list(decode_range(info, times, 30, 40))
    assert [n for n, _ in part] == list(range(30, 40))
    for n, frame in part[1:]:
        assert np.abs(frame.to_ndarray(format="gray").astype(int) - every[n]).mean() < 1
