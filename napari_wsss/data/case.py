"""Case: one scan of the cohort as the manifest remembers it, without its voxels."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from napari_wsss.data.masks import read_mask
from napari_wsss.data.readers import read_volume
from napari_wsss.data.readers.assemble import RED_GREEN_BLUE
from napari_wsss.data.volume import Format, Geometry, Volume, stack_channels
from napari_wsss.errors import InputError
from napari_wsss.types import LabelMap, Subset


@dataclass(frozen=True, eq=False)
class Case:
    """One case.

    Attributes:
        id: file name without suffix (and without channel suffix where the channels' names differ by it).
        patient: whom it belongs to; the case id, or the patient's folder, until a split says otherwise.
        subset: "train", "val", "test", or None before the split.
        channels: channel name → absolute path of the file or folder.
        geometry: grid of all channels.
        channel_names: names of the loaded channels, in order.
        rgb: the channels are red, green and blue of one colour image.
        format: family of the first channel's file.
        digest: SHA-256 over the voxels, their type, and the grid of all channels.
        reference: absolute path of the reference mask, where there is one.
        warnings: lines the person should read, such as an oblique position.
    """

    id: str
    patient: str
    subset: Subset | None
    channels: Mapping[str, Path]
    geometry: Geometry
    channel_names: tuple[str, ...]
    rgb: bool
    format: Format
    digest: str
    reference: Path | None = None
    warnings: tuple[str, ...] = ()

    def load(self) -> Volume:
        """Read the scan: all channels in one volume. A grey image of a colour cohort comes as three equal channels.

        Raises:
            InputError: a file is gone, damaged, or no longer has the grid it had.
        """
        for path in self.channels.values():
            self._check_there(path, "scan")
        volume = stack_channels({name: read_volume(path, name) for name, path in self.channels.items()})
        if volume.geometry.shape != self.geometry.shape:
            raise InputError(
                f"{volume.source.path}: shape {volume.geometry.shape}, but {self.geometry.shape} when the project was "
                "made. Put the original file back or start a new project."
            )
        return as_colour(volume) if self.rgb and not volume.rgb else volume

    def load_reference(self) -> LabelMap | None:
        """Read the reference mask, uint8 (Z, Y, X); None where there is none.

        Raises:
            InputError: it is gone, damaged, no mask, or of another shape than the scan.
        """
        if self.reference is None:
            return None
        self._check_there(self.reference, "reference mask")
        mask, geometry = read_mask(self.reference)
        if geometry.shape != self.geometry.shape:
            raise InputError(
                f"{self.reference}: mask of shape {geometry.shape}, but its scan '{self.id}' has {self.geometry.shape} "
                "(Z, Y, X). Give a mask drawn on that scan."
            )
        return mask

    def _check_there(self, path: Path, what: str) -> None:
        if not path.exists():
            raise InputError(
                f"Case '{self.id}': its {what} {path} is gone, moved or renamed. Put it back where it was, or start a "
                "new project with its new place."
            )

    def replace(self, **changes: Any) -> Self:  # noqa: ANN401
        """Give a copy with ``changes``."""
        return dataclasses.replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object that :meth:`from_json` reads."""
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return plain | {
            "channels": {name: str(path) for name, path in self.channels.items()},
            "geometry": self.geometry.to_json(),
            "channel_names": list(self.channel_names),
            "reference": None if self.reference is None else str(self.reference),
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild from :meth:`to_json`."""
        return cls(
            **{
                **data,
                "channels": {name: Path(path) for name, path in data["channels"].items()},
                "geometry": Geometry.from_json(data["geometry"]),
                "channel_names": tuple(data["channel_names"]),
                "reference": None if data.get("reference") is None else Path(data["reference"]),
                "warnings": tuple(data.get("warnings", ())),
            }
        )


def as_colour(volume: Volume) -> Volume:
    """Give a grey image as red, green and blue, all equal.

    Raises:
        InputError: it has several channels.
    """
    if len(volume.channels) != 1:
        raise InputError(f"{volume.source.path}: {len(volume.channels)} channels, but a colour image was expected.")
    array = np.repeat(volume.array, 3, axis=0)
    return Volume(array, volume.geometry, RED_GREEN_BLUE, volume.source, rgb=True)
