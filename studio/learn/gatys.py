"""A picture changed step by step until layers of a network see one photo's content and another
picture's style in it (Gatys, Ecker and Bethge, 2016). By Adam: L-BFGS, which they take, diverges
on these layers without a line search, and with one a step costs several looks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from studio.errors import InferenceFailed
from studio.learn.perceptual import Features, Target, content_loss, variation

#: Which of the layers holds the content, and the weights of the three losses.
CONTENT_LAYER = 3
CONTENT_WEIGHT, STYLE_WEIGHT, VARIATION_WEIGHT = 1.0, 8.0, 3.0
#: How much noise the photo is begun with, of 1: what the seed decides.
_NOISE = 0.02
_RATE = 0.02
_EVERY = 10  # steps between two words on how far it is


def paint(
    features: Features,
    photo: NDArray[np.uint8],
    style: NDArray[np.uint8],
    *,
    steps: int,
    seed: int = 0,
    device: str = "cpu",
    on_step: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.uint8], tuple[tuple[float, float, float], ...]]:
    """Paint a photo; the same of the same arguments.

    Args:
        features: maps of pictures ``(n, 3, h, w)``, 0 to 1.
        photo, style: uint8 ``(h, w, 3)``.
        steps: of Adam.
        seed: of the noise that is begun with.
        device: where it computes.
        on_step: called every few steps with how many are done; what it raises ends the work.

    Returns:
        uint8 of the photo's shape; content, style and variation loss, every few steps.

    Raises:
        InferenceFailed: a loss is no number any more.
    """
    generator = torch.Generator().manual_seed(seed)
    begun = to_unit(photo)
    noise = torch.randn(begun.shape, generator=generator) * _NOISE
    target = Target(features, to_unit(style).to(device))
    with torch.no_grad():
        content = target.maps(begun.to(device))[CONTENT_LAYER]
    picture = (begun + noise).clamp(0, 1).to(device).contiguous().requires_grad_(True)
    descent = torch.optim.Adam([picture], _RATE)
    losses: list[tuple[float, float, float]] = []
    for number in range(steps):
        descent.zero_grad()
        found = target.maps(picture)
        parts = (
            content_loss(found[CONTENT_LAYER], content),
            target.style_loss(found),
            variation(picture),
        )
        loss = CONTENT_WEIGHT * parts[0] + STYLE_WEIGHT * parts[1] + VARIATION_WEIGHT * parts[2]
        loss.backward()  # type: ignore[no-untyped-call]
        descent.step()
        with torch.no_grad():
            picture.clamp_(0, 1)
        if number % _EVERY and number + 1 < steps:
            continue
        now = parts[0].item(), parts[1].item(), parts[2].item()
        if not all(np.isfinite(now)):
            raise InferenceFailed("The picture came apart.", "Try another --seed or fewer --steps.")
        losses.append(now)
        if on_step is not None:
            on_step(number + 1)
    return to_bytes(picture), tuple(losses)


def to_unit(rgb: NDArray[np.uint8]) -> torch.Tensor:
    """``(h, w, 3)`` bytes to ``(1, 3, h, w)``, 0 to 1."""
    made: torch.Tensor = (
        torch.from_numpy(np.array(rgb)).permute(2, 0, 1)[None].contiguous().float() / 255
    )
    return made


def to_bytes(picture: torch.Tensor) -> NDArray[np.uint8]:
    """And back."""
    whole = (picture.detach()[0].clamp(0, 1) * 255).round().to(torch.uint8)
    made: NDArray[np.uint8] = whole.permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(made)
