"""Restore: bring the proposal back where a correction went wrong."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from napari_wsss.edit.operation import Operation, put_class
from napari_wsss.edit.scene import Scene
from napari_wsss.params import knob
from napari_wsss.types import BoolArray, LabelMap


class Restore(Operation):
    """Make a region what it is in another mask."""

    title: ClassVar[str] = "Restore"
    about: ClassVar[str] = "Bring the proposal back: in the slices chosen, or around the place clicked."

    other: str = knob("proposal", "The mask that is brought back.", title="from")
    around: float = knob(
        0.0, "Only as far as this from the place clicked; 0: everywhere in the slices.", ge=0.0, le=100.0, step=1.0,
        unit="mm",
    )  # fmt: skip
    every_class: bool = knob(True, "Bring back all classes, not the chosen one alone.")

    def apply(self, mask: LabelMap, scene: Scene) -> LabelMap:
        """Restore the scope. Raises InputError where there is no such mask, or ``around`` has no place."""
        part = self.part(mask, scene)
        here = scene.cut(part)
        result = mask.copy()
        labels, other = result[part], here.other(self.other)
        inside = self._inside(labels.shape, here)
        if self.every_class:
            labels[inside] = other[inside]
        else:
            wanted = np.where(inside, other == scene.label, labels == scene.label)
            put_class(labels, wanted, scene.label)
        return result

    def _inside(self, shape: tuple[int, ...], scene: Scene) -> BoolArray:
        if not self.around:
            return np.ones(shape, dtype=bool)
        return ball(shape, scene.seed_inside(), self.around, scene.spacing)


def ball(shape: tuple[int, ...], centre: tuple[int, ...], radius: float, spacing: tuple[float, ...]) -> BoolArray:
    """Give the voxels (Z, Y, X) whose centre lies at most ``radius`` mm from that of ``centre``."""
    axes = np.ogrid[tuple(slice(0, size) for size in shape)]
    squares = [((axis - place) * step) ** 2 for axis, place, step in zip(axes, centre, spacing, strict=True)]
    inside: BoolArray = sum(squares[1:], squares[0]) <= radius**2 + 1e-9
    return inside
