from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.media.probe import probe
from studio.media.reader import Subscription, read_frames
from studio.media.tone_map import (
    hlg_to_light,
    light_to_pq,
    pq_to_light,
    rolled_off,
    to_sdr,
    tone_mapped,
)
from studio.types.frames import FrameBatch, FrameRequest
from tests.footage import ffmpeg


def test_published_points_of_the_curves() -> None:
    """BT.2408 table 1: 100 cd/m2 is 51 % PQ, 203 is 58 % PQ and 75 % HLG, 1000 is 75 % PQ."""
    for light, signal in ((100, 0.51), (203, 0.58), (1000, 0.75), (10000, 1.0)):
        assert float(light_to_pq(np.array(float(light)))) == pytest.approx(signal, abs=0.005)
    lights = np.array([0.01, 1, 50, 400, 4000])
    assert np.allclose(pq_to_light(light_to_pq(lights)), lights, rtol=1e-6)
    white = hlg_to_light(np.full((1, 3), 0.75))
    assert white[0, 0] == pytest.approx(203, rel=0.01)
    assert hlg_to_light(np.ones((1, 3)))[0, 0] == pytest.approx(1000, rel=0.01)


def test_highlights_roll_off_and_shadows_stay() -> None:
    light = np.geomspace(0.01, 1000, 200)
    mapped = rolled_off(light)
    assert (np.diff(mapped) > 0).all() and mapped[-1] == pytest.approx(203, rel=0.01)
    dark = light < 20
    assert np.allclose(mapped[dark], light[dark], rtol=1e-6)


def test_greys_stay_grey_and_black_stays_black() -> None:
    for transfer in ("smpte2084", "arib-std-b67"):
        ramp = np.repeat(np.linspace(0, 1, 50)[:, None], 3, axis=1)
        mapped = to_sdr(ramp, transfer)
        assert np.ptp(mapped, axis=1).max() < 2e-3
        assert mapped[0].max() < 0.01 and mapped[-1].min() > 0.99
        assert (np.diff(mapped[:, 0]) >= -1e-9).all()
    with pytest.raises(ValueError, match="no HDR"):
        to_sdr(np.zeros((1, 3)), "bt709")


def test_the_tables_follow_the_formula() -> None:
    """All colours, also those that BT.709 cannot show."""
    random = np.random.default_rng(0)
    for dtype in (np.uint8, np.uint16):
        top = np.iinfo(dtype).max
        colours = random.integers(0, top, (80, 80, 3), dtype, endpoint=True)
        for transfer in ("smpte2084", "arib-std-b67"):
            exact = 255 * to_sdr(colours / top, transfer)
            assert np.abs(tone_mapped(colours, transfer) - exact).max() <= 3
    with pytest.raises(ValueError, match="no HDR"):
        tone_mapped(np.zeros((1, 1, 3), np.uint8), "bt709")


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_hdr_footage_is_read_as_sdr(transfer: str, footage_dir: Path) -> None:
    """Grey steps of known light, coded in 10 bits, come out at their SDR values."""
    signals = np.array([0.0, 0.2, 0.35, 0.5, 0.58, 0.75])
    codes = np.repeat(np.round(64 + 876 * signals).astype("<u2"), 64)
    luma = np.tile(codes, (96, 1))
    chroma = np.full((96, 384), 512, "<u2")
    clip = footage_dir / f"steps-{transfer}.mkv"
    tags = f"setparams=color_primaries=bt2020:colorspace=bt2020nc:color_trc={transfer}:range=tv"
    ffmpeg(
        *("-f", "rawvideo", "-pix_fmt", "yuv444p10le", "-s", "384x96", "-i", "pipe:0"),
        *("-vf", tags, "-c:v", "ffv1", clip),
        stdin=luma.tobytes() + chroma.tobytes() * 2,
    )
    info = probe(clip)
    assert info.video is not None and info.video.is_hdr
    assert any("HDR" in n for n in info.notes)
    batches: list[FrameBatch] = []
    read_frames(
        info,
        [
            Subscription(FrameRequest(), batches.append),
            Subscription(FrameRequest((192, 48), pixels="gray"), batches.append),
        ],
    )
    expected = 255 * to_sdr(np.repeat(signals[:, None], 3, axis=1), transfer)[:, 0]
    shown = batches[0].pixels[0, 48, 32::64].mean(axis=1)
    assert np.abs(shown - expected).max() <= 3, (shown, expected)
    gray = batches[1].pixels[0, 24, 16::32]
    assert np.abs(gray - expected).max() <= 3
