"""How large a lesion is across and around: the mesh on its surface, the hull of it, the largest distance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from napari_wsss.data.volume import Geometry
from napari_wsss.types import Array, BoolArray, FloatArray

_LAYER = 50_000
"""Voxels that marching cubes get at once, about: some milliseconds."""
_BLOCK = 512
"""Points whose distances to all others are computed at once: some megabytes."""


def outline(part: BoolArray, start: Array, geometry: Geometry) -> tuple[FloatArray, float]:
    """Lay a surface half-way between the voxels inside and outside.

    Args:
        part: (Z, Y, X) of a box, at least one voxel inside.
        start: (3,) where the box begins in the grid, along Z, Y, X.
        geometry: the grid; one slice alone (Z = 1) is outlined in its plane.

    Returns:
        (N, 3) points of it in scanner space, mm; and its area in mm², 0 of a single image.
    """
    padded = np.pad(part, 1)
    if geometry.shape[0] == 1:
        lines = _lines(padded[1])
        return _in_space(np.column_stack([np.zeros(len(lines)), lines]) + start, geometry), 0.0
    pieces, surface = [], 0.0
    for points, faces in _meshes(padded):
        placed = _in_space(points + start, geometry)
        pieces.append(placed)
        surface += _area(placed[faces])
    return np.concatenate(pieces), surface


def hull(points: FloatArray) -> FloatArray:
    """Give the corners of the convex hull of points (N, 3); all of them where they are few or lie in a plane."""
    from scipy.spatial import ConvexHull, QhullError

    if len(points) < _BLOCK:
        return points
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except QhullError:  # a single image: its points lie in one plane
        return _flat_hull(points)


def diameter(points: FloatArray) -> float:
    """Give the largest distance between any two points (N, 3), mm."""
    from scipy.spatial.distance import cdist

    corners = hull(points)
    blocks = (cdist(corners[first : first + _BLOCK], corners).max() for first in range(0, len(corners), _BLOCK))
    return float(max(blocks))


def _flat_hull(points: FloatArray) -> FloatArray:
    from scipy.spatial import ConvexHull

    middle = points.mean(axis=0)
    axes = np.linalg.svd(points - middle, full_matrices=False)[2][:2]
    return np.asarray(points[ConvexHull((points - middle) @ axes.T).vertices])


def _lines(padded: BoolArray) -> FloatArray:
    """Give the corners of the lines around a part (Y, X), as places in it without its margin of one pixel."""
    from skimage.measure import find_contours

    return np.concatenate(find_contours(padded.astype(np.float32), 0.5)) - 1


def _meshes(padded: BoolArray) -> Iterator[tuple[FloatArray, Array]]:
    """Give the surface of a part (Z, Y, X) in layers: corners as places without the margin of one voxel, and triangles.

    In layers, because marching cubes let nobody else work meanwhile: the window would stand still.
    """
    from skimage.measure import marching_cubes

    thick = max(1, _LAYER // padded[0].size)
    for first in range(0, len(padded) - 1, thick):
        layer = padded[first : first + thick + 1]
        if layer.any() and not layer.all():
            points, faces, _, _ = marching_cubes(layer.astype(np.float32), 0.5)
            yield points + np.array([first - 1, -1, -1]), faces


def _area(triangles: FloatArray) -> float:
    """Give the area of triangles (N, corner, 3), mm²."""
    one, other = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    return float(np.linalg.norm(np.cross(one, other), axis=1).sum() / 2)


def _in_space(places: FloatArray, geometry: Geometry) -> FloatArray:
    """Give places (N, 3) along Z, Y, X in scanner space, mm."""
    return np.asarray(places[:, ::-1] @ geometry.affine[:3, :3].T + geometry.affine[:3, 3])
