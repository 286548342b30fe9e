"""The two losses of Kim and Hwang by hand, and the scores they compare."""

import math

import torch

from napari_wsss.losses.tied import tied_loss
from napari_wsss.models.tied_scores import class_logits


def test_binary_loss_is_the_cross_entropy_of_the_softmax():
    # softmax(0, log 3) = 1/4, 3/4.
    pooled = torch.tensor([[0.0, math.log(3)], [0.0, math.log(3)]])
    got = tied_loss(pooled, torch.tensor([[1.0], [0.0]]), "binary")
    assert math.isclose(float(got), (-math.log(3 / 4) - math.log(1 / 4)) / 2, rel_tol=1e-6)


def test_multi_label_loss_is_the_sum_of_the_classes_with_the_background_always_present():
    pooled = torch.tensor([[0.8, 0.6, 0.1]])
    got = tied_loss(pooled, torch.tensor([[1.0, 0.0]]), "multi-label")
    assert math.isclose(float(got), -math.log(0.8) - math.log(0.6) - math.log(0.9), rel_tol=1e-6)


def test_unknown_labels_teach_nothing():
    pooled = torch.tensor([[0.3, 0.9, 0.4], [0.8, 0.6, 0.1]], requires_grad=True)
    loss = tied_loss(pooled, torch.tensor([[-1.0, -1.0], [1.0, -1.0]]), "multi-label")
    assert math.isclose(loss.item(), -math.log(0.8) - math.log(0.6), rel_tol=1e-6)
    loss.backward()
    assert pooled.grad[0].tolist() == [0.0, 0.0, 0.0]
    assert pooled.grad[1, 2] == 0
    two = torch.tensor([[0.0, 1.0], [0.0, 2.0]])
    alone = tied_loss(two[1:], torch.tensor([[1.0]]), "binary")
    assert torch.isclose(tied_loss(two, torch.tensor([[-1.0], [1.0]]), "binary"), alone)
    assert tied_loss(two, torch.full((2, 1), -1.0), "binary") == 0


def test_a_background_that_is_sure_everywhere_costs_nothing():
    # log(mean(exp(s·1)))/s comes out as 1.0000038 for s = 0.1 and 2 × 2 places, in float32.
    pooled = torch.tensor([[1.0000038, 0.0, 0.0]])
    assert tied_loss(pooled, torch.tensor([[0.0, 0.0]]), "multi-label") == 0


def test_logits_are_those_of_the_probabilities_that_the_losses_compare():
    pooled = torch.tensor([[0.2, 1.7], [3.0, 0.5]])
    torch.testing.assert_close(class_logits(pooled, "binary").sigmoid(), pooled.softmax(dim=1)[:, 1:])
    pooled = torch.tensor([[0.8, 0.6, 0.1]])
    torch.testing.assert_close(class_logits(pooled, "multi-label").sigmoid(), pooled[:, 1:])
    extreme = class_logits(torch.tensor([[1.0, 0.0, 1.0]]), "multi-label")
    assert extreme.isfinite().all()
