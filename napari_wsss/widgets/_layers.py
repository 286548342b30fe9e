"""Volume ↔ napari layers: which way up a scan is shown, and how bright.

Nothing is copied: layers hold transposed and flipped views of the array as it lies on disk, so painting in the
viewer writes into the on-disk order, and the slider index is the slice number of label tables and files.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_wsss.data.view import view_of
from napari_wsss.data.volume import Volume
from napari_wsss.types import Array, FloatArray


def image_layers(volume: Volume) -> list[tuple[Array, dict[str, Any], str]]:
    """Give napari layer data for a scan: one layer a channel, one for a colour image.

    Returns:
        (array, keywords, "image") for each layer; the first channel is shown, further ones are there to switch on.
    """
    view = view_of(volume)
    scale = view.scale(volume.geometry.spacing)
    if volume.rgb:
        colours = np.moveaxis(view.apply(volume.array), 0, -1)
        return [(colours, {"name": "image", "rgb": True, "scale": scale}, "image")]
    layers = []
    for index, name in enumerate(volume.channels):
        limits = contrast_limits(volume.array[index])
        keywords = {"name": name, "scale": scale, "contrast_limits": limits, "colormap": "gray", "visible": index == 0}
        layers.append((view.apply(volume.array[index]), keywords, "image"))
    return layers


def contrast_limits(array: Array, low: float = 1.0, high: float = 99.5) -> tuple[float, float]:
    """Give the intensities to show as black and white: percentiles of what is not background.

    Background is the value that fills the corners of the scan. At most about 100,000 voxels are looked at.
    """
    strides = tuple(max(1, size // 48) for size in array.shape)
    sample: FloatArray = array[tuple(slice(None, None, step) for step in strides)].astype(np.float64).ravel()
    corners = array[tuple(np.ix_(*[[0, size - 1] for size in array.shape]))].ravel()
    inside = sample[sample != np.median(corners)]
    if inside.size < 20:
        inside = sample
    lower, upper = np.percentile(inside, (low, high))
    if lower > 0 and array.min() >= 0:
        lower = 0.0  # magnitudes: zero is black, so that air stays dark
    return (float(lower), float(upper)) if upper > lower else (float(lower), float(lower) + 1.0)
