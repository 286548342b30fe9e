"""Voxels of which an activation map is sure, for and against a lesion."""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import model_validator

from napari_wsss.params import Params, knob
from napari_wsss.types import FloatArray, LabelMap

UNSURE, NORMAL, FIRST_CLASS = 0, 1, 2


class Seeds(Params):
    """Where the map is trusted. Defaults: section 2.2 of Wu et al. (2019)."""

    foreground: float = knob(
        0.1, "From this value of the map on (0 to 1) a voxel is taken for lesion.", ge=0.0, le=1.0, step=0.01
    )
    background: float = knob(
        0.01,
        "Up to this value of the map a voxel is taken for normal tissue. What lies between is left open.",
        ge=0.0,
        le=1.0,
        step=0.001,
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.background >= self.foreground:
            raise ValueError(f"background ({self.background}) must be lower than foreground ({self.foreground})")
        return self


def seed_labels(maps: FloatArray, params: Seeds) -> LabelMap:
    """Mark the voxels of which the maps are sure.

    Args:
        maps: (C, *S) in [0, 1], one per class.
        params: limits; a value at a limit counts as sure.

    Returns:
        (*S) uint8: 0 unsure; 1 normal tissue, where every map is ≤ ``background``; 2 + c, where the map of class c is
        ≥ ``foreground`` and no other is higher (the first of equals).
    """
    highest = maps.max(axis=0)
    lesion = highest >= np.float32(params.foreground)
    normal = highest <= np.float32(params.background)
    labels: LabelMap = np.where(lesion, maps.argmax(axis=0) + FIRST_CLASS, np.where(normal, NORMAL, UNSURE))
    return labels.astype(np.uint8)
