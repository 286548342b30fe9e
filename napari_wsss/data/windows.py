"""Windows: the range of intensities shown from black to white, as width and level; the usual ones of CT.

The widths and levels are those of head CT as radiology teaches them (Radiopaedia, "Windowing (CT)"): brain 80/40, bone
2800/600, subdural 130–300/50–100, of which the middle is taken. A fresh bleed (50–80 HU) stands out best at the narrow
end of that range, 130/50; it is offered as "blood".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from napari_wsss.data.volume import Volume
from napari_wsss.types import Array, FloatArray

AIR = -100.0
"""Hounsfield units fall below this in air and fat; the values of no other scan do so and rise as high."""


@dataclass(frozen=True)
class Window:
    """A range of intensities from black to white.

    Attributes:
        width: white minus black; above 0.
        level: the middle.
    """

    width: float
    level: float

    @classmethod
    def between(cls, black: float, white: float) -> Self:
        """Give the window between two intensities."""
        return cls(white - black, (white + black) / 2)

    @property
    def limits(self) -> tuple[float, float]:
        """The intensities shown black and white."""
        return self.level - self.width / 2, self.level + self.width / 2

    @property
    def words(self) -> str:
        """The window as read out: "W 80 L 40"; decimals only where a step of 1 would be coarse."""
        decimals = max(0, 2 - int(np.floor(np.log10(self.width)))) if self.width < 100 else 0
        return f"W {_short(self.width, decimals)} L {_short(self.level, decimals)}"

    def moved(self, right: float, up: float, pace: float = 200.0) -> Window:
        """Give the window after dragging.

        Args:
            right: pixels to the right: wider, softer contrast. ``pace`` of them make it 2.7 times as wide.
            up: pixels upwards: brighter; ``pace`` of them lower the level by the width.
            pace: slowness.
        """
        return Window(self.width * float(np.exp(right / pace)), self.level - self.width * up / pace)

    def relative_to(self, base: Window) -> Window:
        """Give this window in units of another: (1, 0) if both are the same. Carries a look to another scan."""
        return Window(self.width / base.width, (self.level - base.level) / base.width)

    def of(self, base: Window) -> Window:
        """Give the window that :meth:`relative_to` described, for another base."""
        return Window(self.width * base.width, base.level + self.level * base.width)


CT_WINDOWS: dict[str, Window] = {
    "brain": Window(80, 40),
    "subdural": Window(200, 75),
    "blood": Window(130, 50),
    "bone": Window(2800, 600),
}


def in_hounsfield(volume: Volume) -> bool:
    """Whether intensities are Hounsfield units: the file says CT, or they reach as low as fat and air."""
    if volume.rgb:
        return False
    header = volume.source.header
    if volume.source.format == "dicom" and isinstance(header, dict) and header.get("Modality"):
        return bool(header["Modality"] == "CT")
    lowest, highest = _range(volume.array[0])
    return lowest <= AIR and highest >= -AIR


def robust_window(array: Array, low: float = 1.0, high: float = 99.5) -> Window:
    """Give a window that shows what is not background: between two percentiles of it.

    Background is the value that fills the corners of the scan. At most about 100,000 voxels are looked at.
    """
    sample = _sample(array)
    corners = array[tuple(np.ix_(*[[0, size - 1] for size in array.shape]))].ravel()
    inside = sample[sample != np.median(corners)]
    if inside.size < 20:
        inside = sample
    lower, upper = np.percentile(inside, (low, high))
    if lower > 0 and array.min() >= 0:
        lower = 0.0  # magnitudes: zero is black, so that air stays dark
    return Window.between(float(lower), float(upper) if upper > lower else float(lower) + 1.0)


def _sample(array: Array) -> FloatArray:
    strides = tuple(max(1, size // 48) for size in array.shape)
    sample: FloatArray = array[tuple(slice(None, None, step) for step in strides)].astype(np.float64).ravel()
    return sample


def _range(array: Array) -> tuple[float, float]:
    sample = _sample(array)
    return float(sample.min()), float(sample.max())


def _short(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
