"""Copy slice: take the outline over from the slice before or after."""

from __future__ import annotations

from typing import ClassVar, Literal

from napari_wsss.edit.operation import Operation, Scope, put_class
from napari_wsss.edit.scene import Scene
from napari_wsss.errors import InputError
from napari_wsss.params import knob
from napari_wsss.types import LabelMap


class CopySlice(Operation):
    """Make a slice's mask of one class that of its neighbour."""

    title: ClassVar[str] = "Copy slice"
    about: ClassVar[str] = "Take the mask over from the slice before or after."
    scopes: ClassVar[tuple[Scope, ...]] = ("slice",)

    side: Literal["previous", "next"] = knob("previous", "Which slice is copied.")
    how: Literal["replace", "add"] = knob(
        "replace", "replace: the slice becomes the other one's copy. add: what is in it stays."
    )

    def apply(self, mask: LabelMap, scene: Scene) -> LabelMap:
        """Copy into slice ``scene.z``. Raises InputError where there is no slice before or after."""
        z = self.part(mask, scene).start
        source = z - 1 if self.side == "previous" else z + 1
        if not 0 <= source < len(mask):
            raise InputError(
                f"Slice {z} is the {'first' if source < 0 else 'last'}; there is no {self.side} slice to copy."
            )
        wanted = mask[source] == scene.label
        result = mask.copy()
        put_class(result[z], wanted | (mask[z] == scene.label) if self.how == "add" else wanted, scene.label)
        return result
