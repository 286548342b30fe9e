"""The anatomy every simulated head starts from: MNI152 tissue maps that nilearn ships inside its package."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import binary_closing, binary_fill_holes, distance_transform_edt, gaussian_filter, map_coordinates

from napari_wsss.types import BoolArray, FloatArray

SHELL_MM = 2
"""Grid of the distance fields; they are smooth, so a coarse one does."""


@dataclass(frozen=True, eq=False)
class Atlas:
    """Maps on grids (x, y, z) in MNI space, and how to look them up at any place in mm.

    Attributes:
        maps: name → array; "grey" and "white" are tissue fractions at 1 mm, "brain" and "head" signed
            distances in mm to the brain's surface and to its outline seen from above (negative inside), at 2 mm.
        to_index: name → (4, 4) affine, mm in MNI space → voxel index.
    """

    maps: dict[str, FloatArray]
    to_index: dict[str, FloatArray]

    def sample(self, points: FloatArray) -> dict[str, FloatArray]:
        """Look every map up, linearly, at ``points`` (3, …) in mm; give name → float32 (…)."""
        return {name: self._look_up(name, points) for name in self.maps}

    def _look_up(self, name: str, points: FloatArray) -> FloatArray:
        affine = self.to_index[name].astype(np.float32)
        index = np.einsum("ij,j...->i...", affine[:3, :3], points) + affine[:3, 3].reshape(3, *[1] * (points.ndim - 1))
        found: FloatArray = map_coordinates(self.maps[name], index, order=1, mode="nearest", output=np.float32)
        return found


@functools.lru_cache(maxsize=1)
def load_atlas() -> Atlas:
    """Read the tissue maps from nilearn's package files (nothing is downloaded) and add the distance fields."""
    from nilearn import datasets

    grey = datasets.load_mni152_gm_template(resolution=1)
    white = datasets.load_mni152_wm_template(resolution=1)
    brain = datasets.load_mni152_brain_mask(resolution=SHELL_MM)
    inside = _closed(np.asarray(brain.dataobj) > 0)
    maps = {
        **_sharpened(_values(grey), _values(white)),
        "brain": _signed_distance(inside) * SHELL_MM,
        "head": _signed_distance(_hood(inside)) * SHELL_MM,
    }
    fine, coarse = np.linalg.inv(grey.affine), np.linalg.inv(brain.affine)
    return Atlas(maps, {"grey": fine, "white": fine, "brain": coarse, "head": coarse})


def _values(image: Any) -> FloatArray:  # noqa: ANN401 (a nibabel image)
    return np.asarray(image.dataobj, dtype=np.float32).clip(0.0, 1.0)


def _sharpened(grey: FloatArray, white: FloatArray) -> dict[str, FloatArray]:
    # The maps are averages over many people; squaring them brings back the crisp borders of one person.
    other = (1.0 - grey - white).clip(0.0, 1.0)
    total = grey**2 + white**2 + other**2
    return {"grey": grey**2 / total, "white": white**2 / total}


def _closed(brain: BoolArray) -> BoolArray:
    closed: BoolArray = binary_closing(np.pad(brain, 6), iterations=3)[6:-6, 6:-6, 6:-6]
    return np.asarray(binary_fill_holes(closed), dtype=bool)


def _hood(brain: BoolArray) -> BoolArray:
    """Fill every axial plane with the outlines of all planes above it: below the brain goes on the face."""
    hood = np.logical_or.accumulate(brain[:, :, ::-1], axis=2)[:, :, ::-1]
    return np.asarray(gaussian_filter(hood.astype(np.float32), 2.0, mode="nearest") > 0.5)


def _signed_distance(inside: BoolArray) -> FloatArray:
    """Distance in voxels to the border, smoothed, negative inside."""
    padded = np.pad(inside, ((0, 0), (0, 0), (1, 0)), mode="edge")
    distance = distance_transform_edt(~padded) - distance_transform_edt(padded)
    smooth: FloatArray = gaussian_filter(distance.astype(np.float32), 0.8, mode="nearest")[:, :, 1:]
    return smooth
