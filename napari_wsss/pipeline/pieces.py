"""Pieces of volumes with their labels, all of one size: what 3-D networks learn from."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from napari_wsss.data.filled import filled_up
from napari_wsss.types import Array, LabelMap

Place = tuple[slice, ...]


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of a volume and of its label map, filled up to ``sides`` at the far ends where the volume is smaller.

    Labels are packed, to about a hundredth of their room; those of a whole cohort would not fit into memory.

    Attributes:
        volume: (channels, D, H, W), may be memory-mapped.
        place: where in it the piece lies.
        sides: voxels of the piece.
        packed: its labels.
    """

    volume: Array
    place: Place
    sides: Sequence[int]
    packed: bytes

    @classmethod
    def of(cls, volume: Array, labels: LabelMap, place: Place, sides: Sequence[int], beyond: int) -> Self:
        """Take the piece at ``place`` of a volume and its labels (D, H, W) uint8, which are ``beyond`` outside it."""
        missing = [(0, side - (along.stop - along.start)) for side, along in zip(sides, place, strict=True)]
        chosen = np.pad(labels[place], missing, constant_values=beyond)
        return cls(volume, place, tuple(sides), zlib.compress(chosen.tobytes(), 1))

    @property
    def image(self) -> Array:
        """(channels, *sides), of the volume's type."""
        return filled_up(self.volume[(slice(None), *self.place)], self.sides)

    @property
    def labels(self) -> LabelMap:
        """(*sides) uint8."""
        return np.frombuffer(zlib.decompress(self.packed), dtype=np.uint8).reshape(self.sides)
