"""A window's CRF on the worker: the same answer, files that come and go, and the CPU whenever the worker cannot."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from napari_wsss.refine.accelerator import Plan
from napari_wsss.refine.crf_torch import TorchKernel
from napari_wsss.refine.theta import Theta
from napari_wsss.session.jobs import Worker
from napari_wsss.session.remote_crf import RemoteCrf

THETA = Theta((1.0, 2.0, 2.0), (1.5, 4.0, 4.0), (0.1,))


@pytest.fixture
def plan():
    rng = np.random.default_rng(0)
    region = np.ones((3, 8, 9), bool)
    region[0, :2] = False
    return Plan(rng.random((1, 3, 8, 9)).astype(np.float32), THETA, region=region)


@pytest.fixture
def unary():
    return np.random.default_rng(1).normal(size=(2, 3, 8, 9)).astype(np.float32)


@pytest.fixture
def remote_on(monkeypatch):
    """Give (worker, remote) for a table of tasks."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    made = []

    def make(table):
        made.append(Worker(f"sample_crf_tasks:{table}", threads=1))
        made.append(RemoteCrf(made[-1]))
        return made[-2:]

    yield make
    for thing in reversed(made):
        thing.close() if isinstance(thing, RemoteCrf) else thing.stop()


def _files(remote):
    return sorted(path.name for path in Path(remote._folder.name).iterdir())


def test_the_worker_answers_and_keeps_its_kernels(remote_on, plan, unary):
    worker, remote = remote_on("TASKS")
    remote.make_ready()
    assert remote.ready
    kernel = remote(plan)
    own = TorchKernel(plan.image, THETA, "cpu", region=plan.region)
    for compat, iterations in (((0.3, 0.7), 5), ((0.1, 0.9), 2)):
        expected = own.differences(unary, compat, iterations)
        np.testing.assert_allclose(kernel.differences(unary, compat, iterations), expected, atol=1e-6)
    assert _files(remote) == [f"1.{name}.npy" for name in ("image", "region", "result", "unary")]
    del kernel
    assert _files(remote) == []
    assert worker.job is None


@pytest.mark.parametrize("table", ["FULL", "BROKEN"])
def test_the_cpu_answers_where_the_worker_fails(remote_on, plan, unary, table):
    _, remote = remote_on(table)
    remote.make_ready()
    kernel = remote(plan)
    for _ in range(2):
        assert kernel.differences(unary, (1.0, 1.0), 5) is None


def test_without_a_gpu_nobody_asks_again(remote_on, plan, unary):
    worker, remote = remote_on("WITHOUT")
    remote.make_ready()
    assert not remote.ready
    worker.stop()
    remote.make_ready()
    assert worker.pid is None
    assert remote(plan).differences(unary, (1.0, 1.0), 5) is None


def test_a_busy_worker_is_left_alone(remote_on, plan, unary):
    worker, remote = remote_on("TASKS")
    remote.make_ready()
    kernel = remote(plan)
    with closing(worker.call("training")) as training:
        next(training)
        assert kernel.differences(unary, (1.0, 1.0), 5) is None
        assert worker.job == "training"


def test_a_worker_that_begins_anew_is_not_waited_for(remote_on, plan, unary):
    worker, remote = remote_on("TASKS")
    remote.make_ready()
    worker.stop()
    worker.start()
    assert not remote.ready
    remote.make_ready()
    assert remote.ready
    assert remote(plan).differences(unary, (1.0, 1.0), 5) is not None


def test_slices_by_themselves_stay_with_the_cpu(remote_on, plan):
    worker, remote = remote_on("TASKS")
    assert remote(Plan(plan.image, THETA, apart=True)) is None
    assert worker.pid is None


@pytest.mark.parametrize(
    ("task", "present", "taken"),
    [("run", "crf", True), ("run", None, True), ("crf", "crf-ready", False), ("run", "training", False)],
)
def test_other_jobs_wait_for_a_brief_one(monkeypatch, task, present, taken):
    class Busy:
        """A lock that is free at the third try."""

        tries = 0

        def acquire(self, timeout):
            assert timeout < 1
            self.tries += 1
            return self.tries == 3

    worker = Worker()
    monkeypatch.setattr(worker, "_free", Busy())
    monkeypatch.setattr(worker, "_job", present)
    assert worker._take(task) is taken


def test_once_closed_it_starts_nothing(remote_on):
    worker, remote = remote_on("TASKS")
    remote.close()
    remote.make_ready()
    assert worker.pid is None
    assert not remote.ready


def test_closing_while_it_asks_leaves_no_process_behind(remote_on, monkeypatch):
    worker, remote = remote_on("TASKS")
    call = worker.call

    def closed_meanwhile(task):
        remote.close()
        worker.stop()
        return call(task)

    monkeypatch.setattr(worker, "call", closed_meanwhile)
    remote.make_ready()
    assert worker.pid is None
    assert not remote.ready
