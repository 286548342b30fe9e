"""Probabilities from one logit and from several."""

import math

import pytest
import torch

from napari_wsss.losses.probability import class_probabilities, log_probabilities


def test_one_logit_is_a_sigmoid():
    logits = torch.tensor([0.0, math.log(3.0)]).reshape(1, 1, 1, 2)
    assert class_probabilities(logits).flatten().tolist() == pytest.approx([0.5, 0.75])
    assert log_probabilities(logits).exp().flatten().tolist() == pytest.approx([0.5, 0.25, 0.5, 0.75])


def test_several_logits_are_a_softmax():
    logits = torch.tensor([0.0, math.log(2.0), math.log(5.0)]).reshape(1, 3, 1, 1)
    assert class_probabilities(logits).flatten().tolist() == pytest.approx([0.25, 0.625])


def test_one_logit_equals_two_of_which_the_first_is_zero():
    logits = torch.randn(2, 1, 3, 4)
    two = torch.cat((torch.zeros_like(logits), logits), dim=1)
    torch.testing.assert_close(log_probabilities(logits), log_probabilities(two))


def test_extreme_logits_stay_finite():
    logs = log_probabilities(torch.tensor([-200.0, 200.0], dtype=torch.float16).reshape(1, 1, 1, 2))
    assert logs.dtype == torch.float32
    assert torch.isfinite(logs).all()
