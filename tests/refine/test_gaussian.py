import numpy as np
import pytest

from napari_wsss.refine.gaussian import GaussianFilter


def _exact(values, theta):
    for axis, width in enumerate(theta):
        places = np.arange(values.shape[axis])
        matrix = np.exp(-0.5 * ((places[:, None] - places) / width) ** 2)
        values = np.moveaxis(np.tensordot(matrix, values, (1, axis)), 0, axis)
    return values


@pytest.mark.parametrize(
    ("shape", "theta"),
    [((1, 20, 30), (3, 3, 3)), ((7, 12, 9), (0.6, 3.0, 2.0)), ((1, 5, 4), (9, 9, 9)), ((3, 1, 1), (2, 2, 2))],
)
def test_against_the_full_sum(shape, theta):
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    before = values.copy()
    np.testing.assert_allclose(GaussianFilter(theta)(values), _exact(values, theta), rtol=2e-5)
    assert (values == before).all()


def test_a_single_voxel_is_left_alone():
    values = np.full((1, 1, 1), 4, np.float32)
    result = GaussianFilter((3, 3, 3))(values)
    assert result == 4
    assert result is not values
