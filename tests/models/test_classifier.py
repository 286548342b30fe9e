"""The classifier: shapes, eq. 1, and that every backbone learns."""

import pytest
import torch

from napari_wsss.errors import ModelError
from napari_wsss.losses.classification import classification_loss
from napari_wsss.models.classifier import build_classifier
from napari_wsss.models.settings import BACKBONES, LOCAL, ClassifierNet


def build(channels=1, classes=1, **knobs):
    return build_classifier(ClassifierNet(**{"backbone": "resnet18", "weights": "random", **knobs}), channels, classes)[
        0
    ]


@pytest.mark.parametrize("classes", [1, 2])
@pytest.mark.parametrize("pooling", ["average", "max", "lse"])
def test_shapes(classes, pooling):
    model = build(2, classes, pooling=pooling, stride=16).eval()
    images = torch.rand(3, 2, 64, 96)
    features = model.features(images)
    assert features.shape == (3, 512, 4, 6)
    assert features.min() >= 0
    assert model.class_maps(features).shape == (3, classes, 4, 6)
    torch.testing.assert_close(model(images), model.logits(features))
    assert model(images).shape == (3, classes)


def test_average_pooling_is_global_average_pooling_and_a_linear_layer():
    """Eq. 1: the logit is the mean of the activation map, plus the bias."""
    model = build(classes=2).eval()
    model.head.bias.data = torch.tensor([0.5, -1.0])
    features = torch.rand(2, 512, 3, 5)
    torch.testing.assert_close(model.logits(features), model.head(features.mean(dim=(2, 3))))
    cam = torch.einsum("ck,bkhw->bchw", model.head.weight, features)
    torch.testing.assert_close(model.logits(features), cam.mean(dim=(2, 3)) + model.head.bias)


def test_maximum_pooling_scores_the_highest_place():
    model = build(pooling="max").eval()
    features = torch.rand(2, 512, 3, 5)
    torch.testing.assert_close(model.logits(features), model.class_maps(features).amax(dim=(2, 3)))


def test_grey_and_its_replicas_get_the_same_answer(tmp_path):
    from safetensors.torch import save_file

    torch.manual_seed(0)
    three = build(3).eval()
    save_file(three.state_dict(), tmp_path / "w.safetensors")
    grey = torch.rand(1, 1, 64, 64)
    expected = three.features(grey.expand(-1, 3, -1, -1))
    for channels in (1, 2):
        model = build(channels, weights=str(tmp_path / "w.safetensors")).eval()
        got = model.features(grey.expand(-1, channels, -1, -1))
        torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-4)


def test_an_image_too_small_is_one_clear_line():
    with pytest.raises(ModelError, match=r"48×64 pixels is too small for alexnet: at least 63"):
        build(backbone="alexnet")(torch.rand(1, 1, 48, 64))


@pytest.mark.parametrize("backbone", [*BACKBONES, LOCAL])
@pytest.mark.parametrize("stride", [32, 8, 4])
def test_the_smallest_image_passes(backbone, stride):
    from napari_wsss.models.backbones import FACTS

    with torch.device("meta"):
        side = FACTS[backbone].smallest
        assert build(backbone=backbone, stride=stride)(torch.empty(2, 1, side, side)).shape == (2, 1)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_one_batch_is_learnt(backbone):
    """Bright left against bright right, four noisy images."""
    torch.manual_seed(0)
    images = 0.3 * torch.rand(4, 1, 64, 64)
    labels = torch.tensor([[1.0], [0.0], [1.0], [0.0]])
    images[::2, :, 16:48, 4:28] += 0.6
    images[1::2, :, 4:28, 16:60] += 0.6
    model = build(backbone=backbone)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4 if backbone.startswith(("vgg", "alex")) else 1e-3)
    losses = []
    for _ in range(12):
        loss = classification_loss(model(images), labels)
        losses.append(loss.item())
        if loss < 0.1:
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.1, losses
