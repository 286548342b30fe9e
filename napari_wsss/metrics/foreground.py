"""One figure for a case with any number of lesion classes."""

from __future__ import annotations

import numpy as np

from napari_wsss.metrics.overlap import Counts, dice
from napari_wsss.types import Array


def foreground_counts(matrix: Array) -> Counts:
    """Count the voxels of all lesion classes together: found are those with the right lesion class.

    A voxel of one lesion class that was taken for another counts as claimed wrongly and as missed. With one class these
    are its counts.

    Args:
        matrix: (C + 1, C + 1), row = true label, column = predicted label, background first.
    """
    left_alone = int(matrix[0, 0])
    found = int(np.trace(matrix)) - left_alone
    marked, there = int(matrix[:, 1:].sum()), int(matrix[1:].sum())
    return Counts(found, marked - found, there - found, left_alone)


def foreground_dice(matrix: Array) -> float:
    """Give the Dice of all lesion classes together: 2·found / (marked + there), 0 … 1; 1 where both are empty.

    Found are the voxels with the right lesion class; with one class this is its Dice.

    Args:
        matrix: (C + 1, C + 1), row = true label, column = predicted label, background first.
    """
    return dice(foreground_counts(matrix))
