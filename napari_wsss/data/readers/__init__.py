"""Every scan format in, one :class:`~napari_wsss.data.volume.Volume` out; one reader a file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from napari_wsss.data.readers.listing import list_scans
from napari_wsss.data.readers.names import DICOM, ITK, NIFTI, RASTER, SUFFIXES, scan_id, suffix_of, visible_files
from napari_wsss.data.volume import Format, Volume
from napari_wsss.errors import InputError

__all__ = ["SUFFIXES", "list_scans", "read_volume", "scan_id"]


class _Reader(Protocol):
    def read(self, path: Path, channel: str) -> Volume: ...


def read_volume(path: Path, channel: str = "image") -> Volume:
    """Read one scan.

    Args:
        path: a file of any format in ``SUFFIXES``, a folder with one DICOM series or a stack of 2D images, or
            any file of a DICOM series (which stands for the whole series).
        channel: name of the channel. Several channels in one file become ``channel-1``, ``channel-2``, …; those of
            a colour image "red", "green" and "blue".

    Returns:
        Array (channels, Z, Y, X) in on-disk orientation; the type on disk where it is exact, else float32.

    Raises:
        InputError: no such file, unknown format, damaged, NaN or infinite voxels, more than 4 axes.
    """
    path = Path(path).absolute()
    if not path.exists():
        raise InputError(f"{path}: no such file or folder. Check the path.")
    try:
        return _reader(_format_of(path)).read(path, channel)
    except (PermissionError, MemoryError) as error:
        raise InputError(f"{path}: cannot be read ({error or 'not enough memory'}).") from error


def _format_of(path: Path) -> Format:
    if path.is_dir():
        return "raster" if any(suffix_of(file) in RASTER for file in visible_files(path)) else "dicom"
    suffix = suffix_of(path)
    families: dict[Format, tuple[str, ...]] = {"nifti": NIFTI, "itk": ITK, "raster": RASTER, "dicom": DICOM}
    for name, suffixes in families.items():
        if suffix in suffixes:
            return name
    from napari_wsss.data.readers.dicom_series import is_dicom

    if is_dicom(path):  # DICOM files often bear no suffix, or part of a UID
        return "dicom"
    raise InputError(f"{path}: '{path.suffix}' is no scan format known here. Give one of {', '.join(SUFFIXES)}.")


def _reader(name: Format) -> _Reader:
    # Imported late: SimpleITK and pydicom are slow to load, and most projects need one format only.
    return cast("_Reader", import_module(f"napari_wsss.data.readers.{name}"))
