"""Which DICOM files belong together, known from their headers alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError

from napari_wsss.data.readers.assemble import one_line
from napari_wsss.data.readers.names import scan_id, suffix_of, visible_files
from napari_wsss.errors import InputError

_TAGS = ["SeriesInstanceUID", "SeriesNumber", "ImagePositionPatient", "NumberOfFrames", "Rows"]


@dataclass(frozen=True)
class Series:
    """Files that make one scan.

    Attributes:
        uid: its series instance UID.
        label: what tells it from its neighbours: the series number, or the file name where it is ``alone``.
        files: its files, in the order of their names.
        alone: one file that is a scan by itself (several frames, or a picture without a position).
    """

    uid: str
    label: str
    files: tuple[Path, ...]
    alone: bool


def is_dicom(path: Path) -> bool:
    """Whether the file bears the DICOM mark after its preamble."""
    with path.open("rb") as file:
        file.seek(128)
        return file.read(4) == b"DICM"


def find_series(files: Sequence[Path]) -> list[Series]:
    """Group files into series. Files without pixels (directories, reports, contours) are left out.

    Raises:
        InputError: a file is no DICOM, or damaged.
    """
    groups: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    found: list[Series] = []
    numbers: dict[str, str] = {}
    for path in files:
        header = _header(path)
        uid = str(header.get("SeriesInstanceUID", ""))
        if header.get("Rows") is None:
            continue
        if header.get("ImagePositionPatient") and int(header.get("NumberOfFrames") or 1) == 1:
            groups[path.parent, uid].append(path)
            numbers[uid] = str(header.get("SeriesNumber") or uid[-6:])
        else:
            found.append(Series(uid, scan_id(path), (path,), alone=True))
    grouped = [Series(uid, numbers[uid], tuple(paths), alone=False) for (_, uid), paths in groups.items()]
    return grouped + found


def series_files(path: Path) -> tuple[Path, ...]:
    """Give the files of the scan that ``path`` stands for: a folder with one series, or a file of one.

    Raises:
        InputError: no DICOM image there, or a folder with several series.
    """
    if path.is_dir():
        inside = [file for file in visible_files(path) if suffix_of(file) == ".dcm" or is_dicom(file)]
        series = find_series(inside)
        if not series:
            raise InputError(f"{path}: no image in this folder. Expected one DICOM series or a stack of 2D images.")
        if len(series) > 1:
            names = ", ".join(one.label for one in series[:5])
            raise InputError(f"{path}: {len(series)} DICOM series in one folder ({names}). Give a file of one of them.")
        return series[0].files
    own = find_series([path])
    if not own:
        raise InputError(f"{path}: a DICOM file without pixels. Give an image.")
    if own[0].alone:
        return own[0].files
    beside = [file for file in visible_files(path.parent) if suffix_of(file) == suffix_of(path) and is_dicom(file)]
    return next(one.files for one in find_series(beside) if path in one.files)


def _header(path: Path) -> pydicom.Dataset:
    try:
        return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_TAGS))
    except (InvalidDicomError, OSError, EOFError, ValueError) as error:
        raise InputError(f"{path}: no readable DICOM file ({one_line(error)}). Export it again.") from error
