"""PNG, JPEG and TIFF: one image, several pages, or a folder as a stack of slices.

Such files know no patient, so a pixel counts as 1 mm and the grid is laid so that the picture is upright: columns grow
to the patient's left and rows to the back, the radiological view (and what ITK assumes). Sizes in pixels per inch are
ignored, and so is the EXIF orientation: the grid is the one stored, so that masks fit the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, UnidentifiedImageError

from napari_wsss.data.readers.assemble import LPS_TO_RAS, assemble, one_line
from napari_wsss.data.readers.names import RASTER, suffix_of, visible_files
from napari_wsss.data.volume import Volume
from napari_wsss.errors import InputError
from napari_wsss.types import Array

_DAMAGE = (OSError, EOFError, SyntaxError, ValueError, tifffile.TiffFileError, Image.DecompressionBombError)


def read(path: Path, channel: str) -> Volume:
    """Read an image or a stack. 16 bits stay 16; alpha is dropped; palettes become colours.

    A colour image whose channels are identical becomes grey.

    Raises:
        InputError: damaged, no image in the folder, or slices of different size or kind.
    """
    array = _read_stack(path) if path.is_dir() else _read_pages(path)
    return assemble(array, LPS_TO_RAS, path, format="raster", channel=channel, rgb=len(array) == 3)


def slice_files(folder: Path) -> list[Path]:
    """Give the images of a stack in slice order: "slice2" before "slice10"."""
    return [path for path in visible_files(folder) if suffix_of(path) in RASTER]


def read_labels(path: Path) -> Array:
    """Read label values (Z, Y, X): of a picture with a colour palette (as PASCAL VOC has them) the indices.

    Raises:
        InputError: damaged, or a colour image.
    """
    files = slice_files(path) if path.is_dir() else [path]
    pages = []
    for file in files:
        page = _read_pages(file, indices=True)
        if len(page) == 3 and not (page == page[:1]).all():
            raise InputError(f"{file}: a colour image; a mask needs one grey value per label (0 is background).")
        pages.append(page[0])
    _refuse_mixed(path, files, [page.shape[1:] for page in pages])
    return np.concatenate(pages)


def _read_stack(folder: Path) -> Array:
    files = slice_files(folder)
    pages = [_read_pages(file) for file in files]
    _refuse_mixed(folder, files, [page.shape[2:] for page in pages])
    if len({page.dtype for page in pages}) > 1:
        raise InputError(f"{folder}: slices of 8 and of 16 bits in one stack. Save all of them alike.")
    channels = max(len(page) for page in pages)
    return np.concatenate([np.broadcast_to(page, (channels, *page.shape[1:])) for page in pages], axis=1)


def _refuse_mixed(folder: Path, files: list[Path], shapes: list[tuple[int, ...]]) -> None:
    for file, shape in zip(files, shapes, strict=True):
        if shape != shapes[0]:
            raise InputError(
                f"{folder}: a folder is read as one stack, but {files[0].name} has {shapes[0]} pixels and {file.name} "
                f"{shape}. Put single images side by side in the folder given."
            )


def _read_pages(path: Path, *, indices: bool = False) -> Array:
    """Read a file as (1 or 3, Z, Y, X)."""
    try:
        if suffix_of(path) in {".tif", ".tiff"}:
            return _read_tiff(path)
        return _from_samples(_decode(path, indices=indices))[:, None]
    except UnidentifiedImageError as error:
        raise InputError(f"{path}: no {path.suffix} image, whatever its name says. Export it again.") from error
    except _DAMAGE as error:
        raise InputError(f"{path}: damaged or cut short ({one_line(error)}). Export it again.") from error


def _decode(path: Path, *, indices: bool) -> Array:
    with Image.open(path) as image:
        if _is_deep_colour(path):
            return _decode_deep(path)
        image.load()
        if image.mode == "P":
            return np.asarray(image) if indices and not _grey_palette(image) else np.asarray(image.convert("RGB"))
        if image.mode == "I":
            wide = np.asarray(image)
            return wide.astype(np.uint16) if wide.min() >= 0 and wide.max() <= 65535 else wide
        simple = {"1": "L", "LA": "L", "La": "L", "RGBA": "RGB", "RGBa": "RGB", "CMYK": "RGB", "YCbCr": "RGB"}
        return np.asarray(image.convert(simple.get(image.mode, image.mode)))


def _is_deep_colour(path: Path) -> bool:
    """Whether it is a PNG of 16 bits a colour, which Pillow would cut to 8 (bit depth and colour type: IHDR)."""
    with path.open("rb") as file:
        head = file.read(26)
    return head[:4] == b"\x89PNG" and head[24] == 16 and head[25] in {2, 4, 6}


def _decode_deep(path: Path) -> Array:
    import SimpleITK as sitk  # noqa: N813 (the name its documentation uses)

    try:
        array: Array = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
    except RuntimeError as error:
        raise OSError(one_line(error)) from error
    return array[..., :3] if array.shape[-1] > 2 else array[..., 0]


def _grey_palette(image: Image.Image) -> bool:
    colours = np.reshape(image.getpalette("RGB") or [0, 0, 0], (-1, 3))
    return bool((colours == colours[:, :1]).all())


def _from_samples(array: Array) -> Array:
    """Turn (Y, X) or (Y, X, samples) into (1 or 3, Y, X)."""
    if array.ndim == 2:
        return array[None]
    return np.moveaxis(array, -1, 0)[:3]


def _read_tiff(path: Path) -> Array:
    """Read the first series of a TIFF; samples are colours, any other axis before Y and X is Z."""
    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        array, axes = series.asarray(), series.axes
        inverted = file.pages[0].photometric == tifffile.PHOTOMETRIC.MINISWHITE
        palette = file.pages[0].colormap
    if palette is not None:
        colours: Array = (palette >> 8).astype(np.uint8)[:, array.reshape(-1, *array.shape[-2:])]
        return colours
    if "S" in axes:
        array = np.moveaxis(array, axes.index("S"), 0)
        array = array[:3] if len(array) > 2 else array[:1]
    else:
        array = array[None]
    if inverted and array.dtype.kind in "bu":
        array = ~array
    pages: Array = array.reshape(len(array), -1, *array.shape[-2:])
    return pages
