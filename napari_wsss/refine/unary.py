"""What a dense CRF starts from: class probabilities from a mask or from soft maps."""

from __future__ import annotations

import numpy as np

from napari_wsss.types import FloatArray, LabelMap

CLIP = 0.02
"""No soft map is trusted beyond 2 % and 98 %: min-max normalisation makes its ends 0 and 1, not the network."""


def unary_from_labels(labels: LabelMap, classes: int, gt_prob: float) -> FloatArray:
    """Trust a mask with probability ``gt_prob``.

    Args:
        labels: (*S), 0 background, c + 1 for class c.
        classes: C.
        gt_prob: probability of the class given, in (0, 1); the C others share the rest evenly.

    Returns:
        (C + 1, *S) float32, summing to 1.
    """
    unary = np.full((classes + 1, *labels.shape), (1 - gt_prob) / classes, dtype=np.float32)
    np.put_along_axis(unary, labels[None].astype(np.intp), np.float32(gt_prob), axis=0)
    return unary


def unary_from_maps(maps: FloatArray) -> FloatArray:
    """Take soft maps, clipped to 2 … 98 %, as probabilities; background is 1 minus the highest of them.

    Args:
        maps: (C, *S) in [0, 1].

    Returns:
        (C + 1, *S) float32, summing to 1.
    """
    clipped = maps.astype(np.float32).clip(CLIP, 1 - CLIP)
    unary = np.concatenate([1 - clipped.max(axis=0, keepdims=True), clipped])
    total: FloatArray = unary.sum(axis=0)
    return unary / total
