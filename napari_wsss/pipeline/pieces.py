"""Pieces of volumes with their labels, all of one size: what 3-D networks learn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_wsss.data.filled import filled_up
from napari_wsss.pipeline.mask_file import MaskFile
from napari_wsss.pipeline.on_disk import OnDisk, Place
from napari_wsss.types import Array, LabelMap


class Pieces:
    """Pieces of volumes and of their label maps, filled up at the far ends where a volume is smaller.

    All of it stays on the disk: the labels of a whole cohort would not fit into memory.

    Args:
        folder: where the labels may lie.
        sides: voxels of a piece.
        beyond: the label outside a volume.
    """

    def __init__(self, folder: Path, sides: Sequence[int], beyond: int) -> None:
        self._sides, self._beyond = tuple(sides), beyond
        self._places: list[tuple[Array | OnDisk, Place]] = []
        self._labels = MaskFile(folder)

    def __len__(self) -> int:
        return len(self._places)

    def add(self, volume: Array | OnDisk, labels: LabelMap, places: Iterable[Place]) -> None:
        """Take the pieces at ``places`` of a volume (channels, D, H, W) and its labels (D, H, W) uint8.

        Raises:
            ProjectError: the labels cannot be written.
        """
        for place in places:
            missing = [(0, side - (along.stop - along.start)) for side, along in zip(self._sides, place, strict=True)]
            self._labels.add(np.pad(labels[place], missing, constant_values=self._beyond)[None])
            self._places.append((volume, place))

    def images(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> Array:
        """Give (B, channels, *sides), of the volumes' type."""
        found = (self._places[index] for index in indices)
        return np.stack([filled_up(volume[(slice(None), *place)], self._sides) for volume, place in found])

    def labels(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> LabelMap:
        """Give (B, *sides) uint8."""
        return self._labels.read(indices)
