"""Scan: one case as the live steps see it — normalised intensities, voxel size and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_wsss.data.preprocess import Intensity, normalise
from napari_wsss.types import Array, FloatArray, Spacing

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_wsss.pipeline.recipe import Recipe
    from napari_wsss.pipeline.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Scan:
    """A case in memory.

    Attributes:
        image: (channels, Z, Y, X) float32, normalised as the network's input is.
        spacing: voxel size along Z, Y, X in mm.
        labels: (Z, C) image-level label of each slice: 1, 0, or -1 where unknown.
        first: number, in the whole scan, of the first slice held here.
        hounsfield: (Z, Y, X) as stored, of a CT (a recipe with a CT window); None for other scans.
        whole: (C,) volume-level label, likewise; None: what follows from the slices.
    """

    image: FloatArray
    spacing: Spacing
    labels: npt.NDArray[np.int8]
    first: int = 0
    hounsfield: Array | None = None
    whole: npt.NDArray[np.int8] | None = None

    @property
    def volume_labels(self) -> npt.NDArray[np.int8]:
        """Give the volume-level label of each class, (C,): 1, 0, or -1 where unknown."""
        if self.whole is not None:
            return self.whole
        absent = np.where((self.labels == 0).all(axis=0), np.int8(0), np.int8(-1))
        return np.where((self.labels == 1).any(axis=0), np.int8(1), absent)

    def cut(self, region: slice) -> Scan:
        """Give the slices of ``region`` alone, as views."""
        first = self.first + region.indices(self.image.shape[1])[0]
        hounsfield = None if self.hounsfield is None else self.hounsfield[region]
        return Scan(self.image[:, region], self.spacing, self.labels[region], first, hounsfield, self.volume_labels)


def normalisation(recipe: Recipe) -> Intensity:
    """Give how live steps see intensities: from 0 to 1, as a CRF's srgb needs them.

    In the recipe's CT window where it has one, else robust, whatever the networks see. Recipes that agree in this load
    the same scan.
    """
    return as_refined(next((step for step in recipe.steps.values() if isinstance(step, Intensity)), Intensity()))


def as_refined(chosen: Intensity) -> Intensity:
    """Give how masks are refined on scans that networks see as ``chosen``: in its CT window, else robust."""
    if chosen.intensity != "window":
        return Intensity()
    return Intensity(intensity="window", window_level=chosen.window_level, window_width=chosen.window_width)


def load_scan(recipe: Recipe, workspace: Workspace, case_id: str) -> Scan:
    """Read a case with intensities as :func:`normalisation` has them.

    Raises:
        InputError: the scan cannot be read.
    """
    case, prepare = workspace.cases[case_id], normalisation(recipe)
    volume = case.load()
    hounsfield = volume.array[0] if prepare.intensity == "window" else None
    labels = workspace.labels.slice_labels(case_id)
    whole = workspace.labels.volume_labels(case_id)
    image = normalise(volume, prepare)
    return Scan(image, case.geometry.spacing, labels, hounsfield=hounsfield, whole=whole)
