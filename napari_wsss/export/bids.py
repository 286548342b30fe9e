"""BIDS derivatives: ``sub-…/anat/…_desc-…_mask.nii.gz`` with a JSON file beside each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

from napari_wsss.export.format import Format
from napari_wsss.export.item import Item
from napari_wsss.export.nifti import write_nifti
from napari_wsss.files import write_json, write_text
from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.version import __version__

VERSION = "1.10.0"
"""Of the Brain Imaging Data Structure that the layout follows."""


class Bids(Format):
    """A derivative dataset: masks of one class end in ``mask``, of several in ``dseg``."""

    title: ClassVar[str] = "BIDS derivatives"
    help: ClassVar[str] = "sub-…/anat/… masks with JSON files and dataset_description.json, beside a BIDS dataset."

    def __init__(self) -> None:
        self._labels: dict[str, tuple[str, ...]] = {}

    def write(self, item: Item, folder: Path) -> None:
        """Write the mask."""
        self._labels[_label(item.what)] = item.classes
        write_nifti(item, folder / f"{_stem(item)}.nii.gz")

    def record(self, item: Item) -> str:
        """Give the sidecar of the mask."""
        return f"{_stem(item)}.json"

    def facts(self, item: Item) -> dict[str, Any]:
        """Give what BIDS asks of a mask's sidecar."""
        return {
            "Description": f"{item.what} masks of {', '.join(item.classes)}. {NOT_FOR_DIAGNOSIS}",
            "Type": "Lesion",
            "Manual": bool(item.made.get("edited", False)),
        }

    def finish(self, folder: Path, target: Path) -> None:
        """Write the description of the dataset, its list of subjects, and what the labels mean."""
        write_json(folder / "dataset_description.json", _description())
        subjects = sorted(path.name for path in target.glob("sub-*") if path.is_dir())
        write_text(folder / "participants.tsv", "\n".join(["participant_id", *subjects]) + "\n")
        for what, classes in self._labels.items():
            if len(classes) > 1:
                rows = ["index\tname", "0\tbackground", *(f"{value}\t{name}" for value, name in enumerate(classes, 1))]
                write_text(folder / f"desc-{what}_dseg.tsv", "\n".join(rows) + "\n")


def _stem(item: Item) -> str:
    """Give the place of a mask without its suffix."""
    subject, session = f"sub-{_label(item.patient)}", f"ses-{_label(item.scan)}" if item.scan else ""
    folder = "/".join(part for part in (subject, session, "anat") if part)
    kind = "mask" if len(item.classes) == 1 else "dseg"
    return f"{folder}/" + "_".join(part for part in (subject, session, f"desc-{_label(item.what)}", kind) if part)


def _label(text: str) -> str:
    """Give a BIDS label: letters and digits alone."""
    return re.sub(r"[^A-Za-z0-9]", "", text) or "x"


def _description() -> dict[str, Any]:
    maker = {"Name": "napari-wsss", "Version": __version__, "Description": "Masks from image-level labels."}
    return {
        "Name": f"Lesion masks. {NOT_FOR_DIAGNOSIS}",
        "BIDSVersion": VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [maker],
    }
