"""Training examples, read from memory-mapped slices a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor

from napari_wsss.types import Array, BoolArray, FloatArray, LabelMap

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_wsss.data.preprocess import Preprocess
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.steps.segmenter import TrainSegmenter

    Indices = npt.NDArray[np.int64]


class SliceSet:
    """Chosen slices of several cases.

    Attributes:
        case_ids: cases that have at least one chosen slice.
        channels: channels of the network's input.
    """

    def __init__(self, stacks: Sequence[tuple[str, Array, BoolArray]]) -> None:
        """Take ``(case id, slices (Z, channels, S, S), chosen (Z,))`` for each case."""
        used = [(case_id, slices, np.flatnonzero(chosen)) for case_id, slices, chosen in stacks if chosen.any()]
        self.case_ids = [case_id for case_id, _, _ in used]
        self._stacks = [slices for _, slices, _ in used]
        self._place = np.concatenate(
            [np.stack([np.full(len(chosen), number), chosen], axis=1) for number, (_, _, chosen) in enumerate(used)]
            or [np.zeros((0, 2), dtype=np.int64)]
        )
        self.channels = int(stacks[0][1].shape[1]) if stacks else 0

    def __len__(self) -> int:
        return len(self._place)

    def image(self, indices: Sequence[int] | Indices) -> Tensor:
        """Give (B, channels, S, S) float32."""
        chosen = [self._stacks[number][z] for number, z in self._place[indices]]
        return torch.from_numpy(np.stack(chosen).astype(np.float32))

    def images(self, batch_size: int) -> Iterator[FloatArray]:
        """Give all chosen slices in order, in batches (B, channels, S, S)."""
        for start in range(0, len(self), batch_size):
            yield self.image(np.arange(start, min(start + batch_size, len(self)))).numpy()


class LabelledSlices(SliceSet):
    """The slices with at least one known label.

    Attributes:
        labels: (N, C) int8: 1, 0, or -1 where unknown.
    """

    def __init__(self, job: Job, slices: str, case_ids: Sequence[str]) -> None:
        table = {case_id: job.workspace.labels.slice_labels(case_id) for case_id in case_ids}
        known: dict[str, BoolArray] = {}
        for case_id, labels in table.items():
            known[case_id] = np.logical_or.reduce(labels >= 0, axis=1)
        super().__init__([(case_id, job.arrays(slices, case_id)["slices"], known[case_id]) for case_id in case_ids])
        classes = len(job.workspace.labels.classes)
        rows = [table[case_id][known[case_id]] for case_id in self.case_ids]
        self.labels = np.concatenate(rows) if rows else np.zeros((0, classes), dtype=np.int8)

    def load(self, indices: Indices) -> dict[str, Tensor]:
        """Give ``image`` (B, channels, S, S) and ``label`` (B, C) float32, -1 where unknown."""
        return {"image": self.image(indices), "label": torch.from_numpy(self.labels[indices].astype(np.float32))}


class MaskedSlices(SliceSet):
    """Slices with a mask to learn from, and lesion-free ones beside them.

    A slice counts as lesion-free when it was accepted empty or its label says so. Accepted masks take the place
    of pseudo-masks on the slices that were accepted.

    Attributes:
        positives: how many of the slices have a mask.
    """

    def __init__(self, job: Job, step: TrainSegmenter, case_ids: Sequence[str]) -> None:
        stacks, self._seeds, self._targets = [], {}, {}
        for case_id in case_ids:
            slices = job.arrays(step.slices, case_id)["slices"]
            seeds, targets = (_fitted(job, kind, case_id, step.slices) for kind in (step.seeds, step.targets))
            positive = (seeds > 0).any(axis=(1, 2)) | (targets > 0).any(axis=(1, 2))
            free = ~positive & lesion_free(job, case_id)
            stacks.append((case_id, slices, positive, free))
            self._seeds[case_id], self._targets[case_id] = seeds, targets
        self.positives = int(sum(positive.sum() for _, _, positive, _ in stacks))
        keep = _draw([free for *_, free in stacks], round(self.positives * step.negatives), step.seed)
        super().__init__(
            [
                (case_id, slices, positive | kept)
                for (case_id, slices, positive, _), kept in zip(stacks, keep, strict=True)
            ]
        )

    def load(self, indices: Indices) -> dict[str, Tensor]:
        """Give ``image`` (B, channels, S, S) float32, ``seeds`` and ``targets`` (B, S, S) int64."""
        return {
            "image": self.image(indices),
            "seeds": torch.from_numpy(self._masks(self._seeds, indices)).long(),
            "targets": torch.from_numpy(self._masks(self._targets, indices)).long(),
        }

    def target_masks(self) -> LabelMap:
        """Give the targets of all slices in order, (N, S, S)."""
        return self._masks(self._targets, np.arange(len(self)))

    def _masks(self, masks: dict[str, LabelMap], indices: Indices) -> LabelMap:
        return np.stack([masks[self.case_ids[number]][z] for number, z in self._place[indices]])


def _fitted(job: Job, kind: str, case_id: str, slices: str) -> LabelMap:
    """Give the mask to learn from, fitted as step ``slices`` fits the scan: (Z, size, size)."""
    letterbox = cast("Preprocess", job.recipe.step(slices)).letterbox(job.workspace.cases[case_id].geometry.shape[1:])
    return letterbox.apply_labels(mask_to_learn(job, kind, case_id))


def mask_to_learn(job: Job, kind: str, case_id: str) -> LabelMap:
    """Give the mask to learn from, (Z, Y, X): accepted slices, elsewhere the pseudo-mask unless it was rejected."""
    shape = job.workspace.cases[case_id].geometry.shape
    mask = None if case_id in job.workspace.rejected else job.workspace.mask(job.recipe, kind, case_id)
    mask = np.zeros(shape, dtype=np.uint8) if mask is None else np.array(mask)
    accepted = job.workspace.accepted.mask(case_id)
    if accepted is not None:
        chosen = job.workspace.accepted.slices(case_id)
        mask[chosen] = accepted[chosen]
    return mask


def lesion_free(job: Job, case_id: str) -> BoolArray:
    """Give (Z,), True where every class is known to be absent."""
    free: BoolArray = (job.workspace.labels.slice_labels(case_id) == 0).all(axis=1)
    accepted = job.workspace.accepted.mask(case_id)
    if accepted is not None:
        chosen = job.workspace.accepted.slices(case_id)
        free = np.where(chosen, ~(accepted > 0).any(axis=(1, 2)), free)
    return free


def _draw(free: Sequence[BoolArray], wanted: int, seed: int) -> list[BoolArray]:
    """Keep ``wanted`` of the True entries, drawn over all cases alike."""
    flat = np.concatenate(free) if free else np.zeros(0, dtype=bool)
    places = np.flatnonzero(flat)
    drawn = np.random.default_rng(seed).permutation(places)[:wanted]
    kept = np.zeros_like(flat)
    kept[drawn] = True
    return list(np.split(kept, np.cumsum([len(part) for part in free])[:-1])) if free else []
