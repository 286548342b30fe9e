"""Smoothing: even out the border of a mask."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from napari_wsss.edit.operation import Effect
from napari_wsss.edit.scene import Scene
from napari_wsss.params import knob
from napari_wsss.refine.classes import bounding_box
from napari_wsss.refine.margin import in_plane, within
from napari_wsss.refine.smooth import Smooth, smooth_outline
from napari_wsss.types import BoolArray, Spacing


class Smoothing(Smooth, Effect):
    """Effect "Smoothing" of 3D Slicer, on one class."""

    title: ClassVar[str] = "Smoothing"
    about: ClassVar[str] = "Even out the border."

    method: Literal["gaussian", "opening", "closing"] = knob(
        "gaussian",
        "gaussian: bumps and dents alike; the lesion stays as large as it was. opening: remove what is thinner than "
        "the size. closing: fill gaps narrower than the size.",
    )

    def change(self, own: BoolArray, scene: Scene) -> BoolArray:
        """Smooth (N, Y, X); ``opening`` and ``closing`` go half the size in and out again, or out and in."""
        if self.method == "gaussian":
            return smooth_outline(own.astype(np.uint8), scene.spacing, self) > 0
        steps = in_plane(scene.spacing) if self.mode == "2d" else scene.spacing
        box = bounding_box(own, 1 + int(self.size / min(steps)))
        if box is None:
            return own
        result = own.copy()
        result[box] = (
            _open(own[box], steps, self.size) if self.method == "opening" else _close(own[box], steps, self.size)
        )
        return result


def _open(own: BoolArray, steps: tuple[float, ...] | Spacing, size: float) -> BoolArray:
    return within(own & ~within(~own, steps, size / 2), steps, size / 2) & own


def _close(own: BoolArray, steps: tuple[float, ...] | Spacing, size: float) -> BoolArray:
    grown = within(own, steps, size / 2)
    return (grown & ~within(~grown, steps, size / 2)) | own
