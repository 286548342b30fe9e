"""The scans' own kind of file: NIfTI for NIfTI and DICOM, MHA, NRRD, PNG."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from napari_wsss.data.masks import export_mask
from napari_wsss.export.format import Format
from napari_wsss.export.item import Item


class Native(Format):
    """Each mask in the family of its scan."""

    title: ClassVar[str] = "As the scans"
    help: ClassVar[str] = "The scans' own kind of file: NIfTI (for DICOM too), MHA, NRRD, PNG; on the scans' own grid."

    def write(self, item: Item, folder: Path) -> None:
        """See :func:`napari_wsss.data.masks.export_mask`."""
        export_mask(item.mask, item.case, folder, item.name, hidden=item.hidden)
