"""Patches of volumes with the voxels of which an activation map is sure, for training a voxel representation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from napari_wsss.pipeline.evidence_in_box import evidence_in_box, present_classes
from napari_wsss.pipeline.on_disk import Place
from napari_wsss.pipeline.pieces import Pieces
from napari_wsss.refine.seeds import FIRST_CLASS, NORMAL, UNSURE, seed_labels
from napari_wsss.types import Array, LabelMap

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.steps.embedding import TrainEmbedding


class ConfidentPatches:
    """Patches around voxels of which the map is sure, lesion and any by turns, the same ones in every epoch.

    Attributes:
        cases: how many volumes have such voxels, and voxels that are surely normal.
        channels: of the volumes.
    """

    def __init__(self, job: Job, step: TrainEmbedding, case_ids: Sequence[str]) -> None:
        self._pieces = Pieces(job.workspace.cache, step.patch, UNSURE)
        self.cases = self.channels = 0
        for number, case_id in enumerate(case_ids):
            volume = job.on_disk(step.volumes, case_id)["volume"]
            self.channels = volume.shape[0]
            seeds = _seeds(job, step, case_id)
            lesion = np.argwhere(seeds >= FIRST_CLASS)
            if len(lesion) and (seeds == NORMAL).any():  # of one kind alone there is nothing to tell apart
                rng = np.random.default_rng((step.seed, number))
                around = _centres(lesion, seeds, step.patches, rng)
                self._pieces.add(volume, seeds, [_place(voxel, seeds.shape, step.patch, rng) for voxel in around])
                self.cases += 1

    def __len__(self) -> int:
        return len(self._pieces)

    def load(self, indices: Array) -> dict[str, Tensor]:
        """Give ``image`` (B, channels, *patch) float32 and ``seeds`` (B, *patch) uint8."""
        return {
            "image": torch.from_numpy(self._pieces.images(indices).astype(np.float32)),
            "seeds": torch.from_numpy(self._pieces.labels(indices)),
        }


def _seeds(job: Job, step: TrainEmbedding, case_id: str) -> LabelMap:
    """Give the sure voxels (D, H, W) of a case: lesion only of classes it has, nothing outside the scan."""
    evidence, box = evidence_in_box(job, step.maps, step.volumes, case_id)
    evidence[~present_classes(job, step.maps, case_id)] = 0
    seeds = np.full(box.shape, UNSURE, dtype=np.uint8)
    seeds[box.inside] = seed_labels(evidence[(slice(None), *box.inside)], step)
    return seeds


def _centres(lesion: Array, seeds: LabelMap, count: int, rng: np.random.Generator) -> Array:
    """Draw voxels (count, 3): the first, third, … of lesion, the others from wherever the map is sure."""
    sure = np.argwhere(seeds != UNSURE)
    drawn = sure[rng.integers(len(sure), size=count)]
    drawn[::2] = lesion[rng.integers(len(lesion), size=len(drawn[::2]))]
    return drawn


def _place(voxel: Array, shape: Sequence[int], sides: Sequence[int], rng: np.random.Generator) -> Place:
    """Give a patch that holds ``voxel``, up to a quarter of its sides off the middle, inside the volume."""
    place = []
    for centre, length, side in zip(voxel.tolist(), shape, sides, strict=True):
        start = centre - side // 2 + int(rng.integers(-(side // 4), side // 4 + 1))
        start = max(0, min(start, length - side))
        place.append(slice(start, min(start + side, length)))
    return tuple(place)
