"""The tied-weight deconvolution network: tables 1 and 2, eq. 6 and 7, and that it learns."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.errors import InputError, RecipeError
from napari_wsss.losses.tied import tied_loss
from napari_wsss.models.backbones import build_trunk
from napari_wsss.models.dense import DenseNetwork
from napari_wsss.models.rich_features import concatenated
from napari_wsss.models.tied import TiedNetwork
from napari_wsss.models.tied_scores import AsClassifier, grid_of, logits_of_maps
from napari_wsss.models.tied_settings import LAYOUTS, TiedNet
from napari_wsss.models.tied_trunk import levels_of

SMALL = {"xray": {"network": "xray", "width": 4}, "vgg16": {"network": "vgg16", "width": 7}}


def build(layout="xray", stages=3, classes=1, channels=1, **knobs):
    torch.manual_seed(0)
    return TiedNetwork(TiedNet(**SMALL[layout] | knobs), channels, classes, stages)


def published(layout, stages=3):
    with torch.device("meta"):
        return TiedNetwork(TiedNet(network=layout), 3, 1, stages)


@pytest.mark.parametrize(
    ("layout", "filters", "channels"),
    [
        ("xray", [[(96, 11)], [(256, 5)], [(384, 3)], [(384, 3)], [(256, 3)]], [256, 384, 384, 256]),
        (
            "vgg16",
            [[(64, 3)] * 2, [(128, 3)] * 2, [(256, 3)] * 3, [(512, 3)] * 3, [(512, 3)] * 3],
            [512, 512, 256, 128],
        ),
    ],
)
def test_layers_are_those_of_tables_1_and_2(layout, filters, channels):
    network = published(layout)
    levels = levels_of(network.trunk)
    assert [[(layer.out_channels, layer.kernel_size[0]) for layer in level] for level in levels] == filters
    assert all(layer.stride == (1, 1) for level in levels for layer in level)
    given = [levels[-1][-1].out_channels, *(stage.layers[-1].weight.shape[1] for stage in network.stages)]
    assert given == channels
    assert network.head.weight.shape == (2, sum(channels), 1, 1)


def test_weights_of_vgg16_fit_as_they_fit_the_classifier():
    with torch.device("meta"):
        ours, theirs = (trunk.state_dict() for trunk in (published("vgg16").trunk, build_trunk("vgg16", 3, 32)))
    assert {name: value.shape for name, value in ours.items()} == {name: value.shape for name, value in theirs.items()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_stage_doubles_the_resolution_of_the_maps(layout):
    for stages, stride in enumerate((32, 16, 8, 4)):
        network = build(layout, stages, classes=2, channels=3)
        assert network.stride == stride
        assert network.maps(torch.rand(2, 3, 64, 96)).shape == (2, 3, 64 // stride, 96 // stride)
        assert network(torch.rand(2, 3, 64, 96)).shape == (2, 3)


def test_eq_6_and_7_by_hand():
    """A 1×1 convolution of the concatenated maps, ReLU, and the log of the mean of e^(s·x), over s."""
    network = build(stages=1, sharpness=5.0).eval()
    images = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        features = concatenated(network.restored(images))[0]
        network.head.weight.normal_()
        network.head.bias.copy_(torch.tensor([0.25, -0.5]))
        maps, pooled = network.maps(images)[0], network(images)[0]
    assert (maps == 0).any(), "the ReLU must have something to do"
    for index in range(2):
        weights, bias = network.head.weight[index, :, 0, 0].tolist(), network.head.bias.tolist()[index]
        places = [
            max(0.0, bias + sum(w * float(f) for w, f in zip(weights, features[:, y, x], strict=True)))
            for y in range(4)
            for x in range(4)
        ]
        np.testing.assert_allclose(maps[index].flatten().numpy(), places, rtol=1e-4, atol=1e-5)
        by_hand = math.log(sum(math.exp(5 * place) for place in places) / 16) / 5
        assert math.isclose(float(pooled[index]), by_hand, rel_tol=1e-4)


def test_pooling_of_known_values():
    """s = 5 and the four places 0, 0, 0, 1: log((3 + e^5)/4)/5."""
    got = build().pool(torch.tensor([[[[0.0, 0.0], [0.0, 1.0]]]]))
    assert math.isclose(float(got), math.log((3 + math.e**5) / 4) / 5, rel_tol=1e-6)


def test_relu_for_one_class_and_softmax_for_several():
    images = torch.rand(1, 1, 64, 64)
    one, several = build(classes=1), build(classes=2)
    assert (one.nonlinearity, one.learns) == ("relu", "binary")
    assert (several.nonlinearity, several.learns) == ("softmax", "multi-label")
    torch.testing.assert_close(several.maps(images).sum(dim=1), torch.ones(1, 16, 16))
    scores = one.head(concatenated(one.restored(images)))
    torch.testing.assert_close(one.maps(images), scores.clamp(min=0))
    chosen = build(classes=1, nonlinearity="softmax")
    torch.testing.assert_close(chosen.maps(images).sum(dim=1), torch.ones(1, 16, 16))
    with pytest.raises(InputError, match="relu is for one lesion class; the project has 2"):
        build(classes=2, nonlinearity="relu")


def test_a_stage_added_leaves_the_maps_where_they_were():
    images, former = torch.rand(2, 1, 64, 64), build(stages=1)
    later = build(stages=2)
    torch.nn.init.normal_(later.head.weight)
    later.carry_over(former.state_dict())
    torch.testing.assert_close(later.maps(images), F.interpolate(former.maps(images), scale_factor=2))


def test_convolutions_of_the_dense_network_are_taken_over():
    torch.manual_seed(1)
    dense = DenseNetwork(TiedNet(**SMALL["xray"]), 1, 1, 64)
    later = build(stages=0)
    head = later.head.weight.detach().clone()
    later.carry_over(dense.state_dict())
    for name, value in dense.trunk.state_dict().items():
        assert torch.equal(later.trunk.state_dict()[name], value)
    assert torch.equal(later.head.weight, head)


@pytest.mark.parametrize(
    ("trains", "stages", "levels"),
    [
        ("all", 2, [0, 1, 2, 3, 4]), ("tied", 0, []), ("tied", 2, [3, 4]), ("tied", 3, [2, 3, 4]),
        ("newest", 0, []), ("newest", 1, [4]), ("newest", 2, [3]),
    ],
)  # fmt: skip
def test_what_is_held_still(trains, stages, levels):
    network = build("vgg16", stages)
    network.hold(trains)
    changing = [{p.requires_grad for layer in level for p in layer.parameters()} for level in levels_of(network.trunk)]
    assert changing == [{index in levels} for index in range(5)]
    assert all(parameter.requires_grad for parameter in network.head.parameters())
    biases = [parameter.requires_grad for parameter in network.stages.parameters()]
    if trains == "newest" and stages == 2:
        assert biases == [False] * 3 + [True] * 3
    else:
        assert all(biases)


def blobs():
    """Give eight images, half of them with a bright square."""
    generator = torch.Generator().manual_seed(0)
    images = 0.2 * torch.rand(8, 1, 64, 64, generator=generator)
    labels = torch.tensor([[0.0], [1.0]] * 4)
    for index in range(1, 8, 2):
        images[index, :, 4 * index : 4 * index + 20, 20:40] += 0.7
    return images, labels


def overfit(network, images, labels, rate, steps):
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], rate, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = tied_loss(network(images), labels, network.learns)
        loss.backward()
        optimizer.step()
    return float(tied_loss(network(images), labels, network.learns).detach())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("stages", [0, 3])
def test_one_batch_is_learnt_by_heart(layout, stages):
    images, labels = blobs()
    network = build(layout, stages)
    assert overfit(network, images, labels, 0.02, 40) < 0.1
    assert ((AsClassifier(network)(images) > 0) == labels.bool()).all()


def test_one_batch_of_several_classes_is_learnt_by_heart():
    images, labels = blobs()
    labels = torch.cat([labels, 1 - labels], dim=1)
    network = build(classes=2)
    first = float(tied_loss(network(images), labels, network.learns).detach())
    assert overfit(network, images, labels, 0.05, 60) < 0.4 * first
    assert ((AsClassifier(network)(images) > 0) == labels.bool()).all()


def test_the_dense_network_learns_one_batch_by_heart():
    images, labels = blobs()
    torch.manual_seed(0)
    network = DenseNetwork(TiedNet(**SMALL["xray"]), 1, 1, 64)
    assert overfit(network, images, labels, 0.02, 60) < 0.1


def test_dense_layers_look_at_the_middle_of_larger_images():
    network = DenseNetwork(TiedNet(**SMALL["xray"]), 1, 2, 60).eval()
    images = torch.rand(2, 1, 64, 64)
    assert network(images).shape == (2, 3)
    torch.testing.assert_close(network(images), network(images[..., 2:62, 2:62]))


def test_dense_layers_have_2048_units_as_published():
    with torch.device("meta"):
        layers = [layer for layer in DenseNetwork(TiedNet(), 3, 1, 320).dense if hasattr(layer, "in_features")]
    assert [(layer.in_features, layer.out_features) for layer in layers] == [
        (256 * 10 * 10, 2048), (2048, 2048), (2048, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("side", [64, 52, 53])
def test_cells_lie_where_the_grid_says(side):
    """A map that shows the row of every cell's middle is that row, wherever the grid places it on the scan."""
    network = build(stages=3)
    cells = network.maps(torch.rand(1, 1, side, side)).shape[-1]
    grid = grid_of(side, network.stride)
    rows = (grid[0, 0] + grid[0, 1] * np.arange(cells)) * side - 0.5
    placed = Letterbox((side, side), side).invert(np.repeat(rows[:, None], cells, axis=1)[None], grid)
    inside = slice(2, side - 2)
    np.testing.assert_allclose(placed[0, inside, 0], np.arange(side)[inside], atol=1e-3)


def test_logits_of_maps_are_the_logits_of_the_network():
    network = build(classes=2).eval()
    images = torch.rand(3, 1, 64, 64)
    with torch.no_grad():
        expected, maps = AsClassifier(network)(images), network.maps(images)
    np.testing.assert_allclose(logits_of_maps(network, maps.numpy()), expected.numpy(), rtol=1e-5, atol=1e-6)


def test_photographs_fit_vgg16_alone():
    assert TiedNet(network="vgg16", weights="imagenet").weights == "imagenet"
    for wrong in ({"network": "xray"}, {"network": "vgg16", "width": 50}):
        with pytest.raises(RecipeError, match="imagenet is for network vgg16 at width 100"):
            TiedNet.parse({**wrong, "weights": "imagenet"})
