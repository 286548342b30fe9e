"""DICOM segmentation objects (DICOM-SEG), made with highdicom, that refer to the instances of the source series."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_wsss.data.readers.assemble import one_line
from napari_wsss.errors import InputError
from napari_wsss.export.dicom_names import named, person_name, pseudonymous
from napari_wsss.export.format import Format
from napari_wsss.export.item import Item
from napari_wsss.files import atomic_path
from napari_wsss.version import __version__

if TYPE_CHECKING:
    from pydicom import Dataset

_SERIES_NUMBER = 900
"""Far from those that scanners give."""
_DESCRIPTION = "napari-wsss lesion masks, not for diagnosis"
_FINDINGS = {
    "hemorrhage": "Hemorrhage", "haemorrhage": "Hemorrhage", "bleeding": "Hemorrhage", "hematoma": "Hematoma",
    "haematoma": "Hematoma", "tumor": "Neoplasm", "tumour": "Neoplasm", "neoplasm": "Neoplasm", "glioma": "Neoplasm",
    "edema": "Edema", "oedema": "Edema", "cyst": "Cyst", "necrosis": "Necrosis",
    "nodule": "Nodule", "metastasis": "Neoplasm",
}  # fmt: skip
"""Name of a class → the SNOMED term it is coded with; any other class is coded as a lesion."""


class DicomSeg(Format):
    """One segmentation object a case; each class is a segment, each slice of the scan a frame of it."""

    title: ClassVar[str] = "DICOM-SEG"
    help: ClassVar[str] = "A DICOM segmentation that refers to the source series; for scans that are DICOM themselves."

    def write(self, item: Item, folder: Path) -> None:
        """Write ``<name>.seg.dcm``."""
        if item.case.format != "dicom":
            raise InputError(
                f"'{item.case.id}': DICOM-SEG refers to a DICOM series, but this scan is {item.case.format.upper()}. "
                "Export it as NIfTI."
            )
        made = _segmentation(item)
        with atomic_path(folder / f"{item.name}.seg.dcm") as temporary:
            made.save_as(temporary)

    def record(self, item: Item) -> str:
        """Give a place beside the segmentation."""
        return f"{item.name}.seg.json"


def _segmentation(item: Item) -> Any:  # noqa: ANN401 (highdicom is loaded late)
    from highdicom.seg import Segmentation
    from pydicom.uid import generate_uid

    headers, frames, further = _sources(item)
    pixels = np.empty_like(item.mask)
    pixels[frames] = item.mask
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about names of patients that the source series spells oddly
            made = Segmentation(
                source_images=headers,
                pixel_array=pixels,
                segmentation_type="BINARY",
                segment_descriptions=[_segment(item, value) for value in range(1, len(item.classes) + 1)],
                series_instance_uid=generate_uid(),
                series_number=_SERIES_NUMBER,
                sop_instance_uid=generate_uid(),
                instance_number=1,
                manufacturer="napari-wsss",
                manufacturer_model_name="napari-wsss",
                software_versions=__version__,
                device_serial_number="0",
                content_label="LESIONS",
                content_description=_DESCRIPTION,
                content_creator_name=None if item.hidden else person_name(item.by) or None,
                pixel_measures=_measures(item),
                omit_empty_frames=False,
                further_source_images=further or None,
                series_description=_DESCRIPTION,
            )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"'{item.case.id}': its DICOM headers do not allow a DICOM-SEG ({one_line(error)}). Export it as NIfTI."
        ) from error
    return made


def _sources(item: Item) -> tuple[list[Dataset], list[int], list[Dataset]]:
    """Give the headers of the first channel, the frame of each slice, and the headers of other channels."""
    from napari_wsss.data.readers.dicom_sources import source_headers

    dressed = (lambda header: pseudonymous(header, item.patient)) if item.hidden else named
    first, *others = item.case.channels.values()
    headers, frames = source_headers(first)
    if len(frames) != len(item.mask):
        raise InputError(
            f"'{item.case.id}': its series has {len(frames)} slices now, the mask {len(item.mask)}. Put the original "
            "series back."
        )
    study = headers[0].get("StudyInstanceUID")
    more = [header for path in others for header in source_headers(path)[0]]
    same_study = [dressed(header) for header in more if header.get("StudyInstanceUID") == study]
    return [dressed(header) for header in headers], frames, same_study


def _measures(item: Item) -> Any:  # noqa: ANN401
    """Give the voxel size; the distance of slices, which many headers lack, is that of their positions."""
    from highdicom import PixelMeasuresSequence

    _, y, x = item.case.geometry.spacing
    apart = item.case.geometry.voxel_volume / (y * x)  # along the normal: a gantry may tilt
    return PixelMeasuresSequence((y, x), slice_thickness=apart, spacing_between_slices=apart)


def _segment(item: Item, value: int) -> Any:  # noqa: ANN401
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.seg import SegmentDescription
    from pydicom.sr.codedict import codes

    name = item.classes[value - 1]
    return SegmentDescription(
        segment_number=value,
        segment_label=name[:64],
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=getattr(codes.SCT, _finding(name)),
        algorithm_type="SEMIAUTOMATIC" if item.what == "accepted" else "AUTOMATIC",
        algorithm_identification=AlgorithmIdentificationSequence(
            name="napari-wsss", family=codes.DCM.ArtificialIntelligence, version=__version__
        ),
    )


def _finding(name: str) -> str:
    words: Sequence[str] = name.casefold().replace("_", " ").replace("-", " ").split()
    return next((_FINDINGS[word] for word in words if word in _FINDINGS), "Lesion")
