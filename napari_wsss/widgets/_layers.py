"""Volume ↔ napari layers: which way up a scan is shown, and how bright.

Nothing is copied: layers hold transposed and flipped views of the array as it lies on disk, so painting in the
viewer writes into the on-disk order, and the slider index is the slice number of label tables and files.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_wsss.data.view import View, view_of
from napari_wsss.data.volume import Volume
from napari_wsss.data.windows import robust_window
from napari_wsss.types import Array


def image_layers(volume: Volume, view: View | None = None) -> list[tuple[Array, dict[str, Any], str]]:
    """Give napari layer data for a scan: one layer a channel, one for a colour image.

    Args:
        volume: the scan.
        view: how it is turned; in radiological convention when None.

    Returns:
        (array, keywords, "image") for each layer; the first channel is shown, further ones are there to switch on.
    """
    view = view if view is not None else view_of(volume)
    scale = view.scale(volume.geometry.spacing)
    if volume.rgb:
        return [(picture(volume, view), {"name": "image", "rgb": True, "scale": scale}, "image")]
    layers = []
    for index, name in enumerate(volume.channels):
        limits = robust_window(volume.array[index]).limits
        keywords = {"name": name, "scale": scale, "contrast_limits": limits, "colormap": "gray", "visible": index == 0}
        layers.append((view.apply(volume.array[index]), keywords, "image"))
    return layers


def pictures(volume: Volume, view: View) -> list[Array]:
    """Give the arrays of :func:`image_layers` alone."""
    return [picture(volume, view)] if volume.rgb else [view.apply(channel) for channel in volume.array]


def picture(volume: Volume, view: View) -> Array:
    """Give a colour image as napari takes it, colours last."""
    return np.moveaxis(view.apply(volume.array), 0, -1)
