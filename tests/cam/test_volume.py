"""Maps of whole volumes, asked at once or block by block."""

import numpy as np
import pytest
import torch

from napari_wsss.cam.volume import cell_grid, compute_volume_map
from napari_wsss.errors import ModelError
from napari_wsss.models.volume_classifier import VolumeClassifier, volume_trunk
from napari_wsss.models.volume_settings import VolumeClassifierNet
from napari_wsss.progress import Progress, drain

VOLUME = np.random.default_rng(0).random((1, 32, 16, 24)).astype(np.float16)


def build(classes=2, **knobs):
    torch.manual_seed(0)
    model = VolumeClassifier(VolumeClassifierNet(**{"width": 2, **knobs}), 1, classes)
    if model.attention:
        torch.nn.init.normal_(model.attention.weights)
    return model


def asked(model, volume):
    with torch.inference_mode():
        maps = model.eval().maps(model.features(torch.from_numpy(volume.astype(np.float32))[None]))
        return maps[0].numpy(), model.logits(maps)[0].numpy()


@pytest.mark.parametrize("pooling", ["attention", "average"])
def test_the_whole_volume_at_once(pooling):
    model = build(pooling=pooling)
    expected, scores = asked(model, VOLUME)
    found = drain(compute_volume_map(model, VOLUME, [(0, 32)], "cpu"))
    positive = expected.clip(min=0)
    np.testing.assert_allclose(found.maps, positive / positive.max(axis=(1, 2, 3), keepdims=True), rtol=1e-5)
    assert found.maps.max(axis=(1, 2, 3)).tolist() == [1, 1]
    np.testing.assert_allclose(found.logits, np.tile(scores, (4, 1)), rtol=1e-5)


def test_overlapping_blocks_are_averaged_and_what_is_in_none_is_as_the_nearest():
    model = build(classes=1)
    blocks = [(0, 16), (8, 24)]
    (one, first), (other, second) = (asked(model, VOLUME[:, slice(*block)]) for block in blocks)
    total = np.zeros((4, *one.shape[2:]))
    total[0], total[1], total[2:] = one[0, 0], (one[0, 1] + other[0, 0]) / 2, other[0, 1]
    found = drain(compute_volume_map(model, VOLUME, blocks, "cpu"))
    positive = total.clip(min=0)
    np.testing.assert_allclose(found.maps[0], positive / positive.max(), atol=1e-5)
    mean = (first + second) / 2
    np.testing.assert_allclose(found.logits, [first, mean, second, second], rtol=1e-5)


def test_a_class_that_nothing_speaks_for_has_an_empty_map():
    model = build(classes=1)
    model.head.weight.data = -model.head.weight.data.abs()
    found = drain(compute_volume_map(model, VOLUME, [(0, 32)], "cpu"))
    assert found.maps.max() == 0


def test_the_model_comes_back_as_it_was_and_blocks_are_counted():
    model = build().train()
    events = []
    drain(compute_volume_map(model, VOLUME, [(0, 16), (16, 32)], "cpu"), events.append)
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert [(event.done, event.total) for event in events if isinstance(event, Progress)] == [(1, 2), (2, 2)]


@pytest.mark.parametrize("stride", [8, 4])
def test_cells_lie_where_the_network_sees_them(stride):
    """A voxel changes the map most at the cell whose voxels it is one of."""
    trunk = volume_trunk(1, 1, stride)
    for name, layer in list(trunk.named_modules()):
        if isinstance(layer, torch.nn.GroupNorm):
            trunk.set_submodule(name, torch.nn.Identity())  # it would tell every place of every other
        elif isinstance(layer, torch.nn.Conv3d):
            torch.nn.init.constant_(layer.weight, 1 / layer.weight[0].numel())
    lit = torch.zeros(1, 1, 24, 24, 33)
    lit[0, 0, 13, 14, 21] = 1.0
    with torch.inference_mode():
        change = trunk(lit)[0].sum(dim=0)
    cell = np.unravel_index(int(change.argmax()), change.shape)
    grid = cell_grid((24, 24, 33), stride)
    for axis, voxel in enumerate((13, 14, 21)):
        centre = (grid[axis, 0] + grid[axis, 1] * cell[axis]) * (24, 24, 33)[axis]
        assert abs(centre - (voxel + 0.5)) <= stride / 2


def test_a_network_that_diverged_is_named():
    model = build()
    model.head.weight.data.fill_(float("nan"))
    with pytest.raises(ModelError, match="diverged"):
        drain(compute_volume_map(model, VOLUME, [(0, 32)], "cpu"))
