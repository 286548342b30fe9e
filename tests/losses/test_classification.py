"""Binary cross-entropy with unknown labels, by hand."""

import math

import pytest
import torch

from napari_wsss.losses.classification import classification_loss


def test_by_hand():
    logits = torch.tensor([[math.log(3.0), 0.0]])
    assert classification_loss(logits, torch.tensor([[1, 0]])).item() == pytest.approx(
        -(math.log(0.75) + math.log(0.5)) / 2
    )


def test_unknown_labels_teach_nothing():
    logits = torch.zeros(2, 2, requires_grad=True)
    loss = classification_loss(logits, torch.tensor([[1.0, -1.0], [-1.0, 0.0]]))
    loss.backward()
    assert loss.item() == pytest.approx(math.log(2))
    assert logits.grad.tolist() == [[-0.25, 0.0], [0.0, 0.25]]


def test_no_label_known_is_zero():
    logits = torch.zeros(1, 2, requires_grad=True)
    loss = classification_loss(logits, torch.tensor([[-1, -1]]))
    loss.backward()
    assert loss.item() == 0


def test_pos_weight_counts_present_classes_more():
    logits = torch.zeros(2, 1)
    labels = torch.tensor([[1], [0]])
    loss = classification_loss(logits, labels, pos_weight=torch.tensor([3.0]))
    assert loss.item() == pytest.approx((3 + 1) * math.log(2) / 2)
