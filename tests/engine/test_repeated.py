import numpy as np
import pytest
import torch

from napari_wsss.engine.repeated import repeated, times


class Numbers:
    """Examples 0, 1, …; after ``begin`` those of the epoch."""

    def __init__(self, count):
        self.count, self.offset = count, 0

    def __len__(self):
        return self.count

    def load(self, indices):
        return {"image": torch.from_numpy(indices + self.offset)}

    def begin(self, epoch):
        self.offset = 100 * epoch


@pytest.mark.parametrize(("examples", "least", "often"), [(7, 0, 1), (7, 7, 1), (7, 8, 2), (7, 14, 2), (7, 15, 3)])
def test_each_comes_as_often_as_is_needed_and_equally_often(examples, least, often):
    assert times(examples, least) == often
    batches = repeated(Numbers(examples), least)
    assert len(batches) == examples * often
    seen = batches.load(np.arange(len(batches)))["image"].tolist()
    assert sorted(seen) == sorted(list(range(examples)) * often)


def test_enough_examples_are_left_as_they_are():
    numbers = Numbers(5)
    assert repeated(numbers, 5) is numbers
    empty = Numbers(0)
    assert repeated(empty, 5) is empty


def test_examples_drawn_for_each_epoch_are_drawn():
    batches = repeated(Numbers(2), 4)
    batches.begin(3)
    assert batches.load(np.array([0, 1, 2, 3]))["image"].tolist() == [300, 301, 300, 301]
