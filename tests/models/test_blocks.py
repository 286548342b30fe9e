"""Padding to a multiple."""

import torch

from napari_wsss.models.blocks import Encoder, pad_to_multiple


def test_the_original_lies_where_it_says():
    images = torch.rand(2, 3, 13, 16)
    padded, (rows, columns) = pad_to_multiple(images, 8)
    assert padded.shape == (2, 3, 16, 16)
    assert torch.equal(padded[..., rows, columns], images)
    assert torch.equal(padded[..., 0, :], images[..., 0, :])
    assert torch.equal(padded[..., -1, :], images[..., -1, :])


def test_nothing_is_added_where_nothing_is_missing():
    images = torch.rand(1, 1, 32, 16)
    assert pad_to_multiple(images, 16)[0] is images


def test_padding_exceeds_the_image_where_needed():
    assert pad_to_multiple(torch.rand(1, 1, 1, 5), 32)[0].shape == (1, 1, 32, 32)


def test_encoder_halves_at_every_level():
    shapes = [tuple(maps.shape[1:]) for maps in Encoder(2, [4, 6, 8])(torch.rand(1, 2, 16, 12))]
    assert shapes == [(4, 16, 12), (6, 8, 6), (8, 4, 3)]
