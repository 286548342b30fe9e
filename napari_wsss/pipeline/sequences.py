"""Runs of neighbouring slices with their labels, for a network that reads them one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from napari_wsss.pipeline.on_disk import Part
from napari_wsss.types import Array, FloatArray

if TYPE_CHECKING:
    from napari_wsss.pipeline.batches import Indices
    from napari_wsss.pipeline.job import Job


class SliceSequences:
    """Every volume cut into runs of neighbouring slices, of which at least one has a known label.

    The last run of a volume is as short as it comes out; in a batch it is filled up with empty slices without label.

    Attributes:
        labels: (N, C) int8 of all slices, run by run: 1, 0, or -1 where unknown.
        channels: channels of the network's input.
    """

    def __init__(self, job: Job, slices: str, case_ids: Sequence[str], window: int) -> None:
        classes = len(job.workspace.labels.classes)
        self._window = window
        self._runs: list[tuple[Part, Array]] = []
        for case_id in case_ids:
            images, labels = job.on_disk(slices, case_id)["slices"], job.workspace.labels.slice_labels(case_id)
            parts = [slice(start, start + window) for start in range(0, len(images), window)]
            self._runs += [(images.part((part,)), labels[part]) for part in parts if (labels[part] >= 0).any()]
        self.labels = np.concatenate([np.zeros((0, classes), np.int8), *(labels for _, labels in self._runs)])
        self.channels = int(self._runs[0][0].shape[1]) if self._runs else 0

    def __len__(self) -> int:
        return len(self._runs)

    def load(self, indices: Indices) -> dict[str, Tensor]:
        """Give ``image`` (B, T, channels, S, S) float32, ``label`` (B, T, C) float32 and ``length`` (B,).

        T is the longest run asked for; labels are -1 where unknown or filled up.
        """
        chosen = [self._runs[index] for index in indices]
        lengths = [len(labels) for _, labels in chosen]
        shapes = [(max(lengths), *array.shape[1:]) for array in chosen[0]]
        images, labels = np.zeros((len(chosen), *shapes[0]), np.float32), np.full((len(chosen), *shapes[1]), -1.0)
        for number, (image, label) in enumerate(chosen):
            images[number, : len(label)], labels[number, : len(label)] = np.asarray(image), label
        return {
            "image": torch.from_numpy(images),
            "label": torch.from_numpy(labels).float(),
            "length": torch.tensor(lengths),
        }

    def images(self, _batch_size: int) -> Iterator[FloatArray]:
        """Give the runs one by one, (1, T, channels, S, S): of different length, they make no batch."""
        for images, _ in self._runs:
            yield np.asarray(images, dtype=np.float32)[None]
