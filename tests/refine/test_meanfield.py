import itertools

import numpy as np
import pytest

from napari_wsss.refine.exact import exact_kernel
from napari_wsss.refine.kernel import build_kernel
from napari_wsss.refine.meanfield import log_ratios, mean_field, normalised, probabilities
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


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_there_and_back(classes):
    unary = _unary(classes)
    logits = log_ratios(unary)
    np.testing.assert_allclose(logits[0], np.log(unary[1] / unary[0]), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(normalised(logits), unary[1:] - unary[0], atol=1e-6)
    np.testing.assert_allclose(probabilities(normalised(logits)), unary, atol=1e-6)


@pytest.mark.parametrize("build", [exact_kernel, build_kernel])
def test_a_region_is_a_scan_of_its_own(image, build):
    """Voxels outside neither send nor receive: the same as if they were not there."""
    region = np.zeros(SHAPE, bool)
    region[:, 1:, :3] = True
    unary = _unary(3)
    inner = (slice(None), slice(None), slice(1, None), slice(None, 3))
    result = mean_field(build(image, THETA, region), unary, (3.0, 7.0), 4)
    alone = mean_field(build(np.ascontiguousarray(image[inner]), THETA), unary[inner], (3.0, 7.0), 4)
    np.testing.assert_allclose(result[inner], alone, atol=1e-5)
    np.testing.assert_allclose(result[:, ~region], unary[:, ~region], atol=1e-6)


def test_a_region_of_any_form(image):
    region = np.random.default_rng(5).random(SHAPE) < 0.6
    unary = _unary(2)
    exact = mean_field(exact_kernel(image, THETA, region), unary, (3.0, 7.0), 5)
    fast = mean_field(build_kernel(image, THETA, region), unary, (3.0, 7.0), 5)
    assert np.abs(fast - exact).mean() < 0.003
    np.testing.assert_allclose(fast, exact, atol=0.05)


def test_an_empty_region(image):
    unary = _unary(2)
    kernel = build_kernel(image, THETA, np.zeros(SHAPE, bool))
    assert kernel.nbytes == 0
    np.testing.assert_allclose(mean_field(kernel, unary, (3.0, 7.0), 5), unary, atol=1e-6)


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_flips(image, axis):
    unary = _unary(3)
    flipped = mean_field(build_kernel(np.flip(image, axis), THETA), np.flip(unary, axis), (3.0, 7.0), 5)
    straight = mean_field(build_kernel(image, THETA), unary, (3.0, 7.0), 5)
    np.testing.assert_allclose(np.flip(flipped, axis), straight, atol=1e-5)
