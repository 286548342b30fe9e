"""From a scan to what the networks see: intensities to a common range, slices into a square."""

from __future__ import annotations

from typing import Literal

import numpy as np

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.data.volume import Volume
from napari_wsss.params import Params, knob
from napari_wsss.types import Array, BoolArray, FloatArray

_TISSUE = 0.4
"""Grey value of the median of the tissue: 2.5 times as much is the brightest that is told apart."""
_SAMPLES = 100_000
"""Voxels from which the threshold between background and tissue is estimated, about."""


class Intensity(Params):
    """How grey values are brought to a common range."""

    intensity: Literal["robust", "tissue", "zscore", "window", "none"] = knob(
        "robust",
        "How grey values are brought to a common range. robust: darkest and brightest 1 % of the body cut off, the "
        "rest to 0–1; tissue: the median of the tissue to 0.4, so that bright fat or bone does not darken the rest "
        "(both leave colour images their full range as 0–1); zscore: mean 0, spread 1 inside the body; window: a CT "
        "window to 0–1; none: as stored.",
    )
    window_level: float = knob(40.0, "Centre of the CT window (intensity: window).", step=1.0, unit="HU", advanced=True)
    window_width: float = knob(
        80.0, "Width of the CT window (intensity: window).", ge=1.0, step=1.0, unit="HU", advanced=True
    )


class Preprocess(Intensity):
    """How scans are prepared for the networks that take slices."""

    size: int = knob(
        256, "Side of the square every slice is fitted into. Smaller is faster and coarser.", ge=32, le=2048, step=32,
        unit="pixels",
    )  # fmt: skip
    crop: int = knob(
        0,
        "Side of a square that is cut out of the middle of every slice first; 0: the whole slice. What lies outside "
        "it is not looked at and never gets a mask.",
        ge=0, le=2048, step=1, unit="pixels of the scan",
    )  # fmt: skip

    def letterbox(self, shape_yx: tuple[int, int]) -> Letterbox:
        """Give how a scan's slices of ``shape_yx`` pixels lie in the square."""
        return Letterbox(shape_yx, self.size, self.crop)


def normalise(volume: Volume, params: Intensity) -> FloatArray:
    """Bring a scan's intensities to a common range, each channel by itself over the whole scan.

    Background is every voxel at the channel's lowest value (air, or the zeros left by skull stripping); it takes no
    part in percentiles, mean and spread.

    Returns:
        (C, Z, Y, X) float32: in [0, 1] for "robust", "tissue" and "window", mean 0 and standard deviation 1 over the
        non-background for "zscore", as stored for "none". A constant channel becomes 0 under "robust", "tissue" and
        "zscore".
    """
    array = volume.array
    if params.intensity == "none":
        return array.astype(np.float32)
    if params.intensity == "window":
        lowest = params.window_level - params.window_width / 2
        windowed: FloatArray = (array.astype(np.float32) - np.float32(lowest)) / np.float32(params.window_width)
        return windowed.clip(0, 1)
    if volume.rgb and params.intensity in _STRETCH:
        # Percentiles per channel would shift the colours.
        return (array.astype(np.float32) / np.float32(_full_scale(array))).clip(0, 1)
    scale = _STRETCH.get(params.intensity, _zscore)
    return np.stack([scale(channel.astype(np.float32)) for channel in array])


def prepare_slices(volume: Volume, params: Preprocess) -> Array:
    """Give every slice as the networks take it: :func:`normalise`, then :class:`Letterbox`.

    The margins hold the channel's lowest value, so they look like the scan's own background.

    Returns:
        (Z, C, size, size) float16; values beyond its range (±65504) are clipped.
    """
    channels = normalise(volume, params)
    letterbox = params.letterbox(volume.geometry.shape[1:])
    slices = np.empty((channels.shape[1], len(channels), params.size, params.size), dtype=np.float16)
    limit = float(np.finfo(np.float16).max)
    for index, channel in enumerate(channels):
        fitted = letterbox.apply(channel, fill=float(channel.min()))
        slices[:, index] = fitted.clip(-limit, limit)
    return slices


def _robust(channel: FloatArray) -> FloatArray:
    body = channel[_foreground(channel)]
    low, high = np.percentile(body, (1, 99)) if body.size else (0.0, 0.0)
    return _between(channel, low, high)


def _tissue(channel: FloatArray) -> FloatArray:
    """Tissue is what the minimum cross-entropy threshold (Li and Lee 1993) of the body leaves."""
    from skimage.filters import threshold_li

    body = channel[_foreground(channel)]
    if not body.size:
        return np.zeros_like(channel)
    low = float(np.percentile(body, 1))
    median = float(np.median(body[body >= threshold_li(body[:: len(body) // _SAMPLES + 1])]))
    return _between(channel, low, low + (median - low) / _TISSUE)


def _between(channel: FloatArray, low: float, high: float) -> FloatArray:
    """Scale ``low`` to 0 and ``high`` to 1, cut off beyond; without anything between them, the body to 1."""
    if high <= low:
        return _foreground(channel).astype(np.float32)
    scaled: FloatArray = (channel - np.float32(low)) / np.float32(high - low)
    return scaled.clip(0, 1)


_STRETCH = {"robust": _robust, "tissue": _tissue}


def _zscore(channel: FloatArray) -> FloatArray:
    body = channel[_foreground(channel)]
    # float64: a sum over millions of large float32 values would lose digits.
    spread = body.std(dtype=np.float64) if body.size else 0.0
    if spread == 0:
        return np.zeros_like(channel)
    scaled: FloatArray = (channel - np.float32(body.mean(dtype=np.float64))) / np.float32(spread)
    return scaled


def _foreground(channel: FloatArray) -> BoolArray:
    above: BoolArray = channel > channel.min()
    return above


def _full_scale(array: Array) -> float:
    """Largest value a colour channel can hold: by integer type; for decimals 1 if none exceeds it, else 255."""
    if np.issubdtype(array.dtype, np.integer):
        return float(np.iinfo(array.dtype).max)
    return 1.0 if array.max(initial=0.0) <= 1.0 else 255.0
