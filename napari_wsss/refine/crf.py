"""Dense CRF: move the border of a mask or soft map to edges in the scan. Torch-free; numba is loaded at first use.

Krähenbühl & Koltun, "Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials" (2011).
"""

from __future__ import annotations

import numpy as np

from napari_wsss.refine.crf_settings import KernelWidths, MeanField
from napari_wsss.refine.scan_kernel import ScanKernel
from napari_wsss.refine.unary import unary_from_labels, unary_from_maps
from napari_wsss.types import Array, FloatArray, LabelMap


def refine(
    start: FloatArray | LabelMap, kernel: ScanKernel, classes: int, params: MeanField, first: int = 0
) -> FloatArray:
    """Give class probabilities after the CRF; slices without any start stay background.

    Args:
        start: a mask (n, Y, X), 0 background, c + 1 for class c, which is trusted with ``gt_prob``; or soft maps
            (C, n, Y, X) in [0, 1].
        kernel: of the scan.
        classes: C.
        params: knobs of the inference.
        first: number, in the scan, of the first of the n slices (all of them in mode 3d).

    Returns:
        (C + 1, n, Y, X) float32, summing to 1, background first.

    Raises:
        InputError, RecipeError: as :meth:`ScanKernel.infer`.
    """
    if start.ndim == 4 and len(start) != classes:
        raise ValueError(f"{len(start)} maps for {classes} classes")
    filled = (start > 0).any(axis=tuple(axis for axis in range(start.ndim) if axis != start.ndim - 3))
    result = np.zeros((classes + 1, *start.shape[-3:]), np.float32)
    result[0] = 1
    if filled.any() and kernel.apart:
        slices = [first + int(z) for z in np.flatnonzero(filled)]
        result[:, filled] = kernel.infer(_unary(start[..., filled, :, :], classes, params), params, slices)
    elif filled.any():
        result[:, filled] = kernel.infer(_unary(start, classes, params), params)[:, filled]
    return result


def labels_from_probabilities(probabilities: FloatArray) -> LabelMap:
    """Give the most probable class of (C + 1, *S) as a label map (*S) uint8."""
    if len(probabilities) == 2:
        single: LabelMap = (probabilities[1] > probabilities[0]).astype(np.uint8)
        return single
    labels: LabelMap = probabilities.argmax(axis=0).astype(np.uint8)
    return labels


def warm_up() -> None:
    """Compile (or load from numba's cache) everything the CRF runs, so that a person's first drag does not wait."""
    from napari_wsss.refine.permutohedral import PermutohedralLattice
    from napari_wsss.refine.simplex import locate, merge

    image = np.random.default_rng(0).random((3, 2, 8, 8), np.float32)
    for channels, classes, mode in ((1, 1, "2d"), (2, 2, "3d"), (3, 1, "2d")):
        kernel = ScanKernel(image[:channels], (1.0, 1.0, 1.0), KernelWidths.parse({"mode": mode}))
        refine(image[:classes], kernel, classes, MeanField(iterations=1))
    # What only narrow kernels with many channels, and large images, come to.
    points = image[:, 0].reshape(3, -1)
    PermutohedralLattice(points)(points[0])
    table = locate(points, np.ones(3, np.float32), np.empty((64, 4), np.int32), np.empty((64, 4), np.float32))
    merge(*table, table[0], np.empty(len(table[0]), np.int32))


def _unary(start: Array, classes: int, params: MeanField) -> FloatArray:
    return unary_from_maps(start) if start.ndim == 4 else unary_from_labels(start, classes, params.gt_prob)
