"""K-means of the intensities inside a mask: one cluster is the lesion, the rest is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from napari_wsss.errors import RecipeError
from napari_wsss.params import Params, knob
from napari_wsss.refine.classes import Box, classes_of, each_class
from napari_wsss.refine.differential import Ask, least_lesion
from napari_wsss.refine.kmeans import kmeans_cuts
from napari_wsss.refine.normalise import Scope
from napari_wsss.types import Array, BoolArray, FloatArray, LabelMap


class Clusters(Params):
    """How the intensities inside the mask are parted, and which part is the lesion."""

    choose: Literal["differential", "brightest", "darkest", "most evidence"] = knob(
        "brightest",
        "Which tissue inside the mask is the lesion. brightest, darkest: by grey value. differential: each is blanked "
        "in turn, and the one without which the classifier sees least lesion is kept. most evidence: the one where the "
        "soft map is highest on average.",
    )
    k: int = knob(4, "How many kinds of tissue are told apart inside the mask.", ge=2, le=8, step=1)
    scope: Scope = knob(
        "slice", "Whether tissue is told apart in each slice by itself, or in the whole volume (the same limits then)."
    )
    channel: int = knob(1, "Which channel of the scan is looked at; 1 is the first.", ge=1, le=64, step=1)


def keep_cluster(  # noqa: PLR0917 (who is asked, and about what, differs by choice)
    mask: LabelMap,
    image: FloatArray,
    params: Clusters,
    ask: Ask | None = None,
    first: int = 0,
    evidence: FloatArray | None = None,
) -> LabelMap:
    """Keep one cluster of intensities inside the mask of each class (section 2 of Ramananda & Sundaresan).

    Args:
        mask: label map (Z, *S).
        image: (channels, Z, *S).
        params: knobs.
        ask: the classifier; needed for ``choose`` "differential".
        first: number, in the whole scan, of the first slice; the classifier is asked by it.
        evidence: (C, Z, *S); needed for ``choose`` "most evidence" (that choice is ours).

    Returns:
        (Z, *S) uint8.

    Raises:
        RecipeError: the scan has no such channel, there is nobody to ask, or no evidence to go by.
    """
    if params.channel > len(image):
        raise RecipeError(f"channel {params.channel} of a scan with {len(image)}: choose a lower one.")
    grey = image[params.channel - 1]
    if params.choose == "differential":
        return _keep_decisive(mask, grey, params, ask, first)
    if params.choose == "most evidence":
        if evidence is None:
            raise RecipeError("clusters: 'most evidence' needs a soft map; link one, or choose brightest or darkest.")
        return each_class(
            mask, lambda own, index, crop: _keep_likeliest(own, grey[crop], evidence[index][crop], params)
        )
    return each_class(mask, lambda own, _, crop: _keep_extreme(own, grey[crop], params))


def split(own: BoolArray, grey: FloatArray, params: Clusters) -> Array:
    """Number the clusters inside the mask of one class.

    Args:
        own: (Z, *S).
        grey: (Z, *S).
        params: number of clusters, and whether each slice is parted by itself.

    Returns:
        (Z, *S) uint8: 0 outside, 1 … k inside, from dark to bright.
    """
    numbers = np.zeros(own.shape, dtype=np.uint8)
    for part in _parts(own, params.scope):
        values = grey[part][own[part]]
        numbers[part][own[part]] = np.searchsorted(kmeans_cuts(values, params.k), values) + 1
    return numbers


def _keep_extreme(own: BoolArray, grey: FloatArray, params: Clusters) -> BoolArray:
    numbers = split(own, grey, params)
    kept = np.zeros_like(own)
    for part in _parts(own, params.scope):
        chosen = 1 if params.choose == "darkest" else numbers[part].max()
        kept[part] = own[part] & (numbers[part] == chosen)
    return kept


def _keep_likeliest(own: BoolArray, grey: FloatArray, evidence: FloatArray, params: Clusters) -> BoolArray:
    """Keep, in each part, the cluster with the highest mean evidence; of equals the darkest."""
    numbers = split(own, grey, params)
    kept = np.zeros_like(own)
    for part in _parts(own, params.scope):
        inside = numbers[part][own[part]]
        sums = np.bincount(inside, weights=evidence[part][own[part]], minlength=params.k + 1)
        sizes = np.bincount(inside, minlength=params.k + 1)
        means = np.where(sizes > 0, sums / np.maximum(sizes, 1), -np.inf)
        kept[part] = own[part] & (numbers[part] == means.argmax())
    return kept


def _keep_decisive(mask: LabelMap, grey: FloatArray, params: Clusters, ask: Ask | None, first: int) -> LabelMap:
    """Ask about the clusters of all slices of a class in one go."""
    if ask is None:
        raise RecipeError("differential prediction needs a classifier to ask; choose brightest or darkest instead.")
    kept = np.zeros_like(mask)
    for index in classes_of(mask):
        own = mask == index + 1
        filled = np.flatnonzero(own.any(axis=tuple(range(1, own.ndim))))
        if len(filled):
            numbers = split(own[filled], grey[filled], params)
            chosen = least_lesion(numbers, first + filled, index, ask, params.scope)
            kept[filled] = np.where(chosen, np.uint8(index + 1), kept[filled])
    return kept


def _parts(own: BoolArray, scope: Scope) -> Iterator[Box]:
    """Give the parts that are clustered by themselves: the volume, or every slice that holds something."""
    if scope == "volume":
        yield (slice(None),)
    else:
        yield from ((slice(z, z + 1),) for z in range(len(own)) if own[z].any())
