import itertools

import numpy as np
import pytest

from napari_wsss.refine.exact import exact_kernel
from napari_wsss.refine.kernel import build_kernel
from napari_wsss.refine.meanfield import mean_field
from napari_wsss.refine.theta import Theta

SHAPE = (2, 4, 5)
THETA = Theta((1.0, 2.0, 2.0), (2.0, 6.0, 6.0), (0.2, 0.3))


@pytest.fixture
def image():
    return np.random.default_rng(0).random((2, *SHAPE)).astype(np.float32)


def _unary(classes, seed=1):
    unary = np.random.default_rng(seed).random((classes, *SHAPE)) + 0.1
    return (unary / unary.sum(axis=0)).astype(np.float32)


def _written_out(image, unary, compat, iterations):
    """Algorithm 1 voxel by voxel, in plain loops over pairs and classes."""
    places = list(itertools.product(*map(range, SHAPE)))
    kernels = []
    for width, colours in ((THETA.smooth, False), (THETA.space, True)):
        matrix = np.empty((len(places),) * 2)
        for (i, p), (j, q) in itertools.product(enumerate(places), repeat=2):
            square = sum(((a - b) / w) ** 2 for a, b, w in zip(p, q, width, strict=True))
            if colours:
                square += sum(
                    ((channel[p] - channel[q]) / w) ** 2 for channel, w in zip(image, THETA.colour, strict=True)
                )
            matrix[i, j] = np.exp(-square / 2)
        sums = matrix.sum(axis=1)
        kernels.append(matrix / np.sqrt(np.outer(sums, sums)))
    start = unary.reshape(len(unary), -1).astype(float)
    q = start / start.sum(axis=0)
    for _ in range(iterations):
        message = sum(weight * q @ matrix for weight, matrix in zip(compat, kernels, strict=True))
        q = start * np.exp(message)
        q /= q.sum(axis=0)
    return q.reshape(unary.shape)


@pytest.mark.parametrize("classes", [2, 4])
def test_equals_the_algorithm_written_out(image, classes):
    unary = _unary(classes)
    expected = _written_out(image, unary, (3.0, 7.0), 4)
    result = mean_field(exact_kernel(image, THETA), unary, (3.0, 7.0), 4)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_the_fast_kernel_is_close(image):
    unary = _unary(3)
    exact = mean_field(exact_kernel(image, THETA), unary, (3.0, 7.0), 5)
    fast = mean_field(build_kernel(image, THETA), unary, (3.0, 7.0), 5)
    np.testing.assert_allclose(fast, exact, atol=0.02)


@pytest.mark.parametrize(("compat", "iterations"), [((0.0, 0.0), 5), ((3.0, 5.0), 0)])
def test_without_pairwise_terms_it_is_the_identity(image, compat, iterations):
    unary = _unary(3)
    np.testing.assert_allclose(mean_field(build_kernel(image, THETA), unary, compat, iterations), unary, atol=1e-6)


def test_order_of_classes_does_not_matter(image):
    kernel, unary = build_kernel(image, THETA), _unary(3)
    order = [2, 0, 1]
    expected = mean_field(kernel, unary, (3.0, 7.0), 5)[order]
    np.testing.assert_allclose(mean_field(kernel, unary[order], (3.0, 7.0), 5), expected, atol=1e-5)


def test_certain_unaries_stay_finite(image):
    unary = np.zeros((2, *SHAPE), np.float32)
    unary[0] = 1
    result = mean_field(build_kernel(image, THETA), unary, (50.0, 50.0), 5)
    np.testing.assert_allclose(result[0], 1, atol=1e-6)
    assert result.sum(axis=0) == pytest.approx(1, abs=1e-6)
