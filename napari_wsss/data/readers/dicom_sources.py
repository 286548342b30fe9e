"""The DICOM instances behind a scan, for what refers to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError

from napari_wsss.data.readers.assemble import one_line
from napari_wsss.data.readers.dicom_planes import arrange, planes_of
from napari_wsss.data.readers.dicom_series import series_files
from napari_wsss.errors import InputError


def source_headers(path: Path) -> tuple[list[pydicom.Dataset], list[int]]:
    """Read the headers of the scan that ``path`` stands for, as :func:`napari_wsss.data.readers.dicom.read` finds it.

    Args:
        path: a folder with one series, a multi-frame file, or a file of a series.

    Returns:
        The headers, and for each slice Z of the volume the frame that it is: of a series the number of the header, of
        one multi-frame file the number of the frame in it.

    Raises:
        InputError: no such series, or damaged.
    """
    headers = [_open(file) for file in series_files(path)]
    planes = [plane for header in headers for plane in planes_of(header)]
    order, _ = arrange(planes, path)
    return headers, np.asarray(order).tolist()


def _open(path: Path) -> pydicom.Dataset:
    try:
        return pydicom.dcmread(path, stop_before_pixels=True)
    except (InvalidDicomError, OSError, EOFError, ValueError) as error:
        raise InputError(f"{path}: no readable DICOM file ({one_line(error)}). Export it again.") from error
