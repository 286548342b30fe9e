"""Which scans a folder holds, and what each is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from napari_wsss.data.readers.names import (
    DICOM,
    ITK,
    NIFTI,
    RASTER,
    SUFFIXES,
    scan_id,
    suffix_of,
    visible_files,
    visible_folders,
)
from napari_wsss.errors import InputError

_PLAIN = (*NIFTI, *ITK, *RASTER)


def list_scans(folder: Path) -> dict[str, Path]:
    """List the scans of a folder: scan id → path for :func:`read_volume`, in natural order.

    Each file is a scan named by its file name without suffix. Each sub-folder with a stack of 2D images, with one
    volume file or with one DICOM series (at any depth) is a scan named as the sub-folder. Several DICOM series in one
    (sub-)folder are named ``folder-<series number>``; their path is the first file of the series. A single file lists
    itself.

    Raises:
        InputError: no such folder, no scan in it, two scans of one name, several volume files in a sub-folder.
    """
    folder = Path(folder).absolute()
    if folder.is_file():
        return {scan_id(folder): folder}
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. Check the path.")
    scans: dict[str, Path] = {}
    for name, path in _found(folder):
        if name in scans:
            raise InputError(
                f"{folder}: {scans[name].name} and {path.name} are both called '{name}'. Rename or remove one."
            )
        scans[name] = path
    if not scans:
        raise InputError(f"{folder}: no scan in this folder. Expected files ending in {', '.join(SUFFIXES)}.")
    return scans


def _found(folder: Path) -> Iterator[tuple[str, Path]]:
    files = visible_files(folder)
    yield from ((scan_id(path), path) for path in files if suffix_of(path) in _PLAIN)
    yield from _dicom_scans(folder, [path for path in files if suffix_of(path) not in _PLAIN], inside=False)
    for inner in visible_folders(folder):
        yield from _found_inside(inner)


def _found_inside(folder: Path) -> Iterator[tuple[str, Path]]:
    files = visible_files(folder)
    volumes = [path for path in files if suffix_of(path) in (*NIFTI, *ITK)]
    if any(suffix_of(path) in RASTER for path in files):
        yield folder.name, folder
    elif len(volumes) == 1:
        yield folder.name, volumes[0]
    elif volumes:
        raise InputError(
            f"{folder}: {len(volumes)} volume files ({volumes[0].name}, {volumes[1].name}, …), one expected. "
            "Put the files of each channel in one folder and give it with --channel NAME=FOLDER."
        )
    else:
        below = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
        yield from _dicom_scans(folder, below, inside=True)


def _dicom_scans(folder: Path, files: Sequence[Path], *, inside: bool) -> Iterator[tuple[str, Path]]:
    if not files:
        return
    from napari_wsss.data.readers.dicom_series import find_series, is_dicom

    series = find_series([path for path in files if suffix_of(path) in DICOM or is_dicom(path)])
    if len(series) == 1 and (inside or len(series[0].files) > 1):
        files = series[0].files
        yield folder.name, files[0].parent if len(files) > 1 else files[0]
        return
    labels = Counter(one.label for one in series)
    for one in series:
        label = one.label if labels[one.label] == 1 else f"{one.label}-{one.uid[-6:]}"
        by_file = not inside and len(one.files) == 1
        yield scan_id(one.files[0]) if by_file else f"{folder.name}-{label}", one.files[0]
