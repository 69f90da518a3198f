"""The names of ImageNet's thousand classes, in the order of the networks' outputs."""

from __future__ import annotations

from functools import cache


@cache
def class_names() -> tuple[str, ...]:
    """The 1000 names, from torchvision's own table; loads torchvision."""
    from torchvision.models import MobileNet_V2_Weights

    return tuple(MobileNet_V2_Weights.IMAGENET1K_V1.meta["categories"])
