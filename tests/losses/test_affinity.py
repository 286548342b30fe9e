"""Eq. 3 by hand, with the affinity 2 / (1 + exp(d²))."""

import math

import pytest
import torch

from napari_wsss.losses.affinity import affinity, pair_accuracy, pair_loss, squared_distances


def test_affinity_by_hand():
    """Equal voxels 1; d² = log 3 gives 2 / (1 + 3) = 1/2; d² = log 7 gives 1/4; far voxels 0."""
    squared = torch.tensor([0.0, math.log(3), math.log(7), 200.0], dtype=torch.float64)
    assert affinity(squared).tolist() == pytest.approx([1.0, 0.5, 0.25, 0.0])


def test_distances_by_hand():
    vectors = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])
    assert squared_distances(vectors).tolist() == pytest.approx(
        torch.tensor([[0.0, 25.0, 1.0], [25.0, 0.0, 18.0], [1.0, 18.0, 0.0]]), abs=1e-5
    )


def test_eq_3_by_hand():
    """On a line at 0, 1 and 3: the first two are lesion, the third is not. d² = 1 alike, 9 and 4 apart."""
    vectors = torch.tensor([[[0.0], [1.0], [3.0]]])
    alike = 2 / (1 + math.exp(1))
    apart = [2 / (1 + math.exp(9)), 2 / (1 + math.exp(4))]
    expected = -(math.log(alike) + sum(math.log(1 - a) for a in apart)) / 3
    assert pair_loss(vectors, torch.tensor([[2, 2, 1]])).item() == pytest.approx(expected, rel=1e-5)


def test_pairs_across_examples_count_and_unknown_voxels_do_not():
    """Voxels at 0 and 2 of one scan, at 3 of another: d² = 4 alike, 9 and 1 apart; the voxel at 9 is unknown."""
    vectors = torch.tensor([[[0.0], [2.0]], [[3.0], [9.0]]])
    labels = torch.tensor([[1, 1], [2, 0]])
    expected = -math.log(2 / (1 + math.exp(4))) - sum(math.log(1 - 2 / (1 + math.exp(d))) for d in (9, 1))
    assert pair_loss(vectors, labels).item() == pytest.approx(expected / 3, rel=1e-5)
    assert pair_accuracy(vectors, labels).item() == pytest.approx(1 / 3)  # 9 is far enough; 4 is too far, 1 too close


def test_loss_and_gradient_stay_finite_at_one_spot_and_far_away():
    """Equal voxels that should differ, and far ones that should be alike (d² = 40,000, so −log a = d² − log 2)."""
    together = torch.zeros(1, 2, 3, requires_grad=True)
    loss = pair_loss(together, torch.tensor([[1, 2]]))
    loss.backward()
    assert loss.item() == pytest.approx(-math.log(math.tanh(0.5e-6)), rel=0.01)
    assert together.grad.isfinite().all()
    far = torch.tensor([[[0.0], [200.0]]], requires_grad=True)
    loss = pair_loss(far, torch.tensor([[1, 1]]))
    loss.backward()
    assert loss.item() == pytest.approx(40_000 - math.log(2))
    assert far.grad.isfinite().all()


def test_no_pair_no_loss():
    vectors = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    loss = pair_loss(vectors, torch.zeros(2, 3, dtype=torch.int64))
    loss.backward()
    assert loss.item() == 0
    assert not vectors.grad.any()


def test_share_of_right_pairs_by_hand():
    """At 0, 1 and 1.5: d² = 1 and 0.25 lie within log 3 ≈ 1.0986, 2.25 does not."""
    vectors = torch.tensor([[[0.0], [1.0], [1.5]]])
    assert pair_accuracy(vectors, torch.tensor([[1, 1, 1]])).item() == pytest.approx(2 / 3)
    assert pair_accuracy(vectors, torch.tensor([[1, 2, 2]])).item() == pytest.approx(2 / 3)
    assert pair_accuracy(vectors, torch.tensor([[1, 1, 2]])).item() == pytest.approx(2 / 3)
    assert pair_accuracy(vectors, torch.tensor([[1, 2, 1]])).item() == 0
