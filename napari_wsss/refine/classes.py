"""A filter of one mask, applied to a label map: each class by itself, cropped to where it lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from napari_wsss.types import BoolArray, LabelMap

Box = tuple[slice, ...]


def each_class(labels: LabelMap, change: Callable[[BoolArray, int, Box], BoolArray], reach: int = 0) -> LabelMap:
    """Change every class's mask by itself.

    A voxel that a class gives up becomes background. A class takes background only, never another class's voxel; where
    two classes want the same background voxel, the lower class has it.

    Args:
        labels: (*S), 0 background, c + 1 for class c.
        change: given a class's mask, cropped to where the class lies and ``reach`` voxels around, the class c and
            the crop, gives the new mask of the same shape.
        reach: how many voxels beyond its bounding box a class may grow.

    Returns:
        (*S) uint8; ``labels`` stays as it is.
    """
    result = np.zeros_like(labels)
    for index in classes_of(labels):
        whole = labels == index + 1
        crop = bounding_box(whole, reach)
        if crop is None:
            continue
        own = whole[crop]
        changed = change(own, index, crop)
        free = own | ((labels[crop] == 0) & (result[crop] == 0))
        result[crop][changed & free] = index + 1
    return result


def classes_of(labels: LabelMap) -> Iterator[int]:
    """Give the classes c that a label map may hold, lowest first."""
    yield from range(int(labels.max(initial=0)))


def bounding_box(mask: BoolArray, reach: int = 0) -> Box | None:
    """Give the smallest box around all True voxels of (*S), widened by ``reach`` voxels within the array; or None."""
    box: list[slice] = []
    for axis in range(mask.ndim):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        # Cropping axis by axis keeps each further look short.
        filled = np.flatnonzero(mask[tuple(box)].any(axis=others))
        if not len(filled):
            return None
        box.append(slice(max(int(filled[0]) - reach, 0), int(filled[-1]) + 1 + reach))
    return tuple(slice(part.start, min(part.stop, size)) for part, size in zip(box, mask.shape, strict=True))


def largest_part(mask: BoolArray) -> BoolArray:
    """Give the largest part of ``mask`` (*S) whose voxels touch side by side; nothing of an empty mask."""
    from scipy.ndimage import label

    numbers, count = label(mask)
    # Number 0 is what lies outside: it is counted as empty, so that it is chosen only where there is nothing else.
    largest: BoolArray = mask & (numbers == np.bincount(numbers[mask], minlength=count + 1).argmax())
    return largest
