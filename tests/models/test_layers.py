"""The list of layers against the networks themselves."""

import subprocess
import sys

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from napari_wsss.cam.grid import cell_grid
from napari_wsss.models.classifier import build_classifier
from napari_wsss.models.layers import feature_layers
from napari_wsss.models.settings import BACKBONES, LOCAL, ClassifierNet

SIDE = 256


def _measured(model, names):
    """Give layer → (channels, part of the multiplications after it)."""
    found = {}
    with FlopCounterMode(display=False) as counter:
        for name in names:
            module = model.get_submodule(name)
            module.register_forward_hook(
                lambda _m, _i, out, name=name: found.update({name: (out.shape[1], counter.get_total_flops())})
            )
        model(torch.empty(1, 3, SIDE, SIDE, device="meta"))
    total = counter.get_total_flops()
    return {name: (channels, 1 - before / total) for name, (channels, before) in found.items()}


@pytest.mark.parametrize("backbone", [*BACKBONES, LOCAL])
@pytest.mark.parametrize("stride", [32, 16, 8, 4])
def test_as_the_network_says(backbone, stride):
    with torch.device("meta"):
        model, _ = build_classifier(ClassifierNet(backbone=backbone, weights="random", stride=stride), 3, 1)
    layers = feature_layers(backbone, stride)
    measured = _measured(model, [layer.name for layer in layers])
    for layer in layers:
        assert cell_grid(model, layer.name, (SIDE, SIDE), 3)[0][1] == layer.stride
        channels, above = measured[layer.name]
        assert channels == layer.channels
        assert layer.above == pytest.approx(above, abs=0.01 if stride == 32 else 0.12)
    assert [layer.stride for layer in layers] == sorted(layer.stride for layer in layers)
    assert layers[-1].name == "trunk"


def test_needs_no_torch():
    code = "import sys, napari_wsss.models.layers; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
