"""DICOM files made by hand: what a scanner writes, no more than the readers look at."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid


def _dataset(pixels: np.ndarray, **attributes) -> Dataset:
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = CTImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
    colour = pixels.shape[-1] == 3
    data.Rows, data.Columns = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
    data.SamplesPerPixel = 3 if colour else 1
    if colour:
        data.PlanarConfiguration = 0
    data.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 8 * pixels.dtype.itemsize
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    data.PixelData = pixels.tobytes()
    data.SeriesInstanceUID = "1.2.3"
    for name, value in attributes.items():
        setattr(data, name, value)
    return data


@pytest.fixture
def write_dicom():
    """Write pixels (Y, X), (Z, Y, X) or (…, 3) with attributes by keyword."""

    def write(path: Path, pixels: np.ndarray, **attributes) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        pydicom.dcmwrite(path, _dataset(pixels, **attributes), enforce_file_format=True)
        return path

    return write


@pytest.fixture
def write_series(write_dicom):
    """Write (Z, Y, X) as one file a slice, named in the reverse of their order in space."""

    def write(folder: Path, array: np.ndarray, *, skip=(), step=(0.0, 0.0, 2.5), **attributes) -> Path:
        for index, page in enumerate(array):
            if index not in skip:
                position = [-10.0 + index * step[0], -20.0 + index * step[1], 5.0 + index * step[2]]
                geometry = {
                    "ImagePositionPatient": position,
                    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
                    "PixelSpacing": [0.7, 0.5],
                    "SliceThickness": 2.5,
                }
                write_dicom(folder / f"IM{len(array) - index:02d}.dcm", page, **(geometry | attributes))
        return folder

    return write
