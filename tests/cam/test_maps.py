"""Maps of whole scans: shapes, scales, batches, and that the model is left alone."""

import numpy as np
import pytest
import torch
from torch import nn

from napari_wsss.cam.maps import compute_maps, resized
from napari_wsss.cam.methods import class_activation
from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.errors import ModelError, RecipeError
from napari_wsss.progress import drain


class Tiny(nn.Module):
    """The classifier's attributes, two halvings deep."""

    def __init__(self, axes=2, pooling="average", classes=2):
        super().__init__()
        convolution = nn.Conv2d if axes == 2 else nn.Conv3d
        self.trunk = nn.Sequential(
            convolution(2, 4, 3, 2, 1), nn.ReLU(inplace=True), convolution(4, 6, 3, 2, 1), nn.ReLU(inplace=True)
        )
        self.head = nn.Linear(6, classes)
        self.pooling = pooling

    def features(self, images):
        return self.trunk(images)

    def logits(self, features):
        if self.pooling == "average":
            return self.head(features.flatten(2).mean(2))
        return self.head(features.movedim(1, -1)).flatten(1, -2).amax(1)

    def forward(self, images):
        return self.logits(self.features(images))


@pytest.fixture
def model():
    torch.manual_seed(3)
    return Tiny()


@pytest.fixture
def slices():
    return np.random.default_rng(0).normal(size=(5, 2, 64, 64)).astype(np.float16)


def _run(model, slices, **knobs):
    return drain(compute_maps(model, slices, ActivationMaps(**knobs), device="cpu"))


def test_shapes_types_and_scores(model, slices):
    stack = _run(model, slices, scales=(0.5, 1.0, 2.0), batch_size=2)
    assert {scale: maps.shape for scale, maps in stack.maps.items()} == {
        0.5: (2, 5, 8, 8), 1.0: (2, 5, 16, 16), 2.0: (2, 5, 32, 32)
    }  # fmt: skip
    assert all(maps.dtype == np.float16 for maps in stack.maps.values())
    with torch.no_grad():
        scores = model(torch.from_numpy(slices.astype(np.float32))).numpy()
    np.testing.assert_allclose(stack.logits, scores, atol=1e-5)
    assert stack.logits.dtype == np.float32


@pytest.mark.parametrize("pooling", ["average", "max"])
def test_cam_is_weights_times_features_for_any_pooling(slices, pooling):
    model = Tiny(pooling=pooling)
    maps = _run(model, slices, scales=(1.0,)).maps[1.0]
    with torch.no_grad():
        expected = class_activation(model.trunk(torch.from_numpy(slices.astype(np.float32))), model.head.weight)
    np.testing.assert_allclose(maps.swapaxes(0, 1), expected.numpy(), atol=2e-3)
    assert maps.min() < 0


def test_grad_cam_is_the_positive_part_of_cam(model, slices):
    cam = _run(model, slices, scales=(0.5, 1.0)).maps
    grad = _run(model, slices, scales=(0.5, 1.0), method="grad-cam").maps
    for scale in cam:
        np.testing.assert_allclose(grad[scale], np.maximum(cam[scale], 0), atol=2e-3)


def test_grad_cam_at_an_earlier_layer(model, slices):
    maps = _run(model, slices, scales=(1.0,), method="grad-cam", layer="trunk.1").maps[1.0]
    assert maps.shape == (2, 5, 32, 32)
    assert maps.min() == 0


@pytest.mark.parametrize("method", ["cam", "grad-cam"])
def test_batches_do_not_matter(model, slices, method):
    one = _run(model, slices, method=method, batch_size=1)
    many = _run(model, slices, method=method, batch_size=64)
    for scale in one.maps:
        np.testing.assert_allclose(one.maps[scale], many.maps[scale], atol=1e-3)


def test_volumes_by_the_same_code():
    stack = _run(Tiny(axes=3), np.ones((2, 2, 32, 32, 64), np.float32), scales=(1.0,), method="grad-cam")
    assert stack.maps[1.0].shape == (2, 2, 8, 8, 16)


def test_grids_are_fractions_of_the_resized_input(model):
    stack = _run(model, np.zeros((1, 2, 96, 64), np.float16), scales=(0.5, 1.0))
    # Stride 4, cell 0 on pixel 0; half of 96 is rounded to 64.
    np.testing.assert_allclose(stack.grids[0.5], [[0.5 / 64, 4 / 64], [0.5 / 32, 4 / 32]])
    np.testing.assert_allclose(stack.grids[1.0], [[0.5 / 96, 4 / 96], [0.5 / 64, 4 / 64]])


def test_grids_once_found_save_forward_passes(model, slices):
    passes = []
    model.register_forward_hook(lambda *_: passes.append(1))
    first = _run(model, slices, scales=(0.5, 1.0))
    assert len(passes) == 2 + 2
    again = drain(compute_maps(model, slices, ActivationMaps(scales=(0.5, 1.0)), "cpu", first.grids))
    assert len(passes) == 4 + 2
    assert again.grids == first.grids


def test_progress_counts_slices(model, slices):
    events = []
    drain(compute_maps(model, slices, ActivationMaps(batch_size=2), "cpu"), events.append)
    done = [event.done for event in events]
    assert done == sorted(done)
    assert (done[-1], events[-1].total) == (5, 5)
    assert len(events) == 1 + 3 + 5 + 5  # batches of 8, 2, 1, 1 slices


def test_model_is_given_back_after_cancel(model, slices):
    model.train()
    model.head.bias.requires_grad_(False)
    work = compute_maps(model, slices, ActivationMaps(), "cpu")
    next(work)
    assert not model.training
    assert torch.is_grad_enabled()
    work.close()
    assert model.training
    assert model.trunk[0].weight.requires_grad
    assert not model.head.bias.requires_grad
    assert not model.trunk._forward_hooks


def test_input_sides_are_multiples_of_32():
    images = torch.randn(1, 1, 96, 64)
    assert resized(images, 0.5).shape[2:] == (64, 32)  # 48 is rounded to even
    assert resized(images, 0.1).shape[2:] == (32, 32)
    assert resized(images, 1.0) is images
    torch.testing.assert_close(resized(torch.full((1, 1, 64, 64), 3.0), 1.5), torch.full((1, 1, 96, 96), 3.0))


def test_cam_refuses_another_layer(model, slices):
    with pytest.raises(RecipeError, match="Use method=grad-cam"):
        _run(model, slices, layer="trunk.0")


def test_cam_refuses_a_network_without_head(slices):
    model = nn.Sequential()
    model.trunk = nn.Conv2d(2, 3, 3)
    with pytest.raises(ModelError, match="called `head`"):
        _run(model, slices)


def test_diverged_classifier_is_named(model, slices):
    nn.init.constant_(model.head.weight, float("nan"))
    with pytest.raises(ModelError, match="diverged"):
        _run(model, slices)
