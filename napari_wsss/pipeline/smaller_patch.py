"""Smaller patches: what a training in 3-D does when even one patch at a time does not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, Self, TypeVar

from napari_wsss.errors import OutOfMemory
from napari_wsss.progress import Note, Work

Patch = tuple[int, int, int]
SMALLEST = 8
"""Voxels below which no side is halved."""


class Patched(Protocol):
    """A step that learns from patches."""

    @property
    def patch(self) -> Patch:
        """Depth, height and width."""
        ...

    def replace(self, **changes: object) -> Self:
        """Give the same step with other settings."""
        ...


S = TypeVar("S", bound=Patched)
R = TypeVar("R")


def with_smaller_patches(step: S, train: Callable[[S], Work[R]]) -> Work[R]:
    """Train as ``step`` says; where memory runs out, train with its patches halved, and so on.

    Args:
        step: the settings asked for.
        train: does the training of a step.

    Raises:
        OutOfMemory: patches that cannot be halved any more do not fit.
    """
    while True:
        try:
            return (yield from train(step))
        except OutOfMemory:
            smaller = halved(step.patch)
            if smaller == step.patch:
                raise
        # Here the error is gone, and with it all that it held in memory.
        yield Note(
            f"Patches of {_words(step.patch)} voxels do not fit into memory: the training goes on with patches of "
            f"{_words(smaller)}, which show the network less around a place.",
            "warning",
        )
        step = step.replace(patch=smaller)


def halved(patch: Patch) -> Patch:
    """Halve the longest sides; a side that would become shorter than 8 voxels stays."""
    longest = max(patch)
    depth, height, width = (side // 2 if side == longest and side >= 2 * SMALLEST else side for side in patch)
    return depth, height, width


def _words(patch: Sequence[int]) -> str:
    return " × ".join(map(str, patch))
