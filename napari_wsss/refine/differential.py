"""Differential prediction: the part of the image that the classifier misses most is the lesion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from napari_wsss.refine.normalise import Scope
from napari_wsss.types import Array, BoolArray, FloatArray

Ask = Callable[[BoolArray, Array], FloatArray]
"""``ask(regions, slices)`` → (N, C) class scores of slice ``slices[n]`` with the places ``regions[n]`` blanked.

regions: bool (N, Y, X).  slices: int (N,), numbers in the whole scan.
"""


def least_lesion(numbers: Array, slices: Array, index: int, ask: Ask, scope: Scope) -> BoolArray:
    """Keep the cluster without which the classifier sees least lesion (section 2 of Ramananda & Sundaresan).

    One cluster at a time is blanked, and the classifier asked about every slice that holds some of it. With ``scope``
    "volume" the clusters reach through all slices, and the scores of the slices are averaged; a slice without a cluster
    counts with its score unchanged, that is with nothing blanked.

    Args:
        numbers: (Z, Y, X): 0 outside, 1 … k the clusters; every slice holds at least one voxel inside.
        slices: (Z,), number of each slice in the whole scan.
        index: class c whose score counts.
        ask: the classifier.
        scope: whether the clusters belong to each slice by itself, or to the volume.

    Returns:
        bool (Z, Y, X), True in the cluster kept; the darker one among equals.
    """
    clusters = np.arange(1, int(numbers.max()) + 1)
    present = (numbers[None] == clusters[:, None, None, None]).any(axis=(-2, -1))
    scores = _scores(numbers, slices, clusters, present, index, ask, scope)
    if scope == "volume":
        scores = np.broadcast_to(scores.mean(axis=1, keepdims=True), scores.shape)
    chosen = clusters[scores.argmin(axis=0)]
    kept: BoolArray = numbers == chosen[:, None, None]
    return kept


def _scores(  # noqa: PLR0917 (all are needed, none has a default)
    numbers: Array, slices: Array, clusters: Array, present: BoolArray, index: int, ask: Ask, scope: Scope
) -> FloatArray:
    """Give (k, Z): score of each slice without each cluster; where it holds none, infinite (volume: as it is)."""
    which, where = np.nonzero(present)
    regions = numbers[where] == clusters[which][:, None, None]
    if scope == "slice":
        scores = np.full(present.shape, np.inf)
        scores[which, where] = ask(regions, slices[where])[:, index]
        return scores
    nothing = np.zeros(numbers.shape, dtype=bool)
    answers = ask(np.concatenate([nothing, regions]), np.concatenate([slices, slices[where]]))[:, index]
    scores = np.tile(answers[: len(slices)].astype(np.float64), (len(clusters), 1))
    scores[which, where] = answers[len(slices) :]
    return scores
