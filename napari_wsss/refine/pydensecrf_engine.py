"""The same dense CRF computed by pydensecrf (Krähenbühl & Koltun's own code), where it is installed."""

from __future__ import annotations

import numpy as np

from napari_wsss.errors import RecipeError
from napari_wsss.refine.meanfield import SMALLEST
from napari_wsss.refine.theta import Theta
from napari_wsss.types import BoolArray, FloatArray


def mean_field_by_pydensecrf(  # noqa: PLR0917
    image: FloatArray,
    theta: Theta,
    unary_prob: FloatArray,
    compat: tuple[float, float],
    iterations: int,
    region: BoolArray | None = None,
) -> FloatArray:
    """Give (C + 1, Z, Y, X) float32 probabilities; arguments as for ``build_kernel`` and ``mean_field``.

    Raises:
        InputError: as ``build_kernel``.
        RecipeError: pydensecrf is not installed.
    """
    try:
        from pydensecrf.densecrf import DenseCRF
    except ImportError as error:
        raise RecipeError(
            "engine=pydensecrf needs the package pydensecrf2, which is not installed. Use engine=own, or install it "
            "with: pip install napari-wsss[crf-reference]"
        ) from error
    from napari_wsss.refine.kernel import check, features

    shape = check(image, theta, region)
    inside = np.ones(shape, bool).ravel() if region is None else region.ravel()
    flat = np.maximum(unary_prob, SMALLEST, dtype=np.float32).reshape(len(unary_prob), -1)
    result: FloatArray = flat / flat.sum(axis=0)
    if inside.any():
        model = DenseCRF(int(inside.sum()), len(flat))
        model.setUnaryEnergy(np.ascontiguousarray(-np.log(flat[:, inside])))
        nowhere = np.zeros((0, *shape), np.float32)
        smooth = features(nowhere, Theta(theta.smooth, theta.smooth, ()))
        for points, weight in zip((smooth, features(image, theta)), compat, strict=True):
            if weight:
                model.addPairwiseEnergy(np.ascontiguousarray(points[:, inside]), compat=weight)
        result[:, inside] = model.inference(iterations)
    reshaped: FloatArray = result.reshape(unary_prob.shape)
    return reshaped
