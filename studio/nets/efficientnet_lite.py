"""EfficientNet-Lite0: EfficientNet (Tan and Le, 2019) without squeeze-and-excitation and with
ReLU6, for small processors (Google, 2020)."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional

#: Kernel, stride, expansion, channels out, repeats of each stage.
_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
_STEM = 32
FEATURES = 1280
CLASSES = 1000
INPUT_PX = 224


class _Same(nn.Conv2d):
    """A convolution padded as TensorFlow does: where a stride leaves an odd rest, the further
    pixel goes to the right and the bottom. The weights were trained so."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        pads = []
        for size in (x.shape[3], x.shape[2]):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return functional.conv2d(
            functional.pad(x, pads), self.weight, self.bias, self.stride, 0, 1, self.groups
        )


def _normed(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class _Block(nn.Module):
    """Expand, filter each channel, project; with a shortcut where the shape stays."""

    def __init__(self, kernel: int, stride: int, expand: int, inside: int, out: int) -> None:
        super().__init__()
        wide = inside * expand
        self.shortcut = stride == 1 and inside == out
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        if expand > 1:
            layers["_expand_conv"] = nn.Conv2d(inside, wide, 1, bias=False)
            layers["_bn0"] = _normed(wide)
            layers["relu0"] = nn.ReLU6()
        layers["_depthwise_conv"] = _Same(wide, wide, kernel, stride, groups=wide, bias=False)
        layers["_bn1"] = _normed(wide)
        layers["relu1"] = nn.ReLU6()
        layers["_project_conv"] = nn.Conv2d(wide, out, 1, bias=False)
        layers["_bn2"] = _normed(out)
        self.names = tuple(layers)
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = x
        for name in self.names:
            x = self.get_submodule(name)(x)
        return x + kept if self.shortcut else x


class EfficientNetLite0(nn.Module):
    """The network; its parts bear the names of ``efficientnet_lite_pytorch``, so that a state
    dict of that package fits."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _Same(3, _STEM, 3, 2, bias=False)
        self._bn0 = _normed(_STEM)
        blocks, inside = [], _STEM
        for kernel, stride, expand, out, repeats in _STAGES:
            for number in range(repeats):
                blocks.append(_Block(kernel, 1 if number else stride, expand, inside, out))
                inside = out
        self._blocks = nn.Sequential(*blocks)
        self._conv_head = nn.Conv2d(inside, FEATURES, 1, bias=False)
        self._bn1 = _normed(FEATURES)
        self._fc = nn.Linear(FEATURES, CLASSES)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features and class probabilities.

        Args:
            x: ``(n, 3, 224, 224)``.

        Returns:
            ``(n, 1280)``, the last map's mean, and ``(n, 1000)``, summing to 1.
        """
        features = self.last_map(x).mean(dim=(2, 3))
        return features, self._fc(features).softmax(dim=1)

    def last_map(self, x: torch.Tensor) -> torch.Tensor:
        """``(n, 1280, h / 32, w / 32)``, what the features are the mean of; ``x`` of any size."""
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        return functional.relu6(self._bn1(self._conv_head(self._blocks(x))))


class LastMap(nn.Module):
    """A network's last map alone."""

    def __init__(self, net: EfficientNetLite0) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See :meth:`EfficientNetLite0.last_map`."""
        return self.net.last_map(x)
