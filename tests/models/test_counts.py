"""Parameter counts: table IV of Liu et al. and the published classifiers less their heads."""

import pytest

from napari_wsss.models.counts import count, parameter_counts
from napari_wsss.models.segmenter import build_segmenter
from napari_wsss.models.settings import SegmenterNet


@pytest.fixture(scope="module")
def counts():
    return parameter_counts()


def test_table_iv_comes_out_to_the_unit(counts):
    assert {name: counts[name] for name in ("mixed-unet", "unet", "deeplabv3", "fcn")} == {
        "mixed-unet": 10_303_105,
        "unet": 31_043_521,
        "deeplabv3": 39_633_729,
        "fcn": 18_643_713,
    }


@pytest.mark.parametrize(
    ("backbone", "published", "channels"),
    [
        ("googlenet", 6_624_904, 1024),
        ("resnet18", 11_689_512, 512),
        ("resnet34", 21_797_672, 512),
        ("resnet50", 25_557_032, 2048),
        ("resnet101", 44_549_160, 2048),
        ("densenet121", 7_978_856, 1024),
    ],
)
def test_classifier_is_the_published_one_with_another_head(counts, backbone, published, channels):
    head_of_1000 = (channels + 1) * 1000
    assert counts[backbone] == published - head_of_1000 + channels + 1


@pytest.mark.parametrize(
    ("backbone", "published", "fully_connected", "channels"),
    [
        ("alexnet", 61_100_840, (9216 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 1000, 256),
        ("vgg16", 138_357_544, (25088 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 1000, 512),
        ("vgg19", 143_667_240, (25088 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 1000, 512),
    ],
)
def test_fully_connected_layers_give_way_to_one_linear_layer(counts, backbone, published, fully_connected, channels):
    assert counts[backbone] == published - fully_connected + channels + 1


@pytest.mark.parametrize("network", ["mixed-unet", "unet", "deeplabv3", "fcn"])
def test_width_scales_every_network(network):
    small = build_segmenter(SegmenterNet(network=network, width=4), 3, 1)
    double = build_segmenter(SegmenterNet(network=network, width=8), 3, 1)
    assert 3.5 < count(double) / count(small) < 4.0


def test_tied_networks_by_hand(counts):
    """Filters · kernel · inputs + biases, layer by layer; a deconvolution has its bias alone."""
    xray = 96 * 11**2 * 3 + 96 + 256 * 5**2 * 96 + 256 + 384 * 9 * 256 + 384 + 384 * 9 * 384 + 384 + 256 * 9 * 384 + 256
    vgg16 = 14_714_688  # of VGG-16 without its fully connected layers (Simonyan and Zisserman 2015)
    restored = {
        "xray": (384 + 384 + 256, 256 + 384 + 384 + 256),
        "vgg16": (3 * 512 + (2 * 512 + 256) + (2 * 256 + 128), 512 + 512 + 256 + 128),
    }
    for layout, convolutions in (("xray", xray), ("vgg16", vgg16)):
        biases, features = restored[layout]
        assert counts[f"tied-{layout}"] == convolutions + biases + 2 * features + 2
    dense = 256 * 10 * 10 * 2048 + 2048 + 2048 * 2048 + 2048 + 2048 * 2 + 2
    assert counts["tied-xray-features"] == xray + dense
