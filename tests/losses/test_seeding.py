"""Eq. 8 by hand: one mean over all seeded places of all classes and images."""

import math

import pytest
import torch

from napari_wsss.losses.seeding import seeding_loss


def test_one_class_by_hand():
    """p = 0.75 everywhere: one lesion seed costs −log 0.75, each of three background seeds −log 0.25."""
    logits = torch.full((1, 1, 2, 3), math.log(3.0))
    seeds = torch.tensor([[[1, 0, 255], [255, 0, 0]]])
    expected = -(math.log(0.75) + 3 * math.log(0.25)) / 4
    assert seeding_loss(logits, seeds).item() == pytest.approx(expected)


def test_one_mean_and_not_a_mean_of_means():
    """Image 1 has one seed, image 2 three: all four weigh alike, whatever class or image they belong to."""
    probabilities = torch.tensor([0.2, 0.3, 0.5])
    logits = probabilities.log().reshape(1, 3, 1, 1).expand(2, 3, 1, 3)
    seeds = torch.tensor([[[2, 255, 255]], [[0, 1, 1]]])
    expected = -(math.log(0.5) + math.log(0.2) + 2 * math.log(0.3)) / 4
    assert seeding_loss(logits, seeds).item() == pytest.approx(expected)


def test_places_without_seed_teach_nothing():
    logits = torch.zeros(1, 1, 1, 2, requires_grad=True)
    seeding_loss(logits, torch.tensor([[[1, 255]]])).backward()
    assert logits.grad.flatten().tolist() == [-0.5, 0.0]


def test_without_seeds_it_is_zero_and_can_be_differentiated():
    logits = torch.randn(1, 3, 2, 2, requires_grad=True)
    loss = seeding_loss(logits, torch.full((1, 2, 2), 255))
    loss.backward()
    assert loss.item() == 0
    assert not logits.grad.any()
