"""MapStack: the raw maps of one scan. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_wsss.types import FloatArray


@dataclass(frozen=True, eq=False)
class MapStack:
    """Activation maps of the slices of one scan, as the network gave them.

    Attributes:
        maps: scale → (C, Z, h, w) float16, at the resolution of the feature map, not normalised: CAM keeps its
            negative values, Grad-CAM has none.
        logits: (Z, C) float32, the class scores at the scale nearest to 1.
        grids: scale → (axes, 2) float64, where the map's cells lie along each spatial axis: centre of cell 0 and
            distance between cells, as fractions of the input's side (its borders are 0 and 1).
    """

    maps: Mapping[float, npt.NDArray[np.float16]]
    logits: FloatArray
    grids: Mapping[float, FloatArray]
