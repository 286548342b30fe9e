"""Patches of volumes with a mask to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from napari_wsss.losses.segmentation import IGNORE
from napari_wsss.pipeline.on_disk import Place
from napari_wsss.pipeline.pieces import Pieces
from napari_wsss.pipeline.taught import lesion, lesion_free, mask_to_learn
from napari_wsss.types import BoolArray, LabelMap

if TYPE_CHECKING:
    from napari_wsss.pipeline.batches import Indices
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.steps.volume_segmenter import TrainVolumeSegmenter


class MaskedPatches:
    """Patches drawn from the volumes: every other one around a place of the mask, the rest anywhere.

    What is not known takes no part: slices without mask that nobody called lesion-free. Accepted masks take the place
    of pseudo-masks on the slices that were accepted. The places are drawn once, from the seed.

    Attributes:
        case_ids: cases of which something is known.
        positives: how many of them have a mask.
        accepted: (N,), whether part of the patch was accepted.
        share: (N,), 1 for each.
        words: what there is to learn from.
        channels: channels of the network's input.
    """

    def __init__(self, job: Job, step: TrainVolumeSegmenter, case_ids: Sequence[str]) -> None:
        rng = np.random.default_rng(step.seed)
        self._pieces = Pieces(job.workspace.cache, step.patch, IGNORE)
        self.case_ids: list[str] = []
        self.positives = self.channels = 0
        accepted: list[bool] = []
        for case_id in case_ids:
            if (target := _target(job, step, case_id)) is None:
                continue
            volume = job.on_disk(step.volumes, case_id)["volume"]
            places = draw_places(target, step.patch, step.patches, rng)
            self._pieces.add(volume, target, places)
            planes = _accepted(job, step, case_id)
            accepted += [bool(planes[along].any()) for along, *_ in places]
            self.case_ids.append(case_id)
            self.positives += bool(lesion(target).any())
            self.channels = len(volume)
        self.accepted: BoolArray = np.array(accepted)
        self.share = np.ones(len(accepted))
        scans = f"{len(self.case_ids)} scans, {self.positives} of them with a lesion."
        self.words = f"{len(self)} patches of {scans}"

    def __len__(self) -> int:
        return len(self._pieces)

    def load(self, indices: Indices) -> dict[str, Tensor]:
        """Give ``image`` (B, channels, *patch) float32 and ``targets`` (B, *patch) int64: 0 … C, 255 unknown."""
        return {
            "image": torch.from_numpy(self._pieces.images(indices).astype(np.float32)),
            "targets": torch.from_numpy(self._pieces.labels(indices)).long(),
        }


def draw_places(target: LabelMap, patch: Sequence[int], count: int, rng: np.random.Generator) -> list[Place]:
    """Draw where patches lie in a volume; one that fits into a patch gives a single one.

    Args:
        target: (D, H, W): 0 … C, 255 unknown; something is known.
        patch: voxels along D, H, W.
        count: patches wanted; fewer when the same place is drawn twice.
        rng: source of the choice.
    """
    sides = np.minimum(patch, target.shape)
    room = np.subtract(target.shape, sides)
    if not room.any():
        return [tuple(slice(0, side) for side in target.shape)]
    known = np.flatnonzero(target != IGNORE)
    of_lesion = np.flatnonzero(lesion(target))
    starts = []
    for number in range(count):
        pool = of_lesion if len(of_lesion) and number % 2 == 0 else known
        centre = np.array(np.unravel_index(rng.choice(pool), target.shape))
        starts.append(tuple((centre - sides // 2).clip(0, room).tolist()))
    return [
        tuple(slice(first, first + int(side)) for first, side in zip(start, sides, strict=True))
        for start in dict.fromkeys(starts)
    ]


def _target(job: Job, step: TrainVolumeSegmenter, case_id: str) -> LabelMap | None:
    """Give the mask to learn from in the volume's box, 255 where nothing is known; None if that is everywhere."""
    mask = mask_to_learn(job, step, step.targets, case_id)
    mask[~(lesion(mask).any(axis=(1, 2)) | lesion_free(job, step, case_id))] = IGNORE
    box = job.recipe.step(step.volumes).box(job.workspace.cases[case_id].geometry)  # type: ignore[attr-defined]
    target: LabelMap = box.apply_labels(mask)
    return None if (target == IGNORE).all() else target


def _accepted(job: Job, step: TrainVolumeSegmenter, case_id: str) -> BoolArray:
    """Give (D,), True where a plane of the volume shows slices that were accepted."""
    case = job.workspace.cases[case_id]
    told = np.zeros(case.geometry.shape, dtype=np.uint8)
    told[job.workspace.accepted.slices(case_id)] = 1
    box = job.recipe.step(step.volumes).box(case.geometry)  # type: ignore[attr-defined]
    planes: BoolArray = box.apply_labels(told).any(axis=(1, 2))
    return planes
