"""Who is who; what several processes tell one another is in test_together.py."""

import pytest
import torch

from napari_wsss.engine import ranks
from napari_wsss.errors import Cancelled

PLACES = {
    "alone": ({}, (1, 0, 0)),
    "torchrun": (
        {"TORCHELASTIC_RUN_ID": "a", "WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1"},
        (4, 3, 1),
    ),
    "srun": ({"SLURM_STEP_NUM_TASKS": "8", "SLURM_NTASKS": "8", "SLURM_PROCID": "5", "SLURM_LOCALID": "1"}, (8, 5, 1)),
    "torchrun within srun": (
        {"TORCHELASTIC_RUN_ID": "a", "WORLD_SIZE": "4", "RANK": "2", "LOCAL_RANK": "0", "SLURM_STEP_NUM_TASKS": "2",
         "SLURM_PROCID": "1"},
        (4, 2, 0),
    ),
    "a batch job of SLURM without srun": ({"SLURM_NTASKS": "8", "SLURM_PROCID": "0", "SLURM_JOB_ID": "1"}, (1, 0, 0)),
    "one task of srun": ({"SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"}, (1, 0, 0)),
    "variables somebody left": ({"WORLD_SIZE": "4", "RANK": "3"}, (1, 0, 0)),
}  # fmt: skip
NAMES = {name for variables, _ in PLACES.values() for name in variables}


@pytest.mark.parametrize(("variables", "place"), PLACES.values(), ids=PLACES)
def test_a_process_knows_its_place(monkeypatch, variables, place):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (ranks.world_size(), ranks.rank(), ranks.local_rank()) == place
    assert ranks.leads() == (place[1] == 0)


def test_alone_nothing_changes():
    tensor = torch.tensor([1.0, 2.0])
    ranks.add_up(tensor)
    assert tensor.tolist() == [1, 2]
    thing = object()
    assert ranks.from_leader(thing) is thing
    assert [ranks.too_large_for_any(large) for large in (False, True)] == [False, True]
    ranks.barrier()
    with pytest.raises(ValueError, match="mine"), ranks.parting():
        raise ValueError("mine")


def test_alone_a_stop_is_heard_at_the_next_barrier():
    ranks.stop_request.set()
    try:
        with pytest.raises(Cancelled, match="can go on"):
            ranks.barrier()
    finally:
        ranks.stop_request.clear()


def test_only_the_leader_writes(monkeypatch, tmp_path):
    with ranks.written_by_leader(tmp_path) as folder:
        assert folder == tmp_path
    monkeypatch.setattr(ranks, "rank", lambda: 1)
    with ranks.written_by_leader(tmp_path) as folder:
        assert folder.is_dir()
        assert folder != tmp_path
    assert not folder.exists()
