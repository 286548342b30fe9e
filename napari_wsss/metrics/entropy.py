"""Entropy: how unsure a soft map is."""

from __future__ import annotations

import numpy as np

from napari_wsss.types import FloatArray


def slice_entropies(evidence: FloatArray) -> FloatArray:
    """Give the mean binary entropy of every slice of soft maps, (Z,) float64 in bits.

    0 where every voxel is 0 or 1, 1 where every one is 1/2.

    Args:
        evidence: (C, Z, Y, X) in [0, 1]; every class counts alike.
    """
    entropies = np.zeros(evidence.shape[1], dtype=np.float64)
    if not evidence.size:
        return entropies
    for z in range(len(entropies)):  # a slice at a time: logarithms of a volume take room
        plane = evidence[:, z]
        unsure = plane[(plane > 0.0) & (plane < 1.0)].astype(np.float64)
        entropies[z] = -float((unsure * np.log2(unsure) + (1.0 - unsure) * np.log2(1.0 - unsure)).sum()) / plane.size
    return entropies
