"""Thumbnails: the key slice of a case as it is shown on screen, with the outline of its mask."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from napari_wsss import files
from napari_wsss.data.view import Convention, view_of
from napari_wsss.data.volume import Volume
from napari_wsss.data.windows import robust_window
from napari_wsss.errors import WsssError
from napari_wsss.report.pictures import best_slice
from napari_wsss.session.case_figures import CaseFigures
from napari_wsss.store.project import Project
from napari_wsss.types import Array, BoolArray, LabelMap

SIDE = 96
"""Pixels of the longer side; shown at half of that, sharp on a screen of double density."""


class Thumbnails:
    """Small pictures of the cases of a project, kept under ``cache/worklist`` by what they depend on.

    Args:
        project: the project.
        figures: says which mask a case shows.
        colours: outline of each class in turn, ``#rrggbb``.
        convention: on which side of the screen the patient's right is.
    """

    def __init__(
        self, project: Project, figures: CaseFigures, colours: Sequence[str], convention: Convention = "radiological"
    ) -> None:
        self._project, self._figures = project, figures
        self._colours, self._convention = tuple(colours), convention

    def png(self, case_id: str) -> bytes | None:
        """Give a case's thumbnail as PNG; None where the scan cannot be read."""
        key = files.digest(self._figures.masks_key(case_id), self._convention, *self._colours, str(SIDE))
        path = self._figures.folder / f"{case_id}.png"
        kept = _read(path)
        if kept is not None and _key_of(kept) == key:
            return kept
        try:
            made = self._draw(case_id, key)
        except (WsssError, MemoryError):
            return None
        if not self._project.read_only:
            with suppress(WsssError):  # it can be drawn again
                files.write_bytes(path, made)
        return made

    def _draw(self, case_id: str, key: str) -> bytes:
        volume, found = self._project.load(case_id), self._figures.mask(case_id)
        mask = found[1] if found is not None else np.zeros(volume.geometry.shape, np.uint8)
        view, z = view_of(volume, self._convention), best_slice(mask)
        picture = shrink(grey_levels(volume, z, view.apply), view.scale(volume.geometry.spacing)[1:])
        outlined(picture, view.apply(mask[z]), self._colours)
        text = PngImagePlugin.PngInfo()
        text.add_text("key", key)
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG", pnginfo=text)
        return file.getvalue()


def grey_levels(volume: Volume, z: int, turn: Callable[[Array], Array]) -> Array:
    """Give slice ``z`` of the channel shown first, as shown: uint8 (Y, X, 3)."""
    if volume.rgb:
        plane = np.moveaxis(turn(volume.array[:, z]), 0, -1)
        full = np.iinfo(plane.dtype).max if np.issubdtype(plane.dtype, np.integer) else 1.0
        return np.asarray(plane * (255.0 / full)).clip(0, 255).astype(np.uint8)
    low, high = robust_window(volume.array[0]).limits
    plane = (turn(volume.array[0, z]).astype(np.float64) - low) * (255.0 / (high - low))
    return np.repeat(np.nan_to_num(plane).clip(0, 255).astype(np.uint8)[..., None], 3, axis=-1)


def shrink(picture: Array, pixel: tuple[float, float]) -> Array:
    """Bring a picture, uint8 (Y, X, 3) with pixels of ``pixel`` mm, to :data:`SIDE` pixels along its longer side."""
    height, width = picture.shape[0] * pixel[0], picture.shape[1] * pixel[1]
    ratio = SIDE / max(height, width)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return np.array(Image.fromarray(np.ascontiguousarray(picture)).resize(size, Image.Resampling.BOX))


def outlined(picture: Array, mask: LabelMap, colours: Sequence[str]) -> None:
    """Draw the outlines of a label map (Y, X), of any size, into a picture (Y, X, 3), in place."""
    for label in np.unique(mask[mask > 0]).tolist():
        inside = _resized(mask == label, picture.shape[:2])
        colour = colours[(label - 1) % len(colours)].lstrip("#")
        picture[_edge(inside)] = [int(colour[place : place + 2], 16) for place in (0, 2, 4)]


def _resized(inside: BoolArray, shape: tuple[int, int]) -> BoolArray:
    """Say of each pixel of the picture whether any of the mask lies in it, so that a small lesion is seen too."""
    rows = np.linspace(0, inside.shape[0], shape[0] + 1).astype(int)[:-1]
    columns = np.linspace(0, inside.shape[1], shape[1] + 1).astype(int)[:-1]
    folded = np.logical_or.reduceat(np.logical_or.reduceat(inside, rows, axis=0), columns, axis=1)
    return np.asarray(folded, dtype=bool)


def _edge(inside: BoolArray) -> BoolArray:
    """Give the pixels of a mask that have a neighbour outside it."""
    padded = np.pad(inside, 1)
    core = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return inside & ~core


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _key_of(png: bytes) -> str | None:
    """Give the key a kept thumbnail was drawn under; None if it is damaged."""
    try:
        with Image.open(io.BytesIO(png)) as picture:
            picture.load()
            key = picture.info.get("key")
    except (OSError, SyntaxError, ValueError):
        return None
    return key if isinstance(key, str) else None
