"""Fill between slices: the outlines between two painted slices, interpolated."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_wsss.edit.operation import Effect, Scope
from napari_wsss.edit.scene import Scene
from napari_wsss.errors import InputError
from napari_wsss.params import knob
from napari_wsss.refine.classes import bounding_box
from napari_wsss.types import BoolArray


class FillBetween(Effect):
    """Effect "Fill between slices" of 3D Slicer, on one class.

    Each of two painted slices gives the signed distance to its outline in mm; what lies between changes from one to
    the other evenly (shape-based interpolation of Raya & Udupa, 1990). Where two outlines do not overlap, both are
    moved towards each other as well, so that the lesion does not vanish half way.
    """

    title: ClassVar[str] = "Fill between slices"
    about: ClassVar[str] = "Paint the lesion in some slices; those between are filled."
    scopes: ClassVar[tuple[Scope, ...]] = ("range", "volume")

    scope: Scope = knob("volume", "Where it works: range: the slices chosen. volume: the whole scan.")
    painted: Literal["filled", "corrected"] = knob(
        "filled",
        "Which slices are kept as they are. filled: all that hold the lesion; empty ones between are filled. "
        "corrected: those you painted in; all between are made anew.",
    )

    def change(self, own: BoolArray, scene: Scene) -> BoolArray:
        """Fill (N, Y, X). Raises InputError where there are no two painted slices with others between."""
        filled = np.flatnonzero(own.any(axis=(1, 2))).tolist()
        kept = [z for z in filled if self.painted == "filled" or z in scene.corrected]
        pairs = [(first, last) for first, last in pairwise(kept) if last - first > 1]
        if not pairs:
            raise InputError(
                "Fill between slices: no two painted slices with a gap between; paint the lesion in two slices that "
                "are not neighbours."
            )
        result = own.copy()
        for first, last in pairs:
            between(result, first, last, scene.spacing[1:])
        return result


def between(mask: BoolArray, first: int, last: int, spacing: tuple[float, ...]) -> None:
    """Fill the slices between ``first`` and ``last`` of (Z, Y, X), in place; neither of the two is empty.

    Args:
        mask: changed between the two slices.
        first: a painted slice.
        last: another one behind it.
        spacing: along Y and X in mm.
    """
    box = bounding_box(mask[first] | mask[last], 1)
    if box is None:
        return
    ends = mask[first][box], mask[last][box]
    distances = [signed_distance(end, spacing) for end in ends]
    apart = not (ends[0] & ends[1]).any()
    way = _centre(ends[1]) - _centre(ends[0]) if apart else np.zeros(2)
    mask[first + 1 : last] = False
    for z in range(first + 1, last):
        share = (z - first) / (last - first)
        moved = _moved(distances[0], share * way), _moved(distances[1], (share - 1) * way)
        mask[z][box] = (1 - share) * moved[0] + share * moved[1] > 0


def signed_distance(mask: BoolArray, spacing: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Give the distance (Y, X) in mm from each voxel's centre to the nearest on the other side; above 0 inside.

    Beyond the edge of the array nothing is known: it counts neither as inside nor as outside.
    """
    from scipy.ndimage import distance_transform_edt

    if mask.all():
        return np.full(mask.shape, float(np.hypot(*np.multiply(mask.shape, spacing))))
    inside: npt.NDArray[np.float64] = distance_transform_edt(mask, spacing)
    outside: npt.NDArray[np.float64] = distance_transform_edt(~mask, spacing)
    return inside - outside


def _centre(mask: BoolArray) -> npt.NDArray[np.float64]:
    centre: npt.NDArray[np.float64] = np.argwhere(mask).mean(axis=0)
    return centre


def _moved(distance: npt.NDArray[np.float64], by: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    from scipy.ndimage import shift

    if not by.any():
        return distance
    moved: npt.NDArray[np.float64] = shift(distance, by, order=1, mode="nearest")
    return moved
