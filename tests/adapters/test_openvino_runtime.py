"""The runtime: what it keeps, what it refuses, what it does not tell anybody."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from studio.adapters import efficientnet, expression, mtcnn, openvino_runtime, yolo
from studio.adapters.openvino_runtime import OpenvinoNet, cpu_precision
from studio.adapters.picture_net import load_net
from studio.errors import InferenceFailed
from studio.models.device import find_device
from studio.models.spec import LoadContext
from tests.picture_pool import Card, context_for, picture_cache, picture_pool

__all__ = ["picture_cache", "picture_pool"]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def converted(picture_pool, picture_cache):
    """All four models, converted and in the cache."""
    for spec in (yolo.SPEC, mtcnn.SPEC, expression.SPEC, efficientnet.SPEC):
        with picture_pool.lease(spec):
            pass
    return picture_cache


def test_a_later_process_needs_neither_torch_nor_ultralytics_and_tells_nobody(converted, tmp_path):
    code = f"""
import json, sys, time
from pathlib import Path
from studio.adapters import efficientnet, expression, mtcnn, yolo
from studio.models.pool import ModelPool
from studio.settings import Settings
pool = ModelPool(Settings(cache_dir=Path({str(converted)!r}), device="auto"))
for module in (yolo, mtcnn, expression, efficientnet):
    started = time.perf_counter()
    with pool.lease(module.SPEC):
        print(module.__name__, round(time.perf_counter() - started, 3), file=sys.stderr)
heavy = ("torch", "ultralytics", "facenet_pytorch", "openvino_telemetry.main")
print(json.dumps([m for m in heavy if m in sys.modules]))
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("XDG")}
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    print(said.stderr)
    assert json.loads(said.stdout) == []
    assert list(tmp_path.iterdir()) == []  # OpenVINO's telemetry would leave a client id


def test_the_precision_asked_for_is_the_one_used(converted, picture_cache):
    own = context_for(efficientnet.SPEC, picture_cache).cache_dir
    pixels = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), dtype=np.uint8)
    found = {}
    for precision in {"f32", cpu_precision()}:
        net = OpenvinoNet(
            own / "efficientnet-lite0.xml", precision=precision, threads=2, cache_dir=own
        )
        found[precision] = net(pixels)[0]
        net.close()
    if cpu_precision() == "bf16":
        assert not np.array_equal(found["f32"], found["bf16"])


def test_a_precision_the_processor_lacks_is_an_error(converted, picture_cache, monkeypatch):
    own = context_for(mtcnn.SPEC, picture_cache).cache_dir
    net = OpenvinoNet(own / "rnet.xml", precision="f32", threads=2, cache_dir=own)
    net.precision = "bf16"  # as if bf16 had been asked for and f32 was taken
    with pytest.raises(InferenceFailed, match="bf16 was asked for, the processor took f32"):
        net(np.zeros((1, 24, 24, 3), np.uint8))


def _two_maps():
    """A small network with two outputs, the second twice the first."""
    import torch

    class Two(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.layer = torch.nn.Conv2d(3, 4, 3, stride=2)

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            y = self.layer(x)
            return y, y * 2

    return Two()


def _context(device, folder):
    return LoadContext({}, device, 2, folder)


@pytest.mark.parametrize("outputs", [(), (1,)])
def test_a_card_and_the_processor_give_the_same(tmp_path, outputs):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 16, 24, 3), dtype=np.uint8)
    card = Card("cuda", 0, "card", 1 << 30, 1 << 30)
    nets = [
        load_net(
            _context(device, tmp_path),
            "two",
            _two_maps,
            example=(1, 3, 16, 16),
            precision=precision,
            batch=2,
            mean=(100.0, 110.0, 120.0),
            scale=(50.0, 60.0, 70.0),
            outputs=outputs,
        )
        for device, precision in ((card, "f16"), (card, "f32"), (find_device("cpu"), "f32"))
    ]
    half, single, processor = (net(pixels) for net in nets)
    assert len(half) == len(single) == len(processor) == (1 if outputs else 2)
    for rough, exact, other in zip(half, single, processor, strict=True):
        assert rough.dtype == exact.dtype == np.float32
        assert exact.shape == (5, 4, 7, 11)
        np.testing.assert_allclose(exact, other, atol=1e-5)
        np.testing.assert_allclose(rough, exact, atol=5e-3)
        assert not np.array_equal(rough, exact)
    for net in nets:
        net.close()
    with pytest.raises(ValueError, match="closed"):
        nets[0](pixels)


def test_one_form_for_every_size(tmp_path):
    context = _context(find_device("cpu"), tmp_path)
    given = {"example": (1, 3, 16, 16), "precision": "f32", "batch": 2}
    free = load_net(context, "two", _two_maps, any_size=True, **given)
    fixed = load_net(context, "two", _two_maps, **given)
    for size in ((16, 16), (9, 30), (40, 12)):
        pixels = np.random.default_rng(1).integers(0, 256, (3, *size, 3), dtype=np.uint8)
        np.testing.assert_allclose(free(pixels)[0], fixed(pixels)[0], atol=1e-4)
    assert len(free._requests) == 1
    assert len(fixed._requests) == 3


def test_a_broken_conversion_is_an_error_in_words(tmp_path):
    broken = tmp_path / "broken.xml"
    broken.write_text("<net>")
    with pytest.raises(InferenceFailed, match=r"broken\.xml"):
        OpenvinoNet(broken, precision="f32", threads=1, cache_dir=tmp_path)


def test_a_conversion_that_fails_leaves_nothing(tmp_path):
    import torch

    class Odd(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        openvino_runtime.convert(Odd, (1, 3, 8, 8), tmp_path / "own" / "odd.xml")
    assert not (tmp_path / "own" / "odd.xml").exists()


def test_old_compiled_forms_are_dropped(tmp_path):
    for number in range(12):
        path = tmp_path / f"{number}.blob"
        path.write_bytes(b"x")
        os.utime(path, (number, number))
    openvino_runtime._drop_oldest(tmp_path)
    assert sorted(int(p.stem) for p in tmp_path.iterdir()) == list(range(4, 12))


def test_closing_gives_the_memory_back(converted, picture_cache):
    context = context_for(efficientnet.SPEC, picture_cache)
    pixels = np.zeros((8, 224, 224, 3), np.uint8)
    held = []
    for _ in range(4):
        model = efficientnet.load(context)
        model.look(pixels)
        model.close()
        gc.collect()
        held.append(psutil.Process().memory_info().rss)
    # One load holds 64 MiB; the first leaves what the runtime keeps for the process.
    assert held[-1] - held[0] < 32 << 20
