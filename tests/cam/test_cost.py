"""Costs by hand, and that they are the passes really made."""

import pytest
import torch
from torch import nn

from napari_wsss.cam.ask import activation_maps
from napari_wsss.cam.cost import cost_in_passes
from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.models.layers import FeatureLayer, feature_layers

LAYERS = (FeatureLayer("early", 4, 8, 0.75), FeatureLayer("trunk", 32, 100, 0.0))


@pytest.mark.parametrize(
    ("knobs", "classes", "passes"),
    [
        ({"method": "cam"}, 3, 1),
        ({"method": "cam", "scales": (0.5, 1.0, 2.0)}, 1, 5.25),
        ({"method": "grad-cam"}, 3, 1),
        ({"method": "layer-cam", "layers": ("early", "trunk")}, 1, 1.75),
        ({"method": "grad-cam++", "layers": ("early",), "scales": (2.0,)}, 2, 4 * 2.5),
        ({"method": "grad-cam", "layers": ("nobody knows",)}, 1, 2),
        ({"method": "smoothgrad-cam++", "samples": 6}, 1, 6),
        ({"method": "smoothgrad-cam++", "samples": 6, "layers": ("early",)}, 2, 15),
        ({"method": "score-cam", "channels": 64}, 5, 65),
        ({"method": "score-cam", "channels": 0}, 1, 101),
        ({"method": "score-cam", "channels": 64, "layers": ("early", "trunk"), "scales": (0.5,)}, 1, 73 / 4),
        ({"method": "score-cam", "channels": 0, "layers": ("nobody knows",)}, 1, 101),
    ],
)
def test_by_hand(knobs, classes, passes):
    params = ActivationMaps(**{"scales": (1.0,), **knobs})
    assert cost_in_passes(params, LAYERS, classes) == pytest.approx(passes)


@pytest.mark.parametrize("method", ["cam", "grad-cam", "smoothgrad-cam++", "score-cam"])
def test_as_many_images_are_shown_to_the_network(method):
    shown = []
    torch.manual_seed(0)
    model = nn.Sequential()
    model.trunk = nn.Conv2d(1, 8, 3)
    model.top = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model.head = nn.Linear(8, 2)
    model.register_forward_hook(lambda _m, inputs, _o: shown.append(len(inputs[0])))
    params = ActivationMaps(method=method, scales=(1.0,), channels=5, samples=3)
    activation_maps(model, torch.randn(1, 1, 8, 8), method, channels=5, samples=3)
    extra = {"score-cam": 1 + 1}.get(method, 0)  # the empty image; a look at what can be folded
    passes = cost_in_passes(params, (FeatureLayer("trunk", 1, 8, 0.0),), classes=2)
    assert sum(shown) - extra == passes


def test_score_cam_of_a_resnet50_costs_what_it_says_in_the_help():
    params = ActivationMaps(method="score-cam", channels=0, scales=(1.0,))
    assert cost_in_passes(params, feature_layers("resnet50")) == 2049
