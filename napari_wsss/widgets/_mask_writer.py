"""napari writer: a label layer as a mask file that fits its scan voxel by voxel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.types import Array


def write_mask_layer(path: str, data: Array, attributes: dict[str, Any]) -> list[str]:  # noqa: ARG001 (npe2's order)
    """Write a label layer on the grid of the scan it was drawn on (npe2 writer of one layer).

    Args:
        path: ends in .nii.gz, .nii, .nrrd or .mha.
        data: (Z, Y, X) as shown on the screen, values 0 … 255.
        attributes: of the layer; not needed.

    Returns:
        The file written.

    Raises:
        InputError: the scan is not open, another number of voxels, or values that no mask file holds.
        ProjectError: the file cannot be written.
    """
    import napari

    from napari_wsss.data.mask_files import save_mask
    from napari_wsss.widgets._notify import tell
    from napari_wsss.widgets._scan_of import scan_of

    viewer = napari.current_viewer()
    scan = scan_of(data, getattr(viewer, "__wrapped__", viewer))
    save_mask(scan.as_on_disk(data), scan.geometry, Path(path), scan.header)
    tell(f"{Path(path).name}: saved on the grid of its scan. {NOT_FOR_DIAGNOSIS}")
    return [path]
