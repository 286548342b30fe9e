"""Which examples an epoch sees when accepted ones come more often."""

import numpy as np
import pytest
import torch

from napari_wsss.engine.training import Anew
from napari_wsss.pipeline.redrawn import Redrawn, draw, needs_drawing
from napari_wsss.recipes import recipe_named

STEP = recipe_named("mixed-unet").step("segmenter").replace(pseudo_weight=0.25)


class Examples:
    """Ten examples, the first two accepted."""

    accepted = np.arange(10) < 2
    share = np.ones(10)

    def __len__(self):
        return 10

    def load(self, indices):
        return {"image": torch.from_numpy(indices)}


def epoch(examples, number):
    examples.begin(number)
    return np.bincount(examples.load(np.arange(10))["image"].numpy(), minlength=10)


def test_each_comes_as_often_as_it_should_rounded_up_or_down():
    """Weights 1 and 1/4: of 10 draws an accepted one gets 10 · 1 / (2 + 8/4) = 2.5, a proposal 0.625."""
    examples = Redrawn(Examples(), STEP)
    counts = np.array([epoch(examples, number) for number in range(200)])
    assert (counts.sum(axis=1) == len(examples)).all()
    assert set(np.unique(counts[:, :2])) == {2, 3}
    assert set(np.unique(counts[:, 2:])) == {0, 1}
    np.testing.assert_allclose(counts[:, :2].mean(), 2.5, atol=0.1)
    np.testing.assert_allclose(counts[:, 2:].mean(), 0.625, atol=0.03)


def test_an_epoch_is_the_same_whenever_it_is_asked_for():
    first, second = Redrawn(Examples(), STEP), Redrawn(Examples(), STEP)
    for number in (3, 0, 3):
        epoch(first, number)
    assert (epoch(first, 1) == epoch(second, 1)).all()
    assert (epoch(first, 1) != epoch(first, 2)).any()


def test_the_engine_takes_it_for_what_it_is():
    assert isinstance(Redrawn(Examples(), STEP), Anew)
    assert not isinstance(Examples(), Anew)


@pytest.mark.parametrize("count", [1, 7])
def test_equal_weights_draw_each_once(count):
    drawn = draw(np.ones(count), np.random.default_rng(0))
    assert sorted(drawn.tolist()) == list(range(count))


class WithNegatives(Examples):
    """The last six lesion-free, two of them wanted in each epoch."""

    share = np.where(np.arange(10) < 4, 1.0, 2 / 6)


def test_other_negatives_in_each_epoch_and_every_positive_once():
    step = STEP.replace(pseudo_weight=1.0)
    assert needs_drawing(WithNegatives(), step)
    examples = Redrawn(WithNegatives(), step)
    assert len(examples) == 6
    counts = np.zeros((1000, 10))
    for number in range(1000):
        examples.begin(number)
        counts[number] = np.bincount(examples.load(np.arange(6))["image"].numpy(), minlength=10)
    assert (counts[:, :4] == 1).all()
    assert (counts[:, 4:].sum(axis=1) == 2).all()
    np.testing.assert_allclose(counts[:, 4:].mean(axis=0), 1 / 3, atol=0.06)


@pytest.mark.parametrize(("accepted", "weight", "drawn"), [(2, 0.25, True), (2, 1.0, False), (0, 0.25, False)])
def test_examples_that_all_come_once_are_not_drawn(accepted, weight, drawn):
    examples = Examples()
    examples.accepted = np.arange(10) < accepted
    assert needs_drawing(examples, STEP.replace(pseudo_weight=weight)) is drawn
