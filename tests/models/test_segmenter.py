"""Every segmenter: any size, any channels, any classes, and that it learns."""

import pytest
import torch

from napari_wsss.losses.probability import class_probabilities
from napari_wsss.losses.segmentation import IGNORE, segmentation_loss
from napari_wsss.models.deeplab import DeepLabV3
from napari_wsss.models.segmenter import build_segmenter
from napari_wsss.models.settings import IN_2D, SegmenterNet


def build(network, channels=1, classes=1, width=4):
    return build_segmenter(SegmenterNet(network=network, width=width), channels, classes)


@pytest.mark.parametrize("network", IN_2D)
@pytest.mark.parametrize(("classes", "outputs"), [(1, 1), (2, 3), (3, 4)])
def test_outputs(network, classes, outputs):
    logits = build(network, classes=classes)(torch.rand(2, 1, 32, 32))
    assert logits.shape == (2, outputs, 32, 32)
    assert class_probabilities(logits).shape == (2, classes, 32, 32)


@pytest.mark.parametrize("network", IN_2D)
@pytest.mark.parametrize("shape", [(33, 50), (7, 100), (1, 1)])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_any_size_and_any_number_of_channels(network, shape, channels):
    model = build(network, channels=channels).eval()
    with torch.no_grad():
        logits = model(torch.rand(1, channels, *shape))
    assert logits.shape == (1, 1, *shape)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("network", IN_2D)
def test_a_last_batch_of_one_image_can_be_learnt(network):
    build(network).train()(torch.rand(1, 1, 64, 64)).sum().backward()


@pytest.mark.parametrize("network", IN_2D)
def test_every_parameter_takes_part(network):
    model = build(network, classes=2)
    model(torch.rand(2, 1, 64, 64)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("network", IN_2D)
def test_random_weights_are_a_function_of_the_seed(network):
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append(build(network).state_dict())
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_the_two_branches_are_no_copies_of_each_other():
    first, second = build("mixed-unet").branches
    weights = [branch.merges[0].convolve[0].weight for branch in (first, second)]
    assert weights[0].shape == weights[1].shape
    assert not torch.equal(weights[0], weights[1])


def test_deeplab_at_64_has_torchvisions_shapes():
    from torchvision.models.segmentation import deeplabv3_resnet50

    with torch.device("meta"):
        peer = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=1, aux_loss=None)
        ours = DeepLabV3(3, 1).network
    shapes = [{name: value.shape for name, value in network.state_dict().items()} for network in (peer, ours)]
    assert shapes[0] == shapes[1]


def test_deeplab_gives_torchvisions_answer_with_its_weights():
    from torchvision.models.segmentation import deeplabv3_resnet50

    torch.manual_seed(0)
    peer = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=1, aux_loss=None).eval()
    ours = DeepLabV3(3, 1).eval()
    ours.network.load_state_dict(peer.state_dict())
    images = torch.rand(1, 3, 40, 56)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), peer(images)["out"])


@pytest.mark.parametrize("network", IN_2D)
@pytest.mark.parametrize("classes", [1, 2])
def test_one_batch_is_learnt(network, classes):
    """Bright squares in noise; for two classes a dark one beside each."""
    torch.manual_seed(0)
    images, target = 0.3 * torch.rand(4, 1, 32, 32), torch.zeros(4, 32, 32, dtype=torch.long)
    for index in range(4):
        images[index, :, 8:24, 4 : 8 + 2 * index] += 0.6
        target[index, 8:24, 4 : 8 + 2 * index] = 1
        if classes == 2:
            images[index, :, 8:24, 20:28] -= 0.6
            target[index, 8:24, 20:28] = 2
    model = build(network, classes=classes, width=8)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(100):
        loss = segmentation_loss(model(images), target)
        losses.append(loss.item())
        if loss < losses[0] / 4:
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0] / 4, losses


@pytest.mark.parametrize("shape", [(16, 32, 32), (5, 32, 32), (1, 33, 50)])
def test_the_3d_network_answers_stacks_of_any_depth(shape):
    model = build("unet-3d", channels=2, classes=2).eval()
    with torch.no_grad():
        assert model(torch.rand(1, 2, *shape)).shape == (1, 3, *shape)


def test_the_depth_changes_no_weight():
    shapes = [
        {name: value.shape for name, value in build_segmenter(net, 1, 1).state_dict().items()}
        for net in (SegmenterNet(network="unet-3d", width=4, depth=depth) for depth in (4, 32))
    ]
    assert shapes[0] == shapes[1]


def test_one_batch_of_stacks_is_learnt_and_only_where_it_is_known():
    """A bright block in the middle slices; what the others hold is not known."""
    torch.manual_seed(0)
    images, target = 0.3 * torch.rand(2, 1, 8, 16, 16), torch.full((2, 8, 16, 16), IGNORE)
    images[:, :, :, 4:12, 4:10] += 0.6
    target[:, 2:6] = 0
    target[:, 2:6, 4:12, 4:10] = 1
    model = build("unet-3d", width=4)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        loss = segmentation_loss(model(images), target)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0] / 4, losses
    with torch.no_grad():
        found = model.eval()(images)[:, 0, 2:6] > 0
    assert (found == (target[:, 2:6] == 1)).float().mean() > 0.98
