"""From a scan to what 3-D networks see: intensities to a common range, the whole scan into a box."""

from __future__ import annotations

import numpy as np
from pydantic import field_validator

from napari_wsss.data.equalise import equalise
from napari_wsss.data.preprocess import Intensity, normalise
from napari_wsss.data.volume import Geometry, Volume
from napari_wsss.data.volume_box import Grid, Shape, VolumeBox
from napari_wsss.params import knob
from napari_wsss.types import Array, BoolArray

SMALLEST, LARGEST = 8, 1024


class PreprocessVolume(Intensity):
    """How scans are prepared for the networks that take volumes."""

    grid: Grid = knob(
        "fit",
        "The voxels the network sees. fit: the whole scan scaled into the box below, its proportions in mm kept; "
        "fill: each axis stretched to the box by itself (thick slices); scan: the scan's own voxels, for networks that "
        "work in patches.",
    )
    shape: Shape = knob(
        (96, 96, 96),
        "Depth, height and width of the box (grid fit and fill). Smaller is faster and coarser.",
        unit="voxels",
    )

    equalise: bool = knob(False, "Spread the grey values of the body evenly (histogram equalisation), for contrast.")

    @field_validator("shape")
    @classmethod
    def _usable(cls, shape: Shape) -> Shape:
        if not all(SMALLEST <= side <= LARGEST for side in shape):
            raise ValueError(f"each side must be from {SMALLEST} to {LARGEST} voxels")
        return shape

    def box(self, geometry: Geometry) -> VolumeBox:
        """Give how a scan lies in its box."""
        return VolumeBox.of(geometry, self.grid, self.shape)


def prepare_volume(volume: Volume, params: PreprocessVolume, inside: BoolArray | None = None) -> Array:
    """Give a scan as 3-D networks take it: :func:`normalise`, then :class:`VolumeBox`.

    The margins hold the channel's lowest value, so they look like the scan's own background.

    Args:
        volume: the scan.
        params: knobs.
        inside: (Z, Y, X), the voxels that are kept; the others get the channel's lowest value. None keeps all.

    Returns:
        (channels, D, H, W) float16; values beyond its range (±65504) are clipped.
    """
    channels, box = normalise(volume, params), params.box(volume.geometry)
    prepared = np.empty((len(channels), *box.shape), dtype=np.float16)
    limit = float(np.finfo(np.float16).max)
    for index, channel in enumerate(channels):
        if inside is not None:
            channel[~inside] = channel.min()
        if params.equalise:
            channel[...] = equalise(channel, channel > channel.min() if inside is None else inside)
        prepared[index] = box.apply(channel, fill=float(channel.min())).clip(-limit, limit)
    return prepared
