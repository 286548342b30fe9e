"""Scan: one case as the live steps see it — normalised intensities, voxel size and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_wsss.data.preprocess import Preprocess, normalise
from napari_wsss.types import FloatArray, Spacing

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
    """

    image: FloatArray
    spacing: Spacing
    labels: npt.NDArray[np.int8]
    first: int = 0

    def cut(self, region: slice) -> Scan:
        """Give the slices of ``region`` alone, as views."""
        first = self.first + region.indices(self.image.shape[1])[0]
        return Scan(self.image[:, region], self.spacing, self.labels[region], first)


def load_scan(recipe: Recipe, workspace: Workspace, case_id: str) -> Scan:
    """Read a case with intensities from 0 to 1, as the CRF's srgb needs them: in the recipe's CT window, else robust.

    Raises:
        InputError: the scan cannot be read.
    """
    chosen = next((step for step in recipe.steps.values() if isinstance(step, Preprocess)), Preprocess())
    preprocess = chosen if chosen.intensity == "window" else chosen.replace(intensity="robust")
    case = workspace.cases[case_id]
    return Scan(normalise(case.load(), preprocess), case.geometry.spacing, workspace.labels.slice_labels(case_id))
