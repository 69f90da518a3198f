"""Films of pictures that come from a plan: colours, what is kept, what is not left behind."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace

from studio.errors import EncodeFailed
from studio.media.composed_film import Piece, coded, compose_film
from studio.media.encoder import PictureFormat, encode_sound
from studio.media.probe import frame_times, probe
from studio.media.reader import decode_range
from studio.types.timecode import FrameRate

FORM = PictureFormat((64, 48), FrameRate(Fraction(25)), 1)


def test_colours_are_those_of_the_scaler():
    y, x = np.mgrid[:48, :64]
    rgb = np.dstack([4 * x, 5 * y, 255 - 2 * (x + y)]).astype(np.uint8)
    want = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(
        format="yuv420p", dst_colorspace=int(Colorspace.ITU709), src_color_range=2,
        dst_color_range=1,
    )  # fmt: skip
    made, asked = coded(rgb).to_ndarray().astype(int), want.to_ndarray().astype(int)
    assert np.abs(made - asked)[:48].max() <= 1
    assert np.abs(made - asked).max() <= 3, "chroma is sited a little otherwise"


def test_only_what_is_missing_is_drawn_and_a_failure_leaves_nothing(tmp_path):
    drawn: list[int] = []

    def piece(level: int, frames: int = 6) -> Piece:
        def draw():
            drawn.append(level)
            for _ in range(frames):
                yield np.full((48, 64, 3), level, np.uint8)

        return Piece(f"{level:032x}", frames, draw)

    def sound(path):
        encode_sound(path, np.zeros((2, 48_000 * 18 // 25), np.float32))

    def made(levels, name="a.mp4", **more):
        drawn.clear()
        out = tmp_path / name
        pieces = [piece(level) for level in levels]
        report = compose_film(pieces, sound, out, tmp_path / "parts", FORM, **more)
        info = probe(out)
        decoded = decode_range(info, frame_times(info), 0, 99)
        return report, [int(f.to_ndarray(format="gray").mean()) for _, f in decoded]

    report, shown = made([40, 90, 40], metadata={"comment": "made"})
    assert sorted(drawn) == [40, 90] and (report.pieces, report.kept) == (3, 0)
    assert np.abs(np.diff(shown)).argsort()[-2:].tolist() in ([5, 11], [11, 5])
    report, again = made([40, 200, 40])
    assert drawn == [200] and report.kept == 2
    assert again[:6] == shown[:6] and again[12:] == shown[12:]
    kept = list((tmp_path / "parts").glob("segment-*.mp4"))
    assert len(kept) == 2, "what no film uses goes"

    def refuse(_path):
        raise EncodeFailed("no", "")

    with pytest.raises(EncodeFailed):
        made([40, 200], "b.mp4", finish=refuse)
    assert not (tmp_path / "b.mp4").exists()
    assert {p.name for p in tmp_path.iterdir()} == {"a.mp4", "parts"}
