"""Random changes of training images, drawn here and applied elsewhere, so that any of them can be replayed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import model_validator

from napari_wsss.params import Params, knob
from napari_wsss.types import BoolArray, FloatArray


class Augment(Params):
    """How training images are varied. Defaults: paper 1 (multi-scale CAM + Mixed-UNet); the probabilities are ours."""

    flip_probability: float = knob(
        0.5, "How often an image is mirrored left-right, and as often upside down.", ge=0.0, le=1.0, step=0.05
    )
    rotation_probability: float = knob(
        0.5, "How often an image is turned, by one of ±the small angle, 90°, 180° or 270°.", ge=0.0, le=1.0, step=0.05
    )
    rotation_angle: float = knob(25.0, "The small angle.", ge=0.0, le=90.0, step=1.0, unit="°", advanced=True)
    noise_probability: float = knob(0.5, "How often grain is added.", ge=0.0, le=1.0, step=0.05)
    noise_low: float = knob(
        0.3, "Least grain, as a share of the image's own contrast (standard deviation).", ge=0.0, le=2.0, step=0.05,
        advanced=True,
    )  # fmt: skip
    noise_high: float = knob(
        0.7, "Most grain, as a share of the image's own contrast (standard deviation).", ge=0.0, le=2.0, step=0.05,
        advanced=True,
    )  # fmt: skip

    gain: float = knob(
        0.0,
        "By how much an image is made brighter or darker at most: 0.3 means a factor between 0.7 and 1.3 for what lies "
        "above its darkest value. Helps where scanners differ, or bright fat sets the range of some scans.",
        ge=0.0,
        le=0.9,
        step=0.05,
        advanced=True,
        before=0.0,
    )

    @model_validator(mode="after")
    def _ordered(self) -> Augment:
        if self.noise_low > self.noise_high:
            raise ValueError(f"noise_low ({self.noise_low}) must not exceed noise_high ({self.noise_high})")
        return self


@dataclass(frozen=True, eq=False)
class Transforms:
    """What is done to n images, in this order: turn, mirror, add grain, make brighter or darker.

    Attributes:
        angle: (n,) float32, degrees counter-clockwise as shown (Y down); 0 leaves the image alone.
        flip_y: (n,) upside down.
        flip_x: (n,) left-right.
        noise: (n,) float32, sigma in units of each image channel's standard deviation; 0 adds none.
        noise_seed: start of the grain's random numbers.
        gain: (n,) float32, factor for what lies above the lowest value of each image channel; 1 leaves it alone.
    """

    angle: FloatArray
    flip_y: BoolArray
    flip_x: BoolArray
    noise: FloatArray
    noise_seed: int
    gain: FloatArray

    def __len__(self) -> int:
        return len(self.angle)


def draw(params: Augment, n: int, rng: np.random.Generator) -> Transforms:
    """Draw the changes for ``n`` images from ``rng``."""
    angles = np.array([-params.rotation_angle, params.rotation_angle, 90, 180, 270], dtype=np.float32)
    turned = rng.random(n) < params.rotation_probability
    grainy = rng.random(n) < params.noise_probability
    return Transforms(
        angle=np.where(turned, rng.choice(angles, n), np.float32(0)),
        flip_y=rng.random(n) < params.flip_probability,
        flip_x=rng.random(n) < params.flip_probability,
        noise=np.where(grainy, rng.uniform(params.noise_low, params.noise_high, n), 0.0).astype(np.float32),
        noise_seed=int(rng.integers(2**62)),
        # Last, and only where it is wanted: the draws before it stay those they were without it.
        gain=rng.uniform(1 - params.gain, 1 + params.gain, n).astype(np.float32)
        if params.gain
        else np.ones(n, dtype=np.float32),
    )
