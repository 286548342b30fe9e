"""NIfTI, whatever the scans are: ``<case>.nii.gz`` with exactly the grid of the scan."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from napari_wsss.data.masks import bare_header, source_header, write_mask
from napari_wsss.export.format import Format
from napari_wsss.export.item import Item


class Nifti(Format):
    """One NIfTI file a mask."""

    title: ClassVar[str] = "NIfTI"
    help: ClassVar[str] = "One .nii.gz a case with exactly the position of its scan; opens in every viewer."

    def write(self, item: Item, folder: Path) -> None:
        """Write ``<name>.nii.gz``."""
        write_nifti(item, folder / f"{item.name}.nii.gz")


def write_nifti(item: Item, path: Path) -> None:
    """Write a mask as NIfTI; of a NIfTI scan, qform, sform, codes and units are kept bit for bit.

    Raises:
        InputError: the scan is NIfTI and its file is gone or damaged.
        ProjectError: the file cannot be written.
    """
    header = source_header(item.case)
    write_mask(item.mask, item.case.geometry, path, bare_header(header) if item.hidden else header)
