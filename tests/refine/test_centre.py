import numpy as np
import pytest

from napari_wsss.refine.centre import keep_centre


@pytest.mark.parametrize(
    ("size", "part", "kept"),
    [
        (8, 0.5, [2, 3, 4, 5]),
        (5, 0.5, [1, 2, 3]),
        (5, 0.4, [1, 2]),  # two of five: the odd one left over lies after the box
        (5, 1.0, [0, 1, 2, 3, 4]),
        (5, 0.05, [2]),
    ],
)
def test_one_axis(size, part, kept):
    assert np.flatnonzero(keep_centre(np.ones(size, np.uint8), (part,))).tolist() == kept


def test_axes_by_themselves_and_classes_kept():
    mask = np.full((2, 4, 4), 2, np.uint8)
    kept = keep_centre(mask, (1.0, 0.5, 0.25))
    assert np.argwhere(kept == 2).tolist() == [[0, 1, 1], [0, 2, 1], [1, 1, 1], [1, 2, 1]]
    assert mask.all()
