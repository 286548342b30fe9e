"""Array aliases and small names used everywhere.

Axis order is channels, Z, Y, X throughout. A *label map* holds 0 for background and c + 1 for class c.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]
LabelMap = npt.NDArray[np.uint8]
"""(Z, Y, X), values 0 … C."""

Spacing = tuple[float, float, float]
"""Voxel size along Z, Y, X in mm."""

Subset = Literal["train", "val", "test"]
