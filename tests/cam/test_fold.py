"""Folded copies answer alike; the network itself stays as it was."""

import pytest
import torch
from torch import nn

from napari_wsss.cam.capture import borrowed
from napari_wsss.cam.fold import folded
from napari_wsss.models.classifier import build_classifier
from napari_wsss.models.settings import ClassifierNet

CPU = torch.device("cpu")


def _count(model, kind):
    return sum(isinstance(module, kind) for module in model.modules())


def _stirred(model):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    return model


@pytest.mark.parametrize(("backbone", "left"), [("resnet18", 0), ("densenet121", 62), ("googlenet", 0)])
def test_our_networks_answer_alike(backbone, left):
    torch.manual_seed(0)
    model = _stirred(build_classifier(ClassifierNet(backbone=backbone, weights="random"), 1, 2)[0]).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    images = torch.rand(2, 1, 64, 64)
    with borrowed(model, CPU), torch.no_grad():
        copy = folded(model, images[:1])
        assert copy is not model
        assert _count(copy, nn.BatchNorm2d) == left  # DenseNet normalises most of its maps before the convolution
        torch.testing.assert_close(copy(images), model(images), atol=1e-5, rtol=1e-4)
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_volumes(plain):
    model = plain(3, batch_norm=True)
    images = torch.randn(1, 2, 8, 8, 8)
    with torch.no_grad():
        copy = folded(model, images)
        assert _count(copy, nn.BatchNorm3d) == 0
        torch.testing.assert_close(copy(images), model(images), atol=1e-5, rtol=1e-4)


class Reused(nn.Module):
    """The convolution's result goes two ways, past the normalisation as well."""

    def __init__(self):
        super().__init__()
        self.convolution, self.norm = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)

    def forward(self, images):
        maps = self.convolution(images)
        return (self.norm(maps) + 3 * maps).mean((2, 3))


class Twice(Reused):
    """One normalisation serves two convolutions' results."""

    def __init__(self):
        super().__init__()
        self.other = nn.Conv2d(1, 2, 3)

    def forward(self, images):
        return (self.norm(self.convolution(images)) + self.norm(self.other(images))).mean((2, 3))


class Computed(nn.Sequential):
    """Holds a tensor that torch refuses to copy."""

    def __init__(self):
        super().__init__(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten())
        self.kept = torch.ones(1, requires_grad=True) * 2


@pytest.mark.parametrize("model", [Reused(), Twice(), Computed(), nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten())])
def test_where_nothing_can_be_folded_the_network_itself_is_taken(model):
    model = _stirred(model).eval()
    assert folded(model, torch.rand(1, 1, 6, 6)) is model
