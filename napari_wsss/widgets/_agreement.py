"""How well the mask on the desk agrees with the reference or the accepted mask."""

from __future__ import annotations

from collections.abc import Sequence

from napari_wsss.metrics.overlap import class_counts, confusion, dice
from napari_wsss.types import LabelMap
from napari_wsss.widgets._loading import Loaded


def agreement(mask: LabelMap, loaded: Loaded | None, classes: Sequence[str]) -> str:
    """Give one line with the Dice of every class, or an empty one when there is nothing to compare with."""
    truth = loaded.truth if loaded is not None else None
    if loaded is None or truth is None:
        return ""
    target, slices = truth
    scores = foreground_dice(mask[slices], target[slices], len(classes))
    name = "expert mask" if loaded.reference is not None else "accepted mask"
    if len(classes) == 1:
        return f"Dice with the {name}: <b>{scores[0]:.3f}</b>"
    return f"Dice with the {name}: " + ", ".join(f"{c} <b>{s:.3f}</b>" for c, s in zip(classes, scores, strict=True))


def foreground_dice(mask: LabelMap, target: LabelMap, classes: int) -> list[float]:
    """Give the Dice of each class. Voxels that are background in both are left out, which changes nothing but time.

    Raises:
        InputError: a label above ``classes``.
    """
    somewhere = (mask | target) != 0
    matrix = confusion(mask[somewhere], target[somewhere], classes)
    return [dice(class_counts(matrix, index)) for index in range(classes)]
