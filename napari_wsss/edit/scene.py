"""Scene: what an operation on a mask may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.types import Array, FloatArray, LabelMap, Spacing

Seed = tuple[int, int, int]
"""A voxel, Z, Y, X."""


@dataclass(frozen=True, eq=False)
class Scene:
    """All there is beside the mask itself.

    Attributes:
        scan: (C, Z, Y, X).
        spacing: voxel size along Z, Y, X in mm.
        z: the slice at hand, 0 … Z - 1.
        label: value of the class that is worked on, 1 … number of classes.
        span: first and last slice of a range, both included; None where none was chosen.
        evidence: (classes, Z, Y, X) in [0, 1], if there is any.
        others: further masks (Z, Y, X) by name: "proposal", "accepted", "segmenter", "start", "version 1", …
        corrected: slices that a person painted in.
        seed: the voxel pointed at, if any.
        channels: the channels to compare brightness in.
        windows: for each of ``channels`` the brightness shown as black and as white; empty where it is not known.
    """

    scan: Array
    spacing: Spacing
    z: int = 0
    label: int = 1
    span: tuple[int, int] | None = None
    evidence: FloatArray | None = None
    others: Mapping[str, LabelMap] = field(default_factory=dict)
    corrected: frozenset[int] = frozenset()
    seed: Seed | None = None
    channels: tuple[int, ...] = (0,)
    windows: tuple[tuple[float, float], ...] = ()

    def cut(self, part: slice) -> Self:
        """Give the scene of some slices alone; nothing is copied."""
        start = part.start
        return replace(
            self,
            scan=self.scan[:, part],
            z=self.z - start,
            span=None,
            evidence=None if self.evidence is None else self.evidence[:, part],
            others={name: mask[part] for name, mask in self.others.items()},
            corrected=frozenset(z - start for z in self.corrected),
            seed=None if self.seed is None else (self.seed[0] - start, *self.seed[1:]),
        )

    def other(self, name: str) -> LabelMap:
        """Give another mask. Raises InputError where there is none of this name."""
        if name not in self.others:
            there = f"there are: {', '.join(self.others)}" if self.others else "there is none"
            raise InputError(f"There is no mask '{name}' of this case; {there}.")
        return self.others[name]

    def seed_inside(self) -> Seed:
        """Give the voxel pointed at. Raises InputError where there is none in the scan."""
        if self.seed is None:
            raise InputError("No place was pointed at; click into the scan, or give one as Z,Y,X.")
        if not all(0 <= place < size for place, size in zip(self.seed, self.scan.shape[1:], strict=True)):
            raise InputError(f"The place {self.seed} lies outside the scan of {self.scan.shape[1:]} (Z, Y, X) voxels.")
        return self.seed

    def evidence_of_class(self) -> FloatArray | None:
        """Give the map of the class worked on, (1, Z, Y, X), if there is one."""
        if self.evidence is None or len(self.evidence) < self.label:
            return None
        return self.evidence[self.label - 1 : self.label]

    def window(self, index: int) -> tuple[float, float]:
        """Give the brightness shown as black and as white of ``channels[index]``; robust limits where unknown."""
        if index < len(self.windows):
            return self.windows[index]
        array = self.scan[self.channels[index]]
        sample = array[tuple(slice(None, None, max(1, size // 48)) for size in array.shape)]
        low, high = np.percentile(sample, (1.0, 99.5))
        return float(low), float(high)
