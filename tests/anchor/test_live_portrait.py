"""LivePortrait from a folder: small graphs of the published layout, through to frames."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.anchor.portrait.animators import animator
from pipelines.anchor.portrait.live import LivePresenter
from studio.adapters import live_portrait
from studio.archive.store import AnalysisStore
from studio.errors import RequestError, WeightsCorrupt, WeightsMissing
from studio.jobs.job import Job
from studio.media.still import write_still
from studio.models.weights import sha256_of
from studio.settings import Settings
from studio.types.performance import Performance
from tests.picture_pool import picture_pool, still
from tests.tiny_voices import export_graph

__all__ = ["picture_pool"]


def _graphs(folder: Path) -> Path:
    """A network that shows the face it was given, brighter where its lips are moved down.

    Its turns of the head are what it sees of the picture's balance, so that a turned head turns.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    class Look(nn.Module):
        def forward(self, img):
            small = functional.interpolate(img, (64, 64), mode="area")
            return functional.pad(small[:, :, None].repeat(1, 1, 16, 1, 1), [0] * 6 + [0, 29])

    class Held(nn.Module):
        def forward(self, img):
            across = torch.linspace(-1, 1, 256)
            grey = img.mean(1)
            yaw = (grey * across).mean() * 4000
            pitch = (grey * across[:, None]).mean() * 4000
            bins = torch.arange(66).float() * 3 - 97.5

            def odds(value):
                return -((bins - value) ** 2)[None] / 18

            kp = torch.linspace(-0.4, 0.4, 63)[None] + 0 * grey.mean()
            zero = 0 * grey.mean()
            return (
                odds(pitch), odds(yaw), odds(zero), torch.zeros(1, 3) + zero,
                torch.zeros(1, 63) + zero, torch.ones(1, 1) + zero, kp,
            )  # fmt: skip

    class Moves(nn.Module):
        def forward(self, x):
            return x[:, :63] * 0 + (x[:, -1:] - x[:, 63:64]) * 0.1

    class Seams(nn.Module):
        def forward(self, x):
            return functional.pad(x[:, 63:126] - x[:, :63], [0, 2]) * 0

    class Draw(nn.Module):
        def forward(self, feature_3d, kp_driving, kp_source):
            face = functional.interpolate(feature_3d[:, :3, 0], (512, 512), mode="bilinear")
            return face + (kp_driving - kp_source).mean()

    face = torch.rand(1, 3, 256, 256)
    points = torch.rand(1, 21, 3)
    with torch.no_grad():
        for name, module, given, inputs, outputs in (
            ("appearance_feature_extractor", Look(), (face,), ["img"], ["output"]),
            ("motion_extractor", Held(), (face,), ["img"],
             ["pitch", "yaw", "roll", "t", "exp", "scale", "kp"]),
            ("stitching", Seams(), (torch.rand(1, 126),), ["input"], ["output"]),
            ("stitching_eye", Moves(), (torch.rand(1, 66),), ["input"], ["output"]),
            ("stitching_lip", Moves(), (torch.rand(1, 65),), ["input"], ["output"]),
            ("warping_spade", Draw(), (torch.rand(1, 32, 16, 64, 64), points, points),
             ["feature_3d", "kp_driving", "kp_source"], ["out"]),
        ):  # fmt: skip
            export_graph(module, given, inputs, outputs, {}, folder / f"{name}.onnx")
    return folder


@pytest.fixture()
def sitting(picture_pool, tmp_path, monkeypatch):
    """A photo, the folder of graphs as if published, and a job."""
    folder = _graphs(tmp_path / "graphs")
    with pytest.raises(WeightsCorrupt, match="appearance_feature_extractor"):
        _lend(picture_pool, folder)
    digests = {path.stem: sha256_of(path) for path in folder.glob("*.onnx")}
    monkeypatch.setattr(live_portrait, "FILES", {n: digests[n] for n in live_portrait.FILES})
    photo = tmp_path / "photo.png"
    write_still(photo, np.ascontiguousarray(still("zidane", 1280)[30:720, 640:1240]))
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", device="cpu")
    job = Job(settings, pool=picture_pool, store=AnalysisStore(tmp_path / "store"))
    return photo, folder, job


def _lend(pool, folder: Path) -> None:
    with pool.lease(live_portrait.spec_of(folder)):
        pass


def test_a_portrait_is_moved_by_the_networks_of_a_folder(sitting, tmp_path):
    photo, folder, job = sitting
    who = animator(str(folder))(photo, (360, 500), job, "own")
    assert isinstance(who, LivePresenter) and who.people and who.size_wh == (360, 500)
    made = Performance.still(Fraction(25), 4)
    made.jaw[1] = 1.0
    made.jaw[2], made.press[2] = 1.0, 1.0
    made.head_deg[3] = (12, 0, 0)
    frames = [who.draw(made, n) for n in range(4)]
    again = who.draw(made, 1)
    np.testing.assert_array_equal(frames[1], again)
    for frame in frames:
        assert frame.shape == (500, 360, 4) and frame.dtype == np.uint8
        np.testing.assert_array_equal(frame[:4], frames[0][:4])
    grey = [cv2.cvtColor(f[..., :3], cv2.COLOR_RGB2GRAY).astype(float) for f in frames]
    assert grey[1].mean() > grey[0].mean() + 0.5, "an open mouth moves the lips' points"
    assert abs(grey[2].mean() - grey[0].mean()) < 0.05, "pressed lips are shut whatever the jaw"
    # The square is laid back where it was taken from.
    middle = (slice(150, 300), slice(100, 260), slice(0, 3))
    rest = who._rest[middle].astype(float)
    assert np.abs(frames[0][middle] - rest).mean() < 12 < np.abs(rest - rest.mean()).mean()
    with pytest.raises(IndexError):
        who.draw(made, 4)


def test_points_turn_as_published():
    turned = live_portrait.rotation(np.array([0, 0, 90], np.float32))
    np.testing.assert_allclose(np.array([1.0, 0, 0]) @ turned, [0, 1, 0], atol=1e-6)
    np.testing.assert_allclose(turned @ turned.T, np.eye(3), atol=1e-6)
    held = live_portrait.Held(
        np.zeros(3, np.float32), np.array([[0.5, 0.25, 9]], np.float32),
        np.zeros((21, 3), np.float32), 2.0, np.ones((21, 3), np.float32),
    )  # fmt: skip
    np.testing.assert_allclose(held.points()[0, 0], [2.5, 2.25, 2])
    assert replace(held, scale=1.0).points().shape == (1, 21, 3)


def test_what_is_no_such_folder(picture_pool, tmp_path):
    with pytest.raises(RequestError, match="no animator deepfake"):
        animator("deepfake")
    with pytest.raises(WeightsMissing, match="appearance_feature_extractor"):
        _lend(picture_pool, tmp_path)
