import itertools

import numpy as np
import pytest
from skimage.filters import threshold_multiotsu
from sklearn.cluster import KMeans

from napari_wsss.refine.kmeans import kmeans_cuts


def spread(values, cuts):
    """Total squared distance of values to the mean of their cluster."""
    numbers = np.searchsorted(cuts, values)
    return sum(((values[numbers == n] - values[numbers == n].mean()) ** 2).sum() for n in np.unique(numbers))


def test_by_hand():
    values = np.array([0.0, 1.0, 10.0, 11.0, 20.0, 255.0])
    cuts = kmeans_cuts(values, 3)
    np.testing.assert_allclose(cuts, [(1 + 10) / 2, (20 + 255) / 2])
    assert np.searchsorted(cuts, values).tolist() == [0, 0, 1, 1, 1, 2]


@pytest.mark.parametrize("k", [2, 3, 4])
def test_the_best_of_all_partitions(k):
    values = np.random.default_rng(k).integers(0, 256, 12).astype(float)
    values[:2] = 0, 255
    ordered = np.sort(values)
    limits = itertools.combinations((ordered[1:] + ordered[:-1]) / 2, k - 1)
    best = min(spread(values, np.array(cuts)) for cuts in limits)
    assert spread(values, kmeans_cuts(values, k)) == pytest.approx(best)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_as_good_as_scikit_learn_and_multi_otsu(k):
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(centre, 0.05, 400) for centre in (0.2, 0.35, 0.8)]).astype(np.float32)
    model = KMeans(k, n_init=20, random_state=0).fit(values[:, None])
    ours = spread(values.astype(float), kmeans_cuts(values, k))
    assert ours <= model.inertia_ * 1.002  # values are told apart to 1/256 of their range
    assert ours <= spread(values.astype(float), threshold_multiotsu(values, k)) * 1.002


def test_fewer_values_than_clusters():
    assert kmeans_cuts(np.array([3.0, 3.0, 7.0]), 4).tolist() == [5.0]
    assert kmeans_cuts(np.array([3.0, 3.0]), 4).tolist() == []
    assert kmeans_cuts(np.array([]), 4).tolist() == []


def test_order_and_scale_do_not_matter():
    values = np.random.default_rng(1).random(500)
    cuts = kmeans_cuts(values, 4)
    np.testing.assert_array_equal(kmeans_cuts(values[::-1], 4), cuts)
    np.testing.assert_allclose(kmeans_cuts(values * 8 - 3, 4), cuts * 8 - 3)
