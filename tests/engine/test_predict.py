import numpy as np
import pytest
import torch
from torch import nn

from napari_wsss.engine.predict import predict_labels, predict_logits, predict_probabilities
from napari_wsss.errors import InputError
from napari_wsss.progress import Progress, drain


def slices(count: int = 5) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 2, 8, 8)).astype(np.float16)


def conv(outputs: int) -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(2, outputs, 3, padding=1)


def expected(model: nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.from_numpy(slices().astype(np.float32)))


@pytest.mark.parametrize("batch_size", [1, 2, 5, 64])
@pytest.mark.parametrize("outputs", [1, 3])
def test_probabilities(batch_size, outputs):
    model, events = conv(outputs), []
    work = predict_probabilities(model, slices(), device="cpu", batch_size=batch_size, precision="32")
    result = drain(work, events.append)
    logits = expected(model)
    target = logits.sigmoid() if outputs == 1 else logits.softmax(1)[:, 1:]
    assert result.dtype == np.float32
    assert result.shape == (5, max(outputs - 1, 1), 8, 8)
    np.testing.assert_allclose(result, target.numpy(), atol=1e-5)
    assert events[-1] == Progress("predict", 5, 5)
    assert len(events) == -(-5 // batch_size)


def test_bf16_is_near():
    model = conv(1)
    exact, rough = (
        drain(predict_probabilities(model, slices(), device="cpu", precision=precision)) for precision in ("32", "bf16")
    )
    assert rough.dtype == np.float32
    np.testing.assert_allclose(rough, exact, atol=0.02)


def test_logits_of_batches_from_anywhere():
    model = nn.Sequential(conv(4), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    result = drain(predict_logits(model, iter([slices()[:3], slices()[3:]]), device="cpu", precision="32"))
    assert result.shape == (5, 4)
    np.testing.assert_allclose(result, expected(model).numpy(), atol=1e-5)


@pytest.mark.parametrize("outputs", [1, 3])
def test_labels(outputs):
    model = conv(outputs)
    result = drain(predict_labels(model, [slices()], device="cpu", precision="32"))
    logits = expected(model)
    target = logits[:, 0] > 0 if outputs == 1 else logits.argmax(1)
    assert result.dtype == np.uint8
    assert np.array_equal(result, target.numpy())


class Fails(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.frozen = nn.BatchNorm2d(2)

    def forward(self, _):
        raise RuntimeError("no")


def test_modes_come_back_also_after_an_error_or_cancel():
    model = Fails()
    model.train()
    model.frozen.eval()
    with pytest.raises(RuntimeError, match="no"):
        drain(predict_logits(model, [slices()], device="cpu"))
    assert model.training
    assert not model.frozen.training
    plain = conv(1).train()
    work = predict_probabilities(plain, slices(), device="cpu", batch_size=1)
    next(work)
    assert not plain.training
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    work.close()
    assert plain.training


def test_nothing_to_predict():
    with pytest.raises(InputError, match="no slice"):
        drain(predict_probabilities(conv(1), slices(0), device="cpu"))
