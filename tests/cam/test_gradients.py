"""Grad-CAM, Grad-CAM++ and LayerCAM by hand, in 2D and 3D, and their errors."""

import pytest
import torch

from napari_wsss.cam.gradients import class_gradients, grad_cam, grad_cam_pp, gradient_weighted, layer_cam
from napari_wsss.errors import ModelError

FEATURES = torch.tensor([[[1.0, 2.0], [3.0, 5.0]]])  # (1, K=2, 2)
GRADIENTS = torch.tensor([[[0.5, 1.5], [-1.0, 0.0]]])  # means 1 and -0.5
SHAPES = [(2,), (1, 2), (2, 1, 1)]


@pytest.mark.parametrize("sides", SHAPES)
def test_grad_cam_by_hand(sides):
    features, gradients = (given.reshape(1, 2, *sides) for given in (FEATURES, GRADIENTS))
    assert gradient_weighted(features, gradients).flatten().tolist() == [-0.5, -0.5]
    assert torch.equal(grad_cam(features, gradients), torch.zeros(1, *sides))
    assert grad_cam(features, -gradients).flatten().tolist() == [0.5, 0.5]


@pytest.mark.parametrize("sides", SHAPES)
def test_grad_cam_pp_by_hand(sides):
    features, gradients = (given.reshape(1, 2, *sides) for given in (FEATURES, GRADIENTS))
    # Channel 0 sums to 3: α = 0.25/(0.5 + 3·0.125) and 2.25/(4.5 + 3·3.375), times 0.5 and 1.5; channel 1 has no
    # positive gradient. Weight 2/7·0.5 + 2/13·1.5 = 0.37363.
    weight = 2 / 7 * 0.5 + 2 / 13 * 1.5
    found = grad_cam_pp(features, gradients)
    torch.testing.assert_close(found.flatten(), torch.tensor([weight, 2 * weight]), atol=1e-5, rtol=0)
    assert found.shape == (1, *sides)


@pytest.mark.parametrize("sides", SHAPES)
def test_layer_cam_by_hand(sides):
    features, gradients = (given.reshape(1, 2, *sides) for given in (FEATURES, GRADIENTS))
    assert layer_cam(features, gradients).flatten().tolist() == [0.5, 3.0]
    assert layer_cam(-features, gradients).flatten().tolist() == [0, 0]


def test_a_denominator_of_nought_does_not_spoil_grad_cam_pp():
    features = torch.tensor([[[1.0, 1.0]]])
    gradients = torch.tensor([[[-1.0, -1.0]]])  # 2·1 + 2·(−1) = 0
    assert torch.equal(grad_cam_pp(features, gradients), torch.zeros(1, 2))


def test_only_the_classes_asked_for_are_differentiated():
    features = torch.randn(2, 3, 4, requires_grad=True)
    weight = torch.randn(5, 3)
    gradients = list(class_gradients(features.mean(2) @ weight.T, [features], [4, 1]))
    assert len(gradients) == 2
    for index, (gradient,) in zip([4, 1], gradients, strict=True):
        torch.testing.assert_close(gradient, (weight[index] / 4)[None, :, None].expand(2, 3, 4))


def test_a_map_the_scores_do_not_depend_on():
    used, unused = torch.randn(1, 1, 2, requires_grad=True), torch.randn(1, 1, 2, requires_grad=True)
    with pytest.raises(ModelError, match="do not depend on one of the layers"):
        list(class_gradients(used.sum(2), [used, unused], [0]))
