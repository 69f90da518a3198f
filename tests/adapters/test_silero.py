from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from studio.adapters import silero
from studio.models.pool import ModelPool
from studio.settings import Settings
from tests.analysis.drums import drum_loop
from tests.analysis.spoken import read_wav, two_cities


@pytest.fixture(scope="module")
def vad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[silero.SileroVad]:
    pool = ModelPool(Settings(cache_dir=tmp_path_factory.mktemp("cache"), device="cpu"))
    with pool.lease(silero.SPEC) as model:
        yield model


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    samples, rate_hz = read_wav(two_cities())
    return resample_poly(samples, silero.RATE_HZ, rate_hz).astype(np.float32)[: 12 * 16_000]


def hear(vad: silero.SileroVad, samples: np.ndarray) -> np.ndarray:
    stream = vad.stream()
    return np.concatenate([stream.feed(samples), stream.finish()])


def test_the_pieces_a_sound_comes_in_do_not_matter(vad, speech):
    whole = hear(vad, speech)
    for size in (1, 100, 511, 512, 700, 16_000 * 3 + 17):
        stream = vad.stream()
        cut = speech if size > 1 else speech[:3000]
        parts = [stream.feed(cut[at : at + size]) for at in range(0, len(cut), size)]
        pieces = np.concatenate([*parts, stream.finish()])
        same = len(pieces) if size > 1 else len(pieces) - 1
        np.testing.assert_allclose(pieces[:same], whole[:same], atol=1e-4)
    assert len(whole) == -(-len(speech) // silero.WINDOW)


def test_many_windows_to_a_pass_hear_what_the_package_hears(vad, speech):
    torch = pytest.importorskip("torch")
    package = pytest.importorskip("silero_vad").load_silero_vad(onnx=True)
    theirs = [
        package(torch.from_numpy(speech[at : at + silero.WINDOW]), silero.RATE_HZ).item()
        for at in range(0, len(speech) - silero.WINDOW + 1, silero.WINDOW)
    ]
    np.testing.assert_allclose(hear(vad, speech)[: len(theirs)], theirs, atol=1e-4)


def test_voice_is_told_from_music_noise_and_silence(vad, speech):
    drums, _, _ = drum_loop(120, seconds=10)
    random = np.random.default_rng(0)
    others = {
        "drums": resample_poly(drums, 160, 441).astype(np.float32),
        "noise": random.normal(0, 0.1, 160_000).astype(np.float32),
        "silence": np.zeros(160_000, np.float32),
    }
    assert 0.5 < np.mean(hear(vad, speech) > 0.5) < 0.95, "two thirds of it is voice"
    for name, sound in others.items():
        assert np.mean(hear(vad, sound) > 0.5) < 0.01, name


def test_listeners_share_the_network_but_no_memory(vad, speech):
    alone = hear(vad, speech)
    one, other = vad.stream(), vad.stream()
    parts = []
    for at in range(0, len(speech), 8192):
        parts.append(one.feed(speech[at : at + 8192]))
        other.feed(np.random.default_rng(at).normal(0, 0.3, 4096).astype(np.float32))
    np.testing.assert_allclose(np.concatenate([*parts, one.finish()]), alone, atol=1e-4)


def test_a_closed_network_hears_no_more(tmp_path: Path):
    pool = ModelPool(Settings(cache_dir=tmp_path, device="cpu"))
    with pool.lease(silero.SPEC) as model:
        pass
    pool.release_idle()
    with pytest.raises(ValueError, match="closed"):
        model.stream()
