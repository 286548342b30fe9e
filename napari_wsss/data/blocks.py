"""Blocks: a prepared volume cut across its depth into pieces that are examples of their own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_wsss.data.volume_box import VolumeBox

LATTICE = 8
"""Blocks begin and end at multiples of it, so that the cells of their maps (stride 4 or 8) lie on one lattice."""


def block_places(box: VolumeBox, depth: int, step: int | None = None) -> list[tuple[int, int]]:
    """Say where the blocks of a volume lie.

    Args:
        box: how the scan lies in the volume; the empty planes before and after it are left out as far as possible.
        depth: planes of a block, a multiple of 8; 0, or as many as there are, makes the whole volume one block.
        step: planes from one block to the next, a multiple of 8; None for ``depth``. The last block is moved back to
            end with the scan.

    Returns:
        (first, last): a block holds planes ``first`` … ``last`` - 1; all are ``depth`` deep.
    """
    planes = box.shape[0]
    if not 0 < depth < planes:
        return [(0, planes)]
    inside = box.inside[0]
    latest = (planes - depth) // LATTICE * LATTICE
    first = min(inside.start // LATTICE * LATTICE, latest)
    last = min(max(first, -((depth - inside.stop) // LATTICE) * LATTICE), latest)
    starts = sorted({*range(first, last, step or depth), last})
    return [(start, start + depth) for start in starts]


def block_labels(box: VolumeBox, places: list[tuple[int, int]], slices: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Derive the labels of blocks from those of the slices in them.

    Args:
        box: how the scan lies in the volume.
        places: the blocks, as :func:`block_places` gives them.
        slices: (Z, C): 1, 0, or -1 where unknown.

    Returns:
        (blocks, C): 1 where a slice of the block has the class, 0 where all are known not to have it, else -1.
    """
    return np.array([_label(slices[box.slices_in(*place)]) for place in places], dtype=np.int8).reshape(
        len(places), slices.shape[1]
    )


def _label(slices: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Give (C,) from (n, C); of no slice nothing is known."""
    if not len(slices):
        return np.full(slices.shape[1], -1, dtype=np.int8)
    absent = np.where((slices == 0).all(axis=0), np.int8(0), np.int8(-1))
    return np.where((slices == 1).any(axis=0), np.int8(1), absent)
