"""Size, shape, colour and motion of conformed pictures."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from studio.media.picture_conform import Conform, blended, fitted_wh, planes_of
from studio.media.probe import frame_times, probe
from studio.media.reader import decode_range
from studio.types.media import VideoStream
from studio.types.timecode import FrameRate
from studio.types.timeline import CropKey
from tests.footage import ffmpeg

SIZE = (320, 180)
#: R'G'B' of patches, saturated and grey.
PATCHES = ((235, 20, 20), (20, 200, 30), (30, 40, 220), (230, 220, 40), (128, 128, 128), (8, 8, 8))


def stream(wh=SIZE, **known) -> VideoStream:
    usual = {
        "index": 0, "codec": "h264", "coded_wh": wh, "sample_aspect": Fraction(1),
        "rotation_deg": 0, "rate": FrameRate(Fraction(25)), "variable_rate": False,
        "time_base": Fraction(1, 25), "start_pts": 0, "duration": Fraction(1),
        "pixel_format": "yuv420p", "bit_depth": 8, "color_primaries": "bt709",
        "color_transfer": "bt709", "color_matrix": "bt709", "color_range": "tv",
    }  # fmt: skip
    return VideoStream(**(usual | known))


def gray_frame(luma: np.ndarray) -> av.VideoFrame:
    frame = av.VideoFrame(luma.shape[1], luma.shape[0], "yuv420p")
    y, u, v = planes_of(frame)
    y[:] = luma
    u[:] = v[:] = 128
    return frame


def as_rgb709(frame: av.VideoFrame) -> np.ndarray:
    """``(h, w, 3)`` by the equations of BT.709 alone."""
    y, u, v = (p.astype(np.float64) for p in planes_of(frame))
    u, v = (cv2.resize(p, y.shape[::-1], interpolation=cv2.INTER_LINEAR) for p in (u, v))
    y, u, v = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    red, blue = y + 1.5748 * v, y + 1.8556 * u
    green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 1) * 255


@pytest.mark.parametrize(
    "form",
    [
        ("bt709", "tv", "yuv420p", "bt709"),
        ("smpte170m", "tv", "yuv420p", "smpte170m"),
        ("bt470bg", "pc", "yuvj420p", "bt470bg"),
        ("bt709", "pc", "yuvj420p", "bt709"),
        ("bt709", "tv", "yuv420p10le", "bt709"),
        ("bt709", "tv", "yuv444p", "bt709"),
        ("bt2020nc", "tv", "yuv420p10le", "bt2020-10"),
        (None, "tv", "yuv420p", None),
        (None, "pc", "bgr0", None),
    ],
    ids=lambda form: "-".join(map(str, form)),
)
@pytest.mark.parametrize("size", [SIZE, (640, 360)], ids=["same size", "scaled"])
def test_colours_arrive(tmp_path, form, size):
    """Patches through every matrix, range and depth; an untagged small file counts as BT.601."""
    matrix, levels, pixels, transfer = form
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for n, colour in enumerate(PATCHES):
        picture[:, n * 48 + 16 : n * 48 + 64] = colour
    to = {"smpte170m": "bt601", "bt470bg": "bt601", None: "bt601", "bt2020nc": "bt2020"}
    lossless = "10" in pixels or pixels == "bgr0"
    scale = f"scale=out_color_matrix={to.get(matrix, matrix)}:out_range={levels}:flags=accurate_rnd"
    tags = ["-color_range", levels]
    if matrix:
        tags += ["-colorspace", matrix, "-color_trc", transfer]
    path = tmp_path / "patches.mkv"
    ffmpeg(
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "320x180", "-i", "pipe:0",
        "-vf", f"{scale},format={pixels}", "-c:v", "ffv1" if lossless else "libx264",
        *([] if lossless else ["-crf", "4"]), *tags, path,
        stdin=picture.tobytes(),
    )  # fmt: skip
    info = probe(path)
    (_, frame), *_ = decode_range(info, frame_times(info), 0, 1)
    out = as_rgb709(Conform(info.video, size)(frame, 0))
    for n, colour in enumerate(PATCHES):
        x = (n * 48 + 40) * size[0] // 320
        assert np.abs(out[size[1] // 2, x] - colour).max() <= 4, (n, out[size[1] // 2, x])


def test_what_is_right_is_not_touched():
    frame = gray_frame(np.full((180, 320), 90, np.uint8))
    assert Conform(stream(), SIZE)(frame, 0) is frame
    assert Conform(stream(color_matrix="smpte170m"), SIZE)(frame, 0) is not frame
    assert Conform(stream(color_range="pc"), SIZE)(frame, 0) is not frame


@pytest.mark.parametrize(
    ("shape", "into", "wanted"),
    [
        (Fraction(16, 9), (1920, 1080), (1920, 1080)),
        (Fraction(4, 3), (1920, 1080), (1440, 1080)),
        (Fraction(9, 16), (1280, 720), (404, 720)),
        (Fraction(16, 9), (1080, 1920), (1080, 608)),
        (Fraction(1706, 960), (1280, 720), (1280, 720)),
        (Fraction(100), (320, 180), (320, 4)),
        (Fraction(1, 500), (320, 180), (2, 180)),
    ],
)
def test_fitting(shape, into, wanted):
    assert fitted_wh(shape, into) == wanted


def test_wide_pixels_are_widened():
    """720x576 with pixels of 16:15 stands 768 wide: pillars, and a circle stays one."""
    luma = np.full((576, 720), 30, np.uint8)
    cv2.ellipse(luma, (360, 288), (round(100 * 15 / 16), 100), 0, 0, 360, 220, -1)
    video = stream((720, 576), sample_aspect=Fraction(16, 15))
    out = planes_of(Conform(video, (1280, 720))(gray_frame(luma), 0))[0]
    assert (out[:, :158] == 16).all()
    assert (out[:, -158:] == 16).all()
    disc = out > 125
    assert disc.any(axis=0).sum() == pytest.approx(disc.any(axis=1).sum(), abs=2)


def blob(wh, x, y, radius=6.0):
    columns, rows = np.arange(wh[0]), np.arange(wh[1])[:, None]
    hill = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2))
    return (30 + 190 * hill).astype(np.uint8)


def centre_x(luma):
    light = np.clip(luma.astype(np.float64) - 40, 0, None)
    return float((light.sum(axis=0) * np.arange(luma.shape[1])).sum() / light.sum())


@pytest.mark.parametrize("source_wh", [(640, 360), (1280, 720), (480, 270)])
def test_a_moving_crop_glides(source_wh):
    """A crop that moves a third of a pixel a frame: the picture moves just as evenly."""
    width = 9 / 16 * 9 / 16
    size = (202, 360)
    keys = (CropKey(0, 0.45, 0.5, width, 1.0), CropKey(60, 0.55, 0.5, width, 1.0))
    conform = Conform(stream(source_wh), size, keys)
    scale = source_wh[0] / 640
    frame = gray_frame(blob(source_wh, 320 * scale, 180 * scale, 6 * scale))
    places = np.array([centre_x(planes_of(conform(frame, k))[0]) for k in range(61)])
    steps = np.diff(places)
    speed = -0.1 * 640 / 60 * (size[0] / (width * 640))
    assert np.abs(steps - speed).max() < 0.06, "it jitters"
    straight = places[0] + speed * np.arange(61)
    assert np.abs(places - straight).max() < 0.12


def test_chroma_follows_luma():
    """A coloured edge under a crop lies where the brightness edge does, at any phase."""
    frame = gray_frame(np.full((360, 640), 60, np.uint8))
    y, u, _ = planes_of(frame)
    y[:, 320:] = 180
    u[:, 160:] = 200
    for k in range(12):
        keys = (CropKey(0, 0.5, 0.5, 0.5, 0.5), CropKey(12, 0.507, 0.5, 0.5, 0.5))
        out = planes_of(Conform(stream((640, 360)), (640, 360), keys)(frame, k))
        luma_edge = np.interp(120, out[0][180].astype(float), np.arange(640))
        chroma_edge = np.interp(164, out[1][90].astype(float), np.arange(320)) * 2
        # The source's own edges lie half a pixel apart: luma between columns 319 and 320,
        # chroma between the samples at columns 318 and 320.
        assert chroma_edge - luma_edge == pytest.approx(-1.0, abs=0.35)


def test_a_crop_stays_inside_and_holds_its_ends():
    conform = Conform(
        stream(), SIZE, (CropKey(10, 0.1, 0.9, 0.5, 0.5), CropKey(20, 2, 0, 0.5, 0.5))
    )
    assert conform.crop_at(-5) == conform.crop_at(10) == (0.0, 0.5, 0.5, 0.5)
    assert conform.crop_at(50) == (0.5, 0.0, 0.5, 0.5)
    assert conform.notes == ()


def test_a_crop_of_another_shape_is_noted_and_fitted():
    conform = Conform(stream(), SIZE, (CropKey(0, 0.5, 0.5, 0.25, 1.0),))
    assert any("another shape" in note for note in conform.notes)
    out = planes_of(conform(gray_frame(np.full((180, 320), 200, np.uint8)), 0))[0]
    assert (out[:, :118] == 16).all()
    assert (out[:, 122:198] == 200).all()


def test_blends_are_linear():
    light, dark = (gray_frame(np.full((180, 320), level, np.uint8)) for level in (200, 40))
    for share in (0.25, 0.5, 0.9):
        mixed = planes_of(blended([(light, share), (dark, 1 - share)], SIZE))
        assert mixed[0].min() == mixed[0].max() == round(200 * share + 40 * (1 - share))
        assert (mixed[1] == 128).all()
        faded = planes_of(blended([(light, share)], SIZE))
        assert abs(int(faded[0][0, 0]) - (16 + 184 * share)) <= 0.51
        assert (faded[2] == 128).all()
    assert blended([(light, 1.0)], SIZE) is light
    assert planes_of(blended([], SIZE))[0].max() == 16


def test_hdr_is_tone_mapped():
    """PQ at the code of 203 cd/m2 (diffuse white) comes out light grey, black black."""
    video = stream(
        pixel_format="yuv420p10le", bit_depth=10, color_primaries="bt2020",
        color_transfer="smpte2084", color_matrix="bt2020nc",
    )  # fmt: skip
    for code, low, high in ((0.58, 150, 236), (0.0, 16, 18)):
        level = round(64 + 876 * code)
        raw = np.full((270, 320), 512, np.uint16)
        raw[:180] = level
        frame = av.VideoFrame.from_ndarray(raw, "yuv420p10le")
        out = planes_of(Conform(video, SIZE)(frame, 0))
        assert low <= out[0].mean() <= high
        assert np.abs(out[1].astype(int) - 128).max() <= 2
