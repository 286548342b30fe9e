import pytest
import torch

from napari_wsss.errors import RecipeError
from napari_wsss.models.classifier import build_classifier
from napari_wsss.models.settings import ClassifierNet


def network(**knobs):
    torch.manual_seed(0)
    net = ClassifierNet(backbone="local", weights="random", pooling="lse", **knobs)
    return build_classifier(net, 1, 1)[0].eval()


@pytest.mark.parametrize(("stride", "blocks", "side"), [(4, 2, 44), (4, 0, 12), (8, 1, 56), (4, 3, 60)])
def test_a_cell_sees_the_square_around_it_and_nothing_else(stride, blocks, side):
    image = torch.rand(1, 1, 128, 128, requires_grad=True)
    model = network(stride=stride, blocks=blocks)
    maps = model.class_maps(model.features(image))
    assert maps.shape[-2:] == (128 // stride, 128 // stride)
    cell = 64 // stride
    maps[0, 0, cell, cell].backward()
    rows = image.grad[0, 0].abs().sum(dim=1).nonzero().ravel()
    first = stride * cell - (side - stride) // 2
    assert (int(rows[0]), int(rows[-1])) == (first, first + side - 1)


def test_the_score_is_the_log_sum_exp_of_its_own_map():
    model, images = network(stride=4), torch.rand(2, 1, 64, 64)
    maps = model.class_maps(model.features(images)).flatten(2)
    expected = torch.log(torch.exp(5 * maps).mean(dim=2)) / 5
    torch.testing.assert_close(model(images), expected)


def test_it_starts_with_random_weights_and_refuses_weights_that_nobody_has():
    assert ClassifierNet.parse({"backbone": "local"}).weights == "random"
    with pytest.raises(RecipeError, match="nobody published ImageNet weights of 'local'"):
        ClassifierNet.parse({"backbone": "local", "weights": "imagenet"})


def test_a_lesion_is_learnt_where_it_is():
    # Bright dots on half of the images: after a short training the map is highest on the dot.
    torch.manual_seed(1)
    images = torch.rand(16, 1, 64, 64) * 0.2
    places = torch.randint(8, 56, (8, 2))
    for image, (row, column) in zip(images[:8], places, strict=True):
        image[0, row - 3 : row + 4, column - 3 : column + 4] += 0.8
    labels = (torch.arange(16) < 8).float()[:, None]
    model = network(stride=4).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(25):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(model(images), labels).backward()
        optimizer.step()
    maps = model.class_maps(model.features(images[:8])).detach()
    highest = maps.flatten(2).argmax(dim=2).ravel()
    found = torch.stack([highest // 16, highest % 16], dim=1) * 4 + 2
    assert ((found - places).abs().amax(dim=1) <= 8).all()
