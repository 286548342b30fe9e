"""One simulated patient: a head of its own, scanned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_wsss.data.simulated.atlas import load_atlas
from napari_wsss.data.simulated.lesions import BLEED, INFARCT, LESION, Head, Kind, draw_lesions, label_map, lesion_mask
from napari_wsss.data.simulated.signal import draw_contrast, render
from napari_wsss.data.simulated.tissues import draw_shells, tissue_fractions
from napari_wsss.data.simulated.warp import CENTRE, draw_pose, to_atlas
from napari_wsss.data.volume import Geometry
from napari_wsss.types import Array, FloatArray, LabelMap

SLAB_MM = 2.0
"""A slice is the average of slabs about this thick, as a scanner sees it (partial volume)."""

FIELD_OF_VIEW = (105.0, 235.2, 201.6)
"""What is scanned, along Z, Y, X in mm."""

KINDS: dict[tuple[str, ...], tuple[Kind, ...]] = {("lesion",): (LESION,), ("infarct", "bleed"): (INFARCT, BLEED)}
"""Class names → how each looks."""


@dataclass(frozen=True, eq=False)
class Patient:
    """A scan (Z, Y, X) int16 and its reference label map (Z, Y, X)."""

    scan: Array
    reference: LabelMap


def scanner_geometry(shape: tuple[int, int, int]) -> Geometry:
    """Give the grid: the field of view in ``shape`` voxels; X grows to the left, Y to the back (LPS).

    That is how axial slices are hung: nose up, the patient's right on the left of the picture.
    """
    z, y, x = (extent / count for extent, count in zip(FIELD_OF_VIEW, shape, strict=True))
    affine = np.diag([-x, -y, z, 1.0])
    middle = (np.array(shape[::-1]) - 1.0) / 2.0
    affine[:3, 3] = CENTRE - affine[:3, :3] @ middle
    return Geometry(shape, affine)


def draw_patient(geometry: Geometry, kinds: Sequence[Kind | None], rng: np.random.Generator) -> Patient:
    """Draw one patient.

    Args:
        geometry: the scanner's grid.
        kinds: what the lesions of each class look like; None for a class that this patient lacks.
        rng: every random choice comes from it, so the same generator state gives the same patient.
    """
    fractions, brain = _draw_head(geometry, rng)
    head = Head(fractions["grey"], fractions["white"], brain, geometry.spacing)
    lesions = [draw_lesions(head, kind, rng) if kind else [] for kind in kinds]
    empty = np.zeros(geometry.shape, dtype=bool)
    masks = [lesion_mask(drawn, geometry.spacing) if drawn else empty for drawn in lesions]
    shown = [lesion for drawn in lesions for lesion in drawn]
    scan = render(fractions, draw_contrast(rng), shown, geometry.spacing, rng)
    return Patient(scan, label_map(masks))


def _draw_head(geometry: Geometry, rng: np.random.Generator) -> tuple[dict[str, FloatArray], FloatArray]:
    """Give tissue fractions and distance to the brain's surface (mm), each (Z, Y, X)."""
    spacing = geometry.spacing
    slabs = max(1, round(spacing[0] / SLAB_MM))
    points = _places(geometry, slabs)
    points = to_atlas(points, draw_pose(rng), (spacing[0] / slabs, *spacing[1:]), rng)
    maps = load_atlas().sample(points)
    fractions = tissue_fractions(maps, points, draw_shells(rng))
    merged = {name: _merge(share, slabs) for name, share in fractions.items()}
    return merged, _merge(maps["brain"], slabs)


def _places(geometry: Geometry, slabs: int) -> FloatArray:
    """Give (3, Z * slabs, Y, X), the places of the slabs of every slice in mm."""
    z, y, x = geometry.shape
    depths = (np.arange(z * slabs) + 0.5) / slabs - 0.5
    index = np.meshgrid(depths, np.arange(y), np.arange(x), indexing="ij")
    scale, shift = np.diag(geometry.affine)[:3], geometry.affine[:3, 3]
    return np.stack([scale[axis] * index[2 - axis] + shift[axis] for axis in range(3)])


def _merge(array: FloatArray, slabs: int) -> FloatArray:
    z, y, x = array.shape
    merged: FloatArray = array.reshape(z // slabs, slabs, y, x).mean(axis=1)
    return merged
