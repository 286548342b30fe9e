"""A finer last map holds the original map: every f-th place of it, to the last bit of rounding."""

import pytest
import torch
from torch import nn

from napari_wsss.models.backbones import build_trunk
from napari_wsss.models.settings import BACKBONES
from napari_wsss.models.stride import SpreadAverage, limit_stride


def trunk(backbone, stride, state=None):
    torch.manual_seed(0)
    network = build_trunk(backbone, 1, stride).eval()
    if state is not None:
        network.load_state_dict(state)
    return network


# Where the original map begins in the finer one, by backbone and stride: the margins of the poolings.
BEGINS = {
    "alexnet": {16: 1, 8: 3, 4: 7},
    "googlenet": {16: 0, 8: 2, 4: 5},
    "vgg16": {16: 0, 8: 1, 4: 3},
    "vgg19": {16: 0, 8: 1, 4: 3},
    "densenet121": {16: 0, 8: 1, 4: 3},
}


@pytest.mark.parametrize("backbone", BACKBONES)
def test_subsampling_the_finer_map_gives_the_original_map(backbone):
    original = trunk(backbone, 32)
    images = torch.rand(1, 1, 64, 96)
    with torch.no_grad():
        coarse = original(images)
        for stride in (16, 8, 4):
            fine = trunk(backbone, stride, original.state_dict())(images)
            begin, step = BEGINS.get(backbone, {}).get(stride, 0), 32 // stride
            subsampled = fine[..., begin::step, begin::step]
            assert subsampled.shape == coarse.shape
            torch.testing.assert_close(subsampled, coarse, rtol=1e-3, atol=1e-4 * coarse.max().item())
    assert coarse.std() > 0


@pytest.mark.parametrize("backbone", [name for name in BACKBONES if name.startswith("resnet")])
def test_resnets_keep_it_for_images_of_any_size(backbone):
    original = trunk(backbone, 32)
    images = torch.rand(1, 1, 75, 98)
    with torch.no_grad():
        coarse, fine = original(images), trunk(backbone, 8, original.state_dict())(images)
    torch.testing.assert_close(fine[..., ::4, ::4], coarse, rtol=1e-3, atol=1e-4 * coarse.max().item())


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("size", [128, 256])
def test_the_finer_map_covers_the_image(backbone, size):
    """2×2 poolings at stride 1, and AlexNet's unpadded ones, leave one place less than size / stride."""
    with torch.device("meta"):
        for stride in (16, 8, 4):
            side = build_trunk(backbone, 1, stride)(torch.empty(1, 1, size, size)).shape[-1]
            assert size // stride - 1 <= side <= size // stride


@pytest.mark.parametrize("size", [16, 24, 32, 40])
def test_poolings_that_round_up_or_are_padded(size):
    torch.manual_seed(size)

    def network():
        return nn.Sequential(
            nn.Conv2d(1, 2, 3, stride=2, padding=1),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            nn.Conv2d(2, 2, 3, padding=1),
            nn.MaxPool2d(2, stride=2, ceil_mode=True),
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True),
            nn.Conv2d(2, 2, 3, padding=1),
        ).double()

    original, dense = network(), network()
    dense.load_state_dict(original.state_dict())
    limit_stride(dense, 2)
    images = torch.randn(1, 1, size, size + 16, dtype=torch.float64)
    torch.testing.assert_close(dense(images)[..., 2::4, 2::4], original(images))


@pytest.mark.parametrize("stride", [16, 8])
def test_a_symmetric_image_keeps_a_symmetric_map(stride):
    """With symmetric weights the finer map is as symmetric as the image: margins lean to neither side."""
    network = trunk("vgg16", stride)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight.data += layer.weight.data.flip(3)
    images = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        maps = network(images + images.flip(3))
    torch.testing.assert_close(maps, maps.flip(3), rtol=1e-3, atol=1e-4 * maps.max().item())


def test_spread_average_by_hand():
    maps = torch.arange(16.0).reshape(1, 1, 4, 4)
    torch.testing.assert_close(SpreadAverage(1)(maps), nn.functional.avg_pool2d(maps, 2, stride=1))
    expected = [[2.5, 3.0, 4.0, 4.5], [4.5, 5.0, 6.0, 6.5], [8.5, 9.0, 10.0, 10.5], [10.5, 11.0, 12.0, 12.5]]
    assert SpreadAverage(2)(maps)[0, 0].tolist() == expected


def test_a_network_fine_enough_stays_as_it_is():
    network = nn.Sequential(nn.Conv2d(1, 1, 3, stride=2), nn.MaxPool2d(2, stride=2))
    before = repr(network)
    limit_stride(network, 4)
    assert repr(network) == before
