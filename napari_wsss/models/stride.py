"""Finer last maps: strides turned to 1, and what follows dilated to look at the same surroundings.

Only the sampling changes; weights and their number stay the same. For images whose sides are multiples of 32 every
f-th place of the finer map (f = what the stride was divided by) is the original map, exactly, for all backbones here;
for other sizes the last row and column may differ, where AlexNet, VGG, GoogLeNet and DenseNet cut off or complete a
half-filled pooling window.

The finer map keeps covering the whole image: poolings that lose their stride get margins on both sides alike. A 2×2
pooling at stride 1 has one place fewer than its input; its places lie between those of the input, so that the map
is still centred.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

_SPATIAL = nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d


class SpreadAverage(nn.Module):
    """The 2×2 average, of places ``rate`` apart, at every place: torch's average pooling cannot be dilated.

    (B, C, H, W) → (B, C, H, W) for even rates, one less on each side for odd ones. Edges are repeated.
    """

    def __init__(self, rate: int) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, maps: Tensor) -> Tensor:
        """Average ``maps``."""
        maps = F.pad(maps, [self.rate // 2] * 4, mode="replicate")
        rows = maps[..., self.rate :, :] + maps[..., : -self.rate, :]
        return (rows[..., self.rate :] + rows[..., : -self.rate]) / 4


def limit_stride(network: nn.Module, limit: int) -> None:
    """Change ``network`` in place so that its last map has at most ``limit`` as total stride.

    Its layers must be registered in the order they run. The layers of a ResNet's shortcut (``downsample``) run
    beside the main path and are registered after it.
    """
    reached, rate = 1, 1
    for name, layer in list(network.named_modules()):
        if not isinstance(layer, _SPATIAL):
            continue
        if "downsample" in name:
            layer.stride = 1 if rate > 1 else layer.stride
            continue
        stride = _single(layer.stride)
        removed = stride > 1 and reached * stride > limit
        if removed or rate > 1:
            replaced = _spread(layer, rate, removed)
            if replaced is not layer:
                network.set_submodule(name, replaced)
        if removed:
            rate *= stride
        else:
            reached *= stride


def _spread(layer: nn.Module, rate: int, removed: bool) -> nn.Module:
    """Dilate ``layer`` by ``rate`` and, where ``removed``, take its stride away."""
    if isinstance(layer, nn.AvgPool2d):
        return SpreadAverage(rate)
    assert isinstance(layer, nn.Conv2d | nn.MaxPool2d)  # noqa: S101 (narrows the type)
    kernel, padding = _single(layer.kernel_size), _single(layer.padding)
    if isinstance(layer, nn.Conv2d):
        layer.dilation, layer.padding = (rate, rate), (rate * padding, rate * padding)
        layer.stride = (1, 1) if removed else layer.stride
        return layer
    # Torch refuses paddings as wide as dilated windows need, hence a layer of its own.
    margin = rate * padding + rate * (kernel - 1 - 2 * padding) // 2
    return nn.Sequential(nn.ConstantPad2d(margin, float("-inf")), nn.MaxPool2d(kernel, stride=1, dilation=rate))


def _single(value: object) -> int:
    """Give the one number of a square stride, kernel or padding."""
    number = value[0] if isinstance(value, tuple) else value
    assert isinstance(number, int)  # noqa: S101 (padding by name is used by no backbone here)
    return number
