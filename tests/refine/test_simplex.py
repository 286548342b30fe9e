import numpy as np
import pytest

from napari_wsss.refine.simplex import elevate, interpolation_variance, locate, merge, squared_distances


def _located(features):
    d, points = features.shape
    ids, weights = np.empty((points, d + 1), np.int32), np.empty((points, d + 1), np.float32)
    keys, codes, numbers = locate(features, np.ones(d, np.float32), ids, weights)
    return ids, weights, keys, codes, numbers


def _elevated(features):
    out = np.empty((features.shape[1], len(features) + 1), np.float32)
    for point, row in zip(np.ascontiguousarray(features.T), out, strict=True):
        elevate(point, row)
    return out


@pytest.fixture(params=[1, 2, 3, 6])
def features(request):
    return np.random.default_rng(request.param).normal(0, 20, size=(request.param, 400)).astype(np.float32)


def test_elevation_keeps_distances(features):
    high = _elevated(features)
    np.testing.assert_allclose(high.sum(axis=1), 0, atol=1e-4)
    gaps = np.linalg.norm(features.T[1:] - features.T[:-1], axis=1)
    np.testing.assert_allclose(np.linalg.norm(high[1:] - high[:-1], axis=1), gaps, rtol=1e-4)


def test_points_are_the_weighted_mean_of_their_corners(features):
    ids, weights, keys, *_ = _located(features)
    corners = np.column_stack([keys, -keys.sum(axis=1)])
    mean = (corners[ids] * weights[..., None]).sum(axis=1)
    np.testing.assert_allclose(mean, _elevated(features), atol=2e-3)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert weights.min() > -1e-5


def test_corners_are_lattice_points_listed_once(features):
    keys = _located(features)[2]
    d = len(features)
    whole = np.column_stack([keys, -keys.sum(axis=1)])
    assert (whole % (d + 1) == whole[:, :1] % (d + 1)).all()
    assert len(np.unique(keys, axis=0)) == len(keys)


def test_equal_points_share_corners_however_many_there_are():
    once = np.random.default_rng(0).normal(0, 100, size=(2, 3000)).astype(np.float32)
    ids, _, keys, codes, _ = _located(np.concatenate([once, once], axis=1))
    assert (ids[:3000] == ids[3000:]).all()
    assert ids.max() + 1 == len(keys) > 2048  # the table grew on the way
    assert len(codes) > 2 * len(keys)


def test_one_feature_is_linear_interpolation():
    line = np.arange(0, 10, 0.25, dtype=np.float32)[None]
    ids, weights, keys, *_ = _located(line)
    corners = np.column_stack([keys, -keys.sum(axis=1)])[ids]
    np.testing.assert_allclose(np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1), np.sqrt(2), rtol=1e-6)
    assert (weights > 0).sum(axis=1).max() <= 2


@pytest.mark.parametrize("points", [50, 3000])
def test_pieces_merge_to_the_whole(points):
    features = np.random.default_rng(0).normal(0, 20, size=(3, points)).astype(np.float32)
    ids, _, keys, *_ = _located(features)
    first, _, left, codes, numbers = _located(np.ascontiguousarray(features[:, : points // 2]))
    second, _, right, *_ = _located(np.ascontiguousarray(features[:, points // 2 :]))
    renumbered = np.empty(len(right), np.int32)
    merged, codes, numbers = merge(left, codes, numbers, right, renumbered)
    np.testing.assert_array_equal(merged, keys)
    np.testing.assert_array_equal(np.concatenate([first, renumbered[second]]), ids)
    assert len(codes) >= 4 * len(merged)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_interpolation_variance(dimensions):
    points = np.random.default_rng(0).uniform(-200, 200, size=(dimensions, 20_000)).astype(np.float32)
    ids, weights, keys, *_ = _located(points)
    corners = np.column_stack([keys, -keys.sum(axis=1)])
    squares = ((corners[ids] - _elevated(points)[:, None]) ** 2).sum(axis=2)
    variance = (squares * weights).sum(axis=1).mean() / dimensions
    assert variance == pytest.approx(interpolation_variance(dimensions), rel=0.02)


def test_squared_distances_by_hand():
    np.testing.assert_array_equal(squared_distances(np.array([[0], [1], [3]], np.int32)), [
        [0, 2, 18], [2, 0, 8], [18, 8, 0]
    ])  # fmt: skip
