"""Smart fill: grow a region from a place pointed at, as far as scan and map look alike."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from napari_wsss.edit.operation import Effect, Scope
from napari_wsss.edit.restore import ball
from napari_wsss.edit.scene import Scene
from napari_wsss.params import knob
from napari_wsss.refine.holes import holes_of
from napari_wsss.refine.planes import Mode, neighbours
from napari_wsss.types import Array, BoolArray, LabelMap


class SmartFill(Effect):
    """Add the region around a place to one class, or remove it."""

    title: ClassVar[str] = "Smart fill"
    about: ClassVar[str] = "Click into a lesion: all that looks alike around the click is filled."
    scopes: ClassVar[tuple[Scope, ...]] = ()

    tolerance: float = knob(
        10.0,
        "How far the brightness may differ from the place clicked, as a part of the range from black to white on the "
        "screen.",
        ge=0.5, le=100.0, step=0.5, unit="%",
    )  # fmt: skip
    evidence: float = knob(
        0.0, "Only where the map reaches this (0 to 1); 0: wherever.", ge=0.0, le=1.0, step=0.01, title="map at least"
    )
    radius: float = knob(30.0, "Never farther than this from the click.", ge=1.0, le=150.0, step=1.0, unit="mm")
    mode: Mode = knob("2d", "2d: within the slice. 3d: through slices too.", title="works in")
    what: Literal["add", "remove"] = knob("add", "add: fill the region. remove: take it out of the mask.")
    holes: bool = knob(True, "Fill pinholes of the region: what noise has left open.", advanced=True)

    @property
    def needs_evidence(self) -> bool:
        """Whether the map is a limit."""
        return self.evidence > 0

    def part(self, mask: LabelMap, scene: Scene) -> slice:
        """Give the slices within reach of the place. Raises InputError where there is none in the scan."""
        z = scene.seed_inside()[0]
        reach = int(self.radius / scene.spacing[0]) if self.mode == "3d" else 0
        return slice(max(z - reach, 0), min(z + reach + 1, len(mask)))

    def change(self, own: BoolArray, scene: Scene) -> BoolArray:
        """Add the region (N, Y, X), or remove it."""
        region = self.region(scene)
        return own | region if self.what == "add" else own & ~region

    def region(self, scene: Scene) -> BoolArray:
        """Give what is connected with the place and looks alike, (N, Y, X)."""
        from scipy.ndimage import label

        seed, shape = scene.seed_inside(), scene.scan.shape[1:]
        reach = [int(self.radius / step) + 1 for step in scene.spacing]
        starts = [max(place - far, 0) for place, far in zip(seed, reach, strict=True)]
        box = tuple(
            slice(start, min(place + far + 1, size))
            for start, place, far, size in zip(starts, seed, reach, shape, strict=True)
        )
        here = tuple(place - start for place, start in zip(seed, starts, strict=True))
        alike = self._alike(scene, seed, box)
        alike &= ball(alike.shape, here, self.radius, scene.spacing)
        alike[here] = True
        numbers, _ = label(alike, neighbours(3, self.mode))
        grown: BoolArray = numbers == numbers[here]
        if self.holes:
            grown |= holes_of(grown, "2d", PINHOLE)
        result = np.zeros(shape, dtype=bool)
        result[box] = grown
        return result

    def _alike(self, scene: Scene, seed: tuple[int, ...], box: tuple[slice, ...]) -> BoolArray:
        """Mark the voxels of the box whose brightness, and map, are within the limits."""
        evidence = scene.evidence_of_class()
        alike = np.ones([part.stop - part.start for part in box], dtype=bool)
        if evidence is not None and self.evidence > 0:
            alike = evidence[0][box] >= np.float32(self.evidence)
        for index, channel in enumerate(scene.channels):
            low, high = scene.window(index)
            limit = self.tolerance / 100 * (high - low)
            difference = scene.scan[channel][box].astype(np.float32) - _brightness(scene.scan[channel], seed)
            alike &= np.abs(difference) <= limit
        return alike


PINHOLE = 4
"""Voxels of a hole that noise may leave open; larger ones are meant."""


def _brightness(array: Array, seed: tuple[int, ...]) -> float:
    """Give the median of the 3 × 3 voxels of the slice around a place: one noisy voxel does not decide."""
    z, y, x = seed
    return float(np.median(array[z, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]))
