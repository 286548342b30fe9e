"""A trained classifier is asked about a case with places blanked."""

import numpy as np
import pytest
import torch

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.data.preprocess import Preprocess, normalise
from napari_wsss.errors import ModelError
from napari_wsss.models.classifier import build_classifier
from napari_wsss.models.files import load_weights, save_model
from napari_wsss.models.settings import ClassifierNet
from napari_wsss.pipeline.classify import ask_model, blanked, class_scores
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.progress import Progress, drain
from napari_wsss.recipes import recipe_named

RECIPE = recipe_named("mixed-unet").with_overrides(
    ["slices.size=32", "classifier.backbone=resnet18", "classifier.weights=random"]
)


@pytest.fixture
def job(workspace):
    """A job over cases of 4 slices, 32×40, 2 channels, with a classifier that learnt nothing."""
    keys = Keys(RECIPE, workspace)
    keys.pin("classifier", "0" * 64)
    job = Job("clusters", RECIPE, workspace, keys, "cpu")
    torch.manual_seed(0)
    model, _ = build_classifier(ClassifierNet(backbone="resnet18", weights="random"), 2, 1)
    network = {"backbone": "resnet18", "weights": "random", "in_channels": 2}
    save_model(job.model_folder("classifier"), model, {"network": network, "classes": ["lesion"], "key": "0" * 64})
    return job


def test_blanked_places_take_the_darkest_value_of_their_channel():
    inputs = np.arange(2 * 2 * 4 * 4, dtype=np.float16).reshape(2, 2, 4, 4)
    regions = np.zeros((3, 4, 4), dtype=bool)
    regions[0, 1:3, 1:3] = True
    regions[2] = True
    (batch,) = blanked(inputs, regions, np.array([1, 0, 1]), Letterbox((4, 4), 4))
    expected = inputs[[1, 0, 1]].astype(np.float32)
    expected[0, 0, 1:3, 1:3], expected[0, 1, 1:3, 1:3] = 0, 16
    expected[2, 0], expected[2, 1] = 0, 16
    np.testing.assert_array_equal(batch, expected)


def test_regions_are_fitted_into_the_square_as_slices_are():
    regions = np.zeros((1, 2, 4), dtype=bool)
    regions[0, 0, :] = True  # a slice of 2×4 pixels in a square of 4×4: rows 1 and 2
    inputs = np.full((1, 1, 4, 4), 8, np.float16)
    inputs[:, :, [0, 3]] = 0
    (batch,) = blanked(inputs, regions, np.array([0]), Letterbox((2, 4), 4))
    assert batch[0, 0].tolist() == [[0] * 4, [0] * 4, [8] * 4, [0] * 4]
    wide = np.zeros((1, 4, 8), dtype=bool)
    wide[0, :, :4] = True  # shrunk twofold: the border runs between two pixels, the triangle filter reaches over it
    (batch,) = blanked(inputs, wide, np.array([0]), Letterbox((4, 8), 4))
    assert batch[0, 0, 1].tolist() == [0, 1, 7, 8]
    (batch,) = blanked(inputs, wide, np.array([0]), Letterbox((4, 8), 4, crop=4))  # columns 2 to 5, all four rows
    assert batch[0, 0, 1].tolist() == [0, 0, 8, 8]


def test_many_places_come_in_batches():
    inputs = np.zeros((1, 1, 4, 4), np.float16)
    box = Letterbox((4, 4), 4)
    batches = list(blanked(inputs, np.zeros((37, 4, 4), dtype=bool), np.zeros(37, dtype=int), box))
    assert [len(batch) for batch in batches] == [16, 16, 5]


def test_scores_are_those_of_the_blanked_slices(job):
    regions = np.zeros((3, 32, 40), dtype=bool)
    regions[1, 8:16, 10:20] = True
    events = []
    scores = drain(class_scores(job, "classifier", "a", regions, np.array([1, 1, 3])), events.append)
    assert scores.shape == (3, 1)
    assert scores.dtype == np.float32
    inputs = job.arrays("slices", "a")["slices"]
    assert [event.stage for event in events if isinstance(event, Progress)][-1] == "classify"
    model = build_classifier(ClassifierNet(backbone="resnet18", weights="random"), 2, 1)[0].eval()
    load_weights(job.model_folder("classifier"), model)
    with torch.inference_mode():
        plain = model(torch.from_numpy(inputs[[1, 3]].astype(np.float32))).numpy()
    np.testing.assert_allclose(scores[[0, 2]], plain, atol=1e-5)
    assert abs(scores[1, 0] - scores[0, 0]) > 1e-6


def test_asked_as_a_function(job):
    ask = ask_model(job, "classifier", "b")
    regions = np.zeros((1, 32, 40), dtype=bool)
    first = ask(regions, np.array([2]))
    np.testing.assert_array_equal(ask(regions, np.array([2])), first)


def test_the_darkest_value_is_the_scans(job):
    drain(class_scores(job, "classifier", "a", np.zeros((1, 32, 40), dtype=bool), np.array([0])))
    inputs = job.arrays("slices", "a")["slices"]
    scan = normalise(job.workspace.cases["a"].load(), Preprocess())
    np.testing.assert_allclose(inputs.min(axis=(0, 2, 3)), scan.min(axis=(1, 2, 3)), atol=1e-3)


def test_no_such_model(job):
    job.keys.pin("classifier", "1" * 64)
    with pytest.raises(ModelError, match="no model here"):
        drain(class_scores(job, "classifier", "a", np.zeros((1, 32, 40), dtype=bool), np.array([0])))
