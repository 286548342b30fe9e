"""2D or 3D: whether a filter looks at each slice by itself."""

from __future__ import annotations

from typing import Literal

import numpy as np

from napari_wsss.types import BoolArray

Mode = Literal["2d", "3d"]


def neighbours(ndim: int, mode: Mode, *, corners: bool = False) -> BoolArray:
    """Give the (3, …, 3) neighbourhood in which voxels touch, as scipy.ndimage takes it.

    Args:
        ndim: number of axes.
        mode: "2d": voxels of different slices, along axis 0, never touch.
        corners: voxels that share an edge or a corner touch too, else only those that share a face.
    """
    from scipy.ndimage import generate_binary_structure

    structure: BoolArray = generate_binary_structure(ndim, ndim if corners else 1)
    if mode == "2d":
        structure[[0, 2]] = False
    return structure


def voxel_volume(spacing: tuple[float, ...]) -> float:
    """Give mm³ of a voxel of ``spacing`` mm (mm² in two dimensions)."""
    return float(np.prod(spacing))
