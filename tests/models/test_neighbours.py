import pytest
import torch
from torch import nn

from napari_wsss.models.classifier import build_classifier
from napari_wsss.models.counts import count, parameter_counts
from napari_wsss.models.neighbours import NeighbourClassifier, within
from napari_wsss.models.settings import ClassifierNet


class Little(nn.Module):
    """As much of a classifier as the LSTM needs."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Linear(8, 2)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return NeighbourClassifier(Little(), units=6).eval()


def slices(*shape):
    return torch.rand(*shape, 1, 16, 16, generator=torch.Generator().manual_seed(1))


def test_filling_changes_no_answer(network):
    images = slices(2, 4)
    lengths = torch.tensor([4, 2])
    with torch.inference_mode():
        answers = network(images, lengths)
        alone = torch.cat([network(images[:1]), network(images[1:, :2])])
        images[1, 2:] = 7.0
        filled = network(images, lengths)
    assert answers.shape == (6, 2)
    torch.testing.assert_close(answers, alone, rtol=1e-4, atol=1e-5)
    assert torch.equal(answers, filled)


def test_neighbours_on_both_sides_count(network):
    images = slices(1, 3)
    with torch.inference_mode():
        before = network(images)
        for changed in (0, 2):
            other = images.clone()
            other[0, changed] = 1 - other[0, changed]
            assert (network(other)[1] - before[1]).abs().max() > 1e-6


def test_the_lstm_is_that_of_torch_over_pooled_features(network):
    images = slices(1, 3)
    with torch.inference_mode():
        features = network.trunk(images[0]).mean(dim=(2, 3))
        expected = network.head(network.lstm(features[None])[0][0])
        torch.testing.assert_close(network(images), expected, rtol=1e-4, atol=1e-5)


def test_places_that_hold_a_slice():
    assert within(torch.tensor([1, 3, 2]), 3).tolist() == [[True, False, False], [True] * 3, [True, True, False]]


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_one_batch_is_learnt_by_heart(network, precision):
    """The same dark slice counts as lesion only beside two bright ones: no classifier of slices can learn that."""
    dark, bright = slices(1)[0] * 0.2, slices(1)[0] * 0.2 + 0.7
    images = torch.stack([torch.stack(run) for run in ((dark, bright, dark), (bright, dark, bright))])
    labels = torch.tensor([0, 0, 0, 0, 1, 0])[:, None].expand(-1, 2).float()
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), 0.03)
    for _ in range(60):
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            logits = network(images)
        loss = nn.functional.binary_cross_entropy_with_logits(logits.float(), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert torch.equal(logits > 0, labels > 0)
    assert loss < 0.1


def test_the_trunk_is_the_classifiers_own():
    classifier, _ = build_classifier(ClassifierNet(backbone="resnet18", weights="random"), 1, 1)
    reader = NeighbourClassifier(classifier, units=4)
    assert reader.trunk is classifier.trunk
    assert not {id(weight) for weight in classifier.head.parameters()} & {id(weight) for weight in reader.parameters()}


def test_parameters_by_hand():
    counts = parameter_counts()
    trunk = counts["resnet101"] - (2048 + 1)
    # Four gates with weights for input and memory and two biases, in two directions; then 2·256 features to one class.
    lstm = 2 * 4 * (256 * 2048 + 256 * 256 + 2 * 256)
    assert counts["resnet-lstm"] == trunk + lstm + 2 * 256 + 1 == 47_223_361
    reader = NeighbourClassifier(build_classifier(ClassifierNet(backbone="resnet18", weights="random"), 1, 1)[0], 256)
    assert count(reader.lstm) == 2 * 4 * (256 * 512 + 256 * 256 + 2 * 256)
