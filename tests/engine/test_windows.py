"""Answers of windows, put together."""

import numpy as np
import pytest
import torch
from torch import nn

from napari_wsss.engine.windows import predict_windows, window_places
from napari_wsss.pipeline.pieces import Pieces
from napari_wsss.progress import drain


class Double(nn.Module):
    """Twice the first channel and the sum of both: what a voxel gets depends on it alone."""

    def forward(self, volumes):
        return torch.stack((2 * volumes[:, 0], volumes.sum(dim=1)), dim=1)


class Nearness(nn.Module):
    """The voxel's number along the last axis of its window."""

    def forward(self, volumes):
        return torch.arange(volumes.shape[-1], dtype=torch.float32).expand(volumes.shape)


def volume(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float16)


@pytest.mark.parametrize("shape", [(2, 9, 12, 7), (2, 3, 20, 8), (2, 1, 4, 4)])
def test_windows_together_are_the_whole(shape):
    given = volume(*shape)
    whole = Double()(torch.from_numpy(given.astype(np.float32)[None]))[0].numpy()
    answers = drain(predict_windows(Double(), given, (4, 8, 8), device="cpu", precision="32"))
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, whole, rtol=1e-5, atol=1e-6)


def test_a_thin_volume_is_seen_as_pieces_of_it_are_in_training(tmp_path):
    given = volume(1, 3, 10, 5)
    seen = []

    class Sees(nn.Module):
        def forward(self, volumes):
            seen.append(volumes[0].numpy().copy())
            return volumes

    answers = drain(predict_windows(Sees(), given, (8, 8, 8), overlap=0.0, device="cpu"))
    assert answers.shape == given.shape
    pieces = Pieces(tmp_path, (8, 8, 8), 255)
    places = [(slice(0, 3), slice(first, first + 8), slice(0, 5)) for first in (0, 2)]
    pieces.add(given, np.zeros(given.shape[1:], np.uint8), places)
    for index, image in enumerate(seen):
        np.testing.assert_array_equal(image, pieces.images([index])[0])


def test_places_cover_everything_and_end_at_the_end():
    assert window_places((10,), (4,), 0.25) == [(slice(0, 4),), (slice(3, 7),), (slice(6, 10),)]
    assert window_places((9,), (4,), 0.0) == [(slice(0, 4),), (slice(4, 8),), (slice(5, 9),)]
    assert len(window_places((155, 240, 240), (96, 96, 96), 0.25)) == 2 * 3 * 3


def test_overlapping_windows_are_blended_by_nearness_to_their_centres():
    """Windows 0…3 and 2…5 say 2 and 0 at voxel 2, 3 and 1 at voxel 3; Gaussians of σ = 4/8 around 1.5 and 3.5."""
    answers = drain(predict_windows(Nearness(), np.zeros((1, 1, 1, 6)), (1, 1, 4), overlap=0.5, device="cpu"))
    near, far = np.exp(-0.5 * (0.5 / 0.5) ** 2), np.exp(-0.5 * (1.5 / 0.5) ** 2)
    blended = [2 * near / (near + far), (3 * far + near) / (near + far)]
    assert answers[0, 0, 0].tolist() == pytest.approx([0, 1, *blended, 2, 3])


def test_answers_are_read_before_they_are_blended():
    answers = drain(predict_windows(Double(), np.ones((2, 4, 4, 4)), (4, 4, 4), read=torch.sigmoid, device="cpu"))
    assert answers[0].mean() == pytest.approx(1 / (1 + np.exp(-2)), rel=1e-3)


def test_one_event_a_window_and_the_model_comes_back_as_it_was():
    model = nn.Sequential(nn.Conv3d(1, 2, 1), nn.Dropout(0.9)).train()
    events = []
    drain(predict_windows(model, np.ones((1, 8, 4, 4)), (4, 4, 4), overlap=0.0, device="cpu", stage="x"), events.append)
    assert [(event.stage, event.done, event.total) for event in events] == [("x", 1, 2), ("x", 2, 2)]
    assert model.training
    assert model[1].training
