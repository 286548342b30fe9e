"""A small scene with two classes, and masks to combine."""

import numpy as np
import pytest

from napari_wsss.edit.scene import Scene


@pytest.fixture
def mask():
    """Class 1: a block with a hole and a far voxel in slices 1 to 4; class 2: a bar beside it."""
    labels = np.zeros((6, 12, 14), np.uint8)
    labels[1:5, 3:8, 3:8] = 1
    labels[1:5, 5, 5] = 0
    labels[1:5, 10, 12] = 1
    labels[:, 3:8, 9] = 2
    return labels


@pytest.fixture
def scene(mask):
    rng = np.random.default_rng(0)
    proposal = np.zeros_like(mask)
    proposal[:, 2:6, 2:10] = 1
    proposal[:, 8, :] = 2
    evidence = rng.uniform(size=(2, *mask.shape)).astype(np.float32)
    scan = rng.uniform(0, 100, (1, *mask.shape)).astype(np.float32)
    others = {"proposal": proposal}
    corrected = frozenset({1, 3, 4})
    return Scene(scan, (2.5, 1.0, 1.0), 2, 1, (1, 3), evidence, others, corrected, (2, 4, 4))
