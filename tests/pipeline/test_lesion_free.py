"""What a classifier's map shows in slices labelled lesion-free."""

import numpy as np
import pytest
import torch

from napari_wsss.cam.maps import compute_maps
from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.models.classifier import Classifier
from napari_wsss.models.settings import ClassifierNet
from napari_wsss.pipeline import lesion_free
from napari_wsss.progress import drain
from napari_wsss.refine.level import SHARES, levels_of

LABELS = np.array([[1, 0], [0, 1], [0, -1], [1, 1], [0, 0]], np.int8)


class Examples:
    labels = LABELS
    slices = np.random.default_rng(0).random((5, 1, 32, 32)).astype(np.float32)

    def image(self, indices):
        return torch.from_numpy(self.slices[indices])


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Classifier(ClassifierNet(backbone="local", stride=4), 1, 2).eval()


def levels(model):
    return np.array(drain(lesion_free.lesion_free_levels(model, Examples(), 2, "cpu", "classifier")))


def test_they_are_those_of_the_maps_in_slices_free_of_the_class(model):
    stack = drain(compute_maps(model, Examples.slices, ActivationMaps(scales=(1.0,)), device="cpu"))
    maps = stack.layers[0].maps[1.0].astype(np.float32)  # kept with the eleven bits of float16
    expected = [levels_of(maps[index][LABELS[:, index] == 0]) for index in range(2)]
    assert levels(model).shape == (2, len(SHARES))
    np.testing.assert_allclose(levels(model), expected, rtol=1e-3, atol=1e-6)


def test_of_many_slices_some_are_looked_at(model, monkeypatch):
    monkeypatch.setattr(lesion_free, "MOST_SLICES", 2)
    stack = drain(compute_maps(model, Examples.slices[[1, 4]], ActivationMaps(scales=(1.0,)), device="cpu"))
    np.testing.assert_allclose(levels(model)[0], levels_of(stack.layers[0].maps[1.0][0]), rtol=1e-3, atol=1e-6)
