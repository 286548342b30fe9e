"""File names: which suffix belongs to which format, and the scan id a name gives."""

from __future__ import annotations

import re
from pathlib import Path

NIFTI = (".nii", ".nii.gz")
ITK = (".mha", ".mhd", ".nrrd", ".nhdr")
RASTER = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
DICOM = (".dcm", ".ima", ".dicom")
SUFFIXES = (*NIFTI, *ITK, *RASTER, *DICOM)
"""Suffixes read here, lower case. DICOM files without a suffix are known by their content."""


def suffix_of(path: Path) -> str:
    """Give the scan suffix that ``path`` ends with, lower case; "" where it is none of ``SUFFIXES``."""
    name = path.name.lower()
    return next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if name.endswith(suffix)), "")


def scan_id(path: Path) -> str:
    """Give the file name without its scan suffix; other dots stay ("a.b.nii.gz" gives "a.b")."""
    suffix = suffix_of(path)
    return path.name[: -len(suffix)] if suffix else path.name


def natural_key(path: Path) -> list[tuple[int, int, str]]:
    """Give a sort key that puts "slice2" before "slice10"."""
    parts = re.findall(r"\d+|\D+", path.name)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part.lower()) for part in parts]


def visible_files(folder: Path) -> list[Path]:
    """Give the files right inside ``folder`` in natural order, without hidden ones (".DS_Store", "._scan.nii")."""
    files = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return sorted(files, key=natural_key)


def visible_folders(folder: Path) -> list[Path]:
    """Give the sub-folders of ``folder`` in natural order, without hidden ones."""
    folders = (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return sorted(folders, key=natural_key)
