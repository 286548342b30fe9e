"""Mean-field inference in a dense CRF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_wsss.types import FloatArray

if TYPE_CHECKING:
    from napari_wsss.refine.kernel import Kernel

SMALLEST = 1e-10
"""Unary probabilities below this count as this."""


def mean_field(kernel: Kernel, unary_prob: FloatArray, compat: tuple[float, float], iterations: int) -> FloatArray:
    """Give every voxel's class probabilities (algorithm 1 of Krähenbühl & Koltun 2011, Potts compatibility).

    Each iteration multiplies the unary by exp(compat_smooth · K_smooth Q + compat · K_appearance Q) and normalises,
    which is what pydensecrf computes with symmetric normalisation. Only Q_c - Q_0 is filtered: what all classes have in
    common drops out.

    Args:
        kernel: from :func:`napari_wsss.refine.kernel.build_kernel`; may be reused.
        unary_prob: (C + 1, Z, Y, X) in [0, 1]; need not sum to 1.
        compat: weights of the smoothness and of the appearance kernel, ≥ 0.
        iterations: 0 gives the normalised unary.

    Returns:
        (C + 1, Z, Y, X) float32, summing to 1 over the classes.
    """
    return probabilities(kernel.differences(log_ratios(unary_prob), compat, iterations))


def log_ratios(unary_prob: FloatArray) -> FloatArray:
    """Give log(Q_c / Q_0) of classes 1 … C from (C + 1, …)."""
    kept = np.maximum(unary_prob, SMALLEST, dtype=np.float32)
    ratios: FloatArray = kept[1:]
    ratios /= kept[0]
    return np.log(ratios, out=ratios)


def probabilities(differences: FloatArray) -> FloatArray:
    """Give (C + 1, …) float32, summing to 1, from the C differences to class 0."""
    result = np.empty((len(differences) + 1, *differences.shape[1:]), np.float32)
    np.divide(1 - differences.sum(axis=0), len(differences) + 1, out=result[0])
    np.clip(result[0], 0, 1, out=result[0])
    np.add(differences, result[0], out=result[1:])
    np.clip(result[1:], 0, 1, out=result[1:])
    return result


def normalised(logits: FloatArray) -> FloatArray:
    """Give Q_c - Q_0 of classes 1 … C from their (C, …) log-ratio to class 0."""
    highest = np.maximum(logits.max(axis=0), 0)
    shares = np.exp(logits - highest)
    background = np.exp(-highest)
    result: FloatArray = (shares - background) / (background + shares.sum(axis=0))
    return result
