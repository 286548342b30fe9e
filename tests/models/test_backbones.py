"""The trunks against torchvision's own networks, with the same weights."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from napari_wsss import torchvision_ops
from napari_wsss.models.backbones import FACTS, build_trunk
from napari_wsss.models.pretrained import fill
from napari_wsss.models.settings import BACKBONES

torchvision_ops.declare()
import torchvision  # noqa: E402


def peer(backbone):
    """Give torchvision's network (only the features of VGG: its linear layers take half a gigabyte)."""
    if backbone.startswith("vgg"):
        layers = torchvision.models.vgg.make_layers(torchvision.models.vgg.cfgs["D" if backbone == "vgg16" else "E"])
        return _Features(layers)
    options = {"aux_logits": True, "transform_input": True, "init_weights": False} if backbone == "googlenet" else {}
    return torchvision.models.get_model(backbone, weights=None, **options)


class _Features(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.features = features

    def forward(self, images):
        return self.features(images)


def last_map(backbone, network, images):
    """Give the last map of torchvision's network, just before its global pooling."""
    if backbone.startswith(("vgg", "alexnet")):
        return network.features(images)
    if backbone == "densenet121":
        return F.relu(network.features(images))
    caught = []
    hook = network.avgpool.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0]))
    network(images)
    hook.remove()
    return caught[0]


@pytest.mark.parametrize("backbone", BACKBONES)
def test_same_last_map_as_torchvision(backbone):
    torch.manual_seed(0)
    network = peer(backbone).eval()
    trunk = build_trunk(backbone, 3, 32).eval()
    fill(trunk, network.state_dict(), "peer", backbone)
    images = torch.rand(1, 3, 80, 96)
    with torch.no_grad():
        # what the network's preprocessing would do, with one pair of numbers for the three channels
        expected = last_map(backbone, network, _standardised(backbone, images))
        got = trunk(images)
    assert got.shape[1] == FACTS[backbone].channels
    assert got.min() >= 0
    torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-5 * max(1.0, expected.max().item()))


def _standardised(backbone, images):
    if backbone != "googlenet":
        return (images - 0.449) / 0.226
    mean = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    return (images - mean) / deviation  # its transform_input turns this into (x − 0.5)/0.5


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("channels", [1, 2, 7])
def test_any_number_of_channels(backbone, channels):
    with torch.device("meta"):
        assert build_trunk(backbone, channels, 32)(torch.empty(2, channels, 64, 64)).shape[:2] == (
            2,
            FACTS[backbone].channels,
        )


def test_no_relu_works_in_place():
    trunk = build_trunk("resnet18", 1, 32)
    assert not any(layer.inplace for layer in trunk.modules() if isinstance(layer, nn.ReLU))
