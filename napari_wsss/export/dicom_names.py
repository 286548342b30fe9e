"""Headers of source instances as a segmentation may copy from them: with the patient's names, or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

_ABOUT_THE_PERSON = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate",
    "StudyTime", "ReferringPhysicianName",
)  # fmt: skip
"""What a segmentation must have, be it empty; anonymised series often lack some of it."""

_ABOUT_THE_IMAGE = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "Modality", "Rows",
    "Columns", "NumberOfFrames", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness",
    "SpacingBetweenSlices", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    "DimensionOrganizationSequence", "DimensionIndexSequence", "DimensionOrganizationType", "ImageType",
)  # fmt: skip
"""All that a segmentation needs to know of its source; nothing of it names anybody."""


def named(header: Dataset) -> Dataset:
    """Give a header with every attribute that a segmentation must have, empty where the source lacks it."""
    for keyword in _ABOUT_THE_PERSON:
        if keyword not in header:
            setattr(header, keyword, "")
    return header


def person_name(name: str) -> str:
    """Give a name as DICOM writes those of one part: with a caret after it."""
    return name if "^" in name or not name else f"{name}^"


def pseudonymous(header: Dataset, patient: str) -> Dataset:
    """Give a header that holds what a segmentation needs of the image, and of the person nothing but a pseudonym."""
    from pydicom import Dataset

    bare = Dataset()
    for keyword in _ABOUT_THE_IMAGE:
        if keyword in header:
            bare.add(header[keyword])
    bare.PatientID, bare.PatientName = patient, person_name(patient)
    return named(bare)
