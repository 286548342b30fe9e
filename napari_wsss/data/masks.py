"""Masks in and out: what goes out fits the scan that came in.

A mask is a label map: 0 is background, c + 1 is class c, in every format. Masks of 0 and 255 are read as 0 and 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_wsss.data.readers import read_volume
from napari_wsss.data.readers.assemble import LPS_TO_RAS, one_line
from napari_wsss.data.readers.names import RASTER, suffix_of, visible_files
from napari_wsss.data.volume import Geometry
from napari_wsss.errors import InputError
from napari_wsss.files import atomic_path
from napari_wsss.types import Array, LabelMap

if TYPE_CHECKING:
    from napari_wsss.data.case import Case


def read_mask(path: Path) -> tuple[LabelMap, Geometry]:
    """Read a mask of any scan format; JPEG masks, which are lossy, are cut at half brightness.

    Returns:
        Label map uint8 (Z, Y, X) and its grid.

    Raises:
        InputError: damaged, several channels or colours, or values that are no whole numbers 0 … 255.
    """
    path = Path(path).absolute()
    if path.exists() and _is_raster(path):
        from napari_wsss.data.readers import raster

        array = raster.read_labels(path)
        if suffix_of(path) in {".jpg", ".jpeg"}:
            array = (array >= 128).astype(np.uint8)
        depth, height, width = array.shape
        geometry = Geometry((depth, height, width), LPS_TO_RAS.copy())
    else:
        volume = read_volume(path, "mask")
        if len(volume.channels) > 1:
            raise InputError(f"{path}: {len(volume.channels)} channels; a mask is one label map (0 is background).")
        array, geometry = volume.array[0], volume.geometry
    return _as_labels(array, path), geometry


def write_mask(mask: LabelMap, like: Geometry, path: Path, header: Any = None) -> None:  # noqa: ANN401
    """Write a mask as NIfTI with exactly the grid of its scan, atomically.

    Args:
        mask: (Z, Y, X), values 0 … C.
        like: grid of the scan.
        path: ends in ".nii.gz" (or ".nii").
        header: the scan's own NIfTI header (:func:`source_header`); its qform, sform, both codes, units and
            description are kept bit for bit. Without it both forms give ``like.affine``, code 1 (scanner), mm.

    Raises:
        InputError: ``mask`` or ``header`` has another shape than ``like``.
        ProjectError: the file cannot be written.
    """
    labels = _fitting(mask, like, path)
    image = plain_image(labels, like) if header is None else _faithful_image(labels, header, path)
    with atomic_path(path) as temporary:
        image.to_filename(temporary)


def source_header(case: Case) -> Any:  # noqa: ANN401 (nibabel has no types)
    """Give the NIfTI header of a case's first channel; None when the case is of another format.

    Raises:
        InputError: the file is gone or damaged.
    """
    if case.format != "nifti":
        return None
    from napari_wsss.data.readers import nifti

    return nifti.read_header(_first_file(case))


def bare_header(header: Any) -> Any:  # noqa: ANN401 (nibabel has no types)
    """Give a copy of a NIfTI header without its free texts, in which scanners put names; None where there is none."""
    if header is None:
        return None
    bare = header.copy()
    for words in ("descrip", "aux_file", "intent_name", "db_name", "data_type"):
        if words in bare:
            bare[words] = b""
    return bare


def export_mask(mask: LabelMap, case: Case, folder: Path, name: str = "", *, hidden: bool = False) -> Path:
    """Write a mask in the family of its scan.

    NIfTI and DICOM scans give ``.nii.gz``; MHA and NRRD the same (with detached headers joined into one file); images
    give a PNG of label values, stacks and many-page files a folder of PNGs, one per slice, named as the slices.

    Args:
        mask: (Z, Y, X), values 0 … C.
        case: whose mask it is.
        folder: where to; made when missing.
        name: of the file or folder; the case id unless given.
        hidden: leave out what could tell whose scan it is: texts of the header, names of slices.

    Returns:
        The file or folder written.

    Raises:
        InputError: ``mask`` has another shape than the case.
        ProjectError: it cannot be written.
    """
    folder, source, name = Path(folder), _first_file(case), name or case.id
    if case.format in {"nifti", "dicom"}:
        path = folder / f"{name}.nii.gz"
        header = source_header(case)
        write_mask(mask, case.geometry, path, bare_header(header) if hidden else header)
        return path
    labels = _fitting(mask, case.geometry, source)
    if case.format == "itk":
        path = folder / f"{name}{'.nrrd' if suffix_of(source) in {'.nrrd', '.nhdr'} else '.mha'}"
        _write_itk(labels, source, path)
        return path
    if not source.is_dir() and len(labels) == 1:
        path = folder / f"{name}.png"
        write_png(labels[0], path)
        return path
    for slice_name, page in zip(_slice_names(source, len(labels), hidden), labels, strict=True):
        write_png(page, folder / name / f"{slice_name}.png")
    return folder / name


def _first_file(case: Case) -> Path:
    return next(iter(case.channels.values()))


def _is_raster(path: Path) -> bool:
    if path.is_dir():
        return any(suffix_of(file) in RASTER for file in visible_files(path))
    return suffix_of(path) in RASTER


def _as_labels(array: Array, path: Path) -> LabelMap:
    if array.dtype != np.uint8:
        if array.min() < 0 or array.max() > 255 or not (array == np.rint(array)).all():
            raise InputError(
                f"{path}: values from {array.min()} to {array.max()}; a mask holds whole numbers from 0 (background) "
                "to the number of classes."
            )
        array = array.astype(np.uint8)
    present = np.flatnonzero(np.bincount(array.ravel(), minlength=256))
    return (array > 0).astype(np.uint8) if set(present) <= {0, 255} else np.ascontiguousarray(array)


def _fitting(mask: Array, like: Geometry, path: Path) -> LabelMap:
    if mask.shape != like.shape:
        raise InputError(f"{path}: mask of shape {mask.shape}, but the scan has {like.shape} (Z, Y, X).")
    return np.asarray(mask, dtype=np.uint8)


def plain_image(array: Array, like: Geometry) -> Any:  # noqa: ANN401 (nibabel has no types)
    """Give an array (Z, Y, X) as NIfTI image: both forms give ``like.affine``, code 1 (scanner), mm, no texts."""
    import nibabel as nib

    image = nib.Nifti1Image(array.T, like.affine)
    image.set_sform(like.affine, code=1)
    # A qform cannot hold shear (tilted gantry); code 0 then says that only the sform counts.
    image.set_qform(like.affine, code=1 if _is_rigid(like) else 0, strip_shears=True)
    image.header.set_xyzt_units("mm")
    return image


def _is_rigid(like: Geometry) -> bool:
    directions = like.affine[:3, :3] / np.linalg.norm(like.affine[:3, :3], axis=0)
    return bool(np.allclose(directions.T @ directions, np.eye(3), atol=1e-6))


def _faithful_image(labels: LabelMap, header: Any, path: Path) -> Any:  # noqa: ANN401 (nibabel has no types)
    import nibabel as nib

    shape = tuple(header.get_data_shape())
    grid = (*shape, 1)[:3]
    if grid != labels.T.shape:
        raise InputError(f"{path}: the header given is of a scan of shape {shape} (x, y, z), the mask has {grid}.")
    kept = header.copy()
    kept.extensions.clear()  # private notes about the scan's own voxels
    kept.set_data_dtype(np.uint8)
    kept.set_data_shape(shape[:3])
    kept.set_slope_inter(1, 0)
    kept.set_intent("none")
    kept["cal_min"], kept["cal_max"] = 0, 0
    kind = nib.Nifti2Image if isinstance(header, nib.Nifti2Header) else nib.Nifti1Image
    return kind(labels.T.reshape(shape[:3]), kept.get_best_affine(), kept)


def _write_itk(labels: LabelMap, source: Path, path: Path) -> None:
    import SimpleITK as sitk  # noqa: N813 (the name its documentation uses)

    from napari_wsss.data.readers import itk

    header = itk.read_header(source)
    image = sitk.GetImageFromArray(labels[0] if header.dimension == 2 else labels)
    image.SetSpacing(header.spacing)
    image.SetOrigin(header.origin)
    image.SetDirection(header.direction)
    with atomic_path(path) as temporary:
        try:
            sitk.WriteImage(image, str(temporary), useCompression=True)
        except RuntimeError as error:
            raise OSError(one_line(error)) from error


def write_png(page: Array, path: Path) -> None:
    """Write a page of labels (Y, X) as a grey PNG of the same values, atomically.

    Raises:
        ProjectError: the file cannot be written.
    """
    from PIL import Image

    with atomic_path(path) as temporary:
        Image.fromarray(np.ascontiguousarray(page)).save(temporary)


def _slice_names(source: Path, count: int, hidden: bool) -> list[str]:
    """Give one name per slice: those of the stack's files, or numbers for a file of many pages."""
    from napari_wsss.data.readers import raster, scan_id

    names = [scan_id(file) for file in raster.slice_files(source)] if source.is_dir() and not hidden else []
    return names if len(set(names)) == count else [f"{number:04d}" for number in range(count)]
