"""Maps of whole scans: shapes, scales, batches, and that the model is left alone."""

import numpy as np
import pytest
import torch
from torch import nn

from napari_wsss.cam.ask import activation_maps
from napari_wsss.cam.linear import class_activation
from napari_wsss.cam.maps import compute_maps, resized
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
    maps = _run(model, slices, scales=(1.0,), method="grad-cam", layers=("trunk.1",)).maps[1.0]
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
    assert len(passes) == 1 + 2 + 2  # a look at what can be folded, the grids, the maps
    again = drain(compute_maps(model, slices, ActivationMaps(scales=(0.5, 1.0)), "cpu", first))
    assert len(passes) == 5 + 1 + 2
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
        _run(model, slices, layers=("trunk.0",))


def test_cam_refuses_a_network_without_head(slices):
    model = nn.Sequential()
    model.trunk = nn.Sequential(nn.Conv2d(2, 3, 3), nn.AdaptiveAvgPool2d(1))
    model.flat = nn.Flatten()
    with pytest.raises(ModelError, match="from the 3 channels of the last map to the 3 class scores"):
        _run(model, slices)


def test_diverged_classifier_is_named(model, slices):
    nn.init.constant_(model.head.weight, float("nan"))
    with pytest.raises(ModelError, match="diverged"):
        _run(model, slices)


METHODS = ["cam", "grad-cam", "grad-cam++", "smoothgrad-cam++", "layer-cam", "score-cam"]
FEW = {"channels": 3, "samples": 2}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("axes", [2, 3])
def test_every_method_in_flat_and_deep(method, axes):
    torch.manual_seed(3)
    slices = np.random.default_rng(1).random((3, 2, *(32,) * axes), dtype=np.float32)
    model = Tiny(axes)
    nn.init.uniform_(model.head.weight, -0.2, 1)
    stack = _run(model, slices, method=method, scales=(0.5, 1.0), **FEW)
    assert stack.maps[1.0].shape == (2, 3, *(8,) * axes)
    assert stack.maps[1.0].dtype == np.float16
    assert stack.logits.shape == (3, 2)
    assert method == "cam" or all(maps.min() >= 0 for maps in stack.maps.values())
    assert all(np.ptp(maps) > 0 for maps in stack.maps.values())


@pytest.mark.parametrize("method", METHODS[1:])
def test_several_layers_each_with_its_grid(model, slices, method):
    stack = _run(model, slices, method=method, scales=(0.5, 1.0), layers=("trunk.1", "trunk.2"), **FEW)
    assert [layer.maps[1.0].shape for layer in stack.layers] == [(2, 5, 32, 32), (2, 5, 16, 16)]
    assert [layer.grids[1.0][0].tolist() for layer in stack.layers] == [[0.5 / 64, 2 / 64], [0.5 / 64, 4 / 64]]
    alone = _run(model, slices, method=method, scales=(0.5, 1.0), layers=("trunk.2",), **FEW)
    for scale, maps in alone.maps.items():
        np.testing.assert_allclose(stack.layers[1].maps[scale], maps, atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("method", METHODS[2:])
def test_batches_do_not_matter_to_any_method(model, slices, method):
    one = _run(model, slices, method=method, batch_size=1, **FEW)
    many = _run(model, slices, method=method, batch_size=64, **FEW)
    for scale in one.maps:
        np.testing.assert_allclose(one.maps[scale], many.maps[scale], atol=2e-3)


def test_layer_cam_keeps_its_strength_at_every_scale(model):
    # A flat image has the same features at every scale, and behind an average the same gradient times the places.
    model.trunk[0].padding = model.trunk[2].padding = (0, 0)
    for layer in (model.trunk[0], model.trunk[2], model.head):
        nn.init.uniform_(layer.weight, 0, 0.1)
    maps = _run(model, np.ones((1, 2, 64, 64), np.float32), method="layer-cam", scales=(0.5, 1.0, 2.0)).maps
    assert maps[1.0].max() > 0
    for scale in (0.5, 2.0):
        np.testing.assert_allclose(maps[scale].max((2, 3)), maps[1.0].max((2, 3)), rtol=2e-3)


@pytest.mark.parametrize("method", ["grad-cam++", "smoothgrad-cam++"])
def test_maps_that_do_not_grow_in_proportion_are_parts_of_the_scans_highest_value(model, slices, method):
    maps = _run(model, slices, method=method, scales=(0.5, 2.0), **FEW).maps
    for of_scale in maps.values():
        np.testing.assert_allclose(of_scale.max((1, 2, 3)), 1)
    nn.init.zeros_(model.head.weight)
    assert not _run(model, slices, method=method, scales=(1.0,), **FEW).maps[1.0].any()


def test_noise_is_the_same_every_time(model, slices):
    knobs = {"method": "smoothgrad-cam++", "scales": (1.0,), "noise": 0.3, "samples": 3, "layers": ("trunk.1",)}
    torch.manual_seed(0)
    first = _run(model, slices, **knobs).maps[1.0]
    torch.manual_seed(1)
    assert np.array_equal(_run(model, slices, **knobs).maps[1.0], first)
    assert not np.array_equal(_run(model, slices, **(knobs | {"noise": 0.0})).maps[1.0], first)


@pytest.mark.parametrize(("method", "events"), [("score-cam", 3 * 3 + 3), ("smoothgrad-cam++", 3 * 2 + 3)])
def test_long_methods_tell_after_every_pass(model, slices, method, events):
    told = []
    params = ActivationMaps(method=method, scales=(1.0,), batch_size=2, **FEW)
    drain(compute_maps(model, slices, params, "cpu"), told.append)
    # Batches of 2, 2 and 1 slices; Score-CAM asks about 3 channels of each: 6, 6 and 3 masked images, two at once.
    assert len(told) == events - (1 if method == "score-cam" else 0)
    assert [event.done for event in told] == sorted(event.done for event in told)
    assert told[-1].done == told[-1].total == 5


def test_the_quicker_copy_changes_no_map(plain):
    model = plain(batch_norm=True)
    slices = np.random.default_rng(0).random((3, 2, 32, 32), dtype=np.float32)
    layers = ("trunk.0", "trunk.1", "trunk.5")  # the first is the convolution a normalisation could be folded into
    stack = _run(model, slices, method="layer-cam", scales=(1.0,), layers=layers)
    expected = activation_maps(model, torch.from_numpy(slices), "layer-cam", layers)
    for layer, of_layer in zip(stack.layers, expected.maps.values(), strict=True):
        maps = of_layer.transpose(0, 1).numpy() * of_layer[0, 0].numel()
        np.testing.assert_allclose(layer.maps[1.0], maps, rtol=2e-3, atol=2e-3 * maps.max())
