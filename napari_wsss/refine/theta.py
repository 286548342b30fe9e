"""Widths of the two kernels of a dense CRF."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Theta:
    """How far each kernel reaches.

    Two voxels whose positions differ by d and whose brightness differs by b are drawn together by
    exp(-½ Σ (d / smooth)²) and by exp(-½ Σ (d / space)² - ½ Σ (b / colour)²) (Krähenbühl & Koltun 2011, eq. 3).

    Attributes:
        smooth: standard deviation of the smoothness kernel along Z, Y, X in voxels, > 0.
        space: standard deviation of the appearance kernel along Z, Y, X in voxels, > 0.
        colour: standard deviation of the appearance kernel per channel, in the image's own units, > 0.
    """

    smooth: tuple[float, float, float]
    space: tuple[float, float, float]
    colour: tuple[float, ...]
