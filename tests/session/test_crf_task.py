"""The worker's own part of the CRF: when the GPU takes over, what it keeps, and what it says when it is full."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

from napari_wsss.progress import Note, Progress, drain
from napari_wsss.refine import crf_gpu_torch
from napari_wsss.refine.accelerator import Plan, fast_kernel
from napari_wsss.refine.crf_torch import TorchKernel
from napari_wsss.refine.theta import Theta
from napari_wsss.session import crf_task

THETA = Theta((1.0, 2.0, 2.0), (1.5, 4.0, 4.0), (0.1,))
PLAN = Plan(np.random.default_rng(0).random((1, 3, 8, 9)).astype(np.float32), THETA)


@pytest.fixture
def machine(monkeypatch):
    """Say which device this machine has; the torch engine computes on the CPU all the same."""

    def has(device):
        monkeypatch.setattr(
            "napari_wsss.engine.device.describe", lambda asked="auto": {"device": device, "asked": asked}
        )
        own = crf_gpu_torch.TorchCrf
        monkeypatch.setattr(crf_gpu_torch, "TorchCrf", lambda name: own("cpu") if name == "cuda" else own(name))

    return has


@pytest.fixture(autouse=True)
def _nothing_kept():
    crf_task._kept.clear()
    yield
    crf_task._kept.clear()


def _work(seen):
    yield Progress("propose", 0, 1)
    seen.append(fast_kernel(PLAN))
    return "done"


@pytest.mark.parametrize(("device", "fast"), [("cuda", True), ("mps", False), ("cpu", False)])
def test_the_gpu_takes_over_where_there_is_one(machine, device, fast):
    machine(device)
    seen, events = [], []
    assert drain(crf_task.with_gpu(_work)(seen=seen), events.append) == "done"
    assert (seen[0] is not None) is fast
    assert events == [Progress("propose", 0, 1)]
    assert fast_kernel(PLAN) is None


def test_a_full_gpu_is_told_once(machine, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    machine("cuda")
    monkeypatch.setattr(crf_gpu_torch, "TorchKernel", full)
    seen, events = [], []

    def twice():
        yield from _work(seen)
        return (yield from _work(seen))

    assert drain(crf_task.on_gpu(twice()), events.append) == "done"
    assert seen == [None, None]
    assert events[-1] == Note(crf_gpu_torch.FULL, "warning")
    assert sum(isinstance(event, Note) for event in events) == 1


def test_a_cancelled_job_gives_the_gpu_back(machine):
    machine("cuda")
    work = crf_task.on_gpu(_work([]))
    next(work)
    assert fast_kernel(PLAN) is not None
    work.close()
    assert fast_kernel(PLAN) is None


def test_the_device_asked_for_is_the_jobs_own(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "napari_wsss.engine.device.describe", lambda device="auto": asked.append(device) or {"device": "cpu"}
    )

    def job(device):
        yield from ()
        return device

    assert drain(crf_task.with_gpu(job)(device="cuda")) == "cuda"
    assert asked == ["cuda"]


def test_kernels_are_kept_until_others_come_or_a_long_job(tmp_path, machine):
    machine("cpu")
    unary = np.random.default_rng(1).normal(size=(1, 3, 8, 9)).astype(np.float32)
    np.save(tmp_path / "unary.npy", unary)

    def ask(name):
        np.save(tmp_path / "image.npy", PLAN.image)
        result = tmp_path / "result.npy"
        assert drain(
            crf_task.answer(
                name, str(tmp_path / "image.npy"), None, asdict(THETA), str(tmp_path / "unary.npy"), (0.3, 0.7), 5,
                str(result), "cpu",
            )
        )  # fmt: skip
        return np.load(result)

    expected = TorchKernel(PLAN.image, THETA, "cpu").differences(unary, (0.3, 0.7), 5)
    np.testing.assert_allclose(ask("a"), expected, atol=1e-6)
    first = crf_task._kept["a"]
    ask("b")
    ask("a")
    assert crf_task._kept["a"] is first
    ask("c")
    assert list(crf_task._kept) == ["a", "c"]
    drain(crf_task.on_gpu(_work([]), "cpu"))
    assert not crf_task._kept


def test_a_full_gpu_leaves_a_volume_to_the_window(tmp_path, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    np.save(tmp_path / "image.npy", PLAN.image)
    np.save(tmp_path / "unary.npy", PLAN.image)
    arguments = {
        "kernel": "a", "image": str(tmp_path / "image.npy"), "region": None, "theta": asdict(THETA),
        "unary": str(tmp_path / "unary.npy"), "compat": (1.0, 1.0), "iterations": 1,
        "result": str(tmp_path / "result.npy"), "device": "cpu",
    }  # fmt: skip
    assert drain(crf_task.answer(**arguments))
    monkeypatch.setattr(TorchKernel, "differences", full)
    (tmp_path / "result.npy").unlink()
    assert not drain(crf_task.answer(**arguments))
    assert not crf_task._kept
    assert not (tmp_path / "result.npy").exists()


def test_without_a_gpu_a_window_is_told_so(machine):
    machine("cpu")
    assert drain(crf_task.ready()) is False
