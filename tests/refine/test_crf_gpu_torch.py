"""The GPU's CRF with the CPU behind it. Its device is the CPU here; that its memory is full is played."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from napari_wsss.refine.accelerator import Plan
from napari_wsss.refine.crf_gpu_torch import FULL, TorchCrf
from napari_wsss.refine.crf_torch import TorchKernel
from napari_wsss.refine.theta import Theta

THETA = Theta((1.0, 2.0, 2.0), (1.5, 4.0, 4.0), (0.1,))
COMPAT = (0.3, 0.7)


@pytest.fixture
def plan():
    return Plan(np.random.default_rng(0).random((1, 20, 8, 9)).astype(np.float32), THETA, apart=True)


@pytest.fixture
def unary():
    return np.random.default_rng(1).normal(size=(2, 20, 8, 9)).astype(np.float32)


def _full(*_, **__):
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def test_the_device_answers(plan, unary):
    engine = TorchCrf("cpu")
    kernel = engine(plan)
    expected = TorchKernel(plan.image, THETA, "cpu", apart=True).differences(unary, COMPAT, 5)
    np.testing.assert_array_equal(kernel.differences(unary, COMPAT, 5), expected)
    assert kernel.nbytes > 0
    assert engine.notes == []


def test_full_while_it_is_built(plan, monkeypatch):
    monkeypatch.setattr("napari_wsss.refine.crf_gpu_torch.TorchKernel", _full)
    engine = TorchCrf("cpu")
    assert engine(plan) is None
    assert engine(plan) is None
    assert engine.notes == [FULL]


def test_full_while_it_infers(plan, unary, monkeypatch):
    engine = TorchCrf("cpu")
    kernel = engine(plan)
    assert kernel.differences(unary, COMPAT, 5) is not None
    monkeypatch.setattr(TorchKernel, "differences", _full)
    assert kernel.differences(unary, COMPAT, 5) is None
    monkeypatch.undo()
    assert kernel.differences(unary, COMPAT, 5) is None  # its memory was given back
    assert (kernel.nbytes, engine.notes) == (0, [FULL])


def test_other_errors_are_let_through(plan, unary, monkeypatch):
    def broken(*_):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    kernel = TorchCrf("cpu")(plan)
    monkeypatch.setattr(TorchKernel, "differences", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        kernel.differences(unary, COMPAT, 5)


def test_pieces_asked_for_by_several_threads(plan, unary):
    kernel = TorchCrf("cpu")(plan)
    expected = TorchKernel(plan.image, THETA, "cpu", apart=True).differences(unary, COMPAT, 5)
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(lambda z: kernel.differences(unary[:, z : z + 5], COMPAT, 5, range(z, z + 5)), range(0, 20, 5))
    np.testing.assert_allclose(np.concatenate(list(parts), axis=1), expected, atol=1e-6)
