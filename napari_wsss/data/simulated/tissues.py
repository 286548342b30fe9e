"""Fractions of every tissue in a head: the brain from the atlas, skull, scalp and face made up around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from napari_wsss.types import FloatArray

TISSUES = ("csf", "grey", "white", "bone", "marrow", "muscle", "fat", "skin", "eye", "air")


@dataclass(frozen=True)
class Shells:
    """Thickness of what lies around the brain, in mm."""

    fluid: float
    skull: float
    scalp: float
    skin: float = 2.0


def draw_shells(rng: np.random.Generator) -> Shells:
    """Draw one person's shells."""
    return Shells(fluid=rng.uniform(1.0, 3.0), skull=rng.uniform(5.0, 8.0), scalp=rng.uniform(5.0, 9.0))


def tissue_fractions(maps: Mapping[str, FloatArray], points: FloatArray, shells: Shells) -> dict[str, FloatArray]:
    """Divide every place among the tissues.

    Args:
        maps: "grey", "white", "brain", "head" looked up in the atlas, each (…).
        points: (3, …) the same places in mm of MNI space.
        shells: thickness of the layers.

    Returns:
        one float32 (…) in [0, 1] per name of ``TISSUES``; they sum to 1.
    """
    brain = _within(maps["brain"])
    fractions = dict.fromkeys(TISSUES, np.zeros_like(maps["brain"]))
    fractions["grey"], fractions["white"] = maps["grey"] * brain, maps["white"] * brain
    rest = 1.0 - fractions["grey"] - fractions["white"]
    # Each layer takes its share of what the layers before it left over, so the sum stays 1.
    for name, share in _layers(maps, points, shells):
        fractions[name] = fractions[name] + rest * share
        rest = rest * (1.0 - share)
    fractions["muscle"] = rest
    return {name: fractions[name].astype(np.float32) for name in TISSUES}


def _layers(maps: Mapping[str, FloatArray], points: FloatArray, shells: Shells) -> list[tuple[str, FloatArray]]:
    """Name tissues and their share of what is left, in the order in which they take it."""
    brain, head = maps["brain"], maps["head"]
    folded = np.concatenate([np.abs(points[:1]), points[1:]])  # the face is the same on both sides
    middle_of_skull = np.abs(brain - shells.fluid - 0.5 * shells.skull) - 0.22 * shells.skull
    under_skin = shells.fluid + shells.skull + shells.scalp - head
    return [
        ("csf", _within(brain - shells.fluid)),
        ("air", _within(under_skin)),
        ("skin", _within(under_skin - shells.skin)),
        ("marrow", _within(middle_of_skull, 0.7)),
        ("bone", _within(brain - shells.fluid - shells.skull)),
        ("eye", _ball(folded, (33.0, 60.0, -38.0), (12.0, 12.0, 12.0))),
        ("fat", _ball(folded, (31.0, 50.0, -38.0), (17.0, 27.0, 15.0))),
        ("air", _ball(folded, (0.0, 46.0, -42.0), (11.0, 30.0, 17.0))),
        ("fat", _within(under_skin - shells.scalp, 0.8)),
        ("bone", _within(np.maximum(head + 4.0, brain - 12.0), 1.5)),  # the skull's base: deep, near the brain
    ]


def _within(distance: FloatArray, edge: float = 0.45) -> FloatArray:
    """Soft inside: 1 where ``distance`` (mm) is negative, 0 where positive."""
    inside: FloatArray = 1.0 / (1.0 + np.exp((distance / edge).clip(-30.0, 30.0)))
    return inside


def _ball(points: FloatArray, centre: tuple[float, float, float], radii: tuple[float, float, float]) -> FloatArray:
    shape = (3, *[1] * (points.ndim - 1))
    offset = (points - np.reshape(centre, shape)) / np.reshape(radii, shape)
    return _within((np.sqrt((offset**2).sum(axis=0)) - 1.0) * min(radii))
