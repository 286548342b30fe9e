"""Class probabilities of a row of voxels from their logits, on vector units. Imports numba."""

from __future__ import annotations

import numpy as np

from napari_wsss.refine.compiled import compiled_fast
from napari_wsss.types import FloatArray


@compiled_fast
def differences(logits: FloatArray, result: FloatArray) -> None:  # pragma: no cover (compiled)
    """Give Q_c - Q_0 of classes 1 … C from their log-ratio to class 0, both (C, X)."""
    classes, width = logits.shape
    highest, shares, total = np.zeros(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    for c in range(classes):
        for x in range(width):
            highest[x] = max(highest[x], logits[c, x])
    for x in range(width):
        shares[x] = exponential(-highest[x])
        total[x] = shares[x]
    for c in range(classes):
        for x in range(width):
            result[c, x] = exponential(logits[c, x] - highest[x])
            total[x] += result[c, x]
    for c in range(classes):
        for x in range(width):
            result[c, x] = (result[c, x] - shares[x]) / total[x]


@compiled_fast
def exponential(value: np.float32) -> np.float32:  # pragma: no cover (compiled)
    """Give e to a power ≤ 0, to 2e-5 of itself; below -32 as at -32. Unlike libm's it runs on vector units."""
    part = max(value, np.float32(-32)) * np.float32(1 / 64)
    power = np.float32(1 / 5040)
    power = power * part + np.float32(1 / 720)
    power = power * part + np.float32(1 / 120)
    power = power * part + np.float32(1 / 24)
    power = power * part + np.float32(1 / 6)
    power = power * part + np.float32(0.5)
    power = power * part + np.float32(1)
    power = power * part + np.float32(1)
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    return power * power
