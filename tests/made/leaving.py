"""Scans of several grids, and masks of them ready to leave."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from affines import AFFINES

from napari_wsss.data.case import Case
from napari_wsss.data.cohort import scan_cohort
from napari_wsss.export.folder import ExportFolder
from napari_wsss.export.item import Item
from napari_wsss.export.run import export_items
from napari_wsss.progress import drain

SHAPE = (6, 5, 4)
"""Z, Y, X."""


def labels_of(shape=SHAPE, classes=2):
    return np.random.default_rng(1).integers(0, classes + 1, shape).astype(np.uint8)


def write_scan(path: Path, affine=AFFINES["LAS"], shape=SHAPE, seed=0):
    """A NIfTI scan in whose header a scanner has put a name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.random.default_rng(seed).integers(0, 200, shape[::-1]).astype(np.int16)
    image = nib.Nifti1Image(array, affine)
    image.set_sform(affine, code=2)
    image.header["descrip"] = b"Miller, Ann"
    image.header["db_name"] = image.header["data_type"] = b"Miller"
    image.to_filename(path)
    return path


def cases_in(folder: Path) -> list[Case]:
    return drain(scan_cohort(folder, None))


def item_for(case: Case, mask=None, **words) -> Item:
    given = {"what": "accepted", "classes": ("bleed", "infarct"), "name": "S001-1", "patient": "S001"}
    mask = labels_of(case.geometry.shape) if mask is None else mask
    return Item(case=case, mask=mask, **(given | words))


def export(items, kind, folder, *, overwrite=False):
    """Export items to a folder; gives what was done."""
    by_case = {item.case.id: item for item in items}
    cases = [item.case for item in items]
    work = export_items(
        cases, lambda case: by_case[case.id], kind, ExportFolder(folder, overwrite=overwrite), kind.title
    )
    return drain(work)
