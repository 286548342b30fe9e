"""Mean-field inference in a dense CRF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_wsss.refine.blas import one_core
from napari_wsss.types import FloatArray

if TYPE_CHECKING:
    from napari_wsss.refine.kernel import CrfKernel, NormalisedKernel

SMALLEST = 1e-10
"""Unary probabilities below this count as this."""


def mean_field(kernel: CrfKernel, unary_prob: FloatArray, compat: tuple[float, float], iterations: int) -> FloatArray:
    """Give every voxel's class probabilities (algorithm 1 of Krähenbühl & Koltun 2011, Potts compatibility).

    Each iteration multiplies the unary by exp(compat_smooth · K_smooth Q + compat · K_appearance Q) and normalises,
    which is what pydensecrf computes with symmetric normalisation.

    Args:
        kernel: from :func:`napari_wsss.refine.kernel.build_kernel`; may be reused.
        unary_prob: (C + 1, Z, Y, X) in [0, 1]; need not sum to 1.
        compat: weights of the smoothness and of the appearance kernel, ≥ 0.
        iterations: 0 gives the normalised unary.

    Returns:
        (C + 1, Z, Y, X) float32, summing to 1 over the classes.
    """
    logs = np.log(np.maximum(unary_prob, SMALLEST, dtype=np.float32))
    unary = logs[1:] - logs[0]
    terms = [(term, np.float32(weight)) for term, weight in zip(_kernels(kernel), compat, strict=True) if weight]
    lesions = _softmax(unary)
    with one_core():
        for _ in range(iterations if terms else 0):
            logits = unary.copy()
            for term, weight in terms:
                logits += weight * _messages(term, lesions)
            lesions = _softmax(logits)
    return np.concatenate([1 - lesions.sum(axis=0, keepdims=True).clip(0, 1), lesions])


def _kernels(kernel: CrfKernel) -> tuple[NormalisedKernel, NormalisedKernel]:
    return kernel.smooth, kernel.appearance


def _messages(term: NormalisedKernel, lesions: FloatArray) -> FloatArray:
    """Give K Q_c - K Q_0 for every class c ≥ 1.

    All classes together are 1 everywhere, so K Q_0 follows from the others: one filter fewer.
    """
    filtered = np.stack([term(one) for one in lesions])
    background = term.of_ones - filtered.sum(axis=0)
    difference: FloatArray = filtered - background
    return difference


def _softmax(logits: FloatArray) -> FloatArray:
    """Give the probabilities of classes 1 … C from their (C, …) log-ratio to class 0."""
    highest = np.maximum(logits.max(axis=0), 0)
    shares = np.exp(logits - highest)
    result: FloatArray = shares / (np.exp(-highest) + shares.sum(axis=0))
    return result
