"""Eq. 4 and 5 of Kim and Hwang, by hand."""

import torch

from napari_wsss.models.rich_features import concatenated, expanded, normalised


def test_normalising_takes_all_maps_of_an_example_together():
    # Example 1: 1, 3, 5, 7 have mean 4 and variance 5. Example 2 is the same times ten: its own mean and variance.
    maps = torch.tensor([[[[1.0, 3.0]], [[5.0, 7.0]]], [[[10.0, 30.0]], [[50.0, 70.0]]]])
    expected = torch.tensor([-3.0, -1.0, 1.0, 3.0]) / 5**0.5
    for example in normalised(maps):
        torch.testing.assert_close(example.flatten(), expected, rtol=1e-5, atol=1e-5)


def test_maps_all_alike_become_zero():
    assert normalised(torch.full((1, 2, 3, 3), 4.0)).abs().max() == 0


def test_expanding_repeats_every_place():
    # Eq. 5 with r_height = 4/2 and r_width = 6/2.
    got = expanded(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), (4, 6))
    upper, lower = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0], [3.0, 3.0, 3.0, 4.0, 4.0, 4.0]
    assert got.tolist() == [[[upper, upper, lower, lower]]]


def test_eq_4_by_hand():
    coarse = torch.tensor([[[[2.0, 4.0]]]])  # mean 3, variance 1: −1, 1
    fine = torch.tensor([[[[0.0, 0.0, 8.0, 0.0], [0.0, 8.0, 0.0, 0.0]]]])  # mean 2, variance 12
    zero, eight = -2 / 12**0.5, 6 / 12**0.5
    got = concatenated([coarse, fine])
    assert got.shape == (1, 2, 2, 4)
    expected = torch.tensor([
        [[-1.0, -1.0, 1.0, 1.0], [-1.0, -1.0, 1.0, 1.0]],
        [[zero, zero, eight, zero], [zero, eight, zero, zero]],
    ])  # fmt: skip
    torch.testing.assert_close(got[0], expected, rtol=1e-4, atol=1e-4)
