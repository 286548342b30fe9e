"""Non-maximum suppression of masks."""

from __future__ import annotations

import numpy as np

from napari_wsss.types import Array, FloatArray


def non_maximum_suppression(members: Array, confidence: FloatArray, overlap: float) -> list[int]:
    """Keep the most confident mask, drop all that overlap with it too much, and so on with those that are left.

    The overlap of two masks is what they share over what they cover together (Jaccard index).

    Args:
        members: (N, bytes) uint8, masks as ``numpy.packbits`` packs them, unused bits 0.
        confidence: (N,); of equals the first goes first.
        overlap: a mask that overlaps by more than this, in [0, 1], with one that is kept is dropped; so are empty
            masks.

    Returns:
        Numbers of the masks kept, the most confident first.
    """
    sizes = np.array([_voxels(mask) for mask in members], dtype=np.int64)
    left = [number for number in np.argsort(-confidence, kind="stable").tolist() if sizes[number]]
    kept = []
    while left:
        best, *others = left
        kept.append(best)
        left = [other for other in others if _jaccard(members, sizes, best, other) <= overlap]
    return kept


def _jaccard(members: Array, sizes: Array, one: int, other: int) -> float:
    shared = _voxels(members[one] & members[other])
    return shared / int(sizes[one] + sizes[other] - shared)


def _voxels(mask: Array) -> int:
    return int(np.bitwise_count(mask).sum(dtype=np.int64))
