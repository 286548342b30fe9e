"""Random choices that depend on (seed, epoch, step) alone, so that a resumed run makes the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from napari_wsss.types import Array


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw torch's random numbers from ``seed`` inside, and leave its generators as they were.

    For building a network with random weights.
    """
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        yield


def batch_order(examples: int, batch_size: int, seed: int, epoch: int) -> list[Array]:
    """Deal all examples, shuffled, into the batches of one epoch.

    The batches are as equal as possible, since a small last batch would weigh its examples more and a batch of
    one cannot be normalised by its own statistics: one example joins another batch where that is possible.

    Args:
        examples: how many there are, ≥ 1.
        batch_size: examples in a batch (``batch_size`` = 2 may give a few batches of 3).
        seed: of the run.
        epoch: 0, 1, …

    Returns:
        Index arrays; together every index once.
    """
    order = np.random.default_rng((seed, epoch)).permutation(examples)
    return np.array_split(order, steps_per_epoch(examples, batch_size))


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Give the number of batches of :func:`batch_order`."""
    steps = -(-examples // batch_size)
    return examples // 2 if batch_size > 1 and examples > 1 and examples // steps == 1 else steps


def step_rng(seed: int, epoch: int, step: int, rank: int = 0) -> np.random.Generator:
    """Give the generator of one step's augmentation, and start torch's own (dropout) from it.

    Of several processes each has its own, by its ``rank``.
    """
    rng = np.random.default_rng((seed, epoch, step, rank) if rank else (seed, epoch, step))
    _start(int(rng.integers(2**62)))
    return rng


def _start(seed: int) -> None:
    """Do what torch.manual_seed does, for devices in use only: it takes 0.5 ms and queues calls for idle ones."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(seed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)
