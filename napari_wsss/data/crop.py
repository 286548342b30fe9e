"""Random windows and mirroring, the only changes that small lesions survive unharmed; drawn here, applied elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_wsss.errors import InputError
from napari_wsss.params import Params, knob
from napari_wsss.types import BoolArray


class CropMirror(Params):
    """How training images are varied. Defaults: the X-ray net of Kim and Hwang (340 pixels cut to 320)."""

    crop: int = knob(
        20,
        "Pixels cut away along each side of a training image, more or less of them on either end; validation cuts "
        "evenly. Keep it small, so that lesions near the border stay inside.",
        ge=0,
        le=1024,
        unit="pixels",
    )
    mirror_probability: float = knob(
        0.5, "How often a training image is mirrored left-right.", ge=0.0, le=1.0, step=0.05
    )

    def window(self, side: int) -> int:
        """Give the side of what is left of images of ``side`` pixels.

        Raises:
            InputError: nothing is left.
        """
        if self.crop >= side:
            raise InputError(
                f"crop: {self.crop} pixels cut away of images of {side} leave nothing to learn from: make it smaller, "
                "or the slices larger."
            )
        return side - self.crop


@dataclass(frozen=True, eq=False)
class Windows:
    """Where n images are cut, and whether they are mirrored afterwards.

    Attributes:
        top, left: (n,) first row and column kept, 0 … crop.
        mirrored: (n,) left-right.
        crop: rows and columns that go.
    """

    top: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]
    mirrored: BoolArray
    crop: int


def draw_windows(params: CropMirror, n: int, rng: np.random.Generator) -> Windows:
    """Draw the windows of ``n`` images from ``rng``."""
    top, left = rng.integers(0, params.crop, (2, n), endpoint=True)
    return Windows(top, left, rng.random(n) < params.mirror_probability, params.crop)
