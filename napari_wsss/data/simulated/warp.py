"""How one patient's head differs from the atlas: pose, size and a smooth elastic part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_wsss.data.simulated.fields import smooth_field
from napari_wsss.types import FloatArray, Spacing

ELASTIC_KNOT_MM = 45.0
ELASTIC_MM = 2.2
"""Standard deviation of the elastic part along each axis."""
CENTRE = np.array([0.0, -17.0, 18.0])
"""Middle of the brain in MNI space, in mm: heads turn and scale about it."""


@dataclass(frozen=True, eq=False)
class Pose:
    """A recorded affine change.

    Attributes:
        matrix: (3, 3), scanner → atlas directions.
        shift: (3,) in mm.
    """

    matrix: FloatArray
    shift: FloatArray


def draw_pose(rng: np.random.Generator) -> Pose:
    """Draw a pose: turned by some 5°, shifted by some 3 mm, 5 % larger or smaller along each axis."""
    pitch, roll, yaw = np.radians(rng.normal(0.0, [5.0, 2.5, 3.5]).clip(-10.0, 10.0))
    rotation = _turn(1, 2, pitch) @ _turn(0, 2, roll) @ _turn(0, 1, yaw)
    scale = 1.0 / rng.normal([1.0, 1.0, 1.0], 0.035).clip(0.93, 1.06)
    return Pose(rotation @ np.diag(scale), rng.normal(0.0, [2.0, 2.0, 3.0]))


def to_atlas(points: FloatArray, pose: Pose, spacing: Spacing, rng: np.random.Generator) -> FloatArray:
    """Move scanner places into the atlas.

    Args:
        points: (3, Z, Y, X) in mm on a regular grid.
        pose: the affine part.
        spacing: of that grid along Z, Y, X in mm.
        rng: draws the elastic part.

    Returns:
        (3, Z, Y, X) float32 in mm of MNI space.
    """
    centred = points - CENTRE.reshape(3, 1, 1, 1)
    moved = np.einsum("ij,j...->i...", pose.matrix, centred) + (CENTRE + pose.shift).reshape(3, 1, 1, 1)
    z, y, x = points.shape[1:]
    elastic = np.stack([smooth_field(rng, (z, y, x), spacing, ELASTIC_KNOT_MM) for _ in range(3)])
    return np.asarray(moved + ELASTIC_MM * elastic, dtype=np.float32)


def _turn(first: int, second: int, angle: float) -> FloatArray:
    matrix = np.eye(3)
    matrix[[first, second], [first, second]] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix
