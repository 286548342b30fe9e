"""Statistics as one CSV table: a row a lesion, and one for each class of each case."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from napari_wsss.data.tables import csv_text
from napari_wsss.edit.figure_rows import columns_of, figure_rows
from napari_wsss.edit.statistics import measure
from napari_wsss.export.format import Format
from napari_wsss.export.item import Item
from napari_wsss.files import write_text
from napari_wsss.progress import drain

FILE = "statistics.csv"


class Statistics(Format):
    """``statistics.csv`` for all cases of the export together."""

    title: ClassVar[str] = "Statistics (CSV)"
    help: ClassVar[str] = "A table of every lesion: voxels, mm³, ml, surface, diameter, centroid, grey values."

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def write(self, item: Item, folder: Path) -> None:  # noqa: ARG002 (one table for all)
        """Measure the mask; the table is written at the end."""
        scan = item.case.load()
        figures = drain(measure(item.mask, item.case.geometry, len(item.classes), scan))
        self._rows += [{"case": item.name, **row} for row in figure_rows(figures, item.classes, scan.channels)]

    def record(self, item: Item) -> None:
        """Keep no file a case: the export's own tells what is in the table."""

    def finish(self, folder: Path, target: Path) -> None:  # noqa: ARG002 (all is known here)
        """Write the table."""
        write_text(folder / FILE, csv_text(columns_of(self._rows), self._rows))
