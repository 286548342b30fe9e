"""The scan that a layer lies on: what is needed to write the layer back on the scan's own grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_wsss.data.view import View
from napari_wsss.data.volume import Geometry, Volume
from napari_wsss.errors import InputError
from napari_wsss.types import Array, LabelMap

METADATA = "napari-wsss scan"
"""Under this name an image layer's metadata holds its :class:`Scan`."""


@dataclass(frozen=True, eq=False)
class Scan:
    """Where a layer's voxels lie.

    Attributes:
        geometry: the scan's grid, in on-disk order.
        view: how the grid is turned for the screen.
        header: the NIfTI header of the scan's file; None for other formats.
    """

    geometry: Geometry
    view: View
    header: Any = None

    @classmethod
    def of(cls, volume: Volume, view: View) -> Scan:
        """Give the scan of a volume shown in a view."""
        return cls(volume.geometry, view, volume.source.header if volume.source.format == "nifti" else None)

    def fits(self, shown: Array) -> bool:
        """Whether an array as shown on the screen has the scan's grid."""
        return shown.ndim == 3 and bool(self.view.invert(shown).shape == self.geometry.shape)

    def as_on_disk(self, shown: Array) -> LabelMap:
        """Give a label map as shown in on-disk order (Z, Y, X).

        Raises:
            InputError: values that are no whole numbers 0 … 255.
        """
        if shown.min(initial=0) < 0 or shown.max(initial=0) > np.iinfo(np.uint8).max:
            raise InputError(f"labels from {shown.min()} to {shown.max()}; a mask file holds 0 to 255.")
        return np.ascontiguousarray(self.view.invert(shown), dtype=np.uint8)


def scan_of(shown: Array, viewer: Any) -> Scan:  # noqa: ANN401
    """Find the scan that a label map, as shown on the screen, was drawn on.

    The case on the desk counts first, then scans opened in the viewer.

    Raises:
        InputError: no scan of this size is open, or scans of several positions are.
    """
    found = [scan for scan in _scans(viewer) if scan.fits(shown)]
    if not found:
        raise InputError(
            f"The layer has {' × '.join(map(str, shown.shape))} voxels, and no scan of this size is open, so nobody "
            "knows where it lies. Open the scan it was drawn on, then save again."
        )
    if any(not scan.geometry.fits(found[0].geometry) for scan in found):
        raise InputError(
            "Several scans of this size but at different places are open, so nobody knows which one the layer belongs "
            "to. Close the others, then save again."
        )
    return found[0]


def _scans(viewer: Any) -> list[Scan]:  # noqa: ANN401
    """Give the scans shown in a viewer: the case on its desk alone, if there is one."""
    from napari_wsss.widgets._desk import desk_of

    layers = desk_of(viewer).layers
    if layers is not None:
        return [Scan.of(layers.volume, layers.view)]
    return [layer.metadata[METADATA] for layer in viewer.layers if METADATA in layer.metadata]
