"""Hands training batches to the device, the next one read while the present one is computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import torch
from torch import Tensor

from napari_wsss.engine.memory import explained
from napari_wsss.engine.sharing import own_share
from napari_wsss.types import Array

Batch = dict[str, Tensor]

_TOO_LARGE = (
    "There is too little memory to load the examples of a step: {there}. Set batch_size lower, choose smaller inputs, "
    "or close other programs."
)


def feed(load: Callable[[Array], Batch], order: Sequence[Array], device: torch.device) -> Generator[Batch, None, None]:
    """Give the batches of ``order`` on ``device``.

    On the CPU they are loaded where they are asked for: a second thread would only take cores from the network.
    """
    if device.type == "cpu":
        yield from (load(indices) for indices in order)
        return
    ahead: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(1) as pool:
        for indices in order:
            ahead.append(pool.submit(_pinned, load, indices, device))
            if len(ahead) == 2:
                yield _moved(ahead.popleft(), device)
        while ahead:
            yield _moved(ahead.popleft(), device)


def shares(
    load: Callable[[Array], Batch], order: Sequence[Array], device: torch.device
) -> Generator[tuple[int, Batch | None], None, None]:
    """Give the number of examples of each batch of ``order`` and, on ``device``, those that are this process's.

    Raises:
        OutOfMemory: a batch cannot be loaded.
    """
    mine = [own_share(indices) for indices in order]
    with closing(feed(load, [share for share in mine if len(share)], device)) as batches:
        for indices, share in zip(order, mine, strict=True):
            with explained(_TOO_LARGE, device):
                batch = next(batches) if len(share) else None
            yield len(indices), batch


def _moved(loading: Future[Batch], device: torch.device) -> Batch:
    return {name: tensor.to(device, non_blocking=True) for name, tensor in loading.result().items()}


def _pinned(load: Callable[[Array], Batch], indices: Array, device: torch.device) -> Batch:
    """Load into page-locked memory, from which a CUDA device copies without holding up the program."""
    batch = load(indices)
    return {name: tensor.pin_memory() for name, tensor in batch.items()} if device.type == "cuda" else batch
