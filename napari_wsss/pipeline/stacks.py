"""Stacks of neighbouring slices with their masks: what the 3-D U-Net over prepared slices learns from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from napari_wsss.data.filled import filled_up
from napari_wsss.losses.segmentation import IGNORE
from napari_wsss.pipeline.batches import draw_some, fitted_mask
from napari_wsss.pipeline.mask_file import MaskFile
from napari_wsss.pipeline.on_disk import OnDisk
from napari_wsss.pipeline.taught import lesion, lesion_free
from napari_wsss.types import Array, BoolArray, LabelMap

if TYPE_CHECKING:
    from napari_wsss.pipeline.batches import Indices
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.steps.segmenter import TrainSegmenter


class MaskedStacks:
    """Stacks of ``step.depth`` slices, each half covered by the next: those with a lesion, and lesion-free ones.

    Slices of which nothing is known take no part. A scan of fewer slices is filled up with its last one.

    Attributes:
        case_ids: cases that have at least one stack.
        positives: how many of the stacks show a lesion.
        channels: channels of the network's input.
        accepted: (N,), whether part of the stack was accepted.
        share: (N,), 1 for each.
        words: what there is to learn from.
    """

    def __init__(self, job: Job, step: TrainSegmenter, case_ids: Sequence[str]) -> None:
        self._depth, self._masks = step.depth, MaskFile(job.workspace.cache)
        cases = [_Case(job, step, case_id) for case_id in case_ids]
        self.positives = sum(int(case.positive.sum()) for case in cases)
        keep = draw_some([case.free for case in cases], round(self.positives * step.negatives), step.seed)
        self._stacks: list[tuple[OnDisk, int]] = []
        self.case_ids: list[str] = []
        accepted: list[bool] = []
        for case, kept in zip(cases, keep, strict=True):
            chosen = [first for first, taken in zip(case.firsts, case.positive | kept, strict=True) if taken]
            self._stacks += [(case.slices, first) for first in chosen]
            accepted += [bool(case.accepted[first : first + step.depth].any()) for first in chosen]
            self.case_ids += [case.case_id] if chosen else []
            if chosen:
                self._masks.add(np.stack([_cut(case.masks(job, step), first, step.depth) for first in chosen]))
        self.channels = int(cases[0].slices.shape[1]) if cases else 0
        self.accepted: BoolArray = np.array(accepted)
        self.share = np.ones(len(accepted))
        free = len(self) - self.positives
        self.words = (
            f"{self.positives} stacks of slices with a lesion and {free} without, of {len(self.case_ids)} scans."
        )

    def __len__(self) -> int:
        return len(self._stacks)

    def load(self, indices: Indices) -> dict[str, Tensor]:
        """Give ``image`` (B, channels, depth, S, S) float32, ``seeds`` and ``targets`` (B, depth, S, S) int64."""
        seeds, targets = torch.from_numpy(self._masks.read(indices)).long().unbind(dim=1)
        images = np.stack([self._image(*self._stacks[index]) for index in indices])
        return {
            "image": torch.from_numpy(images.astype(np.float32)),
            "seeds": seeds,
            "targets": targets,
        }

    def _image(self, slices: OnDisk, first: int) -> Array:
        stack = slices[first : first + self._depth].swapaxes(0, 1)
        return filled_up(stack, (self._depth, *stack.shape[2:]))


class _Case:
    """One case in stacks.

    Attributes:
        slices: its prepared slices.
        firsts: where its stacks begin.
        positive, free: (stacks,), which show a lesion, and which are known to show none.
        accepted: (Z,), whether a slice was accepted.
    """

    def __init__(self, job: Job, step: TrainSegmenter, case_id: str) -> None:
        self.case_id = case_id
        self.slices = job.on_disk(step.slices, case_id)["slices"]
        self.firsts = firsts(len(self.slices), step.depth)
        masks = self._raw(job, step)
        with_lesion = np.logical_or.reduce(lesion(masks), axis=(1, 2, 3))
        self._free = ~with_lesion & lesion_free(job, step, case_id)
        self._known = with_lesion | self._free
        within = [slice(first, first + step.depth) for first in self.firsts]
        self.positive = _any(with_lesion, within)
        self.free = ~self.positive & _any(self._free, within)
        self.accepted = job.workspace.accepted.slices(case_id)

    def masks(self, job: Job, step: TrainSegmenter) -> LabelMap:
        """Give seeds and targets, (Z, 2, S, S): 0 … C, 255 where nothing is known."""
        masks = self._raw(job, step)
        masks[self._free] = 0
        masks[~self._known] = IGNORE
        return masks

    def _raw(self, job: Job, step: TrainSegmenter) -> LabelMap:
        return np.stack([fitted_mask(job, step, kind, self.case_id) for kind in (step.seeds, step.targets)], axis=1)


def firsts(depth: int, window: int) -> list[int]:
    """Give where stacks of ``window`` slices begin so that together they cover ``depth``, each half over the last."""
    last = max(0, depth - window)
    return sorted({min(first, last) for first in range(0, depth, max(1, window // 2))})


def _any(along: BoolArray, places: Sequence[slice]) -> BoolArray:
    found: BoolArray = np.array([along[place].any() for place in places])
    return found


def _cut(masks: LabelMap, first: int, depth: int) -> LabelMap:
    """Give (2, depth, S, S) of masks (Z, 2, S, S), 255 beyond the last slice."""
    part = masks[first : first + depth]
    return np.pad(part, [(0, depth - len(part)), *[(0, 0)] * 3], constant_values=IGNORE).swapaxes(0, 1)
