import pytest
import torch
from torch import nn

from napari_wsss.engine.device import choose
from napari_wsss.engine.settings import Fit
from napari_wsss.engine.stepper import Stepper


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 1, 1), nn.ConvTranspose2d(1, 1, 2, 2)
    )


def squares(model, batch):
    return (model(batch["image"]) - 1).square().mean()


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_steps_equal_plain_torch(optimizer):
    params = Fit(optimizer=optimizer, precision="32", weight_decay=1e-2, learning_rate=0.01)
    ours, plain = network(), network().train()
    if optimizer == "adam":
        reference = torch.optim.Adam(plain.parameters(), weight_decay=1e-2)
    else:
        reference = torch.optim.SGD(plain.parameters(), momentum=0.9, weight_decay=1e-2)
    stepper = Stepper(ours.train(), squares, params, choose("cpu", "32")[0])
    for step in range(4):
        batch = {"image": torch.randn(3, 2, 8, 8)}
        rate = 0.01 / (step + 1)
        loss = stepper.step(batch, rate)
        reference.param_groups[0]["lr"] = rate
        reference.zero_grad()
        expected = squares(plain, batch)
        expected.backward()
        reference.step()
        assert loss.item() == pytest.approx(expected.item(), rel=1e-4)
    stepper.release()
    for name, tensor in plain.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], tensor, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_state_carries_over_bit_for_bit(optimizer):
    params = Fit(optimizer=optimizer, precision="32")
    batches = [{"image": torch.randn(3, 2, 8, 8)} for _ in range(4)]
    first = Stepper(network().train(), squares, params, choose("cpu", "32")[0])
    for batch in batches[:2]:
        first.step(batch, 0.01)
    saved = {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in first.tensors().items()}
    second = Stepper(network().train(), squares, params, choose("cpu", "32")[0])
    second.load(saved)
    for batch in batches[2:]:
        assert torch.equal(first.step(batch, 0.01), second.step(batch, 0.01))
    states = first.tensors(), second.tensors()
    assert states[0].keys() == states[1].keys()
    assert any(name.startswith("optimizer.") for name in states[0])
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_release_gives_plain_tensors_back():
    model = network()
    stepper = Stepper(model, squares, Fit(precision="32"), choose("cpu", "32")[0])
    assert not model[0].weight.is_contiguous()
    stepper.step({"image": torch.randn(3, 2, 8, 8)}, 0.01)
    stepper.release()
    assert all(tensor.is_contiguous() and tensor.device.type == "cpu" for tensor in model.state_dict().values())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_frozen_weights_stay():
    model = network()
    model[0].requires_grad_(False)
    before = model[0].weight.clone()
    Stepper(model, squares, Fit(precision="32"), choose("cpu", "32")[0]).step({"image": torch.randn(3, 2, 8, 8)}, 0.01)
    assert torch.equal(model[0].weight, before)
