"""Effort: what a person has to change to turn the masks shown into those wanted, and how long that would take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.types import BoolArray, LabelMap

SECONDS_A_PATIENT = 20.0
"""Assumed: to open a patient, look through it and accept."""
SECONDS_A_SLICE = 15.0
"""Assumed: to correct one slice, however much of it."""

ASSUMPTION = (
    f"Minutes are an assumption, not a measurement: {SECONDS_A_PATIENT:g} s to open and accept a patient, and "
    f"{SECONDS_A_SLICE:g} s for each slice in which something has to be changed."
)
"""To be printed wherever these minutes are."""


@dataclass(frozen=True)
class Effort:
    """Corrections, counted; two of them add up.

    Attributes:
        patients: opened and accepted.
        slices: with at least one voxel changed.
        voxels: changed.
    """

    patients: int = 0
    slices: int = 0
    voxels: int = 0

    def __add__(self, other: Effort) -> Effort:
        return Effort(self.patients + other.patients, self.slices + other.slices, self.voxels + other.voxels)

    @property
    def minutes(self) -> float:
        """What the corrections would take a person, by :data:`ASSUMPTION`."""
        return (SECONDS_A_PATIENT * self.patients + SECONDS_A_SLICE * self.slices) / 60.0


def effort_of_patient(scans: Iterable[tuple[LabelMap | None, LabelMap]]) -> Effort:
    """Count what has to be changed in the scans of one patient.

    Args:
        scans: for each scan the mask shown, (Z, Y, X), and the one wanted; None where nothing is shown.

    Raises:
        InputError: the two have different shapes.
    """
    changed = [_changed(shown, wanted) for shown, wanted in scans]
    slices = sum(int(one.any(axis=(1, 2)).sum()) for one in changed)
    return Effort(1, slices, sum(int(one.sum()) for one in changed))


def _changed(shown: LabelMap | None, wanted: LabelMap) -> BoolArray:
    if shown is None:
        shown = np.zeros_like(wanted)
    if shown.shape != wanted.shape:
        raise InputError(f"The mask shown has shape {shown.shape}, the one wanted {wanted.shape}: make them the same.")
    return np.not_equal(shown, wanted)
