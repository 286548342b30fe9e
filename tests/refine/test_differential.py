import numpy as np
import pytest

from napari_wsss.refine.differential import least_lesion

NUMBERS = np.array([[[1, 1, 2, 3]], [[1, 2, 2, 0]]], dtype=np.uint8)
"""Two slices of one row; cluster 3 is in the first alone."""
SLICES = np.array([7, 9])


def table(scores):
    """Answer by slice and blanked cluster; remember what was asked."""
    asked = []

    def ask(regions, slices):
        answers = []
        for region, z in zip(regions, slices, strict=True):
            row = int(np.flatnonzero(z == SLICES)[0])
            number = int(NUMBERS[row][region][0]) if region.any() else 0
            assert (region == (NUMBERS[row] == number)).all() or number == 0
            asked.append((int(z), number))
            answers.append([99.0, scores[int(z), number]])
        return np.array(answers, np.float32)

    return ask, asked


def test_the_lowest_score_of_each_slice():
    ask, asked = table({(7, 1): 2.0, (7, 2): -1.0, (7, 3): 0.5, (9, 1): -3.0, (9, 2): 4.0})
    kept = least_lesion(NUMBERS, SLICES, 1, ask, "slice")
    assert kept[:, 0].tolist() == [[False, False, True, False], [True, False, False, False]]
    assert sorted(asked) == [(7, 1), (7, 2), (7, 3), (9, 1), (9, 2)]


def test_the_mean_score_of_the_volume():
    # Without 1: (2 − 3) / 2 = −0.5.  Without 2: (−1 + 4) / 2 = 1.5.  Without 3: (−9 + 5) / 2 = −2, slice 9 as it is.
    ask, asked = table({(7, 0): 6.0, (9, 0): 5.0, (7, 1): 2.0, (7, 2): -1.0, (7, 3): -9.0, (9, 1): -3.0, (9, 2): 4.0})
    kept = least_lesion(NUMBERS, SLICES, 1, ask, "volume")
    assert kept[:, 0].tolist() == [[False, False, False, True], [False] * 4]
    assert sorted(asked) == [(7, 0), (7, 1), (7, 2), (7, 3), (9, 0), (9, 1), (9, 2)]


@pytest.mark.parametrize("scope", ["slice", "volume"])
def test_the_darker_of_equals(scope):
    ask, _ = table(dict.fromkeys([(z, n) for z in (7, 9) for n in range(4)], 1.0))
    assert (least_lesion(NUMBERS, SLICES, 1, ask, scope) == (NUMBERS == 1)).all()
