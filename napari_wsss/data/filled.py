"""Volumes smaller than what a network looks at, filled up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_wsss.types import Array


def filled_up(volume: Array, sides: Sequence[int]) -> Array:
    """Repeat the far border of a volume (channels, D, H, W) until no side is shorter than ``sides``.

    Training and prediction fill up alike: a network answers a thin scan as it learnt to only if it sees it at the same
    place, with the same around it.

    Returns:
        The volume itself where nothing is missing.
    """
    missing = [max(0, side - had) for side, had in zip(sides, volume.shape[1:], strict=True)]
    return np.pad(volume, [(0, 0), *((0, more) for more in missing)], mode="edge") if any(missing) else volume
