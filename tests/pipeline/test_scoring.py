"""Validation figures, by hand."""

import math

import numpy as np
import pytest
import torch

from napari_wsss.losses.segmentation import segmentation_loss
from napari_wsss.pipeline.scoring import scores_of
from napari_wsss.progress import Progress, drain


class Examples:
    """Three images of two pixels; the last target is not known."""

    case_ids = ("a",)
    targets = torch.tensor([[[1, 0]], [[1, 1]], [[1, 255]]])

    def __len__(self):
        return 3

    def load(self, indices):
        return {"image": torch.zeros(len(indices), 1, 1, 2), "targets": self.targets[indices]}


class Always(torch.nn.Module):
    """Gives lesion three to one at the first pixel, one to three at the second."""

    def __init__(self):
        super().__init__()
        self.odds = torch.nn.Parameter(torch.tensor([3.0, 1 / 3]).log())

    def forward(self, images):
        return self.odds.expand(len(images), 1, 1, 2)


def loss(model, batch):
    return segmentation_loss(model(batch["image"]), batch["targets"])


@pytest.mark.parametrize("together", [1, 2, 3])
def test_dice_over_all_known_places_and_the_loss_of_the_training(together):
    events = []
    scores = drain(scores_of(Examples(), loss, 1, together, "cpu")(Always().eval()), events.append)
    # Found: first pixels, 3 of them right; 1 lesion missed, the unknown one does not count: 2·3 / (3 + 4).
    assert scores["dice_to_targets"] == pytest.approx(6 / 7)
    right, wrong = -math.log(0.75), -math.log(0.25)
    if together == 1:
        assert scores["loss"] == pytest.approx((right + (right + wrong) / 2 + right) / 3, rel=1e-5)
    assert all(isinstance(event, Progress) for event in events)


def test_the_mean_of_several_classes():
    class Two(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.logits = torch.nn.Parameter(torch.tensor([[0.0, 5.0], [5.0, 0.0], [0.0, 0.0]])[None, :, None])

        def forward(self, images):
            return self.logits.expand(len(images), 3, 1, 2)

    # Class 1 at the first pixel: 3 right, 1 missed; class 2 never said and never there: 1.
    scores = drain(scores_of(Examples(), loss, 2, 3, "cpu")(Two().eval()))
    assert scores["dice_to_targets"] == pytest.approx((6 / 7 + 1) / 2)
    assert np.isfinite(scores["loss"])
