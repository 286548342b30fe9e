"""Base of the steps that leave raw maps of a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.pipeline.step import Artefact, Stage, Step
from napari_wsss.types import Array


class MapSource(Step):
    """A step whose result any refinement can take.

    It leaves, for each case, the arrays of :meth:`~napari_wsss.cam.stack.MapStack.arrays` and ``size``, the side in
    pixels of the square that each slice of the scan is fitted into (see ``Letterbox``) and that the maps show; where
    the slices were cropped before, also ``crop``. :func:`square_arrays` gives both.
    """

    stage: ClassVar[Stage] = "maps"
    gives: ClassVar[Artefact] = "maps"

    @property
    def kept_scales(self) -> tuple[float, ...]:
        """Scales under which maps are kept."""
        return (1.0,)

    @property
    def kept_layers(self) -> int:
        """How many maps are kept at each scale."""
        return 1


def square_arrays(letterbox: Letterbox) -> dict[str, Array]:
    """Name, for the disk, how the slices lie in the square that maps show: ``size`` and, of cropped ones, ``crop``."""
    size = {"size": np.asarray(letterbox.size)}
    return size | {"crop": np.asarray(letterbox.crop)} if letterbox.crop else size


def letterbox_of(maps: Mapping[str, Array], shape_yx: tuple[int, int]) -> Letterbox:
    """Give how slices of ``shape_yx`` pixels lie in the square that ``maps`` show, undoing :func:`square_arrays`."""
    return Letterbox(shape_yx, int(maps["size"]), int(maps.get("crop", 0)))
