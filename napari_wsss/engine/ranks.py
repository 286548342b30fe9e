"""Several processes that do one training together: who is who, and what they tell one another.

They are started by torchrun or by SLURM's srun, on one machine or several; Fabric's cluster environments know how each
tells a process its place. A process started alone leads a world of one, and everything here costs it nothing.
Importing this loads no torch.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import IntEnum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar, cast

from napari_wsss.errors import Cancelled, JobError, OutOfMemory, WsssError

if TYPE_CHECKING:
    from lightning_fabric.plugins.environments import ClusterEnvironment
    from torch import Tensor

T = TypeVar("T")

stop_request = threading.Event()
"""Set (by a signal, say) to end the training under way: it saves and raises ``Cancelled``, in every process of it."""

STOPPED = "The training was stopped. It can go on from here later."

_PATIENCE = timedelta(days=7)
"""How long one process waits for another, which may be preparing a large cohort; a dead one is noticed at once."""


def world_size() -> int:
    """Give the number of processes that work together, 1 for a process started alone."""
    return _number("WORLD_SIZE", "SLURM_STEP_NUM_TASKS", otherwise=1)


def rank() -> int:
    """Give the number of this process among them, 0 … ``world_size() - 1``."""
    return _number("RANK", "SLURM_PROCID", otherwise=0) if world_size() > 1 else 0


def local_rank() -> int:
    """Give its number among those of this machine: which of the machine's GPUs is its own."""
    return _number("LOCAL_RANK", "SLURM_LOCALID", otherwise=0) if world_size() > 1 else 0


def leads() -> bool:
    """Whether this process is the one that prepares, judges, writes and speaks for all."""
    return rank() == 0


def barrier() -> None:
    """Wait until every process is here.

    Raises:
        Cancelled: one of them was asked to stop, this one maybe.
        OutOfMemory: its share of a training does not fit into the memory of one of them.
        JobError: one of them failed, or is gone.
    """
    if stop_request.is_set() and world_size() == 1:
        raise Cancelled(STOPPED)
    _meet(_State.STOPS if stop_request.is_set() else _State.GOES_ON)


def too_large_for_any(too_large: bool) -> bool:
    """Give whether something is too large for one of the processes at least; waits for all of them.

    Raises:
        Cancelled: as :func:`barrier`.
        JobError: likewise.
    """
    return _meet(_State.TOO_LARGE if too_large else _State.GOES_ON) == _State.TOO_LARGE


@contextmanager
def parting() -> Iterator[None]:
    """Tell the others, once they wait for this process, when an error or a stop inside takes it away."""
    try:
        yield
    except BaseException as error:
        if world_size() > 1 and not _parted.is_set():
            with suppress(WsssError):
                _meet(_state_after(error))
        raise


@contextmanager
def written_by_leader(folder: Path) -> Iterator[Path]:
    """Give the folder to the leading process, and one that goes away again to each of the others."""
    if leads():
        yield folder
        return
    with TemporaryDirectory() as scratch:
        yield Path(scratch)


def from_leader(thing: T) -> T:
    """Give what the leading process handed in, whatever the others did; must be picklable."""
    if world_size() == 1:
        return thing
    import torch
    from torch.distributed import broadcast_object_list

    _join()
    things = [thing if leads() else None]
    broadcast_object_list(things, src=0, device=torch.device("cpu"))
    return cast("T", things[0])


def add_up(tensor: Tensor) -> None:
    """Replace ``tensor`` by its sum over all processes, in place."""
    if world_size() > 1:
        from torch.distributed import all_reduce

        _join()
        all_reduce(tensor)


class _State(IntEnum):
    """How a process fares; of several, the greatest holds for all."""

    GOES_ON = 0
    TOO_LARGE = 1
    NO_ROOM = 2
    STOPS = 3
    FAILED = 4


def _state_after(error: BaseException) -> _State:
    if isinstance(error, GeneratorExit | KeyboardInterrupt | Cancelled):
        return _State.STOPS
    return _State.NO_ROOM if isinstance(error, OutOfMemory) else _State.FAILED


_GONE = "Another process of this training failed or ended; its log says why. Start the training again to go on."
_ENDS: dict[_State, tuple[type[WsssError], str]] = {
    _State.NO_ROOM: (OutOfMemory, "There is too little memory in another process of this training; see its log."),
    _State.STOPS: (Cancelled, STOPPED),
    _State.FAILED: (JobError, _GONE),
}
_parted = threading.Event()
"""Set while all know already that one of them goes."""


def _meet(state: _State) -> _State:
    """Tell the others how this process fares, and give how all fare together."""
    if world_size() == 1:
        return state
    import torch
    from torch.distributed import ReduceOp, all_reduce

    common = torch.tensor(int(state))
    _join()
    try:
        all_reduce(common, ReduceOp.MAX)
    except RuntimeError as error:
        _parted.set()
        raise JobError(_GONE) from error
    together = _State(int(common))
    if together in _ENDS:
        _parted.set()
        kind, text = _ENDS[together]
        raise kind(text)
    _parted.clear()
    return together


def _number(torchrun: str, slurm: str, *, otherwise: int) -> int:
    """Read a place from the environment; torchrun may itself run inside SLURM, so it is asked first."""
    if "TORCHELASTIC_RUN_ID" in os.environ:
        return int(os.environ.get(torchrun, otherwise))
    # Variables of a job *step*: those of a job are there too where nothing was started by srun.
    return int(os.environ.get(slurm, otherwise)) if "SLURM_STEP_NUM_TASKS" in os.environ else otherwise


@cache
def _join() -> None:
    """Meet the others, once a process: CPU tensors go by gloo, CUDA tensors by NCCL."""
    import torch
    from torch import distributed

    place = _environment()
    os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = place.main_address, str(place.main_port)
    if torch.cuda.is_available():
        torch.cuda.set_device(local_rank() % torch.cuda.device_count())
    distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo",
        timeout=_PATIENCE,
        rank=rank(),
        world_size=world_size(),
    )
    atexit.register(distributed.destroy_process_group)


def _environment() -> ClusterEnvironment:
    from lightning_fabric.plugins.environments import SLURMEnvironment, TorchElasticEnvironment

    if "TORCHELASTIC_RUN_ID" in os.environ:
        return TorchElasticEnvironment()
    return SLURMEnvironment(auto_requeue=False)
