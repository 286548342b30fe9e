"""The formats that masks are exported in."""

from __future__ import annotations

from napari_wsss.errors import InputError
from napari_wsss.export.bids import Bids
from napari_wsss.export.dicom_seg import DicomSeg
from napari_wsss.export.format import Format
from napari_wsss.export.native import Native
from napari_wsss.export.nifti import Nifti
from napari_wsss.export.nnunet import NnUnet
from napari_wsss.export.pages import Png, Tiff
from napari_wsss.export.statistics import Statistics
from napari_wsss.params import nearest

FORMATS: dict[str, type[Format]] = {
    "native": Native,
    "nifti": Nifti,
    "dicom-seg": DicomSeg,
    "png": Png,
    "tiff": Tiff,
    "nnunet": NnUnet,
    "bids": Bids,
    "csv": Statistics,
}


def format_named(name: str) -> Format:
    """Give a fresh format for one export.

    Raises:
        InputError: there is none of this name.
    """
    if name not in FORMATS:
        raise InputError(f"no export format '{name}'. {nearest(name, tuple(FORMATS))}")
    return FORMATS[name]()
