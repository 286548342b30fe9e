"""Stacks of pictures: PNG, one file a slice, and TIFF, one file a case."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from napari_wsss.data.masks import write_png
from napari_wsss.export.format import Format
from napari_wsss.export.item import Item
from napari_wsss.files import atomic_path


class Png(Format):
    """A folder of PNG files a case; a single file for a single image."""

    title: ClassVar[str] = "PNG"
    help: ClassVar[str] = "One PNG a slice with label values 0, 1, 2 …; order and orientation as in the scan's file."

    def write(self, item: Item, folder: Path) -> None:
        """Write ``<name>/0000.png`` …, rows Y and columns X; ``<name>.png`` of a single image."""
        if len(item.mask) == 1:
            write_png(item.mask[0], folder / f"{item.name}.png")
            return
        for z, page in enumerate(item.mask):
            write_png(page, folder / item.name / f"{z:04d}.png")

    def record(self, item: Item) -> str:
        """Give a place beside the PNG or its folder."""
        return f"{item.name}.png.json"


class Tiff(Format):
    """One TIFF file of many pages a case."""

    title: ClassVar[str] = "TIFF stack"
    help: ClassVar[str] = "One TIFF a case, a page a slice, with the voxel size as ImageJ and Fiji read it."

    def write(self, item: Item, folder: Path) -> None:
        """Write ``<name>.tif``: pages Z, rows Y, columns X."""
        import tifffile

        z, y, x = item.case.geometry.spacing
        with atomic_path(folder / f"{item.name}.tif") as temporary:
            tifffile.imwrite(
                temporary,
                item.mask,
                imagej=True,
                resolution=(1 / x, 1 / y),
                metadata={"axes": "ZYX", "spacing": z, "unit": "mm"},
            )

    def record(self, item: Item) -> str:
        """Give a place beside the TIFF."""
        return f"{item.name}.tif.json"
