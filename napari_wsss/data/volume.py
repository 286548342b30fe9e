"""Volume: the one type every scan becomes, and Geometry: where its voxels lie in the scanner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.types import Array, FloatArray, Spacing

Format = Literal["nifti", "dicom", "itk", "raster"]


@dataclass(frozen=True, eq=False)
class Geometry:
    """Grid of a scan, in the order in which it lies on disk.

    Attributes:
        shape: voxels along Z, Y, X; Z is the slowest axis on disk (NIfTI's third), so "slice" means the
            same in label tables, files and the viewer. A 2D image has Z = 1.
        affine: (4, 4), maps the voxel index (x, y, z, 1) to millimetres in scanner space (RAS+, as NIfTI).
    """

    shape: tuple[int, int, int]
    affine: FloatArray

    @property
    def spacing(self) -> Spacing:
        """Voxel size along Z, Y, X in mm."""
        x, y, z = np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0))
        return float(z), float(y), float(x)

    @property
    def axcodes(self) -> str:
        """Direction in which the X, Y and Z index grow, to the nearest body axis, such as "LAS"."""
        from nibabel.orientations import aff2axcodes

        return "".join(aff2axcodes(self.affine))

    @property
    def oblique_degrees(self) -> float:
        """Largest angle between a voxel axis and its nearest body axis, in degrees."""
        directions = self.affine[:3, :3] / np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0))
        cosines = np.abs(directions).max(axis=0).clip(0.0, 1.0)
        return float(np.degrees(np.arccos(cosines)).max())

    @property
    def voxel_volume(self) -> float:
        """Volume of one voxel in mm³."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    def fits(self, other: Geometry, tolerance: float = 1e-3) -> bool:
        """Whether both have the same shape and, within ``tolerance`` mm, the same affine."""
        return self.shape == other.shape and bool(np.allclose(self.affine, other.affine, atol=tolerance))

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object that :meth:`from_json` reads."""
        return {"shape": list(self.shape), "affine": self.affine.tolist()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild from :meth:`to_json`."""
        z, y, x = data["shape"]
        return cls((int(z), int(y), int(x)), np.asarray(data["affine"], dtype=np.float64))


@dataclass(frozen=True, eq=False)
class Source:
    """Where a volume came from, and what a writer needs to give back the same kind of file.

    Attributes:
        format: family of file formats.
        path: the file, or the folder of a stack or series.
        header: the format's own header object (NIfTI header, DICOM attributes), None where there is none.
    """

    format: Format
    path: Path
    header: Any = None


@dataclass(frozen=True, eq=False)
class Volume:
    """A scan in memory.

    Attributes:
        array: (channels, Z, Y, X), the type on disk where that is exact, else float32.
        geometry: grid and position in scanner space.
        channels: one name per channel.
        source: file it was read from.
        rgb: the three channels are red, green and blue of one colour image.
    """

    array: Array
    geometry: Geometry
    channels: tuple[str, ...]
    source: Source
    rgb: bool = field(default=False)

    def __post_init__(self) -> None:
        """Refuse an array that does not fit its geometry or channel names."""
        expected = (len(self.channels), *self.geometry.shape)
        if self.array.shape != expected:
            raise InputError(
                f"{self.source.path}: array of shape {self.array.shape}, but channels and grid ask for {expected}."
            )


def stack_channels(volumes: Mapping[str, Volume]) -> Volume:
    """Join co-registered scans of one case, channel name → scan, into one volume.

    Raises:
        InputError: the grids differ in shape or position.
    """
    names, parts = list(volumes), list(volumes.values())
    first = parts[0]
    for name, part in zip(names[1:], parts[1:], strict=True):
        if not part.geometry.fits(first.geometry):
            raise InputError(
                f"{part.source.path}: channel '{name}' has grid {part.geometry.shape} and another position or shape "
                f"than channel '{names[0]}' with {first.geometry.shape}. Register the channels to one grid first."
            )
    if len(parts) == 1:
        return first
    channels = tuple(
        name if len(part.channels) == 1 else _joined(name, channel)
        for name, part in volumes.items()
        for channel in part.channels
    )
    array = np.concatenate([part.array for part in parts])
    return Volume(array, first.geometry, channels, first.source)


def _joined(name: str, channel: str) -> str:
    """Put the scan's name before its channel's, unless the reader has done so ("dwi-1")."""
    return channel if channel.startswith(f"{name}-") else f"{name}-{channel}"
