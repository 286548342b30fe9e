"""Confusion matrices at many thresholds from one pass over the soft maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_wsss.metrics.overlap import confusion
from napari_wsss.types import Array, FloatArray, LabelMap


def confusion_by_threshold(maps: FloatArray, truth: LabelMap, thresholds: Sequence[float]) -> Array:
    """Count voxels by true and predicted label as if the maps had been cut at each threshold.

    Every voxel is put, once, into the bin of the highest threshold it reaches; sums from the top bin down are the
    counts of every threshold.

    Args:
        maps: (C, *S) in [0, 1], one per class.
        truth: (*S), values 0 … C.
        thresholds: T values in any order.

    Returns:
        (T, C + 1, C + 1) int64; row = true label, column = label predicted by
        :func:`napari_wsss.refine.threshold.threshold` at that threshold.

    Raises:
        InputError: a label of the truth is above C.
    """
    classes, size = len(maps), (len(maps) + 1) ** 2
    total = confusion(np.zeros_like(truth), truth, classes)  # everything background
    edges, place = np.unique(np.asarray(thresholds, dtype=np.float32), return_inverse=True)
    highest = maps.max(axis=0)
    marked = highest > 0  # what is nowhere above 0 is no lesion, even at threshold 0
    reached = np.searchsorted(edges, highest[marked], side="right")
    labels = maps.argmax(axis=0)[marked] + 1
    bins = (reached * (classes + 1) + truth[marked]) * (classes + 1) + labels
    counts = np.bincount(bins, minlength=(len(edges) + 1) * size).reshape(-1, classes + 1, classes + 1)
    above = counts[::-1].cumsum(axis=0)[::-1][1:]
    above[:, :, 0] = total[:, 0] - above.sum(axis=2)
    return np.asarray(above[place])
