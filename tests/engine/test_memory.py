import errno
import gc
import json
import os
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from napari_wsss.engine.device import choose
from napari_wsss.engine.memory import is_out_of_memory, memory_there
from napari_wsss.engine.predict import predict_logits
from napari_wsss.engine.settings import Fit
from napari_wsss.engine.stepper import Stepper
from napari_wsss.errors import OutOfMemory, WsssError
from napari_wsss.progress import Note, drain

CPU = torch.device("cpu")
PARAMS = Fit(precision="32", learning_rate=0.01)
LIMIT = (
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate"
)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB, max allowed: 9.07 GB)"),
        RuntimeError(LIMIT),
        RuntimeError("std::bad_alloc"),
        RuntimeError("could not create a primitive"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
    ids=str,
)
def test_every_device_has_its_words(error):
    assert is_out_of_memory(error)
    wrapped = WsssError("a scan could not be read")
    wrapped.__cause__ = error
    assert is_out_of_memory(wrapped)


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), ValueError("out of memory"), OSError(2, "no")])
def test_other_errors_are_none(error):
    assert not is_out_of_memory(error)


def test_memory_is_said_in_figures():
    assert memory_there(CPU).endswith("GiB are free in this computer")


class Room(nn.Module):
    """A network in a memory that takes so many examples at once, and no more."""

    def __init__(self, most: int, faults: tuple[str, ...] = ("forward",)) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Dropout(0.5), nn.Tanh(), nn.Conv2d(4, 1, 3))
        self.most, self.faults, self.held = most, faults, []

    def forward(self, images):
        inner = self.layers[:3](images)
        self.held.append(weakref.ref(inner))
        if len(images) > self.most:
            if "forward" in self.faults:
                raise RuntimeError(LIMIT)
            inner.register_hook(lambda _: (_ for _ in ()).throw(MemoryError()))
        return self.layers[3:](inner)


def squares(model, batch):
    return (model(batch["image"]) - 1).square().mean()


IMAGES = torch.randn(5, 2, 8, 8, generator=torch.Generator().manual_seed(1))


def steps(model, params, *, count=3):
    stepper = Stepper(model.train(), squares, params, choose("cpu", "32")[0])
    torch.manual_seed(5)
    losses = [stepper.step({"image": IMAGES}, 0.01).item() for _ in range(count)]
    parts = stepper.parts
    stepper.release()
    return losses, parts


@pytest.mark.parametrize("fault", ["forward", "backward"])
@pytest.mark.parametrize(("most", "parts"), [(5, 1), (3, 2), (2, 4), (1, 8)])
def test_a_batch_is_halved_until_it_fits_and_teaches_the_same(fault, most, parts):
    narrow, wide = Room(most, (fault,)), Room(5)
    losses, found = steps(narrow, PARAMS)
    assert found == parts
    expected, _ = steps(wide, PARAMS.replace(accumulate=parts))
    # the same to the last bit: random numbers (dropout) go on as if nothing had been tried in vain
    assert losses == expected
    assert all(torch.equal(one, narrow.state_dict()[name]) for name, one in wide.state_dict().items())


def test_batch_normalisation_counts_no_attempt_in_vain():
    class Normed(Room):
        def forward(self, images):
            return super().forward(self.norm(images))

    def normed(most):
        model = Normed(most)
        model.norm = nn.BatchNorm2d(2)
        return model

    narrow, wide = normed(3), normed(5)
    steps(narrow, PARAMS)
    steps(wide, PARAMS.replace(accumulate=2))
    assert narrow.norm.num_batches_tracked == wide.norm.num_batches_tracked == 6
    assert torch.equal(narrow.norm.running_mean, wide.norm.running_mean)


@pytest.mark.parametrize("fault", ["forward", "backward"])
def test_what_never_fits_is_one_clear_line_and_holds_nothing(fault):
    model = Room(0, (fault,))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(
        OutOfMemory, match=r"one example at a time: .* GiB .* 2 × 8 × 8 values\. Choose smaller"
    ) as caught:
        steps(model, PARAMS)
    del caught
    gc.collect()
    assert model.held
    assert all(reference() is None for reference in model.held)
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in before.items())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("fault", ["forward", "backward"])
def test_no_cycle_holds_the_inner_values_of_a_step(fault):
    model = Room(2, (fault,))
    gc.collect()
    gc.disable()
    try:
        steps(model, PARAMS.replace(accumulate=4))
        assert all(reference() is None for reference in model.held)
    finally:
        gc.enable()


def test_other_errors_of_a_step_stay_what_they_are():
    def broken(_model, _batch):
        raise RuntimeError("shapes do not match")

    stepper = Stepper(Room(5), broken, PARAMS, choose("cpu", "32")[0])
    with pytest.raises(RuntimeError, match="shapes"):
        stepper.step({"image": IMAGES}, 0.01)


@pytest.mark.parametrize(("most", "said"), [(9, []), (2, [2]), (1, [2, 1])])
def test_questions_are_asked_in_smaller_parts(most, said):
    whole = drain(predict_logits(Room(9), [IMAGES.numpy()] * 2, device="cpu", precision="32"))
    events = []
    work = predict_logits(Room(most), [IMAGES.numpy()] * 2, device="cpu", precision="32")
    assert np.allclose(drain(work, events.append), whole, atol=1e-6)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert [int(note.rstrip(".").split()[-1]) for note in notes] == said  # the second batch knows already


def test_a_question_that_never_fits_is_one_clear_line():
    with pytest.raises(OutOfMemory, match=r"one input of 2 × 8 × 8 values: .* GiB"):
        drain(predict_logits(Room(0), [IMAGES.numpy()], device="cpu"))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the address space")
def test_in_an_address_space_that_is_really_too_small(tmp_path):
    script = Path(__file__).with_name("narrow.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path], capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "go through the network in" in said["training"][0]
    assert said["far"] < 1e-6  # from the weights of the training in parts from the start
    assert "from now on it is" in said["asking"][0]
    assert said["answers far"] < 1e-5
    assert (
        "even with one example at a time: a limit set on this process (ulimit -v) leaves it 0.0 GiB more"
        in said["none"]
    )
