"""Truths: the masks against which settings are judged — accepted by a person, or reference masks where asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from napari_wsss.data.reference import in_classes
from napari_wsss.errors import InputError
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.types import BoolArray, LabelMap, Subset

SUBSETS: dict[str, tuple[Subset, ...]] = {"accepted": ("train", "val"), "reference": ("train",)}
"""Whose masks are looked at. The patients left out stay unseen, so that they can score what was chosen."""


@dataclass(frozen=True)
class Truth:
    """The mask of one case, and where it counts.

    Attributes:
        case_id: the case.
        patient: whose it is.
        slices: (Z,), True where the mask counts: the accepted slices, or all of a reference.
        read: gives the mask (Z, Y, X), 0 background, c + 1 class c.
    """

    case_id: str
    patient: str
    slices: BoolArray
    read: Callable[[], LabelMap]


def truths_of(workspace: Workspace, masks: str) -> list[Truth]:
    """Give the truths of a project, in a fixed order.

    Args:
        workspace: cases, labels and accepted masks.
        masks: "accepted", of train and val patients; or "reference", of train patients alone.

    Raises:
        InputError: another source, or no such mask.
    """
    if masks not in SUBSETS:
        raise InputError(f"'{masks}' is no source of masks; give {' or '.join(SUBSETS)}.")
    find = _accepted if masks == "accepted" else _reference
    candidates = workspace.subset(*SUBSETS[masks])
    found = [truth for case_id in candidates if (truth := find(workspace, case_id)) is not None]
    if not found:
        raise InputError(_NONE[masks])
    return found


def judged_with(masks: str, truths: list[Truth], done: str) -> dict[str, Any]:
    """Say, for a result, what it was judged with.

    Returns:
        ``masks``; how many: ``n``, ``patients``, ``slices``; ``cases``; and ``text``, such as "searched with 5
        accepted masks of 4 patients" where ``done`` is "searched".
    """
    patients = len({truth.patient for truth in truths})
    return {
        "masks": masks,
        "n": len(truths),
        "patients": patients,
        "slices": int(sum(truth.slices.sum() for truth in truths)),
        "cases": [truth.case_id for truth in truths],
        "text": f"{done} with {_count(len(truths), f'{masks} mask')} of {_count(patients, 'patient')}",
    }


_NONE: dict[str, str] = {
    "accepted": (
        "there is no accepted mask of a train or val patient yet. Accept the proposals of some cases first (masks of "
        "test patients are left out: they are for scoring), or ask for reference masks where the project has them."
    ),
    "reference": "no train patient of this project has a reference mask; accept some masks and use those.",
}


def _accepted(workspace: Workspace, case_id: str) -> Truth | None:
    slices = workspace.accepted.slices(case_id)
    read = partial(_read_accepted, workspace, case_id)
    return Truth(case_id, workspace.cases[case_id].patient, slices, read) if slices.any() else None


def _reference(workspace: Workspace, case_id: str) -> Truth | None:
    case = workspace.cases[case_id]
    if case.reference is None:
        return None
    every = np.ones(case.geometry.shape[0], dtype=bool)
    return Truth(case_id, case.patient, every, partial(_read_reference, workspace, case_id))


def _read_accepted(workspace: Workspace, case_id: str) -> LabelMap:
    mask = workspace.accepted.mask(case_id)
    if mask is None:
        raise InputError(f"{case_id}: its accepted mask was taken back meanwhile; start again.")
    return mask


def _read_reference(workspace: Workspace, case_id: str) -> LabelMap:
    mask = workspace.cases[case_id].load_reference()
    if mask is None:
        raise InputError(f"{case_id}: its reference mask is gone; start again.")
    return in_classes(mask, workspace.labels.volume_labels(case_id))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
