"""From tissue to picture: FLAIR contrast, coil sensitivity, blur and Rician noise, all varying by patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_wsss.data.simulated.fields import smooth_field
from napari_wsss.data.simulated.lesions import Lesion
from napari_wsss.types import Array, FloatArray, Spacing

FLAIR = {
    "csf": 0.07,
    "grey": 0.52,
    "white": 0.40,
    "bone": 0.05,
    "marrow": 0.22,
    "muscle": 0.27,
    "fat": 0.74,
    "skin": 0.50,
    "eye": 0.10,
    "air": 0.0,
}
"""Mean signal per tissue."""


def draw_contrast(rng: np.random.Generator) -> dict[str, float]:
    """Draw one scanner's FLAIR: every tissue some 8 % off, fat more (fat suppression is a matter of taste)."""
    contrast = {name: value * float(rng.normal(1.0, 0.07)) for name, value in FLAIR.items()}
    contrast["fat"] *= float(rng.uniform(0.6, 1.15))
    contrast["grey"] = max(contrast["grey"], 1.18 * contrast["white"])
    return contrast


def render(
    fractions: Mapping[str, FloatArray], contrast: Mapping[str, float], lesions: Sequence[Lesion], spacing: Spacing,
    rng: np.random.Generator,
) -> Array:  # fmt: skip
    """Make the picture.

    Args:
        fractions: tissue name → share (Z, Y, X).
        contrast: tissue name → signal.
        lesions: drawn over the tissue, in this order.
        spacing: voxel size along Z, Y, X in mm.
        rng: draws texture, bias field and noise.

    Returns:
        (Z, Y, X) int16, brain tissue around a few hundred.
    """
    shape = fractions["csf"].shape
    picture = np.zeros(shape, dtype=np.float32)
    for name, share in fractions.items():
        picture += contrast[name] * share
    texture = 0.5 * smooth_field(rng, shape, spacing, 4.0) + 0.5 * smooth_field(rng, shape, spacing, 12.0)
    for lesion in lesions:
        inside = lesion.signal * (1.0 + 0.12 * texture)
        picture += lesion.share * (inside - picture)
    picture *= 1.0 + 0.035 * texture
    picture = gaussian_filter(picture, (0.0, 0.35, 0.35))
    picture *= np.exp(rng.uniform(0.03, 0.10) * smooth_field(rng, shape, spacing, 75.0))
    return _received(picture, rng)


def _received(picture: FloatArray, rng: np.random.Generator) -> Array:
    sigma = rng.uniform(0.010, 0.022)
    real = picture + sigma * rng.standard_normal(picture.shape, dtype=np.float32)
    imaginary = sigma * rng.standard_normal(picture.shape, dtype=np.float32)
    gain = rng.uniform(600.0, 1400.0)
    return np.asarray((gain * np.hypot(real, imaginary)).round(), dtype=np.int16)
