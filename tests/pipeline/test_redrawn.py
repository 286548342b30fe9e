"""Which examples an epoch sees when accepted ones come more often."""

import numpy as np
import pytest
import torch

from napari_wsss.engine.training import Anew
from napari_wsss.pipeline.redrawn import Redrawn, draw
from napari_wsss.recipes import recipe_named

STEP = recipe_named("mixed-unet").step("segmenter").replace(pseudo_weight=0.25)


class Examples:
    """Ten examples, the first two accepted."""

    accepted = np.arange(10) < 2

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
