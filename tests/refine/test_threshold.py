import numpy as np
import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.refine.threshold import Threshold, threshold


def test_one_class():
    maps = np.array([[[0.0, 0.34, 0.35, 1.0]]], dtype=np.float32)
    result = threshold(maps, Threshold(value=0.35))
    assert result.tolist() == [[0, 0, 1, 1]]
    assert result.dtype == np.uint8


def test_highest_of_those_above():
    maps = np.array([[0.5, 0.2, 0.6, 0.0], [0.4, 0.3, 0.6, 0.9]], dtype=np.float32)
    assert threshold(maps, Threshold(value=0.35)).tolist() == [1, 0, 1, 2]


def test_any_number_of_axes():
    maps = np.random.default_rng(0).random((2, 3, 4, 5)).astype(np.float32)
    whole = threshold(maps, Threshold(value=0.5))
    assert all((whole[z] == threshold(maps[:, z], Threshold(value=0.5))).all() for z in range(3))


@pytest.mark.parametrize("classes", [1, 2])
def test_an_empty_map_gives_nothing_even_at_zero(classes):
    assert not threshold(np.zeros((classes, 2, 2), np.float32), Threshold(value=0.0)).any()


def test_bounds():
    with pytest.raises(RecipeError, match="less than or equal to 1"):
        Threshold.parse({"value": 1.5})
