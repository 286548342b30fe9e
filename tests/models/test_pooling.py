"""Global pooling by hand."""

import math

import pytest
import torch

from napari_wsss.models.pooling import LogSumExp, build_pooling

MAPS = torch.tensor([[[[0.0, 1.0], [2.0, 5.0]], [[3.0, 3.0], [3.0, 3.0]]]])


def test_average_and_maximum():
    assert build_pooling("average")(MAPS).tolist() == [[2.0, 3.0]]
    assert build_pooling("max")(MAPS).tolist() == [[5.0, 3.0]]


def test_log_sum_exp_is_equation_7():
    expected = math.log((1 + math.exp(5) + math.exp(10) + math.exp(25)) / 4) / 5
    assert build_pooling("lse")(MAPS)[0].tolist() == pytest.approx([expected, 3.0], rel=1e-6)


def test_log_sum_exp_lies_between_average_and_maximum():
    assert LogSumExp(1e-3)(MAPS)[0, 0].item() == pytest.approx(2.0, abs=0.01)
    assert LogSumExp(1e3)(MAPS)[0, 0].item() == pytest.approx(5.0, abs=0.01)


def test_log_sum_exp_does_not_overflow_in_half_precision():
    assert LogSumExp()(torch.full((1, 1, 8, 8), 100.0, dtype=torch.float16)).item() == pytest.approx(100.0)


@pytest.mark.parametrize("name", ["average", "max", "lse"])
def test_any_number_of_dimensions(name):
    volume = torch.rand(2, 3, 4, 5, 6)
    flat = volume.reshape(2, 3, 4, 30)
    torch.testing.assert_close(build_pooling(name)(volume), build_pooling(name)(flat))
