"""The estimate of the maps against the images really shown to the network, counted instead of timed."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from napari_wsss.cam.maps import compute_maps
from napari_wsss.models.classifier import Classifier, build_classifier
from napari_wsss.pipeline import sample as sampling
from napari_wsss.progress import drain
from napari_wsss.recipes import recipe_named

SIZE, DEPTH = 64, 5


@pytest.fixture
def shown():
    """Count the pixels of all images a classifier is shown, in images of SIZE × SIZE."""
    counted = [0.0]

    def count(module, inputs, _output):
        if isinstance(module, Classifier):
            counted[0] += inputs[0][:, 0].numel() / SIZE**2

    handle = torch.nn.modules.module.register_module_forward_hook(count)
    yield counted
    handle.remove()


@pytest.mark.parametrize(
    "knobs",
    [
        {"method": "cam"},
        {"method": "grad-cam", "scales": (0.5, 1.0, 2.0)},
        {"method": "smoothgrad-cam++", "samples": 5},
        {"method": "score-cam", "channels": 40, "scales": (1.0, 2.0)},
    ],
)
def test_as_many_images_as_the_run_takes(shown, monkeypatch, knobs):
    recipe = recipe_named("mixed-unet").with_overrides(
        ["slices.size=64", "classifier.backbone=resnet18", "classifier.stride=16"]
    )
    step = recipe.with_knobs("maps", **({"scales": (1.0,)} | knobs)).step("maps")
    monkeypatch.setattr(sampling, "perf_counter", lambda: shown[0])
    sample = SimpleNamespace(recipe=recipe, step=recipe.step, channels=1, classes=1, depth=DEPTH, device="cpu")
    estimate = step.seconds(sample)

    model, _ = build_classifier(recipe.step("classifier").replace(weights="random"), 1, 1)
    slices = np.random.default_rng(0).random((DEPTH, 1, SIZE, SIZE), dtype=np.float32)
    first = drain(compute_maps(model, slices[:1], step.replace(method="grad-cam"), "cpu"))
    before = shown[0]
    drain(compute_maps(model, slices, step, "cpu", like=first))
    # What is done once a scan (a look at what can be folded) or batch (Score-CAM's empty image) is left out.
    assert estimate == pytest.approx(shown[0] - before, rel=0.1, abs=3)
