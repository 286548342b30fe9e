"""Activation map methods against hand-computed values, one another and pytorch-grad-cam."""

import numpy as np
import pytest
import torch
from torch import nn

from napari_wsss import torchvision_ops
from napari_wsss.cam.methods import class_activation, class_gradients, grad_cam, gradient_weighted


def test_class_activation_by_hand():
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, -1.0]]]])  # (1, K=2, 1, 2)
    weight = torch.tensor([[1.0, 2.0], [-1.0, 0.5]])
    expected = torch.tensor([[[[7.0, 0.0]], [[0.5, -2.5]]]])
    assert torch.equal(class_activation(features, weight), expected)


def test_grad_cam_by_hand():
    features = torch.tensor([[[1.0, 2.0], [3.0, 5.0]]])  # (1, K=2, 2)
    gradients = torch.tensor([[[0.5, 1.5], [-1.0, 0.0]]])  # means 1 and -0.5
    assert torch.equal(gradient_weighted(features, gradients), torch.tensor([[-0.5, -0.5]]))
    assert torch.equal(grad_cam(features, gradients), torch.zeros(1, 2))


@pytest.mark.parametrize("spatial", [(6,), (5, 7), (3, 4, 5)])
def test_cam_equals_grad_cam_times_places_for_average_pooling(spatial):
    torch.manual_seed(0)
    features = torch.randn(3, 8, *spatial, requires_grad=True)
    head = nn.Linear(8, 2)
    logits = head(features.flatten(2).mean(2))
    cam = class_activation(features, head.weight)
    places = features[0, 0].numel()
    for index, gradient in enumerate(class_gradients(logits, features)):
        weighted = gradient_weighted(features, gradient) * places
        torch.testing.assert_close(weighted, cam[:, index], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(grad_cam(features, gradient) * places, cam[:, index].relu(), atol=1e-5, rtol=1e-5)


class _Network(nn.Module):
    def __init__(self, axes: int) -> None:
        super().__init__()
        convolution, pool = (nn.Conv2d, nn.MaxPool2d) if axes == 2 else (nn.Conv3d, nn.MaxPool3d)
        self.axes = axes
        self.trunk = nn.Sequential(convolution(2, 6, 3, padding=1), nn.ReLU(), pool(2), convolution(6, 8, 3), nn.Tanh())
        self.top = nn.Sequential(nn.Linear(8, 5), nn.ReLU(), nn.Linear(5, 3))

    def forward(self, x):
        return self.top(self.trunk(x).flatten(2).amax(2))


@pytest.mark.parametrize(("axes", "layer"), [(2, 4), (2, 1), (3, 4)])
def test_grad_cam_equals_pytorch_grad_cam(axes, layer):
    torchvision_ops.declare()
    reference = pytest.importorskip("pytorch_grad_cam", reason="grad-cam is not installed")
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    torch.manual_seed(1)
    model = _Network(axes).eval()
    images = torch.randn(2, 2, *(16,) * axes)
    below, above = model.trunk[: layer + 1], model.trunk[layer + 1 :]
    features = below(images).detach().requires_grad_()
    gradients = class_gradients(model.top(above(features).flatten(2).amax(2)), features)
    with reference.GradCAM(model, [model.trunk[layer]]) as peer:
        for index in range(3):
            theirs = peer(images, [ClassifierOutputTarget(index)] * 2)
            ours = grad_cam(features.detach(), gradients[index]).numpy()
            ours = _as_theirs(ours, images.shape[2:])
            assert theirs.max() > 0.9
            np.testing.assert_allclose(ours, theirs, atol=1e-4)


def _as_theirs(maps, shape):
    """Their normalisation: min-max per image, resize (cubic in 3D), positive part, min-max again."""
    from pytorch_grad_cam.utils.image import scale_cam_image

    return scale_cam_image(np.maximum(scale_cam_image(maps, shape[::-1]), 0))
