"""Masks out, in the kind of file the scans came in, on the scans' own grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from napari_wsss.data.cohort import Case
from napari_wsss.data.masks import export_mask
from napari_wsss.progress import Progress, Work
from napari_wsss.types import LabelMap


def export_masks(cases: Sequence[Case], read: Callable[[str], LabelMap | None], folder: Path) -> Work[list[Path]]:
    """Write the mask of each case that has one.

    Args:
        cases: the cases asked for.
        read: gives the mask (Z, Y, X) of a case id, or None.
        folder: where to; made when missing.

    Returns:
        The files (or stack folders) written.

    Raises:
        ProjectError: the folder cannot be written.
    """
    written = []
    for done, case in enumerate(cases, start=1):
        mask = read(case.id)
        if mask is not None:
            written.append(export_mask(mask, case, folder))
        yield Progress("export", done, len(cases), case.id)
    return written
