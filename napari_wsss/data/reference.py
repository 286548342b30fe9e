"""What a reference mask says in a project's own classes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_wsss.types import LabelMap


def in_classes(reference: LabelMap, labels: npt.NDArray[np.int8]) -> LabelMap:
    """Give the label map a reference stands for.

    A project with one class takes any label of the reference for it. In a project with several, a reference that
    tells lesion from background alone stands for the class that the image-level label names, if it names just one.

    Args:
        reference: (Z, Y, X), 0 background.
        labels: (C,) image-level label of the scan: 1, 0, or -1 where unknown.
    """
    present = np.flatnonzero(labels == 1)
    if len(labels) > 1 and (reference.max() > 1 or len(present) != 1):
        return reference
    label = 1 if len(labels) == 1 else int(present[0]) + 1
    return np.where(reference > 0, label, 0).astype(np.uint8)
