"""One figure for a case with any number of lesion classes."""

from __future__ import annotations

import numpy as np

from napari_wsss.types import Array


def foreground_dice(matrix: Array) -> float:
    """Give the Dice of all lesion classes together: 2·found / (marked + there), 0 … 1; 1 where both are empty.

    Found are the voxels with the right lesion class; with one class this is its Dice.

    Args:
        matrix: (C + 1, C + 1), row = true label, column = predicted label, background first.
    """
    found = int(np.trace(matrix)) - int(matrix[0, 0])
    both = int(matrix[:, 1:].sum()) + int(matrix[1:].sum())
    return 2 * found / both if both else 1.0
