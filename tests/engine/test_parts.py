import pytest
import torch
from torch import nn

from napari_wsss.engine.device import choose
from napari_wsss.engine.parts import InParts
from napari_wsss.engine.settings import Fit
from napari_wsss.engine.stepper import Stepper
from napari_wsss.losses.classification import classification_loss


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.Tanh(), nn.Conv2d(4, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def gradients(model, images, loss):
    model.zero_grad()
    loss(model(images)).backward()
    return [parameter.grad.clone() for parameter in model.parameters()]


LABELS = torch.tensor([[1, 0, -1], [-1, -1, -1], [0, -1, -1], [1, 1, 0], [-1, 0, -1]])
LOSSES = {
    "known labels alone": lambda logits: classification_loss(logits, LABELS),
    "a ratio over the batch": lambda logits: logits.sigmoid().sum() / (1 + logits.square().sum()),
}


@pytest.mark.parametrize("parts", [2, 3, 5, 9])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_gradient_is_that_of_the_whole_batch(loss, parts):
    images = torch.randn(5, 2, 8, 8, generator=torch.Generator().manual_seed(1)).double()
    model = network().double()
    whole = gradients(model, images, loss)
    for one, other in zip(whole, gradients(InParts(model, parts), images, loss), strict=True):
        assert one.abs().max() > 1e-6
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_a_part_is_never_larger_than_its_share():
    seen = []

    class Watched(nn.Module):
        def forward(self, images, more):
            seen.append((len(images), len(more)))
            return images * more

    answer = InParts(Watched(), 3)(torch.arange(8.0)[:, None], torch.full((8, 1), 2.0))
    assert seen == [(3, 3), (3, 3), (2, 2)]
    assert answer.flatten().tolist() == [0, 2, 4, 6, 8, 10, 12, 14]


def test_running_statistics_count_each_part_once():
    layer = nn.BatchNorm1d(1, momentum=0.5)
    InParts(layer, 2)(torch.tensor([[2.0], [4.0], [10.0], [20.0]], requires_grad=True)).sum().backward()
    # means of the parts are 3 and 15: 0 → 1.5 → 8.25
    assert layer.running_mean.item() == pytest.approx(8.25)
    assert layer.num_batches_tracked.item() == 2
    assert layer.track_running_stats


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize(("precision", "near"), [("32", 1e-4), ("bf16", 0.02)])
def test_a_step_in_parts_is_the_step(optimizer, precision, near):
    params = Fit(optimizer=optimizer, precision=precision, weight_decay=0.01)
    whole, parted = network(), network()
    images = torch.randn(5, 2, 8, 8, generator=torch.Generator().manual_seed(1))
    for model, given in ((whole, params), (parted, params.replace(accumulate=3))):
        stepper = Stepper(model.train(), _known_labels, given, choose("cpu", precision)[0])
        losses = [stepper.step({"image": images}, 0.01).item() for _ in range(3)]
        stepper.release()
        assert losses[2] < losses[0]
    start = network().state_dict()
    for name, tensor in whole.state_dict().items():
        moved = (tensor - start[name]).abs().max()
        assert (parted.state_dict()[name] - tensor).abs().max() < near * moved + 1e-7


def _known_labels(model, batch):
    return classification_loss(model(batch["image"]), LABELS)


def test_dropout_is_the_same_when_a_part_is_computed_again():
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 64), nn.Dropout(0.5))
    answer = InParts(model, 2)(torch.ones(4, 4))
    answer.sum().backward()
    # a unit's gradient counts the examples that kept it, twice each: what the first pass drew
    kept = (answer.detach() != 0).sum(dim=0) * 2.0
    torch.testing.assert_close(model[0].bias.grad, kept)


def test_one_part_keeps_the_key_of_before():
    assert "accumulate" not in Fit().canonical()
    assert Fit(accumulate=2).canonical() != Fit().canonical()
