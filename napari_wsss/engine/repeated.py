"""Few examples gone through several times an epoch, so that a small cohort gets as many steps as a large one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from napari_wsss.engine.training import Anew, Batches
from napari_wsss.types import Array

if TYPE_CHECKING:
    from napari_wsss.engine.feed import Batch


def times(examples: int, least: int) -> int:
    """Give how often each of ``examples`` (at least 1) comes, so that there are at least ``least`` in all."""
    return max(1, math.ceil(least / examples))


def repeated(batches: Batches, least: int) -> Batches:
    """Give ``batches`` as they are, or each example several times where there are fewer than ``least`` of them."""
    often = times(len(batches), least) if len(batches) else 1
    return Repeated(batches, often) if often > 1 else batches


class Repeated:
    """Every example ``often`` times; augmentation changes each of them anew."""

    def __init__(self, batches: Batches, often: int) -> None:
        self._batches, self._often = batches, often

    def __len__(self) -> int:
        return len(self._batches) * self._often

    def load(self, indices: Array) -> Batch:
        """Give a batch as the examples do."""
        return self._batches.load(indices % len(self._batches))

    def begin(self, epoch: int) -> None:
        """Let examples that are drawn anew for each epoch be drawn."""
        if isinstance(self._batches, Anew):
            self._batches.begin(epoch)
