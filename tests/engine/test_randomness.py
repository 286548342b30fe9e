import numpy as np
import pytest
import torch

from napari_wsss.engine.randomness import batch_order, seeded, step_rng, steps_per_epoch


@pytest.mark.parametrize(
    ("examples", "batch_size", "sizes"),
    [(16, 8, [8, 8]), (9, 8, [5, 4]), (17, 8, [6, 6, 5]), (3, 8, [3]), (1, 8, [1]), (5, 2, [3, 2]), (3, 2, [3]),
     (4, 1, [1, 1, 1, 1])],
)  # fmt: skip
def test_batches_by_hand(examples, batch_size, sizes):
    order = batch_order(examples, batch_size, seed=0, epoch=0)
    assert [len(batch) for batch in order] == sizes
    assert steps_per_epoch(examples, batch_size) == len(sizes)
    assert sorted(np.concatenate(order)) == list(range(examples))


def test_no_batch_of_one_unless_asked_for():
    assert all(
        min(map(len, batch_order(examples, size, 0, 0))) > 1 for size in range(2, 10) for examples in range(2, 60)
    )


def test_order_depends_on_seed_and_epoch_only():
    order = [np.concatenate(batch_order(50, 8, seed, epoch)) for seed, epoch in ((0, 0), (0, 0), (0, 1), (1, 0))]
    assert np.array_equal(order[0], order[1])
    assert not np.array_equal(order[0], order[2])
    assert not np.array_equal(order[0], order[3])


def test_step_rng_starts_torch_too():
    first = step_rng(3, 1, 2).random(), torch.rand(2)
    second = step_rng(3, 1, 2).random(), torch.rand(2)
    other = step_rng(3, 1, 3).random(), torch.rand(2)
    assert first[0] == second[0] != other[0]
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[1], other[1])


def test_seeded_leaves_the_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with seeded(1):
        inside = torch.rand(3)
    assert torch.equal(torch.rand(3), expected)
    with seeded(1):
        assert torch.equal(torch.rand(3), inside)
