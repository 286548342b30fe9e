"""Saving the mask on the desk outside the project: where the project's own folder is full or was taken away."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QWidget

from napari_wsss.errors import InputError
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._jobs import work_of
from napari_wsss.widgets._notify import tell

_FILTER = "NIfTI (*.nii.gz *.nii)"


def save_elsewhere(desk: Desk, parent: QWidget) -> None:
    """Ask where to, and save the mask shown there as NIfTI with the grid of its scan."""
    if desk.loaded is None:
        return
    suggested = Path.home() / f"{desk.loaded.case_id}-mask.nii.gz"
    name, _ = QFileDialog.getSaveFileName(parent, "Save the mask shown", str(suggested), _FILTER)
    if name:
        save_mask(desk, Path(name))


def save_mask(desk: Desk, path: Path) -> None:
    """Save the mask shown as NIfTI with the grid of its scan, in the background."""
    session, loaded, layers = desk.session, desk.loaded, desk.layers
    if session is None or loaded is None or layers is None:
        return
    if not path.name.endswith((".nii", ".nii.gz")):
        path = path.with_name(f"{path.name}.nii.gz")
    case, mask = session.project.case(loaded.case_id), layers.mask.copy()

    def write() -> None:
        from napari_wsss.data.masks import source_header, write_mask

        try:
            header = source_header(case)
        except InputError:  # the scan was moved away; its grid is known
            header = None
        write_mask(mask, case.geometry, path, header)

    desk.write(work_of(write), f"Save {path.name}", lambda _: tell(f"{path}: the mask is saved. Not for diagnosis."))
