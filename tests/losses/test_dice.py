import math

import pytest
import torch

from napari_wsss.losses.dice import SMOOTHING, dice_and_cross_entropy, dice_loss


def logit(*probabilities: float) -> list[float]:
    return [math.log(p / (1 - p)) for p in probabilities]


def test_eq_2_by_hand():
    # y = 1 0 1 0, ŷ = 0.8 0.4 0.5 0.1: Σ(y ⊙ ŷ) = 1.3, Σy = 2, Σŷ = 1.8
    predicted = torch.tensor(logit(0.8, 0.4, 0.5, 0.1)).reshape(2, 1, 2, 1, 1)
    target = torch.tensor([1, 0, 1, 0]).reshape(2, 2, 1, 1)
    dice = 1 - (2.6 + SMOOTHING) / (3.8 + SMOOTHING)
    entropy = -(math.log(0.8) + math.log(0.6) + math.log(0.5) + math.log(0.9)) / 4
    assert dice_loss(predicted, target).item() == pytest.approx(dice, rel=1e-5)
    assert dice_and_cross_entropy(predicted, target).item() == pytest.approx(dice + entropy, rel=1e-5)


def test_places_left_out_take_no_part():
    predicted = torch.tensor(logit(0.8, 0.4, 0.5, 0.1)).reshape(1, 1, 4)
    target = torch.tensor([[1, 0, 255, 255]])
    # Σ(y ⊙ ŷ) = 0.8, Σy = 1, Σŷ = 1.2
    expected = 1 - 1.6 / 2.2 - (math.log(0.8) + math.log(0.6)) / 2
    assert dice_and_cross_entropy(predicted, target).item() == pytest.approx(expected, rel=1e-4)


def test_the_mean_of_several_classes():
    # probabilities of background, class 1, class 2 at two places
    predicted = torch.tensor([[0.2, 0.5], [0.7, 0.1], [0.1, 0.4]]).log()[None]
    target = torch.tensor([[1, 2]])
    # class 1: 2·0.7/(1 + 0.8); class 2: 2·0.4/(1 + 0.5)
    expected = 1 - (1.4 / 1.8 + 0.8 / 1.5) / 2
    assert dice_loss(predicted, target).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("target", "expected"), [(0, 0.0), (1, 1.0)])
def test_nothing_found(target, expected):
    predicted = torch.full((1, 1, 8), -40.0)
    assert dice_loss(predicted, torch.full((1, 8), target)).item() == pytest.approx(expected, abs=1e-4)


def test_it_teaches():
    predicted = torch.zeros(1, 1, 2, 2, 2, requires_grad=True)
    target = torch.zeros(1, 2, 2, 2, dtype=torch.int64)
    target[0, 0] = 1
    dice_and_cross_entropy(predicted, target).backward()
    assert (predicted.grad[0, 0, 0] < 0).all()
    assert (predicted.grad[0, 0, 1] > 0).all()
