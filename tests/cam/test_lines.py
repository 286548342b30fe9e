"""Rules of single operations against the centre of what a cell sees, and by hand."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from napari_wsss.cam.grid import cell_grid
from napari_wsss.models.stride import SpreadAverage


class Do(nn.Module):
    """A function as a layer."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, maps):
        return self.function(maps)


def _centres(layer, sides, channels):
    """Centre of mass of what the middle cell sees, and the cell's indices: weights are ones, nothing is non-linear."""
    for parameter in layer.parameters():
        nn.init.ones_(parameter)
    images = torch.ones(1, channels, *sides, requires_grad=True)
    maps = layer(images)
    cell = [count // 2 for count in maps.shape[2:]]
    maps[(slice(None), slice(None), *cell)].sum().backward()
    seen = images.grad[0].sum(0)
    places = torch.meshgrid(*(torch.arange(float(side)) for side in sides), indexing="ij")
    return cell, [float((place * seen).sum() / seen.sum()) for place in places]


LAYERS = {
    "unpadded": nn.Conv2d(1, 2, 11, 4, 2),
    "dilated": nn.Conv2d(1, 1, (5, 3), (3, 2), (1, 2), (2, 1)),
    "even kernel, same size": nn.Conv2d(1, 1, 4, padding="same", dilation=2),
    "grouped": nn.Conv2d(2, 2, 3, 2, groups=2),
    "reflected": nn.Conv2d(1, 1, 3, 2, 2, padding_mode="reflect"),
    "replicated": nn.Conv2d(1, 1, 3, 2, 2, padding_mode="replicate"),
    "transposed": nn.ConvTranspose2d(1, 1, (3, 4), 1, (1, 3), dilation=2),
    "average": nn.AvgPool2d(3, 2, 1),
    "average, stride by default": nn.AvgPool2d((2, 5)),
    "completed windows": nn.AvgPool2d(3, 2, ceil_mode=True),
    "margins": nn.ZeroPad2d((3, 0, 1, 2)),
    "cropped": nn.ZeroPad2d((-3, 0, -1, -2)),
    "slices": Do(lambda maps: maps[..., -20:-1:2, 3:]),
    "narrowed": Do(lambda maps: maps.narrow(2, 5, 9)),
    "transposed axes": nn.Sequential(Do(lambda maps: maps.mT), nn.AvgPool2d((2, 3)), Do(lambda maps: maps.mT)),
    "channels last": Do(lambda maps: (maps[..., 2:].movedim(1, -1) * 2).movedim(-1, 1)),
    "channels in groups": Do(lambda maps: maps[..., 2:].unflatten(1, (2, 2)).transpose(1, 2).flatten(1, 2)),
    "bilinear": nn.Upsample(scale_factor=2, mode="bilinear"),
    "bilinear, corners aligned": nn.Upsample(size=(9, 17), mode="bilinear", align_corners=True),
    "adaptive": nn.AdaptiveAvgPool2d((8, 3)),
    "spread average 1": SpreadAverage(1),
    "spread average 2": SpreadAverage(2),
    "spread average 3": SpreadAverage(3),
    "chain": nn.Sequential(nn.Conv2d(1, 2, 7, 2, 3), nn.BatchNorm2d(2), nn.AvgPool2d(2), nn.Conv2d(2, 1, 3)),
    "line": nn.Sequential(nn.Conv1d(1, 1, 4, 2), nn.AvgPool1d(3)),
    "volume": nn.Sequential(nn.Conv3d(1, 1, (1, 2, 4), (1, 2, 3)), nn.AvgPool3d((2, 1, 1))),
}
CHANNELS = {"grouped": 2, "channels last": 3, "channels in groups": 4}


@pytest.mark.parametrize("name", LAYERS)
def test_a_cell_lies_at_the_centre_of_what_it_sees(name):
    layer, channels = LAYERS[name].eval(), CHANNELS.get(name, 1)
    sides = {"line": (33,), "volume": (8, 16, 21)}.get(name, (24, 33))
    cell, centres = _centres(layer, sides, channels)
    grid = cell_grid(nn.Sequential(layer), "0", sides, channels)
    assert [first + step * index for (first, step), index in zip(grid, cell, strict=True)] == pytest.approx(
        centres, abs=1e-4
    )


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.MaxPool2d(3, 2, 1), (0, 2)),
        (nn.MaxPool2d(3, 2, ceil_mode=True), (1, 2)),
        (nn.MaxPool2d(3, 1, 1, dilation=2), (1, 1)),
        (nn.MaxPool2d(2), (0.5, 2)),
        (nn.ConvTranspose2d(1, 1, 4, 2, 1), (-0.25, 0.5)),
        (nn.ConvTranspose2d(1, 1, 3, 2, 1, output_padding=1), (0, 0.5)),
        (nn.AdaptiveMaxPool2d(8), (1.5, 4)),
        (nn.Upsample(scale_factor=2), (-0.25, 0.5)),
        (Do(lambda maps: F.interpolate(maps, scale_factor=2, mode="nearest-exact")), (-0.25, 0.5)),
        (nn.Sequential(nn.AvgPool2d(2), nn.PixelUnshuffle(2)), (1.5, 4)),  # unknown: shared out evenly
        (nn.Sequential(nn.Conv2d(1, 1, 3, 2, 1), Do(lambda maps: maps.roll(1, 2))), (0.5, 2)),  # as good as unknown
        (nn.Sequential(nn.Conv2d(1, 1, 3, 2, 1), Do(lambda maps: maps.flatten(2).view(1, 1, 16, 16))), (0.5, 2)),
    ],
)
def test_by_hand(layer, expected):
    assert cell_grid(nn.Sequential(layer), "0", (32, 32), 1)[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("layer", "expected"), [(nn.MaxPool1d(4, 3, 1), [(0.5, 3)]), (nn.MaxPool3d((1, 2, 3)), [(0, 1), (0.5, 2), (1, 3)])]
)
def test_maximum_along_one_and_three_axes(layer, expected):
    sides = (24,) * len(expected)
    assert cell_grid(nn.Sequential(layer), "0", sides, 1) == expected
