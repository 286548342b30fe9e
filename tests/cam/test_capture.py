"""A borrowed network comes back exactly as it was."""

import pytest
import torch
from torch import nn

from napari_wsss.cam.capture import borrowed, captured, features_of, last_map
from napari_wsss.errors import ModelError, RecipeError

CPU = torch.device("cpu")


def _network():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(144, 2))
    model.train()
    model[1].eval()
    model[0].bias.requires_grad_(False)
    model(torch.randn(2, 1, 8, 8)).sum().backward()
    return model


def _state(model):
    return (
        [module.training for module in model.modules()],
        [parameter.requires_grad for parameter in model.parameters()],
        [None if p.grad is None else p.grad.clone() for p in model.parameters()],
        [value.clone() for value in model.state_dict().values()],
        [len(module._forward_hooks) for module in model.modules()],
    )


def _same(first, second):
    tensors = lambda state: [t for group in state[2:4] for t in group if t is not None]  # noqa: E731
    assert first[:2] == second[:2]
    assert first[4] == second[4]
    assert all(torch.equal(a, b) for a, b in zip(tensors(first), tensors(second), strict=True))


@pytest.mark.parametrize("fail", [False, True])
def test_model_is_left_as_it_came(fail):
    model = _network()
    before = _state(model)
    try:
        with borrowed(model, CPU), captured(model, "1") as (feature,):
            assert not any(module.training for module in model.modules())
            scores = model(torch.randn(2, 1, 8, 8))
            torch.autograd.grad(scores.sum(), feature.take())
            if fail:
                raise IndexError("as a bad class index would")
    except IndexError:
        assert fail
    _same(before, _state(model))


def test_layers_above_may_work_in_place():
    model = _network()
    images = torch.randn(1, 1, 8, 8)
    with borrowed(model, CPU), captured(model, "1") as (feature,):
        model(images)
        kept = feature.take()
        assert kept.min() < 0  # the in-place ReLU that follows did not reach it
        torch.testing.assert_close(kept, model[1](model[0](images)))


def test_only_layers_above_the_captured_one_are_differentiated():
    model = _network()
    with borrowed(model, CPU), captured(model, "2") as (feature,):
        scores = model(torch.randn(1, 1, 8, 8))
        kept = feature.take()
    assert kept.is_leaf
    assert scores.requires_grad


def test_unknown_layer_is_named_with_the_nearest():
    with pytest.raises(RecipeError, match=r"no layer 'trnk'\. Did you mean 'trunk'"):
        captured(nn.ModuleDict({"trunk": nn.Identity()}), "trnk").__enter__()


def test_layer_without_a_feature_map():
    model = _network()
    with captured(model, "4"), pytest.raises(ModelError, match="'4' gives no feature map"):
        model(torch.randn(1, 1, 8, 8))
    assert not model[4]._forward_hooks


def test_layer_that_is_not_used():
    model = _network()
    with captured(model, "1") as (feature,), pytest.raises(ModelError, match="not used"):
        feature.take()


def test_layer_that_runs_twice():
    relu = nn.ReLU()
    model = nn.Sequential(relu, nn.Conv2d(1, 1, 1), relu)
    with captured(model, "0"), pytest.raises(ModelError, match="more than once"):
        model(torch.randn(1, 1, 4, 4))


def test_one_forward_pass_is_cut_at_the_lowest_of_several_layers():
    model = _network()
    passes = []
    model.register_forward_hook(lambda *_: passes.append(1))
    images = torch.randn(2, 1, 8, 8)
    with borrowed(model, CPU):
        (upper, lower), scores = features_of(model, images, ["2", "1"], graph=True)
        slopes = torch.autograd.grad(scores[:, 0].sum(), [upper, lower])
    assert len(passes) == 1
    assert lower.is_leaf
    assert not upper.is_leaf
    torch.testing.assert_close(upper, lower.relu())
    # The slope passes the ReLU where it is open, and is the linear layer's weight above it.
    torch.testing.assert_close(slopes[0], model[4].weight[0].reshape(1, 4, 6, 6).expand(2, -1, -1, -1))
    torch.testing.assert_close(slopes[1], slopes[0] * (lower > 0))


class _Beside(nn.Module):
    """Two layers side by side: neither lies below the other."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Conv2d(1, 2, 1), nn.Conv2d(1, 2, 1)

    def forward(self, images):
        return (self.left(images) * self.right(images)).mean((2, 3))


def test_layers_beside_each_other():
    model = _Beside()
    with borrowed(model, CPU):
        (left, right), scores = features_of(model, torch.randn(3, 1, 4, 4), ["left", "right"], graph=True)
        slopes = torch.autograd.grad(scores.sum(), [left, right])
    torch.testing.assert_close(slopes, (right / 16, left / 16))


def test_scores_of_another_shape():
    with pytest.raises(ModelError, match=r"a tensor of shape \(1, 1, 4, 4\); .* class scores"):
        features_of(nn.Sequential(nn.Identity()), torch.zeros(1, 1, 4, 4), ["0"], graph=False)


def test_the_last_map_is_found():
    model = _network()
    assert last_map(model, torch.randn(2, 1, 8, 8)) == "2"
    assert not any(module._forward_hooks for module in model.modules())
    assert last_map(nn.ModuleDict({"trunk": nn.Identity()}), torch.zeros(1, 1, 4, 4)) == "trunk"
    with pytest.raises(ModelError, match="name the layer"):
        last_map(nn.Sequential(nn.Flatten()), torch.zeros(1, 1, 4, 4))
