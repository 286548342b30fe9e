"""Segmentation by voxel affinity: each seed proposes the voxels that are like it (section 2.2 of Wu et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from napari_wsss.params import Params, knob
from napari_wsss.refine.nms import non_maximum_suppression
from napari_wsss.types import Array, FloatArray

_DISTANCES = 1 << 22
"""Distances between seeds and voxels that are in memory at a time."""


class Affinity(Params):
    """How seeds grow into a segmentation. The paper leaves all three values open; they are ours."""

    seeds: int = knob(
        100, "How many lesion voxels, drawn at random, propose a segmentation each.", ge=1, le=2000, step=1
    )
    affinity: float = knob(
        0.9,
        "How like a seed (0 to 1) a voxel must be to join its segmentation. Higher gives smaller ones.",
        ge=0.01,
        le=0.99,
        step=0.01,
    )
    overlap: float = knob(
        0.3,
        "A segmentation is dropped when it shares more than this part (0 to 1) with a more confident one.",
        ge=0.0,
        le=1.0,
        step=0.01,
    )


@dataclass(frozen=True, eq=False)
class Candidates:
    """What several seeds propose.

    Attributes:
        members: (N, ceil(V / 8)) uint8, one bit a voxel as ``numpy.packbits`` sets them: is it in the candidate?
        confidence: (N,) float64, mean of the map inside each candidate.
    """

    members: Array
    confidence: FloatArray


def candidates(vectors: FloatArray, evidence: FloatArray, seeds: Array, limit: float) -> Candidates:
    """Give for each seed p the candidate S_p = {q : affinity(p, q) ≥ ``limit``} and its confidence.

    Affinity is 2 / (1 + exp(d²)) of the distance d between two voxels' vectors, so S_p holds the voxels with
    d² ≤ log(2 / limit − 1). The voxels are taken in pieces: beside the result, memory is
    needed for four million distances, however large the volume is.

    Args:
        vectors: (K, V) float, one column a voxel.
        evidence: (V,) float, the map whose mean over a candidate is its confidence.
        seeds: (N,) integers, numbers of the seeds' voxels.
        limit: lowest affinity, in (0, 1).
    """
    chosen = vectors[:, seeds].astype(np.float32)
    centre = chosen.mean(axis=1, keepdims=True)  # distances from the seeds' middle on lose fewer digits
    chosen = chosen - centre
    farthest = np.float32(log(2 / limit - 1))
    count = vectors.shape[1]
    members = np.empty((len(seeds), -(-count // 8)), dtype=np.uint8)
    sums, sizes = np.zeros(len(seeds)), np.zeros(len(seeds), dtype=np.int64)
    chunk = max(8, _DISTANCES // len(seeds) // 8 * 8)  # whole bytes of bits
    for start in range(0, count, chunk):
        part = slice(start, min(start + chunk, count))
        inside = _squared(chosen, vectors[:, part].astype(np.float32) - centre) <= farthest
        sums += inside @ evidence[part].astype(np.float64)
        sizes += inside.sum(axis=1)
        members[:, start // 8 : -(-part.stop // 8)] = np.packbits(inside, axis=1)
    return Candidates(members, sums / np.maximum(sizes, 1))


def segment(vectors: FloatArray, evidence: FloatArray, seeds: Array, params: Affinity) -> FloatArray:
    """Let seeds propose segmentations, keep the best and say for each voxel how sure they are.

    Args:
        vectors: (K, V) float, the voxels' embedding.
        evidence: (V,) float in [0, 1], the activation map.
        seeds: (N,) integers, numbers of lesion voxels.
        params: limits.

    Returns:
        (V,) float32 in [0, 1]: confidence of the most confident candidate that was kept and holds the voxel; 0 where
        none does.
    """
    found = candidates(vectors, evidence, seeds, params.affinity)
    result = np.zeros(vectors.shape[1], dtype=np.float32)
    kept = non_maximum_suppression(found.members, found.confidence, params.overlap)
    for number in reversed(kept):
        inside = np.unpackbits(found.members[number], count=len(result)).view(bool)
        result[inside] = found.confidence[number]
    return result


def _squared(chosen: FloatArray, others: FloatArray) -> FloatArray:
    """Give squared distances (N, V) of columns (K, N) and (K, V)."""
    products = chosen.T @ others
    products *= -2
    products += (chosen**2).sum(axis=0)[:, None]
    products += (others**2).sum(axis=0)
    return products
