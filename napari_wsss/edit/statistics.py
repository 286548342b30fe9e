"""Statistics: every lesion of a mask measured, and each class as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from napari_wsss.data.volume import Geometry, Volume
from napari_wsss.edit.extent import diameter, hull, outline
from napari_wsss.errors import InputError
from napari_wsss.progress import Progress, Work
from napari_wsss.types import Array, BoolArray, FloatArray, LabelMap

Point = tuple[float, float, float]

PAUSE = 0.02
"""Seconds after which it tells how far it is; more often, thousands of small lesions would keep the listener busy."""


@dataclass(frozen=True)
class Intensity:
    """Grey values of one channel inside a lesion, as they are in the scan (Hounsfield units for CT).

    Attributes:
        mean: their mean.
        sd: their standard deviation; of the voxels there are, so 0 for one voxel.
        lowest: the smallest.
        highest: the largest.
    """

    mean: float
    sd: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Figures:
    """What was measured of a lesion, or of all voxels of a class; None where nothing is marked or can be measured.

    Attributes:
        index: of the class.
        lesion: 1, 2, … from the largest lesion of the class on; None for the class as a whole.
        voxels: how many.
        volume: mm³.
        area: mm², of a single image; None of a volume.
        surface: mm²; None of a single image.
        diameter: the largest distance between two points of the surface (maximal Feret diameter), mm.
        centroid: mean position, scanner coordinates: mm to the right, to the front, to the head.
        slices: first and last slice, 0 … Z - 1.
        place: (z, y, x) of the voxel nearest to the centroid.
        intensities: one per channel; empty without a scan.
    """

    index: int
    lesion: int | None
    voxels: int
    volume: float
    area: float | None = None
    surface: float | None = None
    diameter: float | None = None
    centroid: Point | None = None
    slices: tuple[int, int] | None = None
    place: tuple[int, int, int] | None = None
    intensities: tuple[Intensity, ...] = ()


@dataclass(frozen=True, eq=False)
class _Part:
    """Voxels (N, 3) that belong together, their surface in mm² and the corners of their hull, (M, 3) in mm."""

    voxels: Array
    surface: float
    corners: FloatArray


def measure(mask: LabelMap, geometry: Geometry, classes: int, scan: Volume | None = None) -> Work[list[Figures]]:
    """Measure a mask: for each class the whole, then its lesions from the largest on.

    A lesion is a connected part; voxels that touch by a face, an edge or a corner (26-neighbourhood) belong together.
    Surface and diameter are those of the mesh that marching cubes lay half-way between voxels inside and outside, as
    the Image Biomarker Standardisation Initiative defines them (surface area C0JK, maximum 3D diameter L0JK). A ball
    comes out up to a tenth too large this way where voxels are cubes, and more where slices are thick.

    Args:
        mask: (Z, Y, X), 0 background, c + 1 class c. With Z = 1 it is a single image, measured in its plane.
        geometry: its grid; a tilted one (sheared affine) is measured as it is.
        classes: how many.
        scan: the scan, for grey values.

    Raises:
        InputError: mask, grid and scan have different shapes.
    """
    _check(mask, geometry, scan)
    found: list[Figures] = []
    for index in range(classes):
        parts = yield from _parts(mask == index + 1, geometry, index, classes)
        found.append(_figures(index, None, parts, geometry, scan))
        found += [_figures(index, number, [part], geometry, scan) for number, part in enumerate(parts, start=1)]
    return found


def _check(mask: LabelMap, geometry: Geometry, scan: Volume | None) -> None:
    for what, shape in (("grid", geometry.shape), ("scan", scan.geometry.shape if scan is not None else mask.shape)):
        if mask.shape != shape:
            raise InputError(f"statistics: mask of shape {mask.shape}, but its {what} has {shape} (Z, Y, X).")


def _parts(own: BoolArray, geometry: Geometry, index: int, classes: int) -> Work[list[_Part]]:
    """Give the connected parts of a class, the largest first; of equals the first in reading order."""
    from scipy.ndimage import find_objects, label

    numbers, count = label(own, np.ones((3, 3, 3), dtype=bool))
    boxes = find_objects(numbers)
    parts: list[_Part] = []
    told = perf_counter()
    for number, box in enumerate(boxes, start=1):
        part = numbers[box] == number
        start = np.array([side.start for side in box])
        points, surface = outline(part, start, geometry)
        parts.append(_Part(np.argwhere(part) + start, surface, hull(points)))
        if perf_counter() - told > PAUSE:
            yield Progress("numbers", number, count, f"class {index + 1} of {classes}")
            told = perf_counter()
    return sorted(parts, key=lambda part: -len(part.voxels))


def _figures(
    index: int, lesion: int | None, parts: Sequence[_Part], geometry: Geometry, scan: Volume | None
) -> Figures:
    if not parts:
        return Figures(index, lesion, 0, 0.0, area=0.0 if geometry.shape[0] == 1 else None)
    voxels = np.concatenate([part.voxels for part in parts])
    flat = geometry.shape[0] == 1
    middle = voxels.mean(axis=0)
    nearest = voxels[np.argmin(((voxels - middle) ** 2).sum(axis=1))]
    right, front, head = geometry.affine[:3, :3] @ middle[::-1] + geometry.affine[:3, 3]
    return Figures(
        index=index,
        lesion=lesion,
        voxels=len(voxels),
        volume=len(voxels) * geometry.voxel_volume,
        area=len(voxels) * _pixel_area(geometry) if flat else None,
        surface=None if flat else sum(part.surface for part in parts),
        diameter=diameter(np.concatenate([part.corners for part in parts])),
        centroid=(float(right), float(front), float(head)),
        slices=(int(voxels[:, 0].min()), int(voxels[:, 0].max())),
        place=(int(nearest[0]), int(nearest[1]), int(nearest[2])),
        intensities=() if scan is None else tuple(_intensity(values) for values in _values(scan, voxels)),
    )


def _pixel_area(geometry: Geometry) -> float:
    return float(np.linalg.norm(np.cross(geometry.affine[:3, 0], geometry.affine[:3, 1])))


def _values(scan: Volume, voxels: Array) -> FloatArray:
    """Give (channels, N) grey values."""
    z, y, x = voxels.T
    return scan.array[:, z, y, x].astype(np.float64)


def _intensity(values: FloatArray) -> Intensity:
    return Intensity(float(values.mean()), float(values.std()), float(values.min()), float(values.max()))
