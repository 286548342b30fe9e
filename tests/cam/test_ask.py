"""Every method through the one way in: against pytorch-grad-cam, any network, several layers, nothing left behind."""

import numpy as np
import pytest
import torch
from torch import nn

from napari_wsss import torchvision_ops
from napari_wsss.cam.ask import activation_maps
from napari_wsss.cam.maps import compute_maps
from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.errors import ModelError, RecipeError
from napari_wsss.models.classifier import build_classifier
from napari_wsss.models.settings import ClassifierNet

METHODS = ["cam", "grad-cam", "grad-cam++", "smoothgrad-cam++", "layer-cam", "score-cam"]
ONE_PASS = ["cam", "grad-cam", "grad-cam++", "layer-cam"]
PEERS = {"grad-cam": "GradCAM", "grad-cam++": "GradCAMPlusPlus", "layer-cam": "LayerCAM", "score-cam": "ScoreCAM"}


@pytest.mark.parametrize("method", PEERS)
@pytest.mark.parametrize(("axes", "layer"), [(2, "trunk.5"), (2, "trunk.2"), (3, "trunk.5")])
def test_equals_pytorch_grad_cam(plain, peer, method, axes, layer):
    if method == "score-cam" and axes == 3:
        pytest.skip("pytorch-grad-cam's Score-CAM has no 3D")
    model, images = plain(axes, batch_norm=True), torch.randn(2, 2, *(16,) * axes)
    ours = activation_maps(model, images, method, [layer], channels=0).maps[layer]
    seen = []
    for index in range(3):
        theirs = peer.maps(PEERS[method], model, [layer], images, index)
        seen.append(theirs.max())
        np.testing.assert_allclose(peer.normalised(ours[:, index], images.shape[2:]), theirs, atol=1e-4)
    assert max(seen) > 0.9


@pytest.mark.parametrize("method", PEERS)
def test_equals_pytorch_grad_cam_on_a_resnet(peer, method):
    torch.manual_seed(0)
    model = build_classifier(ClassifierNet(backbone="resnet18", weights="random"), 3, 2)[0].eval()
    nn.init.normal_(model.head.weight, std=0.02)  # scores of the size that training gives
    images = torch.rand(1, 3, 96, 96)
    ours = activation_maps(model, images, method, classes=[1], channels=0).maps["trunk"]
    theirs = peer.maps(PEERS[method], model, ["trunk"], images, 1)
    np.testing.assert_allclose(peer.normalised(ours[:, 0], (96, 96)), theirs, atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_a_network_of_other_hands(method):
    torchvision_ops.declare()
    from torchvision.models import resnet18

    torch.manual_seed(0)
    model = resnet18(weights=None, num_classes=4)
    found = activation_maps(model, torch.randn(2, 3, 64, 64), method, classes=[3, 0], channels=4, samples=2)
    assert {layer: maps.shape for layer, maps in found.maps.items()} == {"layer4": (2, 2, 2, 2)}
    assert found.logits.shape == (2, 4)
    assert not any(maps.requires_grad for maps in (*found.maps.values(), found.logits))
    assert method == "cam" or found.maps["layer4"].min() >= 0


@pytest.mark.parametrize("method", METHODS[1:])
def test_several_layers_at_once_equal_each_alone(plain, method):
    model, images = plain(), torch.randn(2, 2, 16, 16)
    layers = ["trunk.5", "trunk.2", "trunk.4"]
    both = activation_maps(model, images, method, layers, samples=2)
    assert list(both.maps) == layers
    for layer in layers:
        alone = activation_maps(model, images, method, [layer], samples=2).maps[layer]
        torch.testing.assert_close(both.maps[layer], alone, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("method", METHODS[1:])
def test_classes_are_given_in_the_order_asked(plain, method):
    model, images = plain(), torch.randn(2, 2, 16, 16)
    whole = activation_maps(model, images, method).maps["trunk"]
    some = activation_maps(model, images, method, classes=[2, 0]).maps["trunk"]
    torch.testing.assert_close(some, whole[:, [2, 0]])


def test_cam_of_chosen_classes():
    model = build_classifier(ClassifierNet(backbone="resnet18", weights="random"), 1, 3)[0]
    images = torch.rand(1, 1, 64, 64)
    whole = activation_maps(model, images, "cam").maps["trunk"]
    torch.testing.assert_close(activation_maps(model, images, "cam", classes=[1]).maps["trunk"], whole[:, [1]])


class Counted(nn.Module):
    """Counts passes forward through its trunk and backward through it."""

    def __init__(self, model):
        super().__init__()
        self.model, self.forwards, self.backwards = model, 0, 0

    def forward(self, images):
        self.forwards += 1
        return self.model(_Count.apply(images.requires_grad_(False), self))


class _Count(torch.autograd.Function):
    @staticmethod
    def forward(ctx, images, counter):
        ctx.counter = counter
        return images.clone()

    @staticmethod
    def backward(ctx, slope):
        ctx.counter.backwards += 1
        return slope, None


@pytest.mark.parametrize(("method", "passes"), [("grad-cam", 1), ("layer-cam", 1), ("smoothgrad-cam++", 3)])
def test_one_forward_pass_serves_all_layers_and_the_trunk_is_not_differentiated(plain, method, passes):
    model = Counted(plain())
    activation_maps(model, torch.randn(1, 2, 16, 16), method, ["model.trunk.5", "model.trunk.2"], samples=3)
    assert (model.forwards, model.backwards) == (passes, 0)


def _state(model):
    return (
        [module.training for module in model.modules()],
        [parameter.requires_grad for parameter in model.parameters()],
        [None if p.grad is None else p.grad.tolist() for p in model.parameters()],
        {name: value.tolist() for name, value in model.state_dict().items()},
        [value.stride() for value in model.state_dict().values()],
        [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()],
        torch.is_grad_enabled(),
        torch.random.get_rng_state().tolist(),
    )


class Fails(nn.Module):
    """Fails at the second pass, or never."""

    def __init__(self):
        super().__init__()
        self.left = 10**9

    def forward(self, images):
        self.left -= 1
        if self.left < 0:
            raise IndexError("as a network with a fault would")
        return images


@pytest.fixture
def used(plain):
    """A network in the midst of training: modes mixed, a parameter frozen, gradients held."""
    model = plain(batch_norm=True)
    model.head = nn.Linear(8, 3)
    model.top = nn.Sequential(model.head, Fails())
    model.train()
    model.trunk[1].eval()
    model.trunk[0].bias.requires_grad_(False)
    model(torch.randn(2, 2, 16, 16)).sum().backward()
    return model


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fails_at", [None, 0, 1])
def test_the_network_is_left_as_it_came(used, method, fails_at):
    images = torch.randn(2, 2, 16, 16)
    before = _state(used)
    used.top[1].left = 10**9 if fails_at is None else fails_at
    try:
        activation_maps(used, images, method, samples=2)
    except IndexError:
        assert fails_at is not None
    else:
        assert fails_at is None or (fails_at == 1 and method in ONE_PASS)
    assert _state(used) == before


@pytest.mark.parametrize("method", METHODS)
def test_the_network_is_left_as_it_came_after_a_cancel(used, method):
    slices = np.random.default_rng(0).normal(size=(2, 2, 32, 32)).astype(np.float32)
    before = _state(used)
    work = compute_maps(used, slices, ActivationMaps(method=method, scales=(1.0,), batch_size=2), "cpu")
    next(work)
    assert not used.training
    work.close()
    assert _state(used) == before


def test_errors_say_what_to_do(plain):
    model, images = plain(), torch.randn(1, 2, 16, 16)
    with pytest.raises(RecipeError, match=r"no layer 'trunk\.6'\. Did you mean 'trunk\.\d'"):
        activation_maps(model, images, "grad-cam", ["trunk.6"])
    with pytest.raises(RecipeError, match="method"):
        activation_maps(model, images, "gradcam")
    with pytest.raises(RecipeError, match=r"\('trunk'\) only, not on trunk\.2"):
        activation_maps(model, images, "cam", ["trunk.2"])
    with pytest.raises(ModelError, match="gives no feature map"):
        activation_maps(model, images, "grad-cam", ["top.0"])


@pytest.mark.parametrize("method", METHODS)
def test_results_stay_on_the_device(method):
    model = build_classifier(ClassifierNet(backbone="resnet18", weights="random"), 1, 2)[0]
    found = activation_maps(model, torch.rand(1, 1, 64, 64), method, channels=2, samples=2)
    kept = [*found.maps.values(), found.logits]
    assert all(isinstance(tensor, torch.Tensor) and tensor.dtype == torch.float32 for tensor in kept)
    assert {tensor.device for tensor in kept} == {next(model.parameters()).device}
