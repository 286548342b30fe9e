"""The 3-D classifier: eq. 1, its poolings, its size, and that it learns."""

from itertools import pairwise

import pytest
import torch

from napari_wsss.errors import ModelError
from napari_wsss.losses.classification import classification_loss
from napari_wsss.models.counts import count, parameter_counts
from napari_wsss.models.volume_classifier import VolumeClassifier
from napari_wsss.models.volume_settings import VolumeClassifierNet

POOLINGS = ("attention", "average", "max")


def build(channels=1, classes=1, **knobs):
    torch.manual_seed(0)
    return VolumeClassifier(VolumeClassifierNet(**{"width": 2, **knobs}), channels, classes).eval()


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("stride", [8, 4])
def test_shapes(pooling, stride):
    model = build(2, 3, pooling=pooling, stride=stride)
    features = model.features(torch.rand(2, 2, 16, 24, 35))
    assert features.shape == (2, 16, 16 // stride, 24 // stride, 35 // stride)
    assert features.min() >= 0
    maps = model.maps(features)
    assert maps.shape == (2, 3, *features.shape[2:])
    assert model.logits(maps).shape == (2, 3)


def test_the_plain_map_by_hand():
    """Eq. 1: class weights times the features of each place."""
    model = build(classes=1)
    model.head.weight.data = torch.arange(16.0)[None] - 7
    features = torch.rand(1, 16, 2, 2, 2)
    expected = sum((k - 7) * features[0, k, 1, 0, 1] for k in range(16))
    torch.testing.assert_close(model.class_maps(features)[0, 0, 1, 0, 1], expected)


def test_average_pooling_is_a_linear_layer_on_the_averages():
    model = build(classes=2, pooling="average")
    features = torch.rand(2, 16, 3, 4, 5)
    torch.testing.assert_close(model.logits(model.maps(features)), model.head(features.mean(dim=(2, 3, 4))))


def test_flat_attention_is_average_pooling():
    attentional, average = build(classes=2), build(classes=2, pooling="average")
    average.load_state_dict({name: t for name, t in attentional.state_dict().items() if "attention" not in name})
    volumes = torch.rand(2, 1, 16, 16, 24)
    torch.testing.assert_close(attentional(volumes), average(volumes))


def test_maximum_pooling_scores_the_highest_place():
    model = build(pooling="max")
    model.head.bias.data = torch.tensor([0.5])
    features = torch.rand(2, 16, 3, 4, 5)
    expected = model.class_maps(features).amax(dim=(2, 3, 4)) + 0.5
    torch.testing.assert_close(model.logits(model.maps(features)), expected)


def test_the_score_contains_the_attention():
    """So it can learn: the score is the average of the attentional map, and has a gradient by its weights."""
    model = build()
    torch.nn.init.normal_(model.attention.weights)
    volumes = torch.rand(1, 1, 16, 16, 24)
    maps = model.maps(model.features(volumes))
    score = model(volumes)
    torch.testing.assert_close(score, maps.mean(dim=(2, 3, 4)) + model.head.bias)
    score.sum().backward()
    assert all((part.abs() > 0).any() for part in model.attention.weights.grad)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_one_batch_is_learnt_by_heart(pooling):
    torch.manual_seed(1)
    model = build(1, 2, pooling=pooling, width=4).train()
    volumes = torch.rand(4, 1, 16, 16, 16)
    labels = torch.tensor([[0, 1], [1, 0], [1, -1], [0, 0]])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(150):
        loss = classification_loss(model(volumes), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.02


def test_parameters_from_the_sizes_of_the_layers():
    """Six convolutions of 27 weights a pair of channels, group norm of 2 a channel, head, attention of 3 vectors."""
    channels = [3, 32, 64, 128, 128, 256, 256]
    convolutions = sum(27 * before * after + 2 * after for before, after in pairwise(channels))
    assert count(build(3, 1, width=32)) == convolutions + 257 + 3 * 256 == 3_378_401
    assert count(build(3, 1, width=32, pooling="average")) == convolutions + 257
    assert parameter_counts()["volume-classifier"] == 3_378_401


def test_a_volume_of_less_than_one_cell_is_refused():
    with pytest.raises(ModelError, match=r"7×16×16.*stride 8.*grid=fit"):
        build()(torch.zeros(1, 1, 7, 16, 16))
