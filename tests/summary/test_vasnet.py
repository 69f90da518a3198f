"""VASNet against the published computation, written out in numpy."""

from __future__ import annotations

import numpy as np
import torch

from studio.nets.vasnet import VASNet


def published(x: np.ndarray, w: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Fajtl and others (2018) step by step, in float64."""

    def norm(y: np.ndarray, name: str) -> np.ndarray:
        middle = y - y.mean(axis=1, keepdims=True)
        deviation = np.sqrt((middle**2).sum(axis=1, keepdims=True) / (y.shape[1] - 1))
        return w[f"{name}.gamma"] * middle / (deviation + 1e-6) + w[f"{name}.beta"]

    keys, queries, values = (x @ w[f"{name}.weight"].T for name in ("key", "query", "value"))
    attention = np.zeros((len(x), len(x)))
    for row in range(len(x)):
        energies = np.array([0.06 * queries[row] @ key for key in keys])
        energies = np.exp(energies - energies.max())
        attention[row] = energies / energies.sum()
    gathered = np.zeros_like(values)
    for frame in range(len(x)):
        for other in range(len(x)):
            gathered[frame] += attention[other, frame] * values[other]
    y = norm(gathered @ w["out.weight"].T + x, "norm_y")
    y = np.maximum(y @ w["hidden.weight"].T + w["hidden.bias"], 0)
    y = norm(y, "norm_hidden") @ w["score.weight"].T + w["score.bias"]
    return 1 / (1 + np.exp(-y[:, 0])), attention


def test_it_computes_what_was_published():
    rng = np.random.default_rng(7)
    for features, width, count in ((24, 24, 11), (40, 16, 30)):
        net = VASNet(features, width).eval()
        with torch.no_grad():
            for name, tensor in net.named_parameters():
                scale = 1.0 if "norm" in name else 0.3
                tensor.copy_(torch.from_numpy(rng.normal(0, scale, tensor.shape)))
        x = rng.normal(size=(count, features))
        weights = {name: t.numpy().astype(np.float64) for name, t in net.state_dict().items()}
        wanted, attention = published(x.astype(np.float32).astype(np.float64), weights)
        with torch.no_grad():
            scores, seen = net(torch.from_numpy(x.astype(np.float32)))
        np.testing.assert_allclose(scores.numpy(), wanted, atol=1e-5)
        np.testing.assert_allclose(seen.numpy(), attention, atol=1e-5)
        assert np.ptp(wanted) > 0.1, "a constant would prove nothing"


def test_it_has_the_published_size():
    count = sum(p.numel() for p in VASNet().parameters())
    # Five square layers of 1024 (the fifth with a bias), the last one, and two norms.
    assert count == 5 * 1024**2 + 1024 + 1025 + 4 * 1024
