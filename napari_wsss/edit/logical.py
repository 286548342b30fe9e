"""Logical operators: combine the mask with another one."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from napari_wsss.edit.operation import Effect
from napari_wsss.edit.scene import Scene
from napari_wsss.params import knob
from napari_wsss.types import BoolArray

ALONE = ("invert", "clear")
"""What needs no other mask."""


class Logical(Effect):
    """Effect "Logical operators" of 3D Slicer, on one class."""

    title: ClassVar[str] = "Logical operators"
    about: ClassVar[str] = "Combine the mask with another one, or turn it inside out, or empty it."

    how: Literal["add", "subtract", "intersect", "xor", "copy", "invert", "clear"] = knob(
        "add",
        "add: what is in either (union). subtract: what is not in the other. intersect: what is in both. xor: what is "
        "in one of them only. copy: the other one. invert: what is not in the mask now. clear: nothing.",
    )
    other: str = knob("proposal", "The other mask. invert and clear need none.", title="other mask")

    def change(self, own: BoolArray, scene: Scene) -> BoolArray:
        """Combine (N, Y, X) with the same class of the other mask."""
        if self.how == "invert":
            return ~own
        if self.how == "clear":
            return np.zeros_like(own)
        other: BoolArray = scene.other(self.other) == scene.label
        results: dict[str, BoolArray] = {
            "add": own | other,
            "subtract": own & ~other,
            "intersect": own & other,
            "xor": own ^ other,
            "copy": other,
        }
        return results[self.how]
