"""Where cells lie: every backbone by hand, and blobs that come back to their places."""

import numpy as np
import pytest
import torch
from torch import nn

from napari_wsss.cam.grid import as_fractions, cell_grid
from napari_wsss.cam.maps import compute_maps
from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.data.letterbox import Letterbox
from napari_wsss.errors import ModelError, RecipeError
from napari_wsss.models.backbones import build_trunk
from napari_wsss.models.classifier import build_classifier
from napari_wsss.models.settings import BACKBONES, LOCAL, ClassifierNet
from napari_wsss.progress import drain
from napari_wsss.refine.fuse import Fuse, fuse

SIDE, STRIDE, GREY = 224, 16, 0.449
FAMILIES = ["alexnet", "googlenet", "vgg16", "resnet18", "densenet121"]

# Centre of cell 0 at stride 32, by adding dilation·(kernel − 1)/2 − padding times the stride reached, layer by layer:
# AlexNet 3 + 4 + 8 + 16, GoogLeNet 0 + 2 + 4 + 8 + 8, VGG 0.5 + 1 + 2 + 4 + 8, ResNet all 0, DenseNet 0 + 2 + 4 + 8.
# The cells of local are squares of pixels that share the image out.
# A stride taken away moves the first cell where the pooling has no padding and so loses half a step of its own.
FIRST = {
    "alexnet": (31, 15, 7, 3),
    "googlenet": (22, 22, 6, 2),
    "vgg16": (15.5, 15.5, 7.5, 3.5),
    "vgg19": (15.5, 15.5, 7.5, 3.5),
    "resnet18": (0, 0, 0, 0),
    "resnet34": (0, 0, 0, 0),
    "resnet50": (0, 0, 0, 0),
    "resnet101": (0, 0, 0, 0),
    "densenet121": (14, 14, 6, 2),
    "local": (15.5, 7.5, 3.5, 1.5),
}


@pytest.mark.parametrize("backbone", [*BACKBONES, LOCAL])
@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_every_backbone_by_hand(backbone, index):
    stride = (32, 16, 8, 4)[index]
    with torch.device("meta"):
        trunk = build_trunk(backbone, 1, stride)
    assert cell_grid(trunk, _last(trunk), (128, 160), 1) == [(FIRST[backbone][index], stride)] * 2


def _last(trunk):
    return list(dict(trunk.named_children()))[-1]


def test_an_earlier_layer():
    trunk = build_trunk("vgg16", 3, 32)
    assert cell_grid(trunk, "features.4", (64, 64), 3) == [(0.5, 2)] * 2


def _blobs(places):
    y, x = np.mgrid[:SIDE, :SIDE]
    bumps = [np.exp(-((y - row) ** 2 + (x - column) ** 2) / 32) for row, column in places]
    return (GREY + np.stack(bumps)[:, None]).astype(np.float32)


def _symmetric(network):
    """Make kernels symmetric: random ones look a little to one side, which is no matter of the grid."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            weight = layer.weight.data
            layer.weight.data = (weight + weight.flip(2) + weight.flip(3) + weight.flip(2, 3)) / 4
    return network.eval()


def _displaced(backbone):
    """Distances (grid known or not, blob, axis) between a blob and the centre of the map's answer to it, in pixels."""
    torch.manual_seed(0)
    trunk = _symmetric(build_trunk(backbone, 1, STRIDE))
    places = np.array([(80.0, 110.0), (143.5, 90.0), (121.0, 148.5)])
    with torch.no_grad():
        empty = trunk(torch.full((1, 1, SIDE, SIDE), GREY))
        answers = trunk(torch.from_numpy(_blobs(places))) - empty
    energy = answers.pow(4).sum(1).numpy()  # to that power the faint surroundings, cut at the border, hardly count
    grid = np.array(as_fractions(cell_grid(trunk, _last(trunk), (SIDE, SIDE), 1), (SIDE, SIDE)))
    y, x = np.mgrid[:SIDE, :SIDE]
    found = []
    for known in (grid, None):
        maps = Letterbox((SIDE, SIDE), SIDE).invert(energy, known)
        maps /= maps.sum((1, 2), keepdims=True)
        found.append(np.stack([(maps * y).sum((1, 2)), (maps * x).sum((1, 2))], axis=1) - places)
    return found


@pytest.mark.parametrize("backbone", FAMILIES)
def test_maps_land_on_the_blob(backbone):
    known, unknown = _displaced(backbone)
    assert np.abs(known).max() < STRIDE / 4
    assert np.abs(known).mean() < np.abs(unknown).mean() / 2
    if backbone == "resnet18":
        np.testing.assert_allclose(unknown.mean(0), (STRIDE - 1) / 2, atol=1)  # half a cell, were the grid not known


def test_flipping_the_scan_flips_the_fused_map():
    torch.manual_seed(0)
    model, _ = build_classifier(ClassifierNet(backbone="resnet18", weights="random", stride=STRIDE), 1, 1)
    nn.init.ones_(_symmetric(model).head.weight)
    image = _blobs([(90.0, 120.0)])
    scales = (0.5, 1.0)
    pair = np.concatenate([image, image[..., ::-1, ::-1]])
    stack = drain(compute_maps(model, pair, ActivationMaps(scales=scales), "cpu"))
    likeness = []
    for grids in (stack.grids, None):
        here, flipped = fuse(stack.maps, Fuse(scales=scales), Letterbox((SIDE, SIDE), SIDE), grids)[0]
        likeness.append(np.corrcoef(here.ravel(), flipped[::-1, ::-1].ravel())[0, 1])
    assert likeness[0] > 0.99
    assert likeness[1] < 0.9


class Branches(nn.Module):
    """Two ways that disagree by a pixel, and a gate that has one place only."""

    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(1, 2, 3, 2, 1)
        self.right = nn.Conv2d(1, 2, 1, 2)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(2, 2, 1), nn.Sigmoid())
        self.last = nn.Identity()

    def forward(self, images):
        right = self.right(images[..., 1:, 1:])
        maps = self.left(images) + right
        return self.last(maps * self.gate(maps))


def test_branches_are_averaged():
    assert cell_grid(Branches(), "last", (16, 32), 1) == [(0.5, 2), (0.5, 2)]


def test_model_is_left_as_it_came():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.ReLU(inplace=True))
    model.train()
    model[0].bias.requires_grad_(False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.random.get_rng_state()
    assert cell_grid(model, "3", (8, 8), 1) == [(1, 1)] * 2
    assert all(module.training and not module._forward_hooks for module in model.modules())
    assert [parameter.requires_grad for parameter in model.parameters()] == [True, False, True, True]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())


def test_layers_that_do_not_fit():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten())
    with pytest.raises(RecipeError, match="no layer '7'"):
        cell_grid(model, "7", (8, 8), 1)
    with pytest.raises(ModelError, match="'1' gives no feature map"):
        cell_grid(model, "1", (8, 8), 1)


def test_fractions():
    assert as_fractions([(15.5, 32), (-0.5, 8)], (64, 16)) == [(0.25, 0.5), (0, 0.5)]
