"""CAM by hand, against Grad-CAM, and the layer its weights come from."""

import pytest
import torch
from torch import nn

from napari_wsss.cam.gradients import class_gradients, grad_cam, gradient_weighted
from napari_wsss.cam.linear import class_activation, class_weights
from napari_wsss.errors import ModelError


def test_by_hand():
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, -1.0]]]])  # (1, K=2, 1, 2)
    weight = torch.tensor([[1.0, 2.0], [-1.0, 0.5]])
    expected = torch.tensor([[[[7.0, 0.0]], [[0.5, -2.5]]]])
    assert torch.equal(class_activation(features, weight), expected)


@pytest.mark.parametrize("spatial", [(6,), (5, 7), (3, 4, 5)])
def test_equals_grad_cam_times_places_for_average_pooling(spatial):
    torch.manual_seed(0)
    features = torch.randn(3, 8, *spatial, requires_grad=True)
    head = nn.Linear(8, 2)
    cam = class_activation(features, head.weight)
    places = features[0, 0].numel()
    gradients = class_gradients(head(features.flatten(2).mean(2)), [features], range(2))
    for index, (gradient,) in enumerate(gradients):
        weighted = gradient_weighted(features, gradient) * places
        torch.testing.assert_close(weighted, cam[:, index], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(grad_cam(features, gradient) * places, cam[:, index].relu(), atol=1e-5, rtol=1e-5)


def test_the_linear_layer_that_fits():
    model = nn.ModuleDict({"first": nn.Linear(8, 3), "other": nn.Linear(4, 2), "fc": nn.Linear(4, 2)})
    assert class_weights(model, 8, 3) is not None
    assert torch.equal(class_weights(model, 4, 2), model["fc"].weight)
    model.head = nn.Linear(4, 2)
    model.later = nn.Linear(4, 2)
    assert torch.equal(class_weights(model, 4, 2), model.head.weight)
    with pytest.raises(ModelError, match="from the 4 channels of the last map to the 3 class scores"):
        class_weights(model, 4, 3)
