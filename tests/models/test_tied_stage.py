"""Tied deconvolutions: one tensor, the transposed convolution, unpooling by switches."""

import copy

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import nn

from napari_wsss.models.tied import TiedNetwork
from napari_wsss.models.tied_settings import TiedNet
from napari_wsss.models.tied_stage import TiedDeconvolution, TiedStage
from napari_wsss.models.tied_trunk import levels_of

SMALL = {"xray": TiedNet(network="xray", width=5), "vgg16": TiedNet(network="vgg16", width=7)}


@pytest.mark.parametrize("layout", SMALL)
def test_a_weight_changed_in_the_convolution_is_changed_in_the_deconvolution(layout):
    network = TiedNetwork(SMALL[layout], 1, 1, 3)
    levels = levels_of(network.trunk)[::-1]
    maps = torch.rand(1, levels[0][-1].out_channels, 4, 4)
    for stage, level in zip(network.stages, levels, strict=False):
        for deconvolution, convolution in zip(stage.layers, level[::-1], strict=True):
            assert deconvolution.weight is convolution.weight
            maps = torch.rand(1, convolution.out_channels, 4, 4)
            before = deconvolution(maps)
            with torch.no_grad():
                convolution.weight *= 2
            torch.testing.assert_close(deconvolution(maps), 2 * before)


def test_an_optimiser_step_and_a_move_keep_them_one():
    network = TiedNetwork(SMALL["xray"], 1, 1, 1).to(torch.float64).to(torch.float32)
    network = copy.deepcopy(network).to(memory_format=torch.channels_last)
    convolution, deconvolution = levels_of(network.trunk)[-1][0], network.stages[0].layers[0]
    before = deconvolution.weight.detach().clone()
    optimizer = torch.optim.SGD(network.parameters(), 1.0)
    deconvolution(torch.ones(1, convolution.out_channels, 4, 4)).sum().backward()
    optimizer.step()
    assert deconvolution.weight is convolution.weight
    assert not torch.equal(convolution.weight, before)


def test_saved_weights_hold_each_tensor_once():
    network = TiedNetwork(SMALL["xray"], 1, 1, 3)
    assert save(network.state_dict()), "safetensors refuses tensors that share memory"
    own = [name for name in network.state_dict() if name.startswith("stages.")]
    assert own == [f"stages.{stage}.layers.0.bias" for stage in range(3)]


def test_deconvolution_is_the_transpose_of_the_convolution():
    """Eq. 3: for every x and y, <conv(x), y> = <x, deconv(y)>, biases and ReLU aside."""
    torch.manual_seed(0)
    convolution = nn.Conv2d(3, 5, 3, padding=1, bias=False).double()
    deconvolution = TiedDeconvolution(convolution).double()
    x, y = torch.randn(1, 3, 6, 7).double(), torch.randn(1, 5, 6, 7).double()
    with torch.no_grad():
        deconvolution.bias += 1000  # far above 0, where the ReLU changes nothing
        restored = deconvolution(y) - 1000
    torch.testing.assert_close((convolution(x) * y).sum(), (x * restored).sum(), rtol=1e-9, atol=1e-9)


def test_bias_and_relu_of_a_deconvolution_by_hand():
    convolution = nn.Conv2d(1, 1, 1)
    deconvolution = TiedDeconvolution(convolution)
    with torch.no_grad():
        convolution.weight.fill_(2.0)
        deconvolution.bias.fill_(-3.0)
    got = deconvolution(torch.tensor([[[[1.0, 2.0, 5.0]]]]))
    assert got.tolist() == [[[[0.0, 1.0, 7.0]]]]


def test_unpooling_puts_every_value_where_it_came_from_and_zero_elsewhere():
    maps = torch.tensor([[[[1.0, 9.0, 2.0, 3.0], [4.0, 5.0, 8.0, 6.0], [0.0, 1.0, 7.0, 1.0], [3.0, 2.0, 0.0, 4.0]]]])
    pooled, switches = F.max_pool2d(maps, 2, 2, return_indices=True)
    assert pooled.tolist() == [[[[9.0, 8.0], [3.0, 7.0]]]]
    convolution = nn.Conv2d(1, 1, 1)
    with torch.no_grad():
        convolution.weight.fill_(1.0)
    got = TiedStage([convolution])(pooled * 10, switches)
    expected = [[0.0, 90.0, 0.0, 0.0], [0.0, 0.0, 80.0, 0.0], [0.0, 0.0, 70.0, 0.0], [30.0, 0.0, 0.0, 0.0]]
    assert got[0, 0].tolist() == expected


def test_a_stage_undoes_the_last_convolution_first():
    level = [nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 5, 3, padding=1)]
    stage = TiedStage(level)
    assert [tuple(layer.weight.shape[:2]) for layer in stage.layers] == [(5, 3), (3, 2)]
    switches = F.max_pool2d(torch.rand(1, 5, 8, 8), 2, 2, return_indices=True)[1]
    assert stage(torch.rand(1, 5, 4, 4), switches).shape == (1, 2, 8, 8)
