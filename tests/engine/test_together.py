"""Two processes started by torchrun do a training together, over gloo on the CPU."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from napari_wsss.progress import drain

SCRIPT = Path(__file__).with_name("together.py")
SAME = runpy.run_path(str(SCRIPT))
STOPPED = "Cancelled: The training was stopped. It can go on from here later."


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """Give what both processes left of each scenario."""
    folder = tmp_path_factory.mktemp("together")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [*torchrun, str(SCRIPT), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=one_thread, check=False)
    assert done.returncode == 0, done.stderr

    def of(name: str, rank: int) -> tuple[dict, list[str], Path]:
        place = folder / name / str(rank)
        weights = torch.load(place / "weights.pt", weights_only=True)
        return weights, (place / "said.txt").read_text().splitlines(), place

    return lambda name: [of(name, rank) for rank in (0, 1)]


def assert_close(weights, model):
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(weights[name], tensor, rtol=1e-4, atol=1e-6)


def assert_same(one, other):
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


@pytest.mark.parametrize("name", ["whole", "single_examples", "stopped_and_resumed", "one_runs_out_of_memory"])
def test_two_processes_come_to_the_weights_of_one(left, name, tmp_path, monkeypatch):
    monkeypatch.setattr("napari_wsss.engine.curves.as_png", lambda *_: b"")
    (first, said, _), (second, said_too, _) = left(name)
    assert_same(first, second)
    assert said[-1] == said_too[-1]
    alone = SAME["network"]()
    changes = {"params": SAME["PARAMS"].replace(batch_size=1), "examples": 3} if name == "single_examples" else {}
    result = drain(SAME["training"](alone, tmp_path, **changes))
    assert_close(first, alone)
    # the loss of an epoch is that of all its examples, also where they do not divide evenly: 2 + 2, 2 + 2, 2 + 1
    best, losses = said[-1].removeprefix("best ").split(", ", 1)
    assert int(best) == result.best_epoch == 2
    assert json.loads(losses) == pytest.approx([row["loss"] for row in result.history], abs=2e-5)


def test_all_stop_when_one_is_asked_and_all_go_on_from_what_the_leader_wrote(left):
    (_, leader, _), (_, other, _) = left("stopped_and_resumed")
    assert leader[:2] == [STOPPED, "checkpoint: True"]
    assert other[:2] == [STOPPED, "checkpoint: False"]
    assert leader[2] == other[2] == "Training goes on in epoch 2, at step 2."


def test_all_stop_when_the_leader_is_closed(left):
    (_, leader, _), (_, other, _) = left("closed_by_the_leader")
    assert leader[0] == "checkpoint: True"
    assert other == [STOPPED]


def test_all_take_smaller_parts_when_one_runs_out_of_memory(left):
    for _, said, _ in left("one_runs_out_of_memory"):
        assert "go through the network in 2 parts" in said[0]


def test_the_others_learn_that_the_leader_failed(left):
    (_, leader, _), (_, other, _) = left("the_leader_fails")
    assert leader == ["WsssError: nothing can be scored"]
    assert other[0].startswith("JobError: Another process of this training failed")
