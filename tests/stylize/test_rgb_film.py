"""Pictures as RGB and back: what the function sees, and what is left of a film it leaves alone."""

import av
import numpy as np
import pytest

from studio.errors import RequestError
from studio.media.film_render import render_film
from studio.media.probe import frame_times, probe
from studio.media.rgb_film import RgbFilm
from studio.settings import Settings
from tests.footage import counted_clip, ffmpeg

SETTINGS = Settings(threads=2)


class Pass:
    """A function of pictures that also notes what it saw."""

    notes = ()

    def __init__(self, seen, change):
        self.seen, self.change = seen, change

    def __call__(self, rgb, number):
        self.seen.append((number, rgb.shape, rgb.dtype, rgb[:8, :8].mean(axis=(0, 1))))
        return self.change(rgb)


def film_of(info, seen, change=lambda rgb: rgb, lead=0):
    return RgbFilm(
        info.video, lambda _s, _e: Pass(seen, change), lambda s, e: ["trial", s, e], lead
    )


def footage(path, *options, size="192x108", frames=12):
    """Slow colour clouds with a red square in the upper left corner."""
    source = f"testsrc2=size={size}:rate=25,boxblur=2,drawbox=0:0:24:24:red:fill"
    ffmpeg("-f", "lavfi", "-i", source, "-frames:v", frames, *options, path)
    return path


def planes(path):
    with av.open(str(path)) as container:
        return [f.to_ndarray() for f in container.decode(video=0)], container.streams.video[0]


def loss_db(first, second, most):
    away = np.mean((first.astype(float) - second.astype(float)) ** 2)
    return 10 * np.log10(most**2 / max(away, 1e-9))


FORMS = {
    "plain": ("-pix_fmt", "yuv420p"),
    "bt709": ("-pix_fmt", "yuv420p", "-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709"),
    "full": ("-pix_fmt", "yuvj420p"),
    "4:4:4": ("-pix_fmt", "yuv444p"),
    "deep": ("-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-x265-params", "log-level=error"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_film_left_alone_stays_as_it_was(tmp_path, form):
    """Through RGB and back, and one more encoding at the studio's quality."""
    options = FORMS[form]
    quality = () if form == "deep" else ("-c:v", "libx264", "-crf", "8")
    source = footage(tmp_path / "in.mp4", *options, *quality)
    info, seen = probe(source, SETTINGS), []
    report = render_film(
        info, film_of(info, seen), tmp_path / "out.mp4", tmp_path / "w", settings=SETTINGS
    )
    made = probe(tmp_path / "out.mp4", SETTINGS)
    for name in ("pixel_format", "color_range", "color_matrix", "coded_wh", "sample_aspect"):
        assert getattr(made.video, name) == getattr(info.video, name), name
    before, _ = planes(source)
    after, _ = planes(tmp_path / "out.mp4")
    most = 1023 if form == "deep" else 255
    assert len(before) == len(after) == report.frames == 12
    assert min(loss_db(b, a, most) for b, a in zip(before, after, strict=True)) > 36
    # No shift of levels: the mean of each plane stands.
    assert abs(np.mean(after[5]) - np.mean(before[5])) < most / 255 * 0.7
    kind = np.uint16 if form == "deep" else np.uint8
    assert {(s[1], s[2]) for s in seen} == {((108, 192, 3), np.dtype(kind))}
    red = seen[0][3] / (257 if form == "deep" else 1)
    assert red[0] > 235 and red[1] < 20 and red[2] < 20


def test_functions_see_upright_pictures_in_square_pixels(tmp_path):
    """Turned by a quarter, with wide pixels: the mark is where a viewer sees it."""
    flat = footage(tmp_path / "flat.mp4", "-pix_fmt", "yuv420p", "-aspect", "32:9")
    source = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", "-90", "-i", flat, "-c", "copy", source)
    info, seen = probe(source, SETTINGS), []
    assert info.video.rotation_deg in (90, 270)
    assert info.video.sample_aspect == 2

    def mark(rgb):
        rgb = rgb.copy()
        rgb[:60, :40] = (0, 255, 0)  # upper left, as seen
        return rgb

    render_film(
        info, film_of(info, seen, mark), tmp_path / "out.mp4", tmp_path / "w", settings=SETTINGS
    )
    assert {s[1] for s in seen} == {(384, 108, 3)}
    made = probe(tmp_path / "out.mp4", SETTINGS)
    assert made.video.rotation_deg == info.video.rotation_deg
    assert made.video.sample_aspect == info.video.sample_aspect
    from studio.media.picture import upright_rgb
    from studio.media.reader import decode_range

    times = frame_times(made, SETTINGS)
    frame = next(f for _, f in decode_range(made, times, 3, 4))
    shown = upright_rgb(frame, made.video)
    assert shown.shape == (384, 108, 3)
    assert shown[10:50, 8:32, 1].min() > 200
    assert (shown[:60, 60:].mean(axis=(0, 1)) < 200).any()


def test_hdr_becomes_sdr_and_says_so(tmp_path):
    source = footage(
        tmp_path / "hdr.mp4",
        *("-pix_fmt", "yuv420p10le", "-c:v", "libx265"),
        *(
            "-x265-params",
            "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
        ),
    )
    info, seen = probe(source, SETTINGS), []
    assert info.video.is_hdr
    report = render_film(
        info, film_of(info, seen), tmp_path / "out.mp4", tmp_path / "w", settings=SETTINGS
    )
    made = probe(tmp_path / "out.mp4", SETTINGS)
    assert made.video.pixel_format == "yuv420p"
    assert made.video.color_transfer == made.video.color_matrix == "bt709"
    assert any("SDR" in note for note in report.notes)
    assert seen[0][2] == np.uint8


def test_odd_edges_are_cut_and_said(tmp_path):
    counted_clip(tmp_path / "odd.mkv", 6, size=(191, 107), encode=("-c:v", "ffv1"))
    info, seen = probe(tmp_path / "odd.mkv", SETTINGS), []
    report = render_film(
        info, film_of(info, seen), tmp_path / "out.mp4", tmp_path / "w", settings=SETTINGS
    )
    assert probe(tmp_path / "out.mp4", SETTINGS).video.coded_wh == (190, 106)
    assert seen[0][1] == (107, 191, 3)
    assert any("odd edge" in note for note in report.notes)


def test_transparent_footage_is_refused(tmp_path):
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25,format=yuva444p10le"),
        *("-frames:v", "3", "-c:v", "prores_ks", "-profile:v", "4444"),
        tmp_path / "alpha.mov",
    )
    info = probe(tmp_path / "alpha.mov", SETTINGS)
    with pytest.raises(RequestError, match="transparent") as caught:
        film_of(info, [])
    assert "background" in caught.value.hint


def test_a_function_that_changes_the_size_is_a_mistake(tmp_path):
    source = footage(tmp_path / "in.mp4", "-pix_fmt", "yuv420p", frames=2)
    info = probe(source, SETTINGS)
    with pytest.raises(ValueError, match="for"):
        render_film(
            info,
            film_of(info, [], lambda rgb: rgb[:-2]),
            tmp_path / "out.mp4",
            tmp_path / "w",
            settings=SETTINGS,
        )
    assert not (tmp_path / "out.mp4").exists()
