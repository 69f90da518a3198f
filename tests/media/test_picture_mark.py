"""The sign in a picture: not seen, found after encoding anew and scaling, absent elsewhere."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from studio.media.disclosure_label import stamp_for
from studio.media.made_film import write_film
from studio.media.picture_mark import THRESHOLD, find_picture_mark, picture_mark
from studio.media.probe import frame_times, probe
from studio.media.reader import decode_range
from studio.types.timecode import FrameRate
from tests.footage import bikes, bunny, ffmpeg, music_video


def _found(path: Path) -> float:
    info = probe(path)
    return find_picture_mark(info, frame_times(info))


def test_other_programs_leave_the_sign_in(tmp_path: Path):
    info = probe(bunny())
    times = frame_times(info)
    frames = [f.to_ndarray(format="rgb24") for _, f in decode_range(info, times, 0, 4)]
    assert max(_found(path) for path in (bunny(), bikes(), music_video())) < THRESHOLD / 2
    size_wh = (frames[0].shape[1], frames[0].shape[0])
    stamp = stamp_for(size_wh, "AI-generated")
    marked = []
    for frame in frames:
        made = frame.copy()
        stamp(made)
        marked.append(made)
        off = np.abs(made.astype(int) - frame)[120:]  # below the label
        assert off.max() == 1 and 0.2 < off.mean() < 0.8, "one level of 255"
    film = tmp_path / "marked.mp4"
    write_film(film, iter(marked), size_wh, FrameRate(Fraction(25)), threads=2)
    assert _found(film) > 2 * THRESHOLD
    for name, how in (
        ("weaker", ["-crf", "28"]),
        ("smaller", ["-vf", "scale=854:-2", "-crf", "23"]),
        ("other.webm", ["-c:v", "libvpx-vp9", "-cpu-used", "8", "-crf", "36", "-b:v", "0"]),
    ):
        out = tmp_path / (name if "." in name else f"{name}.mp4")
        ffmpeg("-i", film, "-an", *how, out)
        assert _found(out) > THRESHOLD, name


def test_dark_bright_and_small_pictures_are_no_trouble():
    for value in (0, 128, 255):
        frame = np.full((360, 640, 3), value, np.uint8)
        picture_mark((640, 360))(frame)
        assert abs(int(cv2.mean(frame)[0]) - value) <= 1, "nothing wraps around"
    assert picture_mark((360, 640)).lighter.shape == (640, 360, 3)
