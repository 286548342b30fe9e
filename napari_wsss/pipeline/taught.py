"""What a case teaches a segmenter: its accepted slices, elsewhere its proposal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_wsss.types import BoolArray, LabelMap

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.learning import Learning

IGNORE = 255
"""Places with this label teach nothing; that of :mod:`napari_wsss.losses.segmentation`, which needs torch."""


def mask_to_learn(job: Job, step: Learning, kind: str, case_id: str) -> LabelMap:
    """Give the mask to learn from, (Z, Y, X).

    Accepted slices are taken as they are; elsewhere stands the proposal, unless it was rejected or nothing is learnt
    from proposals.
    """
    case = job.workspace.cases[case_id]
    unused = step.learn_from == "accepted" or case_id in job.workspace.rejected
    proposal = None if unused else job.workspace.mask(job.recipe, kind, case_id)
    mask = np.zeros(case.geometry.shape, dtype=np.uint8) if proposal is None else np.array(proposal)
    accepted = job.workspace.accepted.mask(case_id)
    if accepted is not None:
        chosen = job.workspace.accepted.slices(case_id)
        mask[chosen] = accepted[chosen]
    return mask


def lesion(mask: LabelMap) -> BoolArray:
    """Give the places of a mask to learn from that are surely lesion."""
    places: BoolArray = (mask > 0) & (mask != IGNORE)
    return places


def lesion_free(job: Job, step: Learning, case_id: str) -> BoolArray:
    """Give (Z,), True where every class is known to be absent and that may be learnt from."""
    free: BoolArray = (job.workspace.labels.slice_labels(case_id) == 0).all(axis=1)
    accepted = job.workspace.accepted.mask(case_id)
    if accepted is None:
        return np.zeros_like(free) if step.learn_from == "accepted" else free
    chosen = job.workspace.accepted.slices(case_id)
    return np.where(chosen, ~(accepted > 0).any(axis=(1, 2)), free)
