"""Operation: the base of what can be done to a mask at one go."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np

from napari_wsss.edit.scene import Scene
from napari_wsss.errors import InputError
from napari_wsss.params import Params, knob
from napari_wsss.types import BoolArray, LabelMap

Scope = Literal["slice", "range", "volume"]


class Operation(Params):
    """Works on the slices of its scope; others never change.

    Attributes:
        title: its name as shown.
        about: what it does, in words a clinician reads.
        scopes: the scopes that make sense; empty where the operation finds its slices by itself.
    """

    title: ClassVar[str]
    about: ClassVar[str]
    scopes: ClassVar[tuple[Scope, ...]] = ("slice", "range", "volume")

    scope: Scope = knob(
        "slice", "Where it works: slice: the one shown. range: the slices chosen. volume: the whole scan."
    )

    @property
    def needs_evidence(self) -> bool:
        """Whether it looks at the map, as it is set."""
        return False

    @abstractmethod
    def apply(self, mask: LabelMap, scene: Scene) -> LabelMap:
        """Give the mask as it becomes; ``mask`` (Z, Y, X) stays as it is.

        Raises:
            InputError: a slice, place or mask that the scene does not have.
        """

    def part(self, mask: LabelMap, scene: Scene) -> slice:
        """Give the slices of the scope. Raises InputError where they are not all in the mask."""
        first, last = (0, len(mask) - 1) if self.scope == "volume" else (scene.z, scene.z)
        if self.scope == "range":
            if scene.span is None:
                raise InputError(f"{self.title}: no range of slices was chosen; give the first and the last.")
            first, last = sorted(scene.span)
        if first < 0 or last >= len(mask):
            raise InputError(f"{self.title}: slices {first} to {last}, but the scan has 0 to {len(mask) - 1}.")
        return slice(first, last + 1)

    def details(self, scene: Scene) -> dict[str, Any]:
        """Give the settings as they are kept with the edit, JSON values."""
        kept = self.model_dump(mode="json")
        if not self.scopes:
            kept.pop("scope")
        elif self.scope != "volume":
            kept["slices"] = [scene.z, scene.z] if self.scope == "slice" else sorted(scene.span or ())
        return kept


class Effect(Operation):
    """An operation that works on one class and leaves the others alone.

    The slices of the scope are treated as if there were no others: a part that reaches beyond them counts as large as
    it is within.
    """

    def apply(self, mask: LabelMap, scene: Scene) -> LabelMap:
        """Change the class in the slices of the scope. Raises InputError as :meth:`part` and :meth:`change`."""
        part = self.part(mask, scene)
        own = mask[part] == scene.label
        result = mask.copy()
        put_class(result[part], self.change(own, scene.cut(part)), scene.label)
        return result

    @abstractmethod
    def change(self, own: BoolArray, scene: Scene) -> BoolArray:
        """Give the class's voxels (N, Y, X) as they become, from ``own``, as they are; both of the scope alone."""


def put_class(labels: LabelMap, wanted: BoolArray, label: int) -> None:
    """Make ``wanted`` the voxels of class ``label`` in ``labels``, in place; voxels of other classes stay."""
    own = labels == label
    labels[own & ~wanted] = 0
    np.putmask(labels, wanted & (labels == 0), np.uint8(label))
