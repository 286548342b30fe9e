"""Dense CRF: move the border of a mask or soft map to edges in the scan. Torch-free; numba is loaded at first use."""

from __future__ import annotations

from typing import Literal

import numpy as np

from napari_wsss.params import Params, knob
from napari_wsss.refine.theta import Theta
from napari_wsss.refine.unary import unary_from_labels, unary_from_maps
from napari_wsss.types import BoolArray, FloatArray, LabelMap, Spacing


class DenseCrf(Params):
    """How strongly, and how far, places that look alike are drawn into the same class."""

    sxy: float = knob(
        10.0,
        "How far apart two places of similar brightness still influence each other. Larger pulls in distant tissue of "
        "the same brightness; smaller keeps the correction near the map.",
        ge=1.0, le=200.0, step=1.0, unit="mm",
    )  # fmt: skip
    srgb: float = knob(
        10.0,
        "How different in brightness two places may be and still count as the same tissue, on a scale where the scan's "
        "darkest is 0 and its brightest 255. Smaller follows fainter edges; larger ignores them.",
        ge=1.0, le=128.0, step=0.5, unit="of 255",
    )  # fmt: skip
    compat: float = knob(
        5.0,
        "How strongly similar-looking places are drawn into the same class. 0 ignores the scan; larger trusts the scan "
        "more and the map less.",
        ge=0.0, le=50.0, step=0.5,
    )  # fmt: skip
    sxy_smooth: float = knob(
        3.0,
        "Size of specks and dents that are smoothed away whatever the scan shows.",
        ge=0.5, le=30.0, step=0.5, unit="mm",
    )  # fmt: skip
    compat_smooth: float = knob(
        3.0, "How strongly specks and dents are smoothed away. 0 switches it off.", ge=0.0, le=50.0, step=0.5
    )
    iterations: int = knob(
        5,
        "How often the correction is repeated. More lets it travel further; 5 is usually enough.",
        ge=0,
        le=50,
        step=1,
    )
    gt_prob: float = knob(
        0.7,
        "When it starts from a mask: how far that mask is trusted. Near 1 hardly anything moves; near 0.5 the scan "
        "decides.",
        ge=0.51, le=0.99, step=0.01,
    )  # fmt: skip
    mode: Literal["2d", "3d"] = knob("2d", "2d: each slice by itself. 3d: neighbouring slices influence each other.")
    engine: Literal["own", "pydensecrf"] = knob(
        "own", "Who computes it. own: built in, more accurate. pydensecrf: for comparison, where installed.",
        advanced=True,
    )  # fmt: skip


def theta_of(params: DenseCrf, spacing: Spacing, channels: int) -> Theta:
    """Give the kernel widths in voxels (millimetres / spacing) and in the units of an image that spans 0 … 1."""
    z, y, x = spacing
    return Theta(
        smooth=(params.sxy_smooth / z, params.sxy_smooth / y, params.sxy_smooth / x),
        space=(params.sxy / z, params.sxy / y, params.sxy / x),
        colour=(params.srgb / 255,) * channels,
    )


def dense_crf(unary_prob: FloatArray, image: FloatArray, spacing: Spacing, params: DenseCrf) -> FloatArray:
    """Infer class probabilities in a fully connected CRF with Gaussian edge potentials (Krähenbühl & Koltun 2011).

    Args:
        unary_prob: (C + 1, Z, Y, X) in [0, 1], background first.
        image: (channels, Z, Y, X), any number of channels, each spanning about 0 … 1.
        spacing: voxel size along Z, Y, X in mm.
        params: knobs; ``mode`` "2d" treats every slice by itself.

    Returns:
        (C + 1, Z, Y, X) float32, summing to 1.

    Raises:
        InputError: the image is not finite or has no four axes.
        RecipeError: the engine asked for is not installed.
    """
    if params.mode == "3d":
        return _infer(unary_prob, image, spacing, params)
    result = np.empty(unary_prob.shape, np.float32)
    for z in range(image.shape[1]):
        here = slice(z, z + 1)
        result[:, here] = _infer(unary_prob[:, here], image[:, here], spacing, params)
    return result


def refine_labels(labels: LabelMap, image: FloatArray, spacing: Spacing, classes: int, params: DenseCrf) -> FloatArray:
    """Run the CRF from a mask (Z, Y, X) trusted with ``gt_prob``; slices without any label stay background.

    Other arguments, result and errors as :func:`dense_crf`.
    """
    return _where_anything(labels[None] > 0, unary_from_labels(labels, classes, params.gt_prob), image, spacing, params)


def refine_maps(maps: FloatArray, image: FloatArray, spacing: Spacing, classes: int, params: DenseCrf) -> FloatArray:
    """Run the CRF from soft maps (C, Z, Y, X) in [0, 1], clipped; slices where all maps are 0 stay background.

    Other arguments, result and errors as :func:`dense_crf`.
    """
    if len(maps) != classes:
        raise ValueError(f"{len(maps)} maps for {classes} classes")
    return _where_anything(maps > 0, unary_from_maps(maps), image, spacing, params)


def labels_from_probabilities(probabilities: FloatArray) -> LabelMap:
    """Give the most probable class of (C + 1, *S) as a label map (*S) uint8."""
    if len(probabilities) == 2:
        single: LabelMap = (probabilities[1] > probabilities[0]).astype(np.uint8)
        return single
    labels: LabelMap = probabilities.argmax(axis=0).astype(np.uint8)
    return labels


def warm_up() -> None:
    """Compile (or load from numba's cache) everything the CRF runs, so that a person's first drag does not wait."""
    from napari_wsss.refine.kernel import build_kernel, features
    from napari_wsss.refine.meanfield import mean_field
    from napari_wsss.refine.permutohedral import PermutohedralLattice

    image = np.linspace(0, 1, 128, dtype=np.float32).reshape(1, 2, 8, 8)
    theta = theta_of(DenseCrf(), (1.0, 1.0, 1.0), 1)
    unary = unary_from_maps(image)
    mean_field(build_kernel(image, theta), unary, (3.0, 5.0), 1)
    PermutohedralLattice(features(image, theta))(image[0])


def _infer(unary_prob: FloatArray, image: FloatArray, spacing: Spacing, params: DenseCrf) -> FloatArray:
    from napari_wsss.refine.kernel import build_kernel
    from napari_wsss.refine.meanfield import mean_field
    from napari_wsss.refine.pydensecrf_engine import mean_field_by_pydensecrf

    theta = theta_of(params, spacing, len(image))
    compat = (params.compat_smooth, params.compat)
    if params.engine == "pydensecrf":
        return mean_field_by_pydensecrf(image, theta, unary_prob, compat, params.iterations)
    return mean_field(build_kernel(image, theta), unary_prob, compat, params.iterations)


def _where_anything(
    present: BoolArray, unary: FloatArray, image: FloatArray, spacing: Spacing, params: DenseCrf
) -> FloatArray:
    """Run the CRF and keep, or compute, only the slices where ``present`` (…, Z, Y, X) holds anything."""
    filled = present.any(axis=(0, 2, 3))
    result = np.zeros(unary.shape, np.float32)
    result[0] = 1
    if not filled.any():
        return result
    if params.mode == "3d":
        result[:, filled] = dense_crf(unary, image, spacing, params)[:, filled]
    else:
        result[:, filled] = dense_crf(unary[:, filled], image[:, filled], spacing, params)
    return result
