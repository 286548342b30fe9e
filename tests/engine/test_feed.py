import threading

import numpy as np
import pytest
import torch

from napari_wsss.engine.feed import feed


def load(indices):
    return {"image": torch.tensor(indices), "label": torch.tensor(indices) * 2}


@pytest.mark.parametrize("device", ["cpu", "meta"])  # meta stands for an accelerator: anything but the CPU
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_every_batch_once_in_order(device, count):
    seen = []

    def noted(indices):
        seen.append(indices.tolist())
        return load(indices)

    order = [np.arange(start, start + 3) for start in range(count)]
    batches = list(feed(noted, order, torch.device(device)))
    assert seen == [indices.tolist() for indices in order]
    assert [batch["label"].device.type for batch in batches] == [device] * count
    if device == "cpu":
        assert [batch["image"].tolist() for batch in batches] == seen


def test_accelerators_get_the_next_batch_loaded_meanwhile():
    second = threading.Event()

    def noted(indices):
        if indices[0] == 1:
            second.set()
        return load(indices)

    batches = feed(noted, [np.array([0]), np.array([1]), np.array([2])], torch.device("meta"))
    next(batches)
    assert second.wait(5)
    batches.close()


def test_a_failing_load_comes_through():
    def failing(_):
        raise ValueError("broken")

    for device in ("cpu", "meta"):
        with pytest.raises(ValueError, match="broken"):
            next(feed(failing, [np.array([0])], torch.device(device)))
