"""Training examples, read from the disk a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor

from napari_wsss.pipeline.mask_file import MaskFile
from napari_wsss.pipeline.on_disk import OnDisk
from napari_wsss.pipeline.taught import lesion, lesion_free, mask_to_learn
from napari_wsss.types import BoolArray, FloatArray, LabelMap

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

    def __init__(self, stacks: Sequence[tuple[str, OnDisk, BoolArray]]) -> None:
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
        super().__init__([(case_id, job.on_disk(slices, case_id)["slices"], known[case_id]) for case_id in case_ids])
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
        accepted: (N,), whether the slice was accepted.
        share: (N,), how often it comes in an epoch: less than once where lesion-free slices are drawn anew for each.
        words: what there is to learn from.
    """

    def __init__(self, job: Job, step: TrainSegmenter, case_ids: Sequence[str]) -> None:
        stacks, rows = [], {}
        self._masks = MaskFile(job.workspace.cache)
        for case_id in case_ids:
            slices = job.on_disk(step.slices, case_id)["slices"]
            seeds, targets = (fitted_mask(job, step, kind, case_id) for kind in (step.seeds, step.targets))
            positive = lesion(seeds).any(axis=(1, 2)) | lesion(targets).any(axis=(1, 2))
            free = ~positive & lesion_free(job, step, case_id)
            stacks.append((case_id, slices, positive, free))
            rows[case_id] = np.full(len(slices), -1)  # negative: empty
            rows[case_id][positive] = self._masks.add(np.stack([seeds[positive], targets[positive]], axis=1))
        self.positives = int(sum(positive.sum() for _, _, positive, _ in stacks))
        all_free, wanted = [free for *_, free in stacks], round(self.positives * step.negatives)
        keep = all_free if step.negatives_anew else draw_some(all_free, wanted, step.seed)
        super().__init__(
            [
                (case_id, slices, positive | kept)
                for (case_id, slices, positive, _), kept in zip(stacks, keep, strict=True)
            ]
        )
        without = len(self) - self.positives
        seen = min(wanted, without)
        told = f"{without}" if seen == without else f"{seen} of {without}, drawn anew for each epoch,"
        self.words = f"{self.positives} slices with a lesion and {told} without, of {len(self.case_ids)} scans."
        self._rows = np.array([rows[self.case_ids[number]][z] for number, z in self._place], dtype=np.int64)
        by_case = [job.workspace.accepted.slices(case_id) for case_id in self.case_ids]
        accepted = np.array([by_case[number][z] for number, z in self._place], dtype=bool)
        self.accepted = accepted
        self.share = np.where(self._rows >= 0, 1.0, seen / max(without, 1))

    def load(self, indices: Indices) -> dict[str, Tensor]:
        """Give ``image`` (B, channels, S, S) float32, ``seeds`` and ``targets`` (B, S, S) int64."""
        seeds, targets = torch.from_numpy(self._masks.read(self._rows[indices])).long().unbind(dim=1)
        return {
            "image": self.image(indices),
            "seeds": seeds,
            "targets": targets,
        }

    def target_masks(self) -> LabelMap:
        """Give the targets of all slices in order, (N, S, S)."""
        return self._masks.read(self._rows)[:, 1]


def fitted_mask(job: Job, step: TrainSegmenter, kind: str, case_id: str) -> LabelMap:
    """Give the mask to learn from, fitted as the step before fits the scan: (Z, size, size)."""
    prepared = cast("Preprocess", job.recipe.step(step.slices))
    letterbox = prepared.letterbox(job.workspace.cases[case_id].geometry.shape[1:])
    return letterbox.apply_labels(mask_to_learn(job, step, kind, case_id))


def draw_some(free: Sequence[BoolArray], wanted: int, seed: int) -> list[BoolArray]:
    """Keep ``wanted`` of the True entries, drawn over all cases alike."""
    flat = np.concatenate(free) if free else np.zeros(0, dtype=bool)
    places = np.flatnonzero(flat)
    drawn = np.random.default_rng(seed).permutation(places)[:wanted]
    kept = np.zeros_like(flat)
    kept[drawn] = True
    return list(np.split(kept, np.cumsum([len(part) for part in free])[:-1])) if free else []
