"""How unsure the models are of a case: entropy of the evidence, disagreement between models."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from napari_wsss.metrics.entropy import slice_entropies
from napari_wsss.types import BoolArray, FloatArray


def mean_entropy(evidence: FloatArray) -> float:
    """Give the mean binary entropy of soft maps in bits: 0 where every voxel is 0 or 1, 1 where every one is 1/2.

    Args:
        evidence: (C, Z, Y, X) in [0, 1]; every class counts alike.
    """
    return float(slice_entropies(evidence).mean()) if evidence.size else 0.0


def disagreement(maps: Sequence[FloatArray]) -> float | None:
    """Give 1 − the soft Dice of two models' maps, mean over all pairs; 0 where they agree, 1 without any overlap.

    Soft Dice: 2 · Σ min(a, b) / (Σ a + Σ b); two empty maps agree.

    Args:
        maps: one a model, all of one shape, in [0, 1]; fewer than two give None.
    """
    pairs = [_apart(first, second) for first, second in combinations(maps, 2)]
    return float(np.mean(pairs)) if pairs else None


def mean_inside(evidence: FloatArray, inside: BoolArray) -> float | None:
    """Give the mean of the strongest class's evidence (C, Z, Y, X) inside a mask (Z, Y, X); None for an empty mask."""
    return float(evidence.max(axis=0)[inside].mean(dtype=np.float64)) if inside.any() else None


def _apart(first: FloatArray, second: FloatArray) -> float:
    both = float(first.sum(dtype=np.float64) + second.sum(dtype=np.float64))
    common = float(np.minimum(first, second).sum(dtype=np.float64))
    return 1.0 - 2.0 * common / both if both else 0.0
