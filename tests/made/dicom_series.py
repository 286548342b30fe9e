"""DICOM series as a scanner writes them, with a patient's name in every field that has one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian, generate_uid

NAME = "Miller"
"""Part of everything that tells who the patient is."""
STUDY, FRAME = generate_uid(), generate_uid()


def write_series(folder: Path, array: np.ndarray, *, along=((1, 0, 0), (0, 1, 0)), step=None, **more):
    """Write (Z, Y, X) as one file a slice, named in the reverse of their order in space.

    Args:
        folder: where to.
        array: int16.
        along: unit vectors along a row and along a column, LPS.
        step: from slice to slice, LPS; 2.5 mm along the normal unless given.
        more: other attributes.
    """
    step = 2.5 * np.cross(*along) if step is None else np.asarray(step)
    series = generate_uid()
    folder.mkdir(parents=True, exist_ok=True)
    for z, page in enumerate(array):
        data = _image(page, CTImageStorage)
        data.SeriesInstanceUID, data.InstanceNumber = series, z + 1
        data.ImagePositionPatient = [float(v) for v in np.array([-10.0, -20.0, 5.0]) + z * step]
        data.ImageOrientationPatient = [float(v) for v in np.ravel(along)]
        data.PixelSpacing, data.SliceThickness = [0.7, 0.5], 2.5
        _save(data, folder / f"IM{len(array) - z:02d}.dcm", more)
    return folder


def write_multiframe(path: Path, array: np.ndarray, **more) -> Path:
    """Write (Z, Y, X) as one enhanced CT file whose frames run from head to foot."""
    data = _image(array[0], EnhancedCTImageStorage)
    data.SeriesInstanceUID, data.InstanceNumber, data.NumberOfFrames = generate_uid(), 1, len(array)
    shared, measures, orientation = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness, measures.SpacingBetweenSlices = [0.7, 0.5], 2.5, 2.5
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    data.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for z in reversed(range(len(array))):
        frame, position = Dataset(), Dataset()
        position.ImagePositionPatient = [-10, -20, 5 + 2.5 * z]
        frame.PlanePositionSequence = [position]
        frames.append(frame)
    data.PerFrameFunctionalGroupsSequence = frames
    data.PixelData = np.ascontiguousarray(array[::-1]).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    _save(data, path, more)
    return path


def _image(page: np.ndarray, kind: str) -> Dataset:
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = kind
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
    data.StudyInstanceUID, data.FrameOfReferenceUID, data.Modality = STUDY, FRAME, "CT"
    data.Rows, data.Columns = page.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 1
    data.PixelData = page.astype(np.int16).tobytes()
    data.PatientName, data.PatientID, data.PatientBirthDate = f"{NAME}^Ann", f"{NAME}-7", "19500101"
    data.PatientSex, data.AccessionNumber, data.StudyID = "F", f"{NAME}-A", f"{NAME}-S"
    data.StudyDate, data.StudyTime, data.ReferringPhysicianName = "20260102", "101500", f"Dr {NAME}"
    data.StudyDescription = data.SeriesDescription = data.InstitutionName = f"Head of {NAME}"
    return data


def _save(data: Dataset, path: Path, more) -> None:
    for name, value in more.items():
        if value is None:
            delattr(data, name)
        else:
            setattr(data, name, value)
    pydicom.dcmwrite(path, data, enforce_file_format=True)
