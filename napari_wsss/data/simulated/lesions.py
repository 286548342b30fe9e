"""Lesions of irregular outline, placed where they occur."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, label

from napari_wsss.data.simulated.fields import smooth_field
from napari_wsss.types import BoolArray, FloatArray, LabelMap, Spacing


@dataclass(frozen=True)
class Kind:
    """What lesions of one class look like.

    Attributes:
        diameter: smallest and largest, in mm.
        signal: lowest and highest intensity; white matter is about 0.4.
        edge: width of the soft border in mm.
        count: most lesions in one patient.
        cortex: how far they reach into grey matter, 0 … 1.
    """

    diameter: tuple[float, float]
    signal: tuple[float, float]
    edge: float
    count: int
    cortex: float


LESION = Kind(diameter=(20.0, 50.0), signal=(0.85, 1.0), edge=1.5, count=2, cortex=0.8)
INFARCT = Kind(diameter=(20.0, 45.0), signal=(0.68, 0.85), edge=1.8, count=2, cortex=1.0)
BLEED = Kind(diameter=(7.0, 12.0), signal=(1.0, 1.2), edge=0.8, count=3, cortex=0.6)

SMALLEST_MM2 = 25.0
"""A lesion's cut through one slice counts (in mask and label) from this area on: less is invisible."""


@dataclass(frozen=True, eq=False)
class Head:
    """Where lesions may lie: tissue fractions (Z, Y, X), distance to the brain's surface in mm, grid spacing."""

    grey: FloatArray
    white: FloatArray
    brain: FloatArray
    spacing: Spacing


@dataclass(frozen=True, eq=False)
class Lesion:
    """One lesion: ``share`` (Z, Y, X) of each voxel that it fills, 0 … 1, and its ``signal``."""

    share: FloatArray
    signal: float


def draw_lesions(head: Head, kind: Kind, rng: np.random.Generator) -> list[Lesion]:
    """Draw 1 … ``kind.count`` lesions: the first is of the larger half, each further one small and rarer."""
    low, high = kind.diameter
    middle = float(np.sqrt(low * high))
    count = 1 + int(rng.binomial(kind.count - 1, 0.5))
    diameters = [rng.uniform(0.85 * middle, high), *rng.uniform(low, middle, count - 1)]
    return [_draw_lesion(head, kind, float(diameter), rng) for diameter in diameters]


def lesion_mask(lesions: list[Lesion], spacing: Spacing) -> BoolArray:
    """Give the reference mask (Z, Y, X): at least half filled, without cuts too small to see."""
    mask = np.asarray(np.max([lesion.share for lesion in lesions], axis=0) >= 0.5)
    for plane in mask:
        parts, count = label(plane)
        areas = np.bincount(parts.ravel(), minlength=count + 1) * spacing[1] * spacing[2]
        plane[areas[parts] < SMALLEST_MM2] = False
    return mask


def label_map(masks: list[BoolArray]) -> LabelMap:
    """Join one mask (Z, Y, X) per class; a later class lies on top."""
    labels = np.zeros(masks[0].shape, dtype=np.uint8)
    for index, mask in enumerate(masks):
        labels[mask] = index + 1
    return labels


def _draw_lesion(head: Head, kind: Kind, diameter: float, rng: np.random.Generator) -> Lesion:
    centre = _place(head, diameter, rng)
    ratio = rng.uniform(0.75, 1.3, 3)
    radii = 0.5 * diameter * ratio / np.cbrt(ratio.prod())
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    places = _grid(head.brain.shape, head.spacing) - centre.reshape(3, 1, 1, 1)
    reach = np.sqrt((np.einsum("ij,j...->i...", turn / radii[:, None], places) ** 2).sum(axis=0))
    rough = smooth_field(rng, head.brain.shape, head.spacing, max(0.25 * diameter, 2.5))
    reach += 0.22 * rough * np.minimum(reach, 1.0)
    share = 1.0 / (1.0 + np.exp(((reach - 1.0) * 0.5 * diameter / kind.edge).clip(-30.0, 30.0)))
    # Lesions swell: the narrow sulci inside them close, while ventricles and what lies outside stay as they are.
    blur = [1.5 / size for size in head.spacing]
    tissue = (1.3 * gaussian_filter(head.white + kind.cortex * head.grey, blur)).clip(0.0, 1.0)
    return Lesion(np.asarray(share * tissue, dtype=np.float32), float(rng.uniform(*kind.signal)))


def _place(head: Head, diameter: float, rng: np.random.Generator) -> FloatArray:
    """Choose a slice first, then white matter in it: lesions spread over the whole height of the brain."""
    deep = (head.white > 0.6) & (head.brain < -min(0.35 * diameter + 4.0, 14.0))
    candidates = deep if deep.any() else head.white >= 0.9 * head.white.max()
    z = rng.choice(np.flatnonzero(candidates.any(axis=(1, 2))))
    y, x = rng.choice(np.argwhere(candidates[z]))
    return np.asarray([z, y, x] * np.array(head.spacing))


def _grid(shape: tuple[int, ...], spacing: Spacing) -> FloatArray:
    axes = [np.arange(count, dtype=np.float32) * size for count, size in zip(shape, spacing, strict=True)]
    return np.array(np.meshgrid(*axes, indexing="ij"), dtype=np.float32)
