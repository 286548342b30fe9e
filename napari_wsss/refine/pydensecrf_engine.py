"""The same dense CRF computed by pydensecrf (Krähenbühl & Koltun's own code), where it is installed."""

from __future__ import annotations

import numpy as np

from napari_wsss.errors import RecipeError
from napari_wsss.refine.meanfield import SMALLEST
from napari_wsss.refine.theta import Theta
from napari_wsss.types import FloatArray


def mean_field_by_pydensecrf(
    image: FloatArray, theta: Theta, unary_prob: FloatArray, compat: tuple[float, float], iterations: int
) -> FloatArray:
    """Give (C + 1, Z, Y, X) float32 probabilities; arguments as for ``build_kernel`` and ``mean_field``.

    Raises:
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

    shape = check(image, theta)
    classes = len(unary_prob)
    model = DenseCRF(int(np.prod(shape)), classes)
    energy = -np.log(np.maximum(unary_prob, SMALLEST)).reshape(classes, -1)
    model.setUnaryEnergy(np.ascontiguousarray(energy, np.float32))
    nowhere = np.zeros((0, *shape), np.float32)
    smooth = features(nowhere, Theta(theta.smooth, theta.smooth, ()))
    for points, weight in zip((smooth, features(image, theta)), compat, strict=True):
        if weight:
            model.addPairwiseEnergy(points, compat=weight)
    return np.asarray(model.inference(iterations), np.float32).reshape(classes, *shape)
