"""What a reference mask says in a project's classes."""

import numpy as np
import pytest

from napari_wsss.data.reference import in_classes


@pytest.mark.parametrize(
    ("reference", "labels", "expected"),
    [
        ([0, 1, 4], [1], [0, 1, 1]),  # one class: any label is it
        ([0, 1, 1], [0, 1], [0, 2, 2]),  # two classes, only the second present
        ([0, 1, 1], [1, 1], [0, 1, 1]),  # both present: the reference's own labels
        ([0, 1, 2], [0, 1], [0, 1, 2]),  # it tells classes apart itself
        ([0, 1, 1], [-1, 0], [0, 1, 1]),  # nothing is known to be present
    ],
)
def test_in_classes(reference, labels, expected):
    found = in_classes(np.array(reference, np.uint8).reshape(1, 1, 3), np.array(labels, np.int8))
    assert found.ravel().tolist() == expected
