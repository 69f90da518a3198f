"""A diffusers pipeline through the pool, in every form that a shortage of memory can force."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from studio.errors import RequestError
from studio.models import ladder
from studio.models.spec import Form
from tests.fetched import Fetched, fetched, tiny

__all__ = ["fetched", "tiny"]
NAME = "stable-diffusion-1.5"
HALF, OFFLOAD = Form(half=True), Form(offload=True)


@pytest.fixture
def model(fetched: Fetched) -> Iterator:
    with fetched.pool.lease(fetched.specs[NAME]) as leased:
        yield leased


def apart(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other).max())


def test_the_same_words_and_seed_give_the_same_picture(model):
    first = model.text_to_image("a red house", steps=2, seed=5)
    assert first.shape == (1, *model.native_wh[::-1], 3) and first.dtype == np.uint8
    assert first.std() > 5, "one colour is no picture"
    assert np.array_equal(first, model.text_to_image("a red house", steps=2, seed=5))
    assert apart(first, model.text_to_image("a red house", steps=2, seed=6)) > 20
    assert apart(first, model.text_to_image("a blue dog 99", steps=2, seed=5)) > 5
    with_words = model.text_to_image("a red house", steps=2, seed=5, negative="rain, night")
    assert apart(first, with_words) > 2


def test_each_picture_of_several_has_its_own_seed_whatever_the_batch(model):
    three = model.text_to_image("a dog", steps=2, seed=5, count=3, batch=2)
    assert three.shape[0] == 3 and apart(three[0], three[1]) > 20
    alone = [model.text_to_image("a dog", steps=2, seed=5 + i)[0] for i in range(3)]
    assert max(apart(a, b) for a, b in zip(alone, three, strict=True)) <= 1


def test_pictures_of_other_sizes(model):
    assert model.text_to_image("a dog", steps=1, wh=(64, 40)).shape == (1, 40, 64, 3)
    with pytest.raises(RequestError, match="multiples of 8"):
        model.text_to_image("a dog", wh=(60, 40))


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    """Two frames of odd size; the second is the first again."""
    frame = np.random.default_rng(1).integers(0, 255, (45, 83, 3), np.uint8)
    return np.stack([frame, frame])


def test_pictures_from_pictures_keep_their_size_and_share_their_noise(model, frames):
    drawn = model.image_to_image(frames, "a dog", strength=0.5, steps=4, seed=2)
    assert drawn.shape == frames.shape and drawn.dtype == np.uint8
    assert np.array_equal(drawn[0], drawn[1])
    assert np.array_equal(drawn, model.image_to_image(frames, "a dog", steps=4, seed=2))
    other = frames.copy()
    other[0] //= 2
    assert apart(model.image_to_image(other, "a dog", steps=4, seed=2)[0], drawn[0]) > 2


def test_more_strength_leaves_less_of_the_picture(model):
    """Two different pictures come out the more alike, the more is drawn anew."""
    pair = np.stack([np.full((32, 32, 3), 30, np.uint8), np.full((32, 32, 3), 220, np.uint8)])

    def likeness(strength: float) -> float:
        dark, light = model.image_to_image(pair, "a dog", strength=strength, steps=8, seed=2)
        return float(np.abs(dark.astype(float) - light).mean())

    assert likeness(0.15) > 1.2 * likeness(0.95)


def test_what_has_no_effect_is_refused(model, frames):
    with pytest.raises(RequestError, match="guidance"):
        model.text_to_image("a dog", negative="a cat", guidance=1.0)
    with pytest.raises(RequestError, match="strength of 0"):
        model.image_to_image(frames, "a dog", strength=0)
    with pytest.raises(RequestError, match="are none"):
        model.image_to_image(frames, "a dog", strength=0.1, steps=4)
    assert model.unheard("a dog") == ""
    assert model.unheard("dog " * 40) != ""


def test_the_decoder_works_in_tiles(model):
    whole = model.text_to_image("a dog", steps=1, wh=(128, 64))
    tiled = model.text_to_image("a dog", steps=1, wh=(128, 64), tile=64)
    assert tiled.shape == whole.shape and apart(whole, tiled) > 0
    again = model.text_to_image("a dog", steps=1, wh=(128, 64), tile=256)
    assert apart(whole, again) <= 1, "nothing to tile: attention in slices only rounds"
    assert np.array_equal(whole, model.text_to_image("a dog", steps=1, wh=(128, 64)))


def test_both_tasks_use_one_set_of_networks(model):
    words, picture = model._from_words, model._from_picture
    for part in ("unet", "vae", "text_encoder"):
        assert getattr(words, part) is getattr(picture, part)


def test_half_precision_draws_nearly_the_same(fetched: Fetched, model):
    with fetched.pool.lease(fetched.specs[NAME], form=HALF) as half:
        assert half.precision == "bf16"
        assert next(half._from_words.unet.parameters()).element_size() == 2
        drawn = half.text_to_image("a red house", steps=2, seed=5)
    difference = apart(drawn, model.text_to_image("a red house", steps=2, seed=5))
    assert 0 < difference < 30


def test_offloaded_weights_draw_the_same_from_files_of_their_own(fetched: Fetched, model, frames):
    whole = model.text_to_image("a red house", steps=2, seed=5)
    again = model.image_to_image(frames, "a dog", steps=4, seed=2)
    with fetched.pool.lease(fetched.specs[NAME], form=OFFLOAD) as offloaded:
        assert apart(whole, offloaded.text_to_image("a red house", steps=2, seed=5)) <= 1
        assert apart(again, offloaded.image_to_image(frames, "a dog", steps=4, seed=2)) <= 1
        folder = offloaded._offload_dir
        sizes = {p.name: _size(p) for p in folder.iterdir()}
        wanted = {n: _bytes(getattr(model._from_words, n)) for n in ("unet", "vae", "text_encoder")}
        assert sizes.keys() == wanted.keys()
        for name, size in wanted.items():
            assert size <= sizes[name] < 1.5 * size + 200_000
    fetched.pool.release_idle()
    assert not folder.exists()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _bytes(network) -> int:
    return sum(p.numel() * p.element_size() for p in network.parameters())


def test_a_shortage_on_the_way_leaves_no_picture_out(fetched: Fetched):
    """Memory is short for two at a time, and then in single precision at all."""
    tried = []

    def draw(model, prompts, tile):
        tried.append((len(prompts), tile, model.precision))
        if len(prompts) > 1 or tile != 64 or model.precision == "f32":
            raise MemoryError("DefaultCPUAllocator: not enough memory: you tried to allocate 9")
        return [model.text_to_image(p, steps=1, seed=1, tile=tile)[0] for p in prompts]

    spec, prompts = fetched.specs[NAME], ["a dog", "a house", "a tree"]
    outcomes = list(ladder.run(fetched.pool, spec, prompts, draw, batch=2, tiles=(0, 64)))
    assert [o.item for o in outcomes] == prompts
    assert all(o.error is None and o.value.shape == (128, 128, 3) for o in outcomes)
    assert all("half precision" in o.rung for o in outcomes)
    assert any("ran out of host memory" in note for note in outcomes[0].notes)
    assert tried[0] == (2, 0, "f32") and tried[-1] == (1, 64, "bf16")
    with fetched.pool.lease(spec, form=HALF) as half:
        alone = half.text_to_image("a house", steps=1, seed=1, tile=64)[0]
    assert np.array_equal(outcomes[1].value, alone)


def test_memory_comes_back(tmp_path: Path):
    """A pipeline of 220 MB: its process is as small after it as before."""
    from studio.adapters import diffusion
    from studio.models.device import find_device
    from studio.models.spec import LoadContext
    from tests import tiny_checkpoints

    folder = tiny_checkpoints.diffusion(tmp_path / "large", width=256)
    context = LoadContext({}, find_device("cpu"), 2, tmp_path / "own", hub_dir=folder)
    process = psutil.Process()

    def once() -> int:
        loaded = diffusion.load_full(context)
        loaded.text_to_image("a dog", steps=1)
        held = process.memory_info().rss
        loaded.close()
        return held

    once()  # what the runtime takes at its first use is not the model's
    gc.collect()
    before = process.memory_info().rss
    held = once()
    after = process.memory_info().rss
    assert held - before > 180e6
    assert after < 1.05 * before


def test_it_waits_on_the_host_and_comes_back_the_same(fetched: Fetched):
    """What the pool does where there is a card; the copy is pinned only there."""
    spec = fetched.specs[NAME]
    with fetched.pool.lease(spec) as leased:
        whole = leased.text_to_image("a red house", steps=2, seed=5)
        weights = _bytes(leased._from_words.unet)
        with pytest.raises(ValueError, match="no copy"):
            leased.to_host()
        assert weights < leased.copy_bytes < 2 * weights
        leased.keep_copy()
        leased.to_host()
        assert _bytes(leased._from_words.unet) == 0
        leased.to_device()
        assert np.array_equal(whole, leased.text_to_image("a red house", steps=2, seed=5))
    with fetched.pool.lease(spec, form=OFFLOAD) as offloaded:
        assert offloaded.copy_bytes == 0, "its layers are moved one by one"


def test_release_takes_it_from_whoever_still_holds_it(fetched: Fetched):
    with fetched.pool.lease(fetched.specs[NAME]) as left:
        pipeline = left._from_words
    fetched.pool.release_idle()
    assert _bytes(pipeline.unet) == 0
    with pytest.raises(ValueError, match="closed"):
        left.text_to_image("a dog")
