"""Eq. 2 of Wu et al., by hand."""

import math

import pytest
import torch

from napari_wsss.models.attention import DimensionAttention

FEATURES = torch.tensor([[[[[1.0], [3.0]], [[5.0], [7.0]]]]])  # one channel, D = 2, H = 2, W = 1


def by_hand():
    attention = DimensionAttention(channels=1, classes=1)
    # Depth: averages 2 and 6, scores 2^½ : 2^³⁄₂. Height: averages 3 and 5, scores 3^³⁄₂ : 3^⁵⁄₂.
    attention.weights.data = torch.tensor([math.log(2) / 4, math.log(3) / 2, 9.0]).reshape(3, 1, 1)
    return attention


def test_scores_by_hand():
    depth, height, width = by_hand().scores(FEATURES)
    torch.testing.assert_close(depth, torch.tensor([[[1 / 3, 2 / 3]]]))
    torch.testing.assert_close(height, torch.tensor([[[1 / 4, 3 / 4]]]))
    torch.testing.assert_close(width, torch.tensor([[[1.0]]]))


def test_the_map_is_re_weighted_along_each_axis_and_fused_by_the_mean():
    cam = FEATURES[:, 0]
    along_depth = cam * torch.tensor([1 / 3, 2 / 3]).reshape(2, 1, 1)
    along_height = cam * torch.tensor([1 / 4, 3 / 4]).reshape(1, 2, 1)
    fused = (along_depth + along_height + cam) / 3
    flat = (1 / 2 + 1 / 2 + 1) / 3  # what flat attention would multiply by
    torch.testing.assert_close(by_hand()(FEATURES)[:, 0] * cam, fused / flat)
    torch.testing.assert_close((fused / flat)[0, 0, 0, 0], torch.tensor(19 / 24))


def test_it_starts_flat_and_keeps_the_average():
    attention = DimensionAttention(channels=4, classes=2)
    features = torch.rand(3, 4, 5, 6, 7)
    torch.testing.assert_close(attention(features), torch.ones(3, 2, 5, 6, 7))
    torch.nn.init.normal_(attention.weights, std=3)
    weights = attention(features)
    torch.testing.assert_close(weights.mean(dim=(2, 3, 4)), torch.ones(3, 2))
    assert weights.std() > 0.01  # no longer flat


def test_axes_are_told_apart():
    """Turning the features turns the scores with them, if the weights of the axes turn too."""
    attention = DimensionAttention(channels=3, classes=2)
    torch.nn.init.normal_(attention.weights)
    features = torch.rand(1, 3, 4, 5, 6)
    expected = attention(features).permute(0, 1, 3, 4, 2)
    attention.weights.data = attention.weights.data[[1, 2, 0]]
    torch.testing.assert_close(attention(features.permute(0, 1, 3, 4, 2)), expected)


def test_images_have_two_axes():
    attention = DimensionAttention(channels=2, classes=1, axes=2)
    assert attention(torch.rand(1, 2, 3, 4)).shape == (1, 1, 3, 4)


def test_attention_learns_where_the_class_is():
    """One row has what counts; its score grows."""
    torch.manual_seed(0)
    attention = DimensionAttention(channels=2, classes=1)
    features = torch.zeros(1, 2, 4, 4, 4)
    features[:, 0, 2] = 1.0
    optimizer = torch.optim.Adam(attention.parameters(), lr=0.1)
    for _ in range(60):
        loss = -(features[:, :1] * attention(features)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    depth, height, _ = attention.scores(features)
    assert depth[0, 0].argmax() == 2
    assert depth[0, 0, 2] > 0.5
    assert height[0, 0].max().item() == pytest.approx(0.25)
